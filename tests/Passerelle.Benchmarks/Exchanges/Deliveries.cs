using Passerelle.Benchmarks.Harness;
using Passerelle.Hub.Persistence;

namespace Passerelle.Benchmarks.Exchanges;

/// <summary>`deliveries`: created through gRPC and delivered to 50 partners, sustained, against one Hangfire job per message, alternately; and what each transaction count was.</summary>
static class Deliveries
{
    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var stage = await Stage.StartAsync(options, ct);
        await using var usual = await UsualWay.StartAsync(stage, options, deliver: true, ct);
        var (hub, other) = (new Generator(stage.Clients, stage.Persons, Stage.Partners), usual.Generator(stage.Persons.Length));
        var measured = await Rounds.RunAsync(
            stage.TidyAsync, options.Runs, options.Seconds,
            async (seconds, stop) =>
            {
                var ours = await CountedAsync(stage, hub, seconds, Storage.DatabaseName, stage.Sandbox, stop);
                // It needs less time to show its speed, and has no backlog to build up.
                var theirs = await CountedAsync(stage, other, Math.Max(1, seconds / 2), OneJobPerMessage.Database, null, stop);
                return (Ours: ours, Theirs: theirs);
            },
            run => FormattableString.Invariant($"{run.Ours.Load.PerSecond:0}/s ({run.Ours.Transactions:0.00} transactions each) against {run.Theirs.Load.PerSecond:0}/s ({run.Theirs.Transactions:0.00})"),
            ct);
        return new Measurement(
            [
                new Figure("deliveries", "/s", [.. measured.Select(m => m.Ours.Load.PerSecond)], [.. measured.Select(m => m.Theirs.Load.PerSecond)])
                {
                    Target = new(AtLeast: 1000, Aim: 2500),
                    Counted = "arrivals at the partners during the load, by its time; everything created arrived once and was saved as delivered. Baseline: one Hangfire job per message.",
                },
                new Figure("deliveries.ratio", "times", [.. measured.Select(m => m.Ours.Load.PerSecond / m.Theirs.Load.PerSecond)], [])
                {
                    Target = new(AtLeast: 10), Counted = "deliveries by those of one Hangfire job per message, run by run.",
                },
                new Figure("deliveries.transactions", "each", [.. measured.Select(m => m.Ours.Transactions)], [.. measured.Select(m => m.Theirs.Transactions)])
                {
                    Counted = "all transactions of the database, those that create included, by deliveries, at that speed.",
                },
            ],
            stage.Sandbox.Machine,
            stage.Describe(("seconds", options.Seconds), ("calls in flight", Sustained.InFlight), ("most on the way", Sustained.OnTheWay), ("unavailable", hub.Repeats), ("bytes of payload", await BytesAsync(stage, ct))));
    }

    static async Task<(Sustained Load, double Transactions)> CountedAsync(Stage stage, Generator generator, int seconds, string database, Sandbox? hub, CancellationToken ct)
    {
        await stage.Sandbox.ExecuteAsync("checkpoint", ct);
        var before = await TransactionCount.ReadAsync(stage.Sandbox, database, ct);
        var load = await Sustained.RunAsync(stage.Hall, generator, seconds, hub, ct);
        return (load, (await TransactionCount.ReadAsync(stage.Sandbox, database, ct) - before) / (double)load.Delivered);
    }

    static Task<double> BytesAsync(Stage stage, CancellationToken ct) => stage.Sandbox.ReadAsync<double>("select coalesce(round(avg(size)), 0)::float8 from attempts", ct);
}
