using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Clocks.Policies;
using Passerelle.Tests.Support;
using Clock = Passerelle.Contracts.Clocks.V1.Clock;
using CreatePolicyChangeRequest = Passerelle.Contracts.Clocks.V1.CreatePolicyChangeRequest;
using Effect = Passerelle.Contracts.Clocks.V1.PolicyMove.Types.Effect;
using EventKind = Passerelle.Contracts.Clocks.V1.ClockEvent.Types.Kind;
using State = Passerelle.Contracts.Clocks.V1.PolicyChange.Types.State;

namespace Passerelle.Tests.Clocks.Policies;

/// <summary>Clocks that run get another policy.</summary>
public sealed class ChangePoliciesTests(Postgres postgres)
{
    static readonly PolicyTerms Shorter = new() { Window = Duration.FromHours(24) };
    static readonly PolicyTerms Longer = new() { Window = Duration.FromHours(72) };

    [Fact]
    public async Task A_running_clock_moves_and_tells_why_and_fires_towards_its_new_deadline()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (promise, request) = await hub.PromiseAsync();
        var policy = await hub.PolicyAsync(Shorter);
        await hub.Time.FreezeAsync(promise.After(10));

        var change = await hub.ChangeAsync(PolicyChanges.To(policy));

        Assert.Equal((State.Done, 1, 1, 1, 0), (change.PolicyChange.State, change.PolicyChange.SelectedCount, change.PolicyChange.ChangedCount, change.PolicyChange.MovedCount, change.PolicyChange.BreachedCount));
        var move = Assert.Single(change.Moves);
        Assert.Equal((promise.Name, promise.After(48), promise.After(24), Effect.Moved), (move.Clock, move.BeforeTime.ToDateTimeOffset(), move.AfterTime.ToDateTimeOffset(), move.Effect));
        var got = await hub.Clocks().GetClockAsync(new() { Name = promise.Name });
        Assert.Equal((promise.After(24), policy.ToString()), (got.Clock.DueTime.ToDateTimeOffset(), got.Clock.Policy));
        Assert.Equal(("crm:advisors/ada", "Nouvel engagement", policy.ToString()), (got.Events[1].By, got.Events[1].Why, got.Events[1].Policy));
        await hub.Time.FreezeAsync(promise.After(24).AddMicroseconds(1));
        await hub.RunAsync<FireClocks>();
        Assert.Equal(["clock.policy_changed running", "clock.overdue breach"], await hub.ToldAsync(request));
    }

    [Fact]
    public async Task A_paused_clock_keeps_what_was_counted_and_an_overdue_one_its_verdict()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Response:RereadPoliciesEvery=00:00:00");
        var pausing = await hub.OfferAsync(ClockFamily.Promise, new PolicyTerms { MayPause = true });
        var (paused, _) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(paused.After(10));
        await hub.PauseAsync(paused.Name);
        await hub.Time.FreezeAsync(paused.After(20));
        var policy = await hub.PolicyAsync(new PolicyTerms { MayPause = true, Window = Duration.FromHours(12) });

        var change = (await hub.ChangeAsync(PolicyChanges.To(policy, pausing.ToString()))).PolicyChange;

        // Paused it is due at no time, before and after.
        Assert.Equal((1, 0), (change.ChangedCount, change.MovedCount));
        await hub.Time.FreezeAsync(paused.After(30));
        Assert.Equal(paused.After(32), (await hub.ResumeAsync(paused.Name)).DueTime.ToDateTimeOffset());
        await hub.Time.FreezeAsync(paused.After(33));
        await hub.RunAsync<FireClocks>();
        var longer = await hub.PolicyAsync(Longer);
        Assert.Equal(0, (await hub.ChangeAsync(PolicyChanges.To(longer, policy.ToString()))).PolicyChange.ChangedCount);

        // As a correction it is healed, and reads as running again.
        var request = PolicyChanges.To(longer, policy.ToString());
        request.FromStart = true;
        var healed = await hub.ChangeAsync(request);
        // Another policy ruled since, and it is that one which counts.
        Assert.Equal((0, 1), (healed.PolicyChange.ChangedCount, healed.PolicyChange.UnaffectedCount));
    }

    [Fact]
    public async Task A_change_from_the_start_heals_what_is_late()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (promise, request) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(promise.After(50));
        await hub.RunAsync<FireClocks>();
        var correction = PolicyChanges.To(await hub.PolicyAsync(Longer));
        correction.FromStart = true;

        var change = await hub.ChangeAsync(correction);

        Assert.Equal((1, 1, 1), (change.PolicyChange.ChangedCount, change.PolicyChange.MovedCount, change.PolicyChange.HealedCount));
        Assert.Equal(Effect.Healed, Assert.Single(change.Moves).Effect);
        var healed = await hub.PromiseOfAsync(request);
        Assert.Equal((Clock.Types.State.Running, promise.After(72)), (healed.State, healed.DueTime.ToDateTimeOffset()));
        Assert.Equal("clock.corrected running", (await hub.ToldAsync(request))[^1]);
    }

    [Fact]
    public async Task A_simulation_counts_what_the_change_then_does_and_writes_nothing()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.PromisesAsync(30);
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(30));
        await hub.PromisesAsync(70);
        await hub.Time.FreezeAsync(await hub.QueryAsync(db => db.NowAsync(CancellationToken.None)));
        var policy = await hub.PolicyAsync(Shorter);
        var simulated = PolicyChanges.To(policy);
        simulated.Simulated = true;
        var before = await hub.DumpAsync("public.policy_changes", "public.policy_change_moves", "public.request_ids");

        var said = await hub.ChangeAsync(simulated);

        Assert.Equal((State.Done, 100, 100, 100, 30), (said.PolicyChange.State, said.PolicyChange.SelectedCount, said.PolicyChange.ChangedCount, said.PolicyChange.MovedCount, said.PolicyChange.BreachedCount));
        Assert.Equal(before, await hub.DumpAsync("public.policy_changes", "public.policy_change_moves", "public.request_ids"));
        var done = await hub.ChangeAsync(PolicyChanges.To(policy));
        Assert.Equal((said.PolicyChange.ChangedCount, said.PolicyChange.MovedCount, said.PolicyChange.BreachedCount), (done.PolicyChange.ChangedCount, done.PolicyChange.MovedCount, done.PolicyChange.BreachedCount));
        Assert.Equal(said.Moves, done.Moves);
        Assert.Equal(100, done.Moves.Count);
    }

    [Fact]
    public async Task Only_what_is_selected_is_changed()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.PromisesAsync(5);
        var (promise, _) = await hub.PromiseAsync();
        var (window, _) = await hub.WindowAsync();
        var policy = await hub.PolicyAsync(Longer);
        var one = PolicyChanges.To(policy);
        one.Clock = promise.Name;
        Assert.Equal(1, (await hub.ChangeAsync(one)).PolicyChange.ChangedCount);
        var partner = PolicyChanges.To(policy, "partner-window@1");
        partner.Partner = "partners/interim";
        Assert.Equal(0, (await hub.ChangeAsync(partner)).PolicyChange.ChangedCount);
        (partner.RequestId, partner.Partner) = (Household.NewId(), "partners/emploi");
        Assert.Equal(window.Name, Assert.Single((await hub.ChangeAsync(partner)).Moves).Clock);
        Assert.Equal(5, await hub.QueryAsync(db => db.Clocks.CountAsync(c => c.PolicyId == "promise")));
    }

    [Fact]
    public async Task What_somebody_is_changing_is_taken_when_he_is_done_and_nobody_waits()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.PromisesAsync(120);
        var policy = await hub.PolicyAsync(Longer);
        await using var busy = await hub.Source.OpenConnectionAsync();
        await using var transaction = await busy.BeginTransactionAsync();
        await using (var hold = new Npgsql.NpgsqlCommand("select id from clocks order by id limit 3 for update", busy)) await hold.ExecuteNonQueryAsync();
        var ordered = await hub.OrderAsync(PolicyChanges.To(policy));

        var running = hub.RunAsync<ChangePolicies>();
        await Eventually.BecomesTrueAsync(async () => (await hub.ChangeOfAsync(ordered.Name)).PolicyChange.ChangedCount == 117, () => "The others were not changed.");
        Assert.False(running.IsCompleted);
        await transaction.CommitAsync();
        await running;

        Assert.Equal((State.Done, 120), ((await hub.ChangeOfAsync(ordered.Name)).PolicyChange.State, (await hub.ChangeOfAsync(ordered.Name)).PolicyChange.ChangedCount));
        Assert.All(await hub.EventCountsAsync(policy), count => Assert.Equal(2, count));
    }

    [Fact]
    public async Task Clocks_that_others_pause_resume_and_answer_meanwhile_are_changed_once_and_keep_what_was_done()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Response:RereadPoliciesEvery=00:00:00");
        var from = await hub.OfferAsync(ClockFamily.Promise, new PolicyTerms { MayPause = true });
        var household = await Household.OpenAsync(hub);
        var requests = new List<string>();
        for (var n = 0; n < 60; n++) requests.Add((await household.FileRequestAsync(hub)).Name);
        var names = new Dictionary<string, string>();
        foreach (var request in requests) names[request] = (await hub.PromiseOfAsync(request)).Name;
        var policy = await hub.PolicyAsync(new PolicyTerms { MayPause = true, Window = Duration.FromHours(72) });
        await hub.OrderAsync(PolicyChanges.To(policy, from.ToString()));

        await Task.WhenAll([
            hub.RunAsync<ChangePolicies>(), .. requests.Select(async (request, n) =>
            {
                if (n % 3 == 0) await hub.AnswerRequestAsync(request);
                if (n % 3 > 0) await hub.PauseAsync(names[request]);
                if (n % 3 == 2) await hub.ResumeAsync(names[request]);
            }),
        ]);
        await hub.RunAsync<ChangePolicies>();

        foreach (var (n, request) in requests.Index())
        {
            var read = await hub.Clocks().GetClockAsync(new() { Name = names[request] });
            Assert.Equal(n % 3 == 0 ? Clock.Types.State.Met : n % 3 == 1 ? Clock.Types.State.Paused : Clock.Types.State.Running, read.Clock.State);
            Assert.All(read.Events, e => Assert.Empty(e.SetAside));
            Assert.InRange(read.Events.Count(e => e.Kind == EventKind.PolicyChanged), n % 3 == 0 ? 0 : 1, 1);
        }
    }

    [Fact]
    public async Task A_cancelled_change_stops_and_what_was_changed_stays()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.PromisesAsync(60);
        var policy = await hub.PolicyAsync(Longer);
        var ordered = await hub.OrderAsync(PolicyChanges.To(policy));
        Assert.Equal(State.Cancelled, (await hub.Changes().CancelPolicyChangeAsync(new() { Name = ordered.Name })).PolicyChange.State);
        Assert.Equal(State.Cancelled, (await hub.Changes().CancelPolicyChangeAsync(new() { Name = ordered.Name })).PolicyChange.State);
        await hub.RunAsync<ChangePolicies>();
        Assert.Equal(60, await hub.QueryAsync(db => db.Clocks.CountAsync(c => c.PolicyId == "promise")));

        var done = await hub.ChangeAsync(PolicyChanges.To(policy));
        await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, async () => await hub.Changes().CancelPolicyChangeAsync(new() { Name = done.PolicyChange.Name }));
        Assert.Equal([done.PolicyChange.Name, ordered.Name], (await hub.Changes().ListPolicyChangesAsync(new())).PolicyChanges.Select(c => c.Name));
        Assert.Equal([ordered.Name], (await hub.Changes().ListPolicyChangesAsync(new() { State = State.Cancelled })).PolicyChanges.Select(c => c.Name));
    }

    [Fact]
    public async Task Two_nodes_do_not_work_on_one_change_and_a_dead_one_is_taken_over_where_it_was()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.PromisesAsync(90);
        var policy = await hub.PolicyAsync(Longer);
        var ordered = await hub.OrderAsync(PolicyChanges.To(policy));
        var first = await hub.QueryAsync(db => db.Clocks.OrderBy(c => c.Id).Select(c => c.Id).Skip(49).FirstAsync());

        // Another node has it, and has come that far.
        await hub.ExecuteAsync($"update policy_changes set generation = 1, lease_end_time = hub_now() + interval '10 s', cursor = '{first}'");
        await hub.RunAsync<ChangePolicies>();
        Assert.Equal(0, (await hub.ChangeOfAsync(ordered.Name)).PolicyChange.ChangedCount);

        // It is dead.
        await hub.Time.AdvanceAsync(TimeSpan.FromSeconds(11));
        await hub.RunAsync<ChangePolicies>();
        Assert.Equal((State.Done, 40), ((await hub.ChangeOfAsync(ordered.Name)).PolicyChange.State, (await hub.ChangeOfAsync(ordered.Name)).PolicyChange.ChangedCount));
        Assert.Equal(2, await hub.QueryAsync(db => db.PolicyChanges.Select(c => c.Generation).SingleAsync()));
    }

    [Fact]
    public async Task A_worker_that_dies_in_the_middle_loses_nothing_and_changes_nothing_twice()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.PromisesAsync(230);
        var policy = await hub.PolicyAsync(Longer);
        var ordered = await hub.OrderAsync(PolicyChanges.To(policy));
        var ids = await hub.QueryAsync(db => db.Clocks.OrderBy(c => c.Id).Select(c => c.Id).ToListAsync());
        foreach (var dies in (int[])[60, 61, 170])
        {
            await hub.OutageAsync("clocks", $"new.id = '{ids[dies]}'");
            await Assert.ThrowsAnyAsync<Exception>(() => hub.RunAsync<ChangePolicies>());
            await hub.OutageEndsAsync("clocks");
            await hub.ExecuteAsync("drop function outage_of_clocks()");
            // All of a batch, or nothing; its count with it.
            var before = (await hub.ChangeOfAsync(ordered.Name)).PolicyChange.ChangedCount;
            Assert.InRange(before, 0, dies);
            Assert.Equal(before, await hub.QueryAsync(db => db.ClockEvents.LongCountAsync(e => e.Kind == ClockFactKind.PolicyChanged)));
            await hub.Time.AdvanceAsync(TimeSpan.FromSeconds(11));
        }

        await hub.RunAsync<ChangePolicies>();

        var done = (await hub.ChangeOfAsync(ordered.Name)).PolicyChange;
        Assert.Equal((State.Done, 230, 230), (done.State, done.ChangedCount, done.MovedCount));
        Assert.All(await hub.EventCountsAsync(policy), count => Assert.Equal(2, count));
        Assert.Equal(230, await hub.QueryAsync(db => db.Events.CountAsync(e => e.Type == "clock.policy_changed")));
    }

    [Fact]
    public async Task Wrong_orders_are_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var policy = await hub.PolicyAsync(Longer);
        Task Order(Action<CreatePolicyChangeRequest> change)
        {
            var request = PolicyChanges.To(policy);
            change(request);
            return hub.OrderAsync(request);
        }

        var malformed = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => Order(r =>
            (r.RequestId, r.FromPolicy, r.Policy, r.Clock, r.Partner, r.Case, r.Why) = ("x", "promise@1", "clockPolicies/p@x", "x", "x", "x", "")));
        Assert.Equal(["request_id", "from_policy", "policy", "clock", "partner", "case", "why"], malformed.Fields);
        Assert.Equal(["policy"], (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => Order(r => r.Policy = r.FromPolicy))).Fields);
        foreach (var missing in (Action<CreatePolicyChangeRequest>[])
            [r => r.Policy = "clockPolicies/none@1", r => r.FromPolicy = "clockPolicies/promise@2", r => r.Clock = $"clocks/{Household.NewId()}", r => r.Partner = "partners/personne", r => r.Case = $"cases/{Household.NewId()}"])
            await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => Order(missing));
        await HubError.OfAsync(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, async () => await hub.Changes("emploi").ListPolicyChangesAsync(new()));
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.ChangeOfAsync($"policyChanges/{Household.NewId()}"));
    }
}
