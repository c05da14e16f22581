using Passerelle.Benchmarks.Harness;
using Passerelle.Hub.Persistence;

namespace Passerelle.Benchmarks.Exchanges;

/// <summary>`transactions`: database transactions for each delivery at 500 a second, those that create taken off, which are counted in the same run. `transactions.total`: nothing taken off.</summary>
static class Transactions
{
    const int PerSecond = 500;

    /// <summary>A creating call, or several that are made together, asks whether it was made before, and writes its mark: both name this table, and nothing else does. Each is a transaction.</summary>
    const string Marks = "request_ids";

    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var stage = await Stage.StartAsync(options, ct, statements: true);
        var generator = new Generator(stage.Clients, stage.Persons, Stage.Partners);
        var random = new Random(options.Seed);
        var duration = Math.Max(1, options.Seconds / 2);
        var measured = await Rounds.RunAsync(
            stage.TidyAsync, options.Runs, duration,
            async (seconds, stop) =>
            {
                await stage.Hall.ClearAsync(stop);
                var start = await CountAsync(stage, stop);
                var created = await generator.AtRateAsync(PerSecond, TimeSpan.FromSeconds(seconds), random, stop);
                var delivered = (await Arrived.AllAsync(stage.Hall, created, Stage.Partners, stop)).Count;
                var end = await CountAsync(stage, stop);
                return (Total: (end.Total - start.Total) / (double)delivered, Creating: (end.Creating - start.Creating) / (double)delivered);
            },
            run => FormattableString.Invariant($"{run.Total:0.000} each, {run.Total - run.Creating:0.000} without the creation"),
            ct);
        return new Measurement(
            [
                new Figure("transactions", "each", [.. measured.Select(m => m.Total - m.Creating)], [])
                {
                    Target = new(AtMost: 0.2),
                    Counted = "as transactions.total, less the transactions that create (by pg_stat_statements, run by run).",
                },
                new Figure("transactions.total", "each", [.. measured.Select(m => m.Total)], [])
                {
                    Counted = "xact_commit + xact_rollback of the hub's database (Hangfire's, single statements and autovacuum's included) from 11 s before the load to 11 s after it, by deliveries.",
                },
            ],
            stage.Sandbox.Machine,
            stage.Describe(("seconds", duration), ("created a second", PerSecond), ("unavailable", generator.Repeats)));
    }

    static async Task<(long Total, long Creating)> CountAsync(Stage stage, CancellationToken ct)
    {
        var total = await TransactionCount.ReadAsync(stage.Sandbox, Storage.DatabaseName, ct);
        return (total, await stage.Sandbox.ReadAsync<long>("select coalesce(sum(calls), 0)::bigint from pg_stat_statements where query like $1 and query not like '%pg_stat_statements%'", ct, $"%{Marks}%"));
    }
}
