using System.Diagnostics;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Platform;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Faults;

/// <summary>Plays one schedule against the world, lifts every fault, waits until all is at rest, and says what held.</summary>
sealed class ScheduleRun(FaultWorld world, Schedule schedule)
{
    public const string Restart = "restart";

    static readonly TimeSpan AtRestWithin = TimeSpan.FromSeconds(150), FeltWithin = TimeSpan.FromSeconds(15), ReachedWithin = TimeSpan.FromSeconds(90);

    /// <summary>About what a nudge takes to be heard.</summary>
    static readonly TimeSpan BetweenBursts = TimeSpan.FromSeconds(1);

    /// <summary>Long enough for a sweep to come by.</summary>
    static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(6);

    readonly Workload workload = new(world, schedule.Seed, schedule.Lanes);
    readonly Outcome outcome = new(schedule);
    readonly Stopwatches watches = new();
    readonly Dictionary<Lane, DateTimeOffset> paused = [];
    readonly List<PausedSpan> pauses = [];
    readonly List<FaultNode> late = [];

    public async Task<Outcome> RunAsync()
    {
        var since = Stopwatch.GetTimestamp();
        try
        {
            await world.SetClocksAsync(schedule.Clocks);
            using var stop = new CancellationTokenSource();
            var working = workload.RunAsync(stop.Token);
            try
            {
                foreach (var (index, act) in schedule.Acts.Index())
                {
                    workload.Allow(act.At);
                    await ReachAsync(act.At, working);
                    // Nobody is starting when a fault comes (a node that is to stay down stays so); while it happens, the next referrals are created.
                    await NobodyStartsAsync();
                    var next = index + 1 < schedule.Acts.Count ? schedule.Acts[index + 1].At : schedule.Total;
                    if (act is not Act.Kill) workload.Allow(next);
                    await PlayAsync(act, next);
                }

                workload.Allow(schedule.Total);
                await working;
            }
            catch
            {
                await stop.CancelAsync();
                throw;
            }
            finally
            {
                await LiftAllAsync();
            }

            await RestAsync();
        }
        catch (Exception e) when (e is Xunit.Sdk.XunitException or Grpc.Core.RpcException or Npgsql.NpgsqlException)
        {
            world.IsSpent = true;
            outcome.Violations.Add($"it did not come to its end: {e.Message}");
        }

        await JudgeAsync();
        outcome.Took = Stopwatch.GetElapsedTime(since);
        return outcome;
    }

    async Task PlayAsync(Act act, int next)
    {
        switch (act)
        {
            case Act.Kill kill:
                await KillAsync(kill, next);
                break;
            case Act.RestartDatabase:
                watches.DatabaseIsGone(TimeProvider.System.GetUtcNow());
                watches.DatabaseAnswers(Restart, await world.Cluster.RestartAsync());
                break;
            case Act.TerminateConnections:
                var at = TimeProvider.System.GetUtcNow();
                var ended = await world.Cluster.TerminateConnectionsAsync();
                watches.DatabaseAnswers($"{ended} connections ended", at);
                break;
            case Act.Spoil spoil:
                watches.Trouble(spoil.Lane);
                spoil.Lane.Proxy!.Mode = spoil.Mode;
                break;
            case Act.Mend mend:
                await FeltAsync(mend.Lane);
                Mend(mend.Lane);
                break;
            case Act.Pause pause:
                // How soon work goes on after a break is measured on the calm line, too: what was accepted for it arrives before it is paused.
                if (pause.Lane == world.Calm) await Eventually.BecomesTrueAsync(() => Unreceived(pause.Lane) == 0, $"Not all that was accepted for {pause.Lane} arrived.", FeltWithin);
                watches.Trouble(pause.Lane);
                paused[pause.Lane] = await world.SetPausedAsync(pause.Lane, true);
                break;
            case Act.Resume resume:
                // A pause is one only when something had to wait in it.
                await Eventually.BecomesTrueAsync(
                    async () => await world.Cluster.NowAsync() > paused[resume.Lane] + ShortestPause && Unreceived(resume.Lane) > 0, () => $"Nothing waited for {resume.Lane} while it was paused.", FeltWithin);
                await ResumeAsync(resume.Lane);
                break;
        }
    }

    async Task KillAsync(Act.Kill kill, int next)
    {
        // Never both at once: who stayed down comes back first.
        foreach (var down in late) down.StartAgainSoon();
        late.Clear();
        await NobodyStartsAsync();
        var node = world.Nodes[kill.Node];
        node.Arm(kill.Point, kill.Passing);
        // Who creates is nudged, and claims first as a rule: the other one only looks once a second.
        workload.Preferred = node;
        var exit = node.Hub.ExitAsync(CancellationToken.None);
        // In bursts: for the point that needs several at once one from each writer, for the others smaller ones, so that there are more.
        var burst = kill.Point == Points.MidBatch ? FaultWorld.Cases : FaultWorld.Cases / 3;
        for (var count = kill.At; count < next && !exit.IsCompleted;)
        {
            workload.Allow(count = Math.Min(count + burst, next));
            await Eventually.BecomesTrueAsync(() => exit.IsCompleted || workload.HasReached(count), "The referrals of a burst were not accepted.", ReachedWithin);
            await Task.WhenAny(exit, Task.Delay(BetweenBursts, TimeProvider.System));
        }

        // Passed or not: when the referrals of this act are all there and some time has gone, it is killed where it is.
        await Task.WhenAny(exit, Task.Delay(FeltWithin, TimeProvider.System));
        if (!exit.IsCompleted)
        {
            outcome.Notes.Add($"node {node.Name} never passed {kill.Point} {kill.Passing} times: killed where it was");
            Missed.Add(kill);
            await node.KillAsync();
        }

        workload.Preferred = null;
        var at = await exit;
        await node.KillAsync();
        watches.Killed(node, kill.Point, at, await HeldAsync());
        if (kill.Late) late.Add(node);
        else node.StartAgainSoon();
    }

