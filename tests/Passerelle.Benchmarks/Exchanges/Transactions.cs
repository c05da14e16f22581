using Passerelle.Benchmarks.Harness;
using Passerelle.Hub.Persistence;

namespace Passerelle.Benchmarks.Exchanges;

/// <summary>`transactions`: database transactions for each delivery at 500 a second, those of the creating calls taken off; what one of these costs is measured before, on a hub
/// that runs no jobs. `transactions.total`: nothing taken off.</summary>
static class Transactions
{
    const int PerSecond = 500;
    const int InFlight = 8;

    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var stage = await Stage.StartAsync(options, ct);
        var generator = new Generator(stage.Clients, stage.Persons, Stage.Partners);
        var random = new Random(options.Seed);
        var duration = Math.Max(1, options.Seconds / 2);

        await stage.Sandbox.StopHubAsync();
        await stage.Sandbox.StartHubAsync(["Jobs:Server=false", "Jobs:Watchdog=false"], ct);
        await generator.CloselyAsync(InFlight, TimeSpan.FromMinutes(5), 100, _ => true, ct);
        var before = await TransactionCount.ReadAsync(stage.Sandbox, Storage.DatabaseName, ct);
        var alone = (await generator.CloselyAsync(InFlight, TimeSpan.FromMinutes(5), Math.Min(generator.Pairs / 2, 2000), _ => true, ct)).Count;
        var each = (await TransactionCount.ReadAsync(stage.Sandbox, Storage.DatabaseName, ct) - before) / (double)alone;
        Progress.Say(FormattableString.Invariant($"  a creation alone: {each:0.000} transactions ({alone} made)"));
        await stage.Sandbox.StopHubAsync();
        await stage.StartHubAsync(ct);
        while (await stage.Hall.CountAsync(Stage.Partners, ct) < alone + 100) await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, ct);

        var measured = await Rounds.RunAsync(
            stage.TidyAsync, options.Runs, duration,
            async (seconds, stop) =>
            {
                await stage.Hall.ClearAsync(stop);
                var start = await TransactionCount.ReadAsync(stage.Sandbox, Storage.DatabaseName, stop);
                var created = await generator.AtRateAsync(PerSecond, TimeSpan.FromSeconds(seconds), random, stop);
                var delivered = (await Arrived.AllAsync(stage.Hall, created, Stage.Partners, stop)).Count;
                return (await TransactionCount.ReadAsync(stage.Sandbox, Storage.DatabaseName, stop) - start) / (double)delivered;
            },
            total => FormattableString.Invariant($"{total:0.000} each, {total - each:0.000} without the creation"),
            ct);
        return new Measurement(
            [
                new Figure("transactions", "each", [.. measured.Select(m => m - each)], [])
                {
                    Target = new(AtMost: 0.2),
                    Counted = FormattableString.Invariant($"as transactions.total, less {each:0.000} for the CreateReferral call that each began with (measured on a hub without jobs)."),
                },
                new Figure("transactions.total", "each", measured, [])
                {
                    Counted = "xact_commit + xact_rollback of the hub's database (Hangfire's, single statements and autovacuum's included) from 11 s before the load to 11 s after it, by deliveries.",
                },
            ],
            stage.Sandbox.Machine,
            stage.Describe(("seconds", duration), ("created a second", PerSecond), ("unavailable", generator.Repeats)));
    }
}
