using Grpc.Core;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Employment;

/// <summary>The calls that tests of referrals make, one by one.</summary>
static class EmploymentCalls
{
    public static CvService.CvServiceClient Cvs(this HubHost hub) => new(hub.As("crm"));

    public static ConsentService.ConsentServiceClient Consents(this HubHost hub) => new(hub.As("crm"));

    public static ReferralService.ReferralServiceClient Referrals(this HubHost hub, string caller = "crm") => new(hub.As(caller));

    public static OfferService.OfferServiceClient Offers(this HubHost hub, string caller) => new(hub.As(caller));

    public static ExchangeService.ExchangeServiceClient Exchanges(this HubHost hub, string caller = "crm") => new(hub.As(caller));

    public static InboxService.InboxServiceClient Inbox(this HubHost hub, string caller) => new(hub.As(caller));

    public static async Task<Referral> GetReferralAsync(this HubHost hub, string name) => (await hub.Referrals().GetReferralAsync(new() { Name = name })).Referral;

    public static async Task<Exchange> GetExchangeAsync(this HubHost hub, string name) => (await hub.Exchanges().GetExchangeAsync(new() { Name = name })).Exchange;

    public static async Task<IReadOnlyList<Attempt>> GetAttemptsAsync(this HubHost hub, string name) => (await hub.Exchanges().GetExchangeAsync(new() { Name = name })).Attempts;

    public static AnswerReferralRequest Interested(string referral) =>
        new() { RequestId = Household.NewId(), Name = referral, Interested = new() { Message = Marker.Of("MESSAGE") } };

    public static AnswerReferralRequest Declined(string referral, DeclineReason reason = DeclineReason.NoOpening) =>
        new() { RequestId = Household.NewId(), Name = referral, Declined = new() { Reason = reason, Message = Marker.Of("MESSAGE") } };

    public static async Task<Referral> AnswerAsync(this HubHost hub, AnswerReferralRequest request, string partner = Candidate.Push) =>
        (await hub.Referrals(partner).AnswerReferralAsync(request)).Referral;

    public static Task WithdrawAsync(this HubHost hub, string consent) => hub.Consents().WithdrawConsentAsync(new() { Name = consent }).ResponseAsync;

    /// <summary>What comes next on the stream that is not a checkpoint.</summary>
    public static async Task<Envelope> NextAsync(this AsyncServerStreamingCall<WatchInboxResponse> inbox)
    {
        while (await inbox.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
            if (inbox.ResponseStream.Current.Envelope is { } envelope) return envelope;
        throw new InvalidOperationException("The inbox ended.");
    }

    /// <summary>Reads until the hub says that nothing waits.</summary>
    public static async Task<List<Envelope>> DrainAsync(this AsyncServerStreamingCall<WatchInboxResponse> inbox)
    {
        var envelopes = new List<Envelope>();
        while (await inbox.ResponseStream.MoveNext(TestContext.Current.CancellationToken) && inbox.ResponseStream.Current.Envelope is { } envelope) envelopes.Add(envelope);
        return envelopes;
    }
}
