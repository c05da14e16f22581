using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using Referral = Passerelle.Contracts.Employment.V1.Referral;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Tests.Exchanges;

/// <summary>A partner answers what the hub had given up, or taken back: its word is kept.</summary>
public sealed class LateAnswerTests(Postgres postgres)
{
    [Fact]
    public async Task An_answer_to_what_was_given_up_proves_that_it_had_arrived()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync();
        hub.Partner.Next(new SendOutcome.Refused("DATA_LOSS"));
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(State.Undeliverable, (await hub.GetExchangeAsync(referral.Exchange)).State);

        await hub.AnswerAsync(EmploymentCalls.Interested(referral.Name));

        var exchange = await hub.GetExchangeAsync(referral.Exchange);
        Assert.Equal((State.Answered, "interested", ""), (exchange.State, exchange.AnswerCode, exchange.EndReason));
        Assert.Equal(exchange.AnswerTime, exchange.Window.AnswerTime);
    }

    [Fact]
    public async Task An_answer_to_what_was_withdrawn_after_a_try_is_kept_with_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);
        await candidate.AttachCvAsync();
        var consent = await candidate.ConsentAsync();
        var referral = await candidate.ReferAsync();
        // The partner has it, and its OK got lost on the way back.
        hub.Partner.Next(new SendOutcome.NotYet("DEADLINE_EXCEEDED"));
        await hub.RunAsync<DeliverDue>();
        await hub.WithdrawAsync(consent);
        await hub.Time.AdvanceAsync(TimeSpan.FromMinutes(1));
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(State.Withdrawn, (await hub.GetExchangeAsync(referral.Exchange)).State);

        await hub.AnswerAsync(EmploymentCalls.Interested(referral.Name));

        var exchange = await hub.GetExchangeAsync(referral.Exchange);
        Assert.Equal((State.Withdrawn, "interested", "CONSENT_MISSING"), (exchange.State, exchange.AnswerCode, exchange.EndReason));
        Assert.NotNull(exchange.AnswerTime);
        Assert.Null(exchange.Window);
        Assert.Equal(Referral.Types.State.Withdrawn, (await hub.GetReferralAsync(referral.Name)).State);
        await HubError.OfAsync(ErrorReason.StateConflict, Grpc.Core.StatusCode.FailedPrecondition, () => hub.AnswerAsync(EmploymentCalls.Declined(referral.Name)));
    }

    [Fact]
    public async Task A_consent_that_came_to_its_end_makes_the_exchange_expire()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        var referral = await candidate.ReferAsync();

        await hub.Time.AdvanceAsync(TimeSpan.FromDays(3 * 365));
        await hub.RunAsync<DeliverDue>();

        var exchange = await hub.GetExchangeAsync(referral.Exchange);
        Assert.Equal((State.Expired, "CONSENT_EXPIRED", 0), (exchange.State, exchange.EndReason, exchange.AttemptCount));
        Assert.Equal("exchange.expired", (await candidate.TimelineAsync()).Last());
        Assert.Empty(hub.Partner.Received);
    }
}
