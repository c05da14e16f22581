using Passerelle.Hub.Platform;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Faults;

/// <summary>The short set: every kill point, every way for a line to fail, the database's restart, and wrong clocks, once each. `./test.sh --soak` plays drawn schedules at length.</summary>
[Collection("Clusters")]
public sealed class FaultTests(Postgres postgres)
{
    static readonly int seed = FaultSettings.Seed ?? 20260901;

    [Fact]
    public async Task A_node_killed_at_any_point_loses_nothing()
    {
        await using var world = await FaultWorld.StartAsync(postgres);
        // Always the same node, so that the living one's claims are never mistaken for the dead one's; last the point that needs several at once.
        Lane[] lanes = [world.Calm, world.Pull, .. world.Faulty.Take(3)];
        var acts = Schedule.KillPoints.OrderBy(p => p == Points.MidBatch).Select((point, i) => new Act.Kill(6 + 16 * i, 0, point, 1, false));
        var outcome = await PlayAsync(world, new Schedule(seed, lanes, Schedule.TrueClocks, [.. acts]));
        // A limit on what was never measured holds nothing.
        foreach (var point in (string[])[Points.Claimed, Points.Prepared, Points.Sent]) Assert.Contains(outcome.Takeovers, s => s.Of == Stopwatches.ClaimedAt(point) && !s.Disturbed);

        // Once more, dying while it gives to a reader of its own.
        await using var reader = world.ReadAt(world.Nodes[0]);
        await PlayAsync(world, new Schedule(seed, [world.Pull], Schedule.TrueClocks, [new Act.Kill(6, 0, Points.Claimed, 1, false), new Act.Kill(20, 0, Points.Prepared, 1, false)]));
    }

    [Fact]
    public async Task Lines_that_fail_in_any_way_lose_nothing_by_a_clock_that_is_wrong_and_across_the_databases_restart()
    {
        await using var world = await FaultWorld.StartAsync(postgres);
        Lane[] lanes = [world.Calm, world.Pull, .. world.Faulty];
        List<Act> acts =
        [
            .. world.Faulty.Zip(Schedule.Modes, (lane, mode) => new Act.Spoil(20, lane, mode)),
            .. world.Faulty.Select(lane => new Act.Mend(110, lane)),
            new Act.RestartDatabase(130),
            new Act.TerminateConnections(160),
            new Act.Pause(190, world.Calm),
            new Act.Resume(260, world.Calm),
        ];
        var outcome = await PlayAsync(world, new Schedule(seed, lanes, [TimeSpan.Zero, TimeSpan.FromMinutes(10)], acts));
        Assert.Contains(outcome.Resumes, s => s is { Of: ScheduleRun.Restart, Disturbed: false });
    }

    static async Task<Outcome> PlayAsync(FaultWorld world, Schedule schedule)
    {
        var run = new ScheduleRun(world, schedule);
        var outcome = await run.RunAsync();
        FaultSettings.Print(outcome.ToString());
        Assert.Empty(run.Missed);
        Assert.True(outcome.Violations.Count == 0, outcome.ToString());
        return outcome;
    }
}
