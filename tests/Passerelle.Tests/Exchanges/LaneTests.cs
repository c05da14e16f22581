using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Partners;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Tests.Exchanges;

/// <summary>One partner's trouble is its own: it is held back, never discarded, and costs the others nothing.</summary>
public sealed class LaneTests(Postgres postgres)
{
    static readonly DateTimeOffset Start = new(2027, 3, 1, 9, 0, 0, TimeSpan.Zero);
    static readonly SendOutcome Away = new SendOutcome.NotYet("UNAVAILABLE", Contact: Contact.Missed);

    [Fact]
    public async Task What_is_for_a_paused_partner_is_held_and_leaves_in_order_when_it_is_back()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await ChangeLaneAsync(hub, (lane, now) => lane.Pause("Inventory", now));
        var made = await ReferAsync(hub, 3);

        await hub.Time.AdvanceAsync(TimeSpan.FromDays(10));
        await hub.RunAsync<DeliverDue>();
        Assert.Empty(hub.Partner.Received);
        foreach (var name in made)
        {
            var held = await hub.GetExchangeAsync(name);
            Assert.Equal((State.Held, "PARTNER_PAUSED", 0), (held.State, held.HoldReason, held.AttemptCount));
        }

        Assert.Equal(3, (await ListAsync(hub, State.Held)).Count);
        Assert.Empty(await ListAsync(hub, State.Queued));

