using Passerelle.Tests.Support;

namespace Passerelle.Tests.Faults;

/// <summary>The long set, run by `./test.sh --soak` only.</summary>
[Collection("Clusters")]
public sealed class SoakTests(Postgres postgres)
{
    [Fact(Explicit = true)]
    public async Task Drawn_schedules_lose_nothing()
    {
        // Another stretch of schedules each day; what was found on one is replayed by its seed.
        var first = FaultSettings.Seed ?? (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Days * 1000;
        FaultSettings.Print($"PASSERELLE_FAULT_SEED={first} PASSERELLE_FAULT_SCHEDULES={FaultSettings.Schedules}");
        List<Outcome> outcomes = [];
        var world = await FaultWorld.StartAsync(postgres);
        try
        {
            for (var seed = first; seed < first + FaultSettings.Schedules; seed++)
            {
                if (world.IsSpent)
                {
                    await world.DisposeAsync();
                    world = await FaultWorld.StartAsync(postgres);
                }

                outcomes.Add(await new ScheduleRun(world, Schedule.Draw(seed, world)).RunAsync());
                FaultSettings.Print(outcomes[^1].ToString());
            }
        }
        finally
        {
            await world.DisposeAsync();
        }

        var summary = $"{outcomes.Count} schedules, {outcomes.Sum(o => o.Accepted)} exchanges accepted, {outcomes.Sum(o => o.Received)} receipts, {outcomes.Sum(o => o.Again)} of them again; "
            + $"longest takeover {Outcome.Max(outcomes.SelectMany(o => o.Takeovers))} of {outcomes.Sum(o => o.Takeovers.Count)}, "
            + $"longest resume {Outcome.Max(outcomes.SelectMany(o => o.Resumes))} of {outcomes.Sum(o => o.Resumes.Count)}; seeds with violations: "
            + string.Join(' ', outcomes.Where(o => o.Violations.Count > 0).Select(o => o.Schedule.Seed).DefaultIfEmpty(-1)).Replace("-1", "none", StringComparison.Ordinal);
        FaultSettings.Print(summary);
        Assert.True(outcomes.TrueForAll(o => o.Violations.Count == 0), summary);
    }
}
