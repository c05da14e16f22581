using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using Attempt = Passerelle.Contracts.Exchanges.V1.Attempt;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Tests.Exchanges;

/// <summary>What becomes of an exchange that is pushed: driven by referrals, and the same for every kind.</summary>
public sealed class DeliveryTests(Postgres postgres)
{
    static readonly DateTimeOffset Start = new(2027, 3, 1, 9, 0, 0, TimeSpan.Zero);

    /// <summary>Three tries, with waits of up to a minute and up to an hour between them.</summary>
    static readonly string[] ShortSchedule = ["Delivery:RetrySchedule:0=00:01:00", "Delivery:RetrySchedule:1=01:00:00", "Delivery:GiveUpAfter=00:30:00"];

    [Fact]
    public async Task A_partner_that_is_away_is_tried_again_on_the_schedule()
    {
        await using var hub = await HubHost.StartAsync(postgres, ShortSchedule);
        await hub.Time.FreezeAsync(Start);
        var referral = await ReferAsync(hub);
        hub.Partner.Next(new SendOutcome.NotYet("UNAVAILABLE"));
        hub.Partner.Next(new SendOutcome.NotYet("INTERNAL"));

        await hub.RunAsync<DeliverDue>();
        var queued = await hub.GetExchangeAsync(referral.Exchange);
        Assert.Equal(State.Queued, queued.State);
        var first = queued.NextAttemptTime.ToDateTimeOffset();
        Assert.InRange(first, Start, Start.AddMinutes(1));
        await RunAtAsync(hub, first.AddMicroseconds(-1));
        Assert.Single(hub.Partner.Received);

        await RunAtAsync(hub, first);
        var second = (await hub.GetExchangeAsync(referral.Exchange)).NextAttemptTime.ToDateTimeOffset();
        Assert.InRange(second, first, first.AddHours(1));
        await RunAtAsync(hub, second);

        var delivered = await hub.GetExchangeAsync(referral.Exchange);
        Assert.Equal((State.AwaitingAnswer, 3, second), (delivered.State, delivered.AttemptCount, delivered.DeliveryTime.ToDateTimeOffset()));
        Assert.Equal(
            [(1, Attempt.Types.Outcome.NotYet, "UNAVAILABLE"), (2, Attempt.Types.Outcome.NotYet, "INTERNAL"), (3, Attempt.Types.Outcome.Accepted, "")],
            (await hub.GetAttemptsAsync(referral.Exchange)).Select(a => (a.Number, a.Outcome, a.Error)));
        Assert.Equal([1, 2, 3], hub.Partner.Received.Select(e => e.Attempt));
        Assert.Single(hub.Partner.Received.Select(e => e.Exchange).Distinct());
    }

    [Theory]
    [InlineData(10, 10)]
    [InlineData(0, 1)] // what it asks for never shortens the schedule
    [InlineData(3 * 24 * 60, 24 * 60)] // and is believed for a day at most
    public async Task A_partner_may_say_when_to_try_again(int askedMinutes, int atMostMinutes)
    {
        await using var hub = await HubHost.StartAsync(postgres, ShortSchedule);
        await hub.Time.FreezeAsync(Start);
        var referral = await ReferAsync(hub);
        hub.Partner.Next(new SendOutcome.NotYet("RESOURCE_EXHAUSTED", TimeSpan.FromMinutes(askedMinutes)));

        await hub.RunAsync<DeliverDue>();

        var next = (await hub.GetExchangeAsync(referral.Exchange)).NextAttemptTime.ToDateTimeOffset();
        Assert.InRange(next, Start.AddMinutes(askedMinutes == 0 ? 0 : atMostMinutes), Start.AddMinutes(atMostMinutes));
        Assert.NotEqual(Start, next);
    }

    [Fact]
    public async Task What_a_partner_refuses_for_good_is_undeliverable()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var referral = await ReferAsync(hub);
        hub.Partner.Next(new SendOutcome.Refused("INVALID_ARGUMENT"));

        await hub.RunAsync<DeliverDue>();
        await hub.Time.AdvanceAsync(TimeSpan.FromDays(30));
        await hub.RunAsync<DeliverDue>();