        await ChangeLaneAsync(hub, (lane, _) => lane.Resume());
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(made, hub.Partner.Received.Select(e => e.Exchange).Order());
        foreach (var name in made) Assert.Equal(State.AwaitingAnswer, (await hub.GetExchangeAsync(name)).State);
    }

    [Fact]
    public async Task A_partner_that_cannot_be_reached_is_held_and_probed_until_it_is_back()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Lanes:DownAfter=3", "Lanes:MaxInFlight=3", "Lanes:ProbeSchedule:0=00:00:10", "Lanes:ProbeSchedule:1=00:01:00");
        await hub.Time.FreezeAsync(Start);
        await ReferAsync(hub, 8);
        for (var n = 0; n < 3; n++) hub.Partner.Next(Away);

        // Three misses close the lane: the five others are not even tried.
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(3, hub.Partner.Received.Count);
        Assert.Equal(8, (await ListAsync(hub, State.Held)).Count);
        Assert.All(await ListAsync(hub, State.Held), e => Assert.Equal("PARTNER_DOWN", e.HoldReason));
        var lane = await LaneAsync(hub);
        Assert.Equal((LaneHealth.Down, Start.AddSeconds(10)), (lane.Health, lane.ProbeTime));

        // One goes to see, and it costs that one nothing of its schedule.
        hub.Partner.Next(Away);
        await RunAtAsync(hub, Start.AddSeconds(10));
        Assert.Equal(4, hub.Partner.Received.Count);
        lane = await LaneAsync(hub);
        Assert.Equal((LaneHealth.Down, Start.AddSeconds(70)), (lane.Health, lane.ProbeTime));
        var probe = Guid.Parse(hub.Partner.Received.Last().Exchange["exchanges/".Length..]);
        Assert.Equal(0, await hub.QueryAsync(db => db.Exchanges.Where(e => e.Id == probe).Select(e => e.Failures).SingleAsync()));

        // It is back: everything leaves.
        await RunAtAsync(hub, Start.AddSeconds(70));
        Assert.Equal(LaneHealth.Up, (await LaneAsync(hub)).Health);
        await RunAtAsync(hub, Start.AddHours(1));
        Assert.Equal(8, (await ListAsync(hub, State.AwaitingAnswer)).Count);
    }

    [Fact]
    public async Task A_probe_whose_node_dies_is_followed_by_another()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Lanes:DownAfter=1");
        await hub.Time.FreezeAsync(Start);
        await ReferAsync(hub, 2);
        hub.Partner.Next(Away);
        hub.Partner.Next(Away);
        await hub.RunAsync<DeliverDue>();
        await hub.Time.FreezeAsync(Start.AddSeconds(5));
        // Claimed and never heard of again.
        Assert.Single((await hub.Services.GetRequiredService<ExchangeClaims>().TakeAsync(10, [], CancellationToken.None)).Claims);
        Assert.Equal(LaneHealth.Probing, (await LaneAsync(hub)).Health);

        await hub.RunAsync<DeliverDue>();
        Assert.Equal(2, hub.Partner.Received.Count);
        await RunAtAsync(hub, Start.AddSeconds(45));
        Assert.Equal(LaneHealth.Up, (await LaneAsync(hub)).Health);
        Assert.Equal(2, (await ListAsync(hub, State.AwaitingAnswer)).Count);
    }

    [Fact]
    public async Task Trouble_of_our_own_says_nothing_of_a_partner_that_is_down()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Lanes:DownAfter=1", "Lanes:MaxInFlight=1", "Lanes:ProbeSchedule:0=00:00:10");
        hub.ExpectedErrors = text => text.Contains("broke on its way", StringComparison.Ordinal) || text.Contains("could not be composed", StringComparison.Ordinal);
        await hub.Time.FreezeAsync(Start);
        await ReferAsync(hub, 4);
        hub.Partner.Next(Away);
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(LaneHealth.Down, (await LaneAsync(hub)).Health);

        hub.Partner.Next(_ => throw new InvalidOperationException("A defect of ours."));
        await StaysClosedAsync(1, "NOT_SENT");
        hub.Partner.Next(new SendOutcome.NotYet("NOT_BY_PUSH"));
        await StaysClosedAsync(2, "NOT_BY_PUSH");
        await hub.ExecuteAsync("update cvs set content = '\\x00'");
        await StaysClosedAsync(3, "NOT_COMPOSED");

        async Task StaysClosedAsync(int minutes, string error)
        {
            await RunAtAsync(hub, Start.AddMinutes(minutes));
            Assert.Equal(error, await hub.QueryAsync(db => db.Events.Where(e => e.Type == "exchange.attempted").OrderByDescending(e => e.Sequence).Select(e => e.Detail).FirstAsync()));
            Assert.False((await LaneAsync(hub)).IsOpen);
        }
    }

    [Fact]
    public async Task No_more_are_on_their_way_to_one_partner_than_it_takes_at_once()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Lanes:MaxInFlight=2", "Lanes:MaxPerSecond=0");
        await ReferAsync(hub, 9);
        var (now, most) = (0, 0);
        for (var n = 0; n < 9; n++)
            hub.Partner.Next(async _ =>
            {
                InterlockedMax(ref most, Interlocked.Increment(ref now));
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
                Interlocked.Decrement(ref now);
                return new SendOutcome.Accepted();
            });

        // Two nodes: the limit is the partner's, not the node's.
        await Task.WhenAll(hub.RunAsync<DeliverDue>(), hub.RunAsync<DeliverDue>());

        Assert.Equal((9, 2), (hub.Partner.Received.Count, most));
    }

    [Fact]
    public async Task A_rate_is_kept()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Lanes:MaxPerSecond=10", "Lanes:MaxInFlight=100");
        await hub.Time.FreezeAsync(Start);
        await ReferAsync(hub, 30);
        await hub.ExecuteAsync("update lanes set refill_time = hub_now()");
        var claims = hub.Services.GetRequiredService<ExchangeClaims>();
        async Task<int> TakeAtAsync(double seconds)
        {
            await hub.Time.FreezeAsync(Start.AddSeconds(60 + seconds));
            return (await claims.TakeAsync(100, [], CancellationToken.None)).Claims.Count;
        }

        // A second's worth has gathered; then it flows in tenths.
        foreach (var (seconds, expected) in ((double, int)[])[(0, 10), (0.05, 0), (0.1, 1), (0.19, 0), (0.5, 4), (5, 10)]) Assert.Equal((seconds, expected), (seconds, await TakeAtAsync(seconds)));
    }

    [Fact]
    public async Task What_waits_in_a_lane_that_is_full_or_over_its_rate_or_down_is_not_for_the_watchdog_to_take()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Lanes:MaxPerSecond=1", "Lanes:MaxInFlight=2");
        await hub.Time.FreezeAsync(Start);
        await ReferAsync(hub, 4);
        var claims = hub.Services.GetRequiredService<ExchangeClaims>();

        await TakeOneAsync(60);
        // Due for a minute, and served half a second ago.
        Assert.Equal(TimeSpan.FromSeconds(0.5), await WaitedAsync(60.5));
        await TakeOneAsync(61);
        Assert.Null(await WaitedAsync(65));
        // Both leases are over, and it is full no more.
        Assert.Equal(TimeSpan.FromSeconds(11), await WaitedAsync(72));
        await hub.ExecuteAsync($"update lanes set health = 'down', probe_time = hub_now() + interval '1 minute' where partner_id = 'emploi'");
        Assert.Equal(TimeSpan.FromSeconds(-1), await WaitedAsync(131));
        Assert.Equal(TimeSpan.FromSeconds(1), await WaitedAsync(133));

        async Task TakeOneAsync(double seconds)
        {
            await hub.Time.FreezeAsync(Start.AddSeconds(seconds));
            Assert.Single((await claims.TakeAsync(10, [], CancellationToken.None)).Claims);
        }

        async Task<TimeSpan?> WaitedAsync(double seconds)
        {
            await hub.Time.FreezeAsync(Start.AddSeconds(seconds));
            return await claims.OldestDueAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_partner_that_hangs_keeps_nobody_else_waiting()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Lanes:MaxInFlight=2");
        await hub.ExecuteAsync("update partners set delivery = 'push', push_address = 'http://interim.invalid' where id = 'interim'");
        var release = new TaskCompletionSource();
        hub.Partner.Always = async (partner, _) =>
        {
            if (partner == "emploi") await release.Task;
            return new SendOutcome.Accepted();
        };
        await ReferAsync(hub, 5);
        var others = await ReferAsync(hub, 5, "interim");

        var run = hub.RunAsync<DeliverDue>();
        await Eventually.BecomesTrueAsync(async () => (await ListAsync(hub, State.AwaitingAnswer)).Select(e => e.Name).Intersect(others).Count() == 5, () => "The others waited.");
        Assert.Equal(2, hub.Partner.Received.Count(e => !others.Contains(e.Exchange)));
        release.SetResult();
        await run;

        Assert.Equal(10, (await ListAsync(hub, State.AwaitingAnswer)).Count);
    }

    [Fact]
    public async Task Partners_that_hang_do_not_use_up_a_nodes_room()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Delivery:MaxInFlight=2", "Delivery:Lease=00:00:00.6");
        await hub.ServeByPushAsync("interim");
        var release = new TaskCompletionSource();
        hub.Partner.Always = async (partner, _) =>
        {
            if (partner == "emploi") await release.Task;
            return new SendOutcome.Accepted();
        };
        await ReferAsync(hub, 5);
        var others = await ReferAsync(hub, 5, "interim");

        var run = hub.RunAsync<DeliverDue>();
        await Eventually.BecomesTrueAsync(async () => (await ListAsync(hub, State.AwaitingAnswer)).Select(e => e.Name).Intersect(others).Count() == 5, () => "The others waited.");
        release.SetResult();
        await run;

        Assert.Equal((10, 10), ((await ListAsync(hub, State.AwaitingAnswer)).Count, hub.Partner.Received.Count));
    }

    [Fact]
    public async Task A_node_bears_so_many_calls_that_hang_and_no_more()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Delivery:MaxInFlight=1", "Delivery:MaxHanging=2", "Delivery:Lease=00:00:00.6");
        var calls = new ConcurrentQueue<TaskCompletionSource>();
        var (now, most) = (0, 0);
        hub.Partner.Always = async (_, _) =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref now));
            var call = new TaskCompletionSource();
            calls.Enqueue(call);
            await call.Task;
            Interlocked.Decrement(ref now);
            return new SendOutcome.Accepted();
        };
        await ReferAsync(hub, 5);

        var run = hub.RunAsync<DeliverDue>();
        for (var n = 3; n <= 5; n++)
        {
            await Eventually.BecomesTrueAsync(() => calls.Count == n, $"Call {n} never came.");
            calls.ElementAt(n - 3).SetResult();
        }

        foreach (var call in calls) call.TrySetResult();
        await run;
        Assert.Equal((5, 3), (hub.Partner.Received.Count, most));
    }

    [Fact]
    public async Task Of_one_case_only_the_first_leaves_and_the_others_follow_in_order()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Delivery:RetrySchedule:0=00:01:00");
        await hub.Time.FreezeAsync(Start);
        var family = await ReferFamilyAsync(hub, 4);
        var neighbour = (await (await Candidate.ReadyAsync(hub)).ReferAsync()).Exchange;
        hub.Partner.Always = (_, envelope) => Task.FromResult<SendOutcome>(envelope.Exchange == family[0] ? new SendOutcome.NotYet("INTERNAL") : new SendOutcome.Accepted());

        await hub.RunAsync<DeliverDue>();
        // Its own case waits for it, the neighbour does not.
        Assert.Equal(new HashSet<string> { family[0], neighbour }, hub.Partner.Received.Select(e => e.Exchange).ToHashSet());

        hub.Partner.Always = null;
        hub.Partner.Received.Clear();
        await RunAtAsync(hub, Start.AddMinutes(1));
        Assert.Equal(family, hub.Partner.Received.Select(e => e.Exchange));
    }

    [Fact]
    public async Task Those_in_line_behind_one_that_is_tried_again_later_hide_nobody()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Lanes:MaxInFlight=1");
        await hub.Time.FreezeAsync(Start);
        await ReferFamilyAsync(hub, 6);
        hub.Partner.Next(new SendOutcome.NotYet("RESOURCE_EXHAUSTED", TimeSpan.FromHours(1)));
        await hub.RunAsync<DeliverDue>();
        var other = Assert.Single(await ReferAsync(hub, 1));

        // One place, five that are due before it and must wait: it leaves with the first claim all the same.
        await hub.ExecuteAsync($"update exchanges set due_time = '{Start:O}' where state = 'queued' and failures = 0");
        Assert.Single((await hub.Services.GetRequiredService<ExchangeClaims>().TakeAsync(10, [], CancellationToken.None)).Claims);
        Assert.Equal(State.Sending, (await hub.GetExchangeAsync(other)).State);

        // And they are not looked at again before the first is due.
        var due = await hub.QueryAsync(db => db.Exchanges.Where(e => e.State == ExchangeState.Queued && e.Failures == 0).Select(e => e.DueTime).Distinct().ToListAsync());
        Assert.Equal([Start.AddMinutes(10)], due);
    }

    [Fact]
    public async Task What_leaves_a_line_without_delivery_makes_way_for_the_next()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        var family = await ReferFamilyAsync(hub, 3);
        hub.Partner.Next(new SendOutcome.Refused("INVALID_ARGUMENT"));

        await hub.RunAsync<DeliverDue>();

        Assert.Equal(family, hub.Partner.Received.Select(e => e.Exchange));
        Assert.Equal(State.Undeliverable, (await hub.GetExchangeAsync(family[0])).State);
    }

    [Fact]
    public async Task A_newer_referral_of_the_same_person_takes_the_place_of_one_that_has_not_left()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        var older = (await candidate.ReferAsync()).Exchange;
        var elsewhere = (await candidate.ReferAsync("interim")).Exchange;
        var newer = (await candidate.ReferAsync()).Exchange;

        await hub.RunAsync<DeliverDue>();

        Assert.Equal([newer], hub.Partner.Received.Select(e => e.Exchange));
        var ended = await hub.GetExchangeAsync(older);
        Assert.Equal((State.Withdrawn, "SUPERSEDED", newer), (ended.State, ended.EndReason, ended.SupersededBy));
        Assert.Equal(State.Queued, (await hub.GetExchangeAsync(elsewhere)).State);
        // What has left is nobody's to take the place of.
        var third = (await candidate.ReferAsync()).Exchange;
        Assert.Equal(State.AwaitingAnswer, (await hub.GetExchangeAsync(newer)).State);
        Assert.Equal(State.Queued, (await hub.GetExchangeAsync(third)).State);
    }

    [Fact]
    public async Task An_exchange_is_tried_for_a_week_at_least_and_twelve_times_in_two_days()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        var name = (await ReferAsync(hub, 1))[0];
        var tries = new ConcurrentQueue<DateTimeOffset>();
        var now = Start;
        hub.Partner.Always = (_, _) =>
        {
            tries.Enqueue(now);
            return Task.FromResult<SendOutcome>(new SendOutcome.NotYet("INTERNAL"));
        };
        while (true)
        {
            await hub.RunAsync<DeliverDue>();
            if ((await hub.GetExchangeAsync(name)).NextAttemptTime is not { } next) break;
            await hub.Time.FreezeAsync(now = next.ToDateTimeOffset());
        }

        Assert.Equal((State.Undeliverable, "INTERNAL"), ((await hub.GetExchangeAsync(name)).State, (await hub.GetExchangeAsync(name)).EndReason));
        Assert.InRange(now - Start, TimeSpan.FromDays(7), TimeSpan.FromDays(7.5));
        Assert.InRange(tries.Count(t => t - Start <= TimeSpan.FromHours(48)), 12, 200);
    }

    [Fact]
    public void The_default_schedule_allows_twelve_tries_in_48_hours_whatever_is_drawn() =>
        Assert.InRange(DeliveryOptions.DefaultRetrySchedule.Take(11).Sum(w => w.TotalHours), 0, 48);

    /// <summary>That many persons of as many cases, referred one after the other.</summary>
    static Task<List<string>> ReferAsync(HubHost hub, int count, string partner = Candidate.Push) => Referring.SeparatelyAsync(hub, count, partner);

    static Task<List<string>> ReferFamilyAsync(HubHost hub, int count) => Referring.FamilyAsync(hub, count, Candidate.Push);

    static async Task<IReadOnlyList<Passerelle.Contracts.Exchanges.V1.Exchange>> ListAsync(HubHost hub, State state) =>
        (await new Passerelle.Contracts.Exchanges.V1.ExchangeService.ExchangeServiceClient(hub.As("crm")).ListExchangesAsync(new() { State = state })).Exchanges;

    static Task<Lane> LaneAsync(HubHost hub) => hub.QueryAsync(db => db.Lanes.AsNoTracking().SingleAsync(l => l.PartnerId == "emploi"));

    static Task<int> ChangeLaneAsync(HubHost hub, Action<Lane, DateTimeOffset> change) => hub.QueryAsync(async db =>
    {
        change(await db.Lanes.SingleAsync(l => l.PartnerId == "emploi"), await db.NowAsync(CancellationToken.None));
        return await db.SaveChangesAsync();
    });

    static async Task RunAtAsync(HubHost hub, DateTimeOffset time)
    {
        await hub.Time.FreezeAsync(time);
        await hub.RunAsync<DeliverDue>();
    }

    static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); seen < value; seen = Volatile.Read(ref target))
            if (Interlocked.CompareExchange(ref target, value, seen) == seen) return;
    }
}
