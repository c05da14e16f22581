using Microsoft.EntityFrameworkCore;
using NodaTime;
using Passerelle.Contracts.Clocks.V1;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Clocks.Policies;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Exchanges;
using Passerelle.Tests.Support;
using CaseWire = Passerelle.Contracts.Cases.V1;
using ClockFamily = Passerelle.Hub.Clocks.ClockFamily;
using ClockPolicy = Passerelle.Hub.Clocks.History.ClockPolicy;
using PolicyOffer = Passerelle.Hub.Clocks.History.PolicyOffer;

namespace Passerelle.Tests.Clocks;

/// <summary>What tests of clocks do with a hub, step by step.</summary>
static class ClockCalls
{
    public static ClockService.ClockServiceClient Clocks(this HubHost hub, string caller = "crm") => new(hub.As(caller));

    /// <summary>A policy that applies from now on. A hub that knows its policies already must read them anew at each use (Response:RereadPoliciesEvery).</summary>
    public static async Task<PolicyKey> OfferAsync(this HubHost hub, ClockFamily family, PolicyTerms terms, string? partnerKind = null, string? partner = null, string? need = null) =>
        await hub.QueryAsync(async db =>
        {
            var now = await db.NowAsync(CancellationToken.None);
            var policy = new ClockPolicy(new PolicyKey("test", 1 + await db.ClockPolicies.CountAsync()), terms);
            db.ClockPolicies.Add(PolicyRow.Of(policy, now));
            db.ClockPolicyOffers.Add(PolicyOfferRow.Of(new PolicyOffer(policy, new PolicyScope(family, need, partnerKind, partner), Instant.FromDateTimeOffset(now))));
            await db.SaveChangesAsync();
            return policy.Key;
        });

    /// <summary>The window of an exchange that has just been delivered, and the exchange's name.</summary>
    public static async Task<(Clock Window, string Exchange)> WindowAsync(this HubHost hub)
    {
        var exchange = await hub.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        return ((await hub.GetExchangeAsync(exchange)).Window, exchange);
    }

    /// <summary>The promise of a request that has just been filed, and the request's name.</summary>
    public static async Task<(Clock Promise, string Request)> PromiseAsync(this HubHost hub)
    {
        var filed = await (await Household.OpenAsync(hub)).FileRequestAsync(hub);
        return (await hub.PromiseOfAsync(filed.Name), filed.Name);
    }

    public static async Task<Clock> PromiseOfAsync(this HubHost hub, string request) =>
        (await new CaseWire.RequestService.RequestServiceClient(hub.As("crm")).GetRequestAsync(new() { Name = request })).Request.Promise;

    public static async Task<Clock> AnswerRequestAsync(this HubHost hub, string request) =>
        (await new CaseWire.RequestService.RequestServiceClient(hub.As("crm")).AnswerRequestAsync(new()
        {
            RequestId = Household.NewId(), Name = request, Kind = CaseWire.AnswerKind.CallLogged, Text = Marker.Of("REPONSE"),
        })).Request.Promise;

    public static async Task<Clock> PauseAsync(this HubHost hub, string clock) => (await hub.Clocks().PauseClockAsync(new() { Name = clock, Why = "Vacances", By = "advisors/ada" })).Clock;

    public static async Task<Clock> ResumeAsync(this HubHost hub, string clock) => (await hub.Clocks().ResumeClockAsync(new() { Name = clock })).Clock;

    public static async Task<Clock> ReopenAsync(this HubHost hub, string clock) => (await hub.Clocks().ReopenClockAsync(new() { Name = clock, Why = "Message revenu" })).Clock;

    /// <summary>The answer was at another time.</summary>
    public static CorrectClockRequest AnsweredAt(string clock, DateTimeOffset time, int removed = 2) => new()
    {
        RequestId = Household.NewId(), Name = clock, RemovedNumber = removed, AddedKind = ClockEvent.Types.Kind.Answered, AddedTime = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(time),
        AddedAnswerKind = ClockEvent.Types.AnswerKind.CallLogged, Why = "Appel noté trop tard", By = "advisors/ada",
    };

    public static async Task<ExplainClockResponse> ExplainClockAsync(this HubHost hub, string clock, DateTimeOffset? asKnown = null) => await hub.Clocks().ExplainClockAsync(new()
    {
        Name = clock, AsKnownTime = asKnown is { } time ? Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(time) : null,
    });

    /// <summary>Type and detail of the events of clocks that a subject has, oldest first.</summary>
    public static async Task<List<string>> ToldAsync(this HubHost hub, string subject) => await hub.QueryAsync(async db =>
        (await db.Events.Where(e => e.Subject == subject && e.Type.StartsWith("clock.")).OrderBy(e => e.Sequence).ToListAsync()).ConvertAll(e => $"{e.Type} {e.Detail}"));

    public static DateTimeOffset After(this Clock clock, double hours) => clock.StartTime.ToDateTimeOffset().AddHours(hours);
}
