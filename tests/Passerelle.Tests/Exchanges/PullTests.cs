using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Hub.Partners;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Tests.Exchanges;

/// <summary>An inbox without a stream: fetching; and what may be said of an exchange beside acknowledging it.</summary>
public sealed class PullTests(Postgres postgres)
{
    [Fact]
    public async Task Fetching_gives_the_oldest_up_to_a_number_and_nothing_twice()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var made = await Referring.SeparatelyAsync(hub, 5, "interim");

        Assert.Equal(made.Take(3), (await FetchAsync(hub, 3)).Select(e => e.Exchange));
        Assert.Equal(made.Skip(3), (await FetchAsync(hub)).Select(e => e.Exchange));
        Assert.Empty(await FetchAsync(hub));

        await hub.AcknowledgeAsync(made[0]);
        await hub.Time.AdvanceAsync(TimeSpan.FromSeconds(61));
        Assert.Equal(made.Skip(1).Select(e => (e, 2)), (await FetchAsync(hub, 100)).Select(e => (e.Exchange, e.Attempt)).Order());
    }

    [Fact]
    public async Task A_fetch_ends_at_two_megabytes_and_what_does_not_fit_stays_for_the_next_one()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var made = new List<string>();
        for (var n = 0; n < 5; n++)
        {
            var candidate = await Candidate.NewAsync(hub);
            var resume = $$"""{ "basics": { "name": "{{Marker.Of("CV")}}", "summary": "{{new string('x', 900_000)}}" } }""";
            await hub.Cvs().AttachCvAsync(new() { RequestId = Household.NewId(), Person = candidate.Person, JsonResume = resume });
            await candidate.ConsentAsync();
            made.Add((await candidate.ReferAsync("interim")).Exchange);
        }

        Assert.Equal(made.Take(3), (await FetchAsync(hub)).Select(e => e.Exchange));
        Assert.Equal(made.Skip(3), (await FetchAsync(hub)).Select(e => e.Exchange).Order());
    }

    [Fact]
    public async Task No_more_is_given_than_the_partner_may_hold_unacknowledged()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Lanes:MaxPulled=2");
        var made = await Referring.SeparatelyAsync(hub, 3, "interim");

        Assert.Equal(made.Take(2), (await FetchAsync(hub)).Select(e => e.Exchange));
        Assert.Empty((await Referring.ItemsAsync(hub)).Given());
        await hub.AcknowledgeAsync(made[1]);
        Assert.Equal([(made[2], 1)], (await Referring.ItemsAsync(hub)).Given());
    }

    [Fact]
    public async Task Nothing_is_given_while_the_partner_is_paused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var name = (await Referring.SeparatelyAsync(hub, 1, "interim"))[0];
        await ChangeLaneAsync(hub, (lane, now) => lane.Pause("Inventory", now));

        Assert.Empty(await FetchAsync(hub));
        Assert.Empty((await Referring.ItemsAsync(hub)).Given());
        Assert.Equal(State.Held, (await hub.GetExchangeAsync(name)).State);

        await ChangeLaneAsync(hub, (lane, _) => lane.Resume());
        Assert.Equal(name, Assert.Single(await FetchAsync(hub)).Exchange);
    }

    [Fact]
    public async Task Fetching_is_for_partners_that_pull_and_for_sensible_numbers()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        Assert.Equal("push", (await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => FetchAsync(hub, partner: "emploi"))).Metadata["state"]);
        Assert.Equal(["max_count"], (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => FetchAsync(hub, -1))).Fields);
    }

    [Fact]
    public async Task An_exchange_that_cannot_be_composed_does_not_spoil_the_others()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var broken = await Candidate.ReadyAsync(hub);
        var stuck = await broken.ReferAsync("interim");
        var others = await Referring.SeparatelyAsync(hub, 2, "interim");
        await hub.ExecuteAsync($"update cvs set content = '\\x00' where person_id = (select person_id from referrals where id = '{stuck.Name["referrals/".Length..]}')");
        hub.ExpectedErrors = text => text.Contains($"{stuck.Exchange} attempt 1 could not be composed", StringComparison.Ordinal);

        Assert.Equal(others, (await FetchAsync(hub)).Select(e => e.Exchange));
        Assert.Equal(State.Queued, (await hub.GetExchangeAsync(stuck.Exchange)).State);
        await broken.AttachCvAsync();
        await hub.Time.AdvanceAsync(TimeSpan.FromSeconds(6));
        Assert.Equal(stuck.Exchange, Assert.Single(await FetchAsync(hub)).Exchange);
    }

    [Fact]
    public async Task A_rejected_exchange_comes_again_on_the_schedule_and_not_before_the_delay()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var name = (await Referring.SeparatelyAsync(hub, 1, "interim"))[0];
        await FetchAsync(hub);
        var before = (await hub.QueryAsync(db => db.NowAsync(CancellationToken.None))).AddHours(1);

        var rejected = await RejectAsync(hub, name, 1, TimeSpan.FromHours(1));

        Assert.Equal(State.Queued, rejected.State);
        Assert.True(rejected.NextAttemptTime.ToDateTimeOffset() >= before);
        Assert.Equal(rejected, await RejectAsync(hub, name, 1, TimeSpan.FromHours(1)));
        var attempt = Assert.Single(await hub.GetAttemptsAsync(name));
        Assert.Equal((Attempt.Types.Outcome.NotYet, "REJECTED"), (attempt.Outcome, attempt.Error));
        // It is this exchange's trouble, not the partner's.
        Assert.Equal((LaneHealth.Up, 0), await hub.QueryAsync(async db => (await db.Lanes.SingleAsync(l => l.PartnerId == "interim")) is { } lane ? (lane.Health, lane.Failures) : default));
        await hub.Time.AdvanceAsync(TimeSpan.FromMinutes(59));
        Assert.Empty(await FetchAsync(hub));
        await hub.Time.AdvanceAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(2, Assert.Single(await FetchAsync(hub)).Attempt);
        // Repeated late, it says nothing about the attempt that followed.
        await RejectAsync(hub, name, 1);
        Assert.Equal(State.AwaitingAnswer, (await hub.AcknowledgeAsync(name)).State);
    }

    [Fact]
    public async Task What_is_rejected_for_good_is_undeliverable_and_lets_the_next_one_pass()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var family = await Referring.FamilyAsync(hub, 2, "interim");
        await FetchAsync(hub);

        var rejected = (await hub.Inbox("interim").RejectExchangeAsync(new() { Name = family[0], Attempt = 1, Permanent = true })).Exchange;

        Assert.Equal((State.Undeliverable, "REJECTED"), (rejected.State, rejected.EndReason));
        Assert.Equal(rejected, await RejectAsync(hub, family[0], 1));
        Assert.Equal(family[1], Assert.Single(await FetchAsync(hub)).Exchange);
    }

    [Fact]
    public async Task Only_the_attempt_that_is_under_way_can_be_rejected_or_extended()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var name = (await Referring.SeparatelyAsync(hub, 1, "interim"))[0];
        await RefusedAsync(1, "queued");
        await FetchAsync(hub);
        await hub.Time.AdvanceAsync(TimeSpan.FromSeconds(61));
        // Over, but nobody else has it.
        await hub.Inbox("interim").ExtendExchangeLeaseAsync(new() { Name = name, Attempt = 1 });
        await hub.Time.AdvanceAsync(TimeSpan.FromSeconds(61));
        Assert.Equal(2, Assert.Single(await FetchAsync(hub)).Attempt);
        await RefusedAsync(1, "sending");
        await RefusedAsync(3, "sending");
        await hub.AcknowledgeAsync(name);
        await RefusedAsync(2, "awaiting_answer");

        foreach (var other in (string[])["emploi", "agence"])
        {
            await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => RejectAsync(hub, name, 2, partner: other));
            await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.Inbox(other).ExtendExchangeLeaseAsync(new() { Name = name, Attempt = 2 }).ResponseAsync);
        }

        async Task RefusedAsync(int attempt, string state)
        {
            Assert.Equal(state, (await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => RejectAsync(hub, name, attempt))).Metadata["state"]);
            await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => hub.Inbox("interim").ExtendExchangeLeaseAsync(new() { Name = name, Attempt = attempt }).ResponseAsync);
        }
    }

    [Fact]
    public async Task An_extended_lease_keeps_the_exchange_for_that_long()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var name = (await Referring.SeparatelyAsync(hub, 1, "interim"))[0];
        await FetchAsync(hub);

        var end = await ExtendAsync(TimeSpan.FromMinutes(10));
        await hub.Time.AdvanceAsync(TimeSpan.FromMinutes(9));
        Assert.Empty(await FetchAsync(hub));
        Assert.InRange((await ExtendAsync(null)) - end, TimeSpan.FromMinutes(-1), TimeSpan.FromSeconds(30));
        Assert.InRange((await ExtendAsync(TimeSpan.FromDays(1))) - await NowAsync(), TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(60));
        await hub.Time.AdvanceAsync(TimeSpan.FromMinutes(61));
        Assert.Equal(2, Assert.Single(await FetchAsync(hub)).Attempt);

        Task<DateTimeOffset> NowAsync() => hub.QueryAsync(db => db.NowAsync(CancellationToken.None));

        async Task<DateTimeOffset> ExtendAsync(TimeSpan? lease) =>
            (await hub.Inbox("interim").ExtendExchangeLeaseAsync(new() { Name = name, Attempt = 1, Lease = lease is { } span ? Duration.FromTimeSpan(span) : null })).LeaseEndTime.ToDateTimeOffset();
    }

    [Fact]
    public async Task Malformed_rejections_and_extensions_are_told_all_their_faults()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var rejected = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () =>
            hub.Inbox("interim").RejectExchangeAsync(new() { Name = "x", RetryDelay = new Duration { Seconds = -1 } }).ResponseAsync);
        Assert.Equal(["name", "attempt", "retry_delay"], rejected.Fields);
        var extended = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () =>
            hub.Inbox("interim").ExtendExchangeLeaseAsync(new() { Attempt = -1, Lease = new Duration() }).ResponseAsync);
        Assert.Equal(["name", "attempt", "lease"], extended.Fields);
    }

    static async Task<IReadOnlyList<Envelope>> FetchAsync(HubHost hub, int count = 0, string partner = "interim") =>
        (await hub.Inbox(partner).FetchExchangesAsync(new() { MaxCount = count })).Envelopes;

    static async Task<Exchange> RejectAsync(HubHost hub, string name, int attempt, TimeSpan? delay = null, string partner = "interim") =>
        (await hub.Inbox(partner).RejectExchangeAsync(new() { Name = name, Attempt = attempt, RetryDelay = delay is { } span ? Duration.FromTimeSpan(span) : null })).Exchange;

    static Task<int> ChangeLaneAsync(HubHost hub, Action<Lane, DateTimeOffset> change) => hub.QueryAsync(async db =>
    {
        change(await db.Lanes.SingleAsync(l => l.PartnerId == "interim"), await db.NowAsync(CancellationToken.None));
        return await db.SaveChangesAsync();
    });
}
