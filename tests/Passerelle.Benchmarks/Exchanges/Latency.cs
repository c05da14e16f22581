using Passerelle.Benchmarks.Harness;

namespace Passerelle.Benchmarks.Exchanges;

/// <summary>`latency.p50`, `latency.p99`: from the commit of a referral to its arrival at the partner, at 200 a second; and from when the call was to be sent.</summary>
static class Latency
{
    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var stage = await Stage.StartAsync(options, ct, commitTimes: true);
        var generator = new Generator(stage.Clients, stage.Persons, Stage.Partners);
        var random = new Random(options.Seed);
        var duration = Math.Max(1, options.Seconds / 2);
        var measured = await Rounds.RunAsync(
            stage.TidyAsync, options.Runs, duration,
            async (seconds, stop) =>
            {
                var times = await RunAsync(stage, generator, Stage.Partners, seconds, random, stop);
                return (P50: times.FromCommit.At(0.50), P99: times.FromCommit.At(0.99), SendP50: times.FromSend.At(0.50), SendP99: times.FromSend.At(0.99));
            },
            run => FormattableString.Invariant($"p50 {run.P50:0.0} ms, p99 {run.P99:0.0} ms from the commit; {run.SendP50:0.0} and {run.SendP99:0.0} ms from the call"),
            ct);
        const string FromCommit = "from the creating transaction's commit by PostgreSQL's account (pg_xact_commit_timestamp: before it waits for the disk) to the partner's first line of code.";
        const string FromSend = "the same from when the CreateReferral call was to be sent: creation included.";
        return new Measurement(
            [
                new Figure("latency.p50", "ms", [.. measured.Select(m => m.P50)], []) { Target = new(AtMost: 10), Counted = FromCommit },
                new Figure("latency.p99", "ms", [.. measured.Select(m => m.P99)], []) { Target = new(AtMost: 50), Counted = FromCommit },
                new Figure("latency.call.p50", "ms", [.. measured.Select(m => m.SendP50)], []) { Counted = FromSend },
                new Figure("latency.call.p99", "ms", [.. measured.Select(m => m.SendP99)], []) { Counted = FromSend },
            ],
            stage.Sandbox.Machine,
            stage.Describe(("seconds", duration), ("created a second", Creation.PerSecond), ("unavailable", generator.Repeats)));
    }

    /// <summary>Milliseconds of every referral to the first so many partners.</summary>
    public static async Task<(IReadOnlyList<double> FromCommit, IReadOnlyList<double> FromSend)> RunAsync(Stage stage, Generator generator, int partners, int seconds, Random random, CancellationToken ct)
    {
        await stage.Hall.ClearAsync(ct);
        var created = await generator.AtRateAsync(Creation.PerSecond, TimeSpan.FromSeconds(seconds), random, ct);
        var arrived = await Arrived.AllAsync(stage.Hall, created, partners, ct);
        var committed = await CommitsAsync(stage.Sandbox, [.. arrived.Keys], ct);
        return (
            [.. arrived.Select(a => TimeSpan.FromTicks(a.Value - committed[a.Key]).TotalMilliseconds)],
            [.. created.Where(c => c.Partner < partners).Select(c => TimeSpan.FromTicks(arrived[c.Exchange] - c.DueTicks).TotalMilliseconds)]);
    }

    /// <summary>A referral's row is written once, with its exchange; the exchange's own row changes hands at every claim.</summary>
    static async Task<Dictionary<Guid, long>> CommitsAsync(Sandbox sandbox, Guid[] exchanges, CancellationToken ct)
    {
        await using var command = sandbox.Source.CreateCommand("select exchange_id, pg_xact_commit_timestamp(xmin) from referrals where exchange_id = any($1)");
        command.Parameters.Add(new() { Value = exchanges });
        var times = new Dictionary<Guid, long>(exchanges.Length);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) times[reader.GetGuid(0)] = reader.GetFieldValue<DateTimeOffset>(1).UtcTicks;
        return times;
    }
}