    /// <summary>Kills whose point was not passed.</summary>
    public List<Act.Kill> Missed { get; } = [];

    /// <summary>What is claimed at this moment, by whomever.</summary>
    async Task<IReadOnlyList<Held>> HeldAsync() =>
        await world.Cluster.QueryAsync("select id, generation from exchanges where state = 'sending'", r => new Held(r.GetGuid(0), r.GetInt32(1)));

    async Task NobodyStartsAsync()
    {
        foreach (var node in world.Nodes) await node.Starting;
    }

    async Task ReachAsync(int count, Task working) =>
        await Eventually.BecomesTrueAsync(() =>
        {
            if (working.IsFaulted) working.GetAwaiter().GetResult();
            return workload.HasReached(count);
        }, $"{count} referrals were not accepted in time ({workload.Accepted.Count} were).", ReachedWithin);

    /// <summary>A fault that harmed nothing is none: it stays until it did.</summary>
    async Task FeltAsync(Lane lane)
    {
        var felt = lane.Proxy!.Mode is ProxyMode.DuplicateReply or ProxyMode.Pass
            ? (Func<Task<bool>>)(() => Task.FromResult(lane.Proxy.Struck > 0))
            : async () => await FailedAsync(lane) > 0;
        var since = Stopwatch.GetTimestamp();
        while (!await felt())
        {
            if (Stopwatch.GetElapsedTime(since) > FeltWithin)
            {
                var harmless = $"{lane.Proxy.Mode} on {lane} harmed nothing";
                // While its partner is paused nothing is there to be harmed.
                if (paused.ContainsKey(lane)) outcome.Notes.Add($"{harmless}: it was paused");
                else outcome.Violations.Add(harmless);
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    async Task<int> FailedAsync(Lane lane)
    {
        var ids = workload.Accepted.Where(a => a.Lane == lane).Select(a => a.Id).ToArray();
        return (await world.Cluster.QueryAsync("select count(*)::int from attempts where exchange_id = any($1) and outcome = 'not_yet'", r => r.GetInt32(0), ids)).Single();
    }

    int Unreceived(Lane lane)
    {
        var there = world.Receipts.All.Select(r => r.Exchange).ToHashSet();
        return workload.Accepted.Count(a => a.Lane == lane && !there.Contains(a.Exchange));
    }

    void Mend(Lane lane)
    {
        watches.TroubleEnds(lane, lane.Proxy!.Mode);
        lane.Proxy.Mode = ProxyMode.Pass;
    }

    async Task ResumeAsync(Lane lane)
    {
        pauses.Add(new PausedSpan(lane, paused[lane], await world.SetPausedAsync(lane, false)));
        paused.Remove(lane);
        watches.TroubleEnds(lane, ProxyMode.Pass);
    }

    async Task LiftAllAsync()
    {
        foreach (var node in world.Nodes) node.Disarm();
        foreach (var lane in schedule.Lanes.Where(l => l.Proxy is not null && l.Proxy.Mode != ProxyMode.Pass)) Mend(lane);
        foreach (var lane in paused.Keys.ToList()) await ResumeAsync(lane);
        await NobodyStartsAsync();
    }

    /// <summary>What is pushed comes to its end with the nodes that are left; who pulls may be connected to the one that is down.</summary>
    async Task RestAsync()
    {
        await DeliveredAsync(workload.Accepted.Where(a => a.Lane.Proxy is not null));
        foreach (var node in late) await node.StartAsync(node.ClockOffset);
        await DeliveredAsync(workload.Accepted);
        foreach (var node in world.Nodes.Where(n => n.Hub.HasExited)) outcome.Violations.Add($"node {node.Name} ended by itself: {node.Hub.Tail()}");
    }

    async Task DeliveredAsync(IEnumerable<Accepted> accepted)
    {
        var ids = accepted.Select(a => a.Id).ToArray();
        List<WrittenExchange> open = [];
        await Eventually.BecomesTrueAsync(
            async () => (open = [.. (await Properties.ExchangesAsync(world, ids)).Where(e => !Properties.IsDelivered(e.State))]).Count == 0,
            () => $"{open.Count} exchanges are not delivered: {string.Join(", ", open.Take(5).Select(e => $"{e.Id} {e.State} {e.EndReason}"))}", AtRestWithin);
    }

    async Task JudgeAsync()
    {
        var accepted = workload.Accepted;
        var properties = await Properties.ReadAsync(world, accepted);
        outcome.Violations.AddRange(properties.Broken(pauses));
        foreach (var rule in AuditRules.Lasting.Append(AuditRules.Conservation))
            outcome.Violations.AddRange(from name in await world.Cluster.QueryAsync(rule.Over(0), r => r.GetString(0)) select $"audit: not so, {rule.What}: {name}");
        (outcome.Accepted, outcome.Received, outcome.Repeats) = (accepted.Count, properties.Receipts.Count, string.Join(", ", workload.Repeats.Select(r => $"{r.Value} {r.Key}")));
        outcome.Again = outcome.Received - properties.Receipts.DistinctBy(r => r.Exchange).Count();
        outcome.Takeovers.AddRange(watches.Takeovers(accepted, properties));
        outcome.Resumes.AddRange(watches.Resumes(accepted, properties));
        outcome.CheckLimits();
    }
}
