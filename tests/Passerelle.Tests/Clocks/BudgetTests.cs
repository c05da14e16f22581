using Microsoft.EntityFrameworkCore;
using NodaTime;
using Passerelle.Contracts.Clocks.V1;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Clocks.Policies;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using ClockFamily = Passerelle.Hub.Clocks.ClockFamily;

namespace Passerelle.Tests.Clocks;

/// <summary>A partner's window never ends after the promise that it serves, unless its policy says so.</summary>
public sealed class BudgetTests(Postgres postgres)
{
    static readonly PolicyTerms MayPause = new() { MayPause = true };

    [Fact]
    public async Task A_window_ends_with_the_first_promise_of_its_case()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (candidate, promise) = await PromisedAsync(hub);
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(5));
        await candidate.Household.FileRequestAsync(hub);
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(5));
        Assert.Equal(promise.DueTime, (await DeliverAsync(hub, candidate)).DueTime);

        // Another household's has its own 48 hours, and so has what starts when the promise is broken.
        var (other, _) = await hub.WindowAsync();
        Assert.Equal(other.After(48), other.DueTime.ToDateTimeOffset());
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(45));
        var late = await DeliverAsync(hub, candidate);
        Assert.Equal(late.After(48), late.DueTime.ToDateTimeOffset());
    }

    [Fact]
    public async Task A_window_whose_policy_says_so_may_end_later()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Response:RereadPoliciesEvery=00:00:00");
        var (candidate, promise) = await PromisedAsync(hub);
        var generous = await hub.OfferAsync(ClockFamily.PartnerWindow, new PolicyTerms { MayOutlastPromise = true });
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(20));
        var window = await DeliverAsync(hub, candidate);
        Assert.Equal(window.After(48), window.DueTime.ToDateTimeOffset());

        // And no more, when another policy says otherwise.
        await hub.ChangeAsync(PolicyChanges.To(new PolicyKey("partner-window", 1), generous.ToString()));
        Assert.Equal(promise.DueTime, (await GetAsync(hub, window)).DueTime);
        await hub.ChangeAsync(PolicyChanges.To(generous, "partner-window@1"));
        Assert.Equal(window.After(48), (await GetAsync(hub, window)).DueTime.ToDateTimeOffset());
    }

    [Fact]
    public async Task A_window_follows_its_promise_through_a_pause()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Response:RereadPoliciesEvery=00:00:00");
        await hub.OfferAsync(ClockFamily.Promise, MayPause);
        var (candidate, promise) = await PromisedAsync(hub);
        await hub.Time.FreezeAsync(promise.After(20));
        var window = await DeliverAsync(hub, candidate);
        Assert.Equal(promise.After(48), window.DueTime.ToDateTimeOffset());

        await hub.PauseAsync(promise.Name);
        Assert.Equal(promise.After(68), (await GetAsync(hub, window)).DueTime.ToDateTimeOffset());
        await hub.Time.FreezeAsync(promise.After(30));
        await hub.ResumeAsync(promise.Name);
        Assert.Equal(promise.After(58), (await GetAsync(hub, window)).DueTime.ToDateTimeOffset());
        Assert.Equal(["clock.limited running", "clock.limited running"], await hub.ToldAsync(window.Subject));
    }

    [Fact]
    public async Task Windows_move_with_promises_that_get_another_policy()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var moved = new List<(Clock Promise, Clock Window)>();
        for (var n = 0; n < 5; n++)
        {
            var (candidate, promise) = await PromisedAsync(hub);
            moved.Add((promise, await DeliverAsync(hub, candidate)));
        }

        await hub.ChangeAsync(PolicyChanges.To(await hub.PolicyAsync(new PolicyTerms { Window = Duration.FromHours(30) })));

        foreach (var (promise, window) in moved)
        {
            var events = (await hub.Clocks().GetClockAsync(new() { Name = window.Name })).Events;
            Assert.Equal((ClockEvent.Types.Kind.Limited, "", promise.After(30)), (events[^1].Kind, events[^1].By, events[^1].LimitTime.ToDateTimeOffset()));
            Assert.Equal(promise.After(30), (await GetAsync(hub, window)).DueTime.ToDateTimeOffset());
            Assert.Equal(["clock.limited running"], await hub.ToldAsync(window.Subject));
        }
    }

    [Fact]
    public async Task A_promise_whose_window_somebody_has_waits_for_the_next_pass_with_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (candidate, promise) = await PromisedAsync(hub);
        var window = await DeliverAsync(hub, candidate);
        var ordered = await hub.OrderAsync(PolicyChanges.To(await hub.PolicyAsync(new PolicyTerms { Window = Duration.FromHours(30) })));
        await using var busy = await hub.Source.OpenConnectionAsync();
        await using var transaction = await busy.BeginTransactionAsync();
        await using (var hold = new Npgsql.NpgsqlCommand("select id from clocks where family = 'partner_window' for update", busy)) await hold.ExecuteNonQueryAsync();

        var running = hub.RunAsync<Hub.Clocks.Policies.ChangePolicies>();
        await Eventually.BecomesTrueAsync(() => hub.QueryAsync(db => db.PolicyChanges.AnyAsync(c => c.Cursor != null)), () => "Nobody came by.");
        Assert.Equal(promise.DueTime, (await GetAsync(hub, promise)).DueTime);
        await transaction.CommitAsync();
        await running;

        Assert.Equal(1, (await hub.ChangeOfAsync(ordered.Name)).PolicyChange.ChangedCount);
        Assert.Equal((promise.After(30), promise.After(30)), ((await GetAsync(hub, promise)).DueTime.ToDateTimeOffset(), (await GetAsync(hub, window)).DueTime.ToDateTimeOffset()));
    }

    [Fact]
    public async Task Windows_that_start_while_their_promise_moves_have_its_limit_whoever_comes_first()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Response:RereadPoliciesEvery=00:00:00");
        await hub.OfferAsync(ClockFamily.Promise, MayPause);
        var candidates = new List<(Candidate Candidate, Clock Promise)>();
        for (var n = 0; n < 12; n++) candidates.Add(await PromisedAsync(hub));
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(20));
        foreach (var (candidate, _) in candidates) await candidate.ReferAsync();

        // Paused and resumed, a promise is due later than before: what started under either deadline must have the last one.
        await Task.WhenAll([hub.RunAsync<DeliverDue>(), .. candidates.Select(async c =>
        {
            await hub.PauseAsync(c.Promise.Name);
            await hub.ResumeAsync(c.Promise.Name);
        })]);

        foreach (var (candidate, promise) in candidates)
        {
            var clocks = (await hub.Clocks().ListClocksAsync(new() { Case = candidate.Household.Case })).Clocks;
            Assert.Equal(2, clocks.Count);
            Assert.Equal(clocks.Single(c => c.Name == promise.Name).DueTime, clocks.Single(c => c.Name != promise.Name).DueTime);
        }
    }

    static async Task<(Candidate Candidate, Clock Promise)> PromisedAsync(HubHost hub)
    {
        var candidate = await Candidate.ReadyAsync(hub);
        return (candidate, await hub.PromiseOfAsync((await candidate.Household.FileRequestAsync(hub)).Name));
    }

    static async Task<Clock> DeliverAsync(HubHost hub, Candidate candidate)
    {
        var referral = await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        return (await hub.GetExchangeAsync(referral.Exchange)).Window;
    }

    static async Task<Clock> GetAsync(HubHost hub, Clock clock) => (await hub.Clocks().GetClockAsync(new() { Name = clock.Name })).Clock;
}