        var exchange = await hub.GetExchangeAsync(referral.Exchange);
        Assert.Equal((State.Undeliverable, "INVALID_ARGUMENT", 1), (exchange.State, exchange.EndReason, exchange.AttemptCount));
        Assert.Equal(Referral.Types.State.Open, (await hub.GetReferralAsync(referral.Name)).State);
    }

    [Fact]
    public async Task When_the_schedule_has_run_out_it_is_undeliverable()
    {
        await using var hub = await HubHost.StartAsync(postgres, ShortSchedule);
        var referral = await ReferAsync(hub);
        for (var n = 0; n < 4; n++)
        {
            hub.Partner.Next(new SendOutcome.NotYet("UNAVAILABLE"));
            await hub.RunAsync<DeliverDue>();
            await hub.Time.AdvanceAsync(TimeSpan.FromHours(1));
        }

        var exchange = await hub.GetExchangeAsync(referral.Exchange);
        Assert.Equal((State.Undeliverable, "UNAVAILABLE", 3), (exchange.State, exchange.EndReason, exchange.AttemptCount));
        Assert.Equal(3, hub.Partner.Received.Count);
    }

    [Fact]
    public async Task A_consent_withdrawn_between_queue_and_send_stops_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);
        await candidate.AttachCvAsync();
        var consent = await candidate.ConsentAsync();
        var referral = await candidate.ReferAsync();

        await hub.WithdrawAsync(consent);
        await hub.RunAsync<DeliverDue>();

        var exchange = await hub.GetExchangeAsync(referral.Exchange);
        Assert.Equal((State.Withdrawn, "CONSENT_MISSING", 0), (exchange.State, exchange.EndReason, exchange.AttemptCount));
        Assert.Equal(Referral.Types.State.Withdrawn, (await hub.GetReferralAsync(referral.Name)).State);
        Assert.Empty(hub.Partner.Received);
        Assert.Equal(0, await hub.QueryAsync(db => db.Attempts.CountAsync()) + await hub.QueryAsync(db => db.Disclosures.CountAsync()));
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.AnswerAsync(EmploymentCalls.Interested(referral.Name)));
        Assert.Equal("exchange.withdrawn", (await candidate.TimelineAsync()).Last());
    }

    [Fact]
    public async Task A_consent_withdrawn_between_two_tries_stops_the_second()
    {
        await using var hub = await HubHost.StartAsync(postgres, ShortSchedule);
        var candidate = await Candidate.NewAsync(hub);
        await candidate.AttachCvAsync();
        var consent = await candidate.ConsentAsync();
        var referral = await candidate.ReferAsync();
        hub.Partner.Next(new SendOutcome.NotYet("UNAVAILABLE"));
        await hub.RunAsync<DeliverDue>();

        await hub.WithdrawAsync(consent);
        await hub.Time.AdvanceAsync(TimeSpan.FromMinutes(1));
        await hub.RunAsync<DeliverDue>();

        Assert.Equal(State.Withdrawn, (await hub.GetExchangeAsync(referral.Exchange)).State);
        // What it may have got by the first try it is asked to let go.
        Assert.Equal(["referral", "recall"], hub.Partner.Received.Select(e => e.Kind));
        // The partner may have it from the first try: it sees how it ended.
        Assert.Equal(Referral.Types.State.Withdrawn, (await hub.Referrals("emploi").GetReferralAsync(new() { Name = referral.Name })).Referral.State);
    }

    [Fact]
    public async Task A_consent_for_one_partner_sends_nothing_to_another()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);
        await candidate.AttachCvAsync();
        var general = await candidate.ConsentAsync();
        await candidate.ConsentAsync("partners/interim");
        var referral = await candidate.ReferAsync("emploi");

        await hub.WithdrawAsync(general);
        await hub.RunAsync<DeliverDue>();

        Assert.Equal(State.Withdrawn, (await hub.GetExchangeAsync(referral.Exchange)).State);
    }

    [Fact]
    public async Task A_CV_that_is_gone_is_not_sent()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var referral = await ReferAsync(hub);
        await hub.ExecuteAsync("delete from cvs");

        await hub.RunAsync<DeliverDue>();

        var exchange = await hub.GetExchangeAsync(referral.Exchange);
        Assert.Equal((State.Withdrawn, "CV_MISSING"), (exchange.State, exchange.EndReason));
    }

    static async Task<Referral> ReferAsync(HubHost hub) => await (await Candidate.ReadyAsync(hub)).ReferAsync();

    static async Task RunAtAsync(HubHost hub, DateTimeOffset time)
    {
        await hub.Time.FreezeAsync(time);
        await hub.RunAsync<DeliverDue>();
    }
}
