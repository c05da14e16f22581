using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using Attempt = Passerelle.Contracts.Exchanges.V1.Attempt;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Tests.Exchanges;

/// <summary>The inbox of a partner that pulls.</summary>
public sealed class InboxTests(Postgres postgres)
{
    [Fact]
    public async Task What_waits_comes_and_its_acknowledgement_starts_the_window()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        var referral = await candidate.ReferAsync("interim");
        using var inbox = hub.Inbox("interim").WatchInbox(new());

        var envelope = Assert.Single(await inbox.DrainAsync());

        Assert.Equal(Candidate.Resume("CV"), envelope.Payload.Unpack<ReferralFile>().JsonResume);
        var sending = await hub.GetExchangeAsync(referral.Exchange);
        Assert.True(sending is { State: State.Sending, Window: null });

        var acknowledged = await AcknowledgeAsync(hub, envelope.Exchange);
        Assert.Equal((State.AwaitingAnswer, acknowledged.DeliveryTime), (acknowledged.State, acknowledged.Window.StartTime));
        // Repeating it, even after the answer, is harmless and starts nothing anew.
        Assert.Equal(acknowledged, await AcknowledgeAsync(hub, envelope.Exchange));
        await hub.AnswerAsync(EmploymentCalls.Interested(referral.Name), "interim");
        Assert.Equal(State.Answered, (await AcknowledgeAsync(hub, envelope.Exchange)).State);
        Assert.Equal(("pull", Attempt.Types.Outcome.Accepted), (await hub.GetAttemptsAsync(referral.Exchange)).Select(a => (a.Transport, a.Outcome)).Single());
        Assert.Equal(["exchange.queued", "exchange.delivered", "exchange.answered"], (await candidate.TimelineAsync()).TakeLast(3));
    }

    [Fact]
    public async Task What_is_not_acknowledged_in_time_comes_again()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync("interim");
        using (var first = hub.Inbox("interim").WatchInbox(new())) Assert.Equal(1, Assert.Single(await first.DrainAsync()).Attempt);

        using var second = hub.Inbox("interim").WatchInbox(new());
        Assert.Empty(await second.DrainAsync());
        await hub.Time.AdvanceAsync(TimeSpan.FromSeconds(61));
        var again = await second.NextAsync();

        Assert.Equal((referral.Exchange, 2), (again.Exchange, again.Attempt));
        await AcknowledgeAsync(hub, again.Exchange);
        Assert.Equal([Attempt.Types.Outcome.Unknown, Attempt.Types.Outcome.Accepted], (await hub.GetAttemptsAsync(referral.Exchange)).Select(a => a.Outcome));
    }

    [Fact]
    public async Task An_exchange_that_cannot_be_composed_does_not_keep_the_others_back()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var broken = await Candidate.ReadyAsync(hub);
        var stuck = await broken.ReferAsync("interim");
        var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync("interim");
        await hub.ExecuteAsync($"update cvs set content = '\\x00' where person_id = (select person_id from referrals where id = '{stuck.Name["referrals/".Length..]}')");
        hub.ExpectedErrors = text => text.Contains($"{stuck.Exchange} attempt 1 could not be composed", StringComparison.Ordinal);

        using var inbox = hub.Inbox("interim").WatchInbox(new());
        Assert.Equal(referral.Exchange, Assert.Single(await inbox.DrainAsync()).Exchange);
        // It is on its schedule, with a try that never began.
        var waiting = await hub.GetExchangeAsync(stuck.Exchange);
        Assert.Equal((State.Queued, 0), (waiting.State, waiting.AttemptCount));
        Assert.NotNull(waiting.NextAttemptTime);
    }

    [Fact]
    public async Task An_acknowledgement_that_comes_after_the_lease_still_counts()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync("interim");
        using (var inbox = hub.Inbox("interim").WatchInbox(new())) await inbox.NextAsync();
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(1));

        Assert.Equal(State.AwaitingAnswer, (await AcknowledgeAsync(hub, referral.Exchange)).State);
        using var after = hub.Inbox("interim").WatchInbox(new());
        Assert.Empty(await after.DrainAsync());
    }

    [Fact]
    public async Task An_answer_needs_no_acknowledgement_before_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync("interim");
        using (var inbox = hub.Inbox("interim").WatchInbox(new())) await inbox.NextAsync();

        await hub.AnswerAsync(EmploymentCalls.Interested(referral.Name), "interim");

        Assert.Equal(State.Answered, (await hub.GetExchangeAsync(referral.Exchange)).State);
    }

    [Fact]
    public async Task New_exchanges_come_on_an_open_stream_one_by_one()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        using var inbox = hub.Inbox("interim").WatchInbox(new());
        Assert.Empty(await inbox.DrainAsync());
        for (var n = 0; n < 3; n++)
        {
            var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync("interim");
            Assert.Equal(referral.Exchange, (await inbox.NextAsync()).Exchange);
        }
    }

    [Fact]
    public async Task Two_streams_of_one_partner_share_what_waits()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await Referring.SeparatelyAsync(hub, 10, "interim");
        using var one = hub.Inbox("interim").WatchInbox(new());
        using var other = hub.Inbox("interim").WatchInbox(new());

        var got = await Task.WhenAll(one.DrainAsync(), other.DrainAsync());

        Assert.Equal(10, got.SelectMany(g => g).Select(e => e.Exchange).Distinct().Count());
        Assert.Equal(10, got.Sum(g => g.Count));
    }

    [Fact]
    public async Task Nobody_else_can_acknowledge_and_nothing_that_was_never_sent()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync("interim");

        var never = await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => AcknowledgeAsync(hub, referral.Exchange));
        Assert.Equal("queued", never.Metadata["state"]);
        using (var inbox = hub.Inbox("interim").WatchInbox(new())) await inbox.NextAsync();
        foreach (var other in (string[])["emploi", "agence"])
            await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => AcknowledgeAsync(hub, referral.Exchange, other));
        Assert.Equal(State.Sending, (await hub.GetExchangeAsync(referral.Exchange)).State);
    }

    [Fact]
    public async Task A_consent_withdrawn_while_it_waits_leaves_the_inbox_empty()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);
        await candidate.AttachCvAsync();
        var consent = await candidate.ConsentAsync();
        var referral = await candidate.ReferAsync("interim");
        await hub.WithdrawAsync(consent);

        using var inbox = hub.Inbox("interim").WatchInbox(new());
        Assert.Empty(await inbox.DrainAsync());
        Assert.Equal(State.Withdrawn, (await hub.GetExchangeAsync(referral.Exchange)).State);
    }

    [Fact]
    public async Task A_partner_that_is_served_by_push_has_no_inbox()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        using var inbox = hub.Inbox("emploi").WatchInbox(new());
        await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => inbox.DrainAsync());
    }

    static async Task<Passerelle.Contracts.Exchanges.V1.Exchange> AcknowledgeAsync(HubHost hub, string exchange, string partner = "interim") =>
        (await hub.Inbox(partner).AcknowledgeExchangeAsync(new() { Name = exchange })).Exchange;
}
