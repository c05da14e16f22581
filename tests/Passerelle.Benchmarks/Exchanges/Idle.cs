using System.Diagnostics;
using Passerelle.Benchmarks.Harness;
using Passerelle.Hub.Persistence;

namespace Passerelle.Benchmarks.Exchanges;

/// <summary>`idle`: database transactions a second of a node that has nothing to do, Hangfire's included.</summary>
static class Idle
{
    /// <summary>What a start brings along has ended, and with it the last job that lingers.</summary>
    static readonly TimeSpan ComesToRest = TimeSpan.FromSeconds(30);

    /// <summary>Sweeps come every minute: a shorter look would miss one, or see two.</summary>
    const int Seconds = 60;

    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var sandbox = await Sandbox.StartAsync(ct);
        await Task.Delay(ComesToRest, TimeProvider.System, ct);
        var rates = new List<double>();
        for (var run = 1; run <= options.Runs; run++)
        {
            var before = await TransactionCount.ReadAsync(sandbox, Storage.DatabaseName, ct);
            var began = Stopwatch.GetTimestamp();
            await Task.Delay(TimeSpan.FromSeconds(Seconds), TimeProvider.System, ct);
            // At once: the same share of what was done is not reported yet as at the beginning.
            var after = await TransactionCount.ReadNowAsync(sandbox, Storage.DatabaseName, ct);
            rates.Add((after - before) / Stopwatch.GetElapsedTime(began).TotalSeconds);
            Progress.Say(FormattableString.Invariant($"  run {run}: {rates[^1]:0.00}/s"));
        }

        return new Measurement(
            [new Figure("idle", "/s", rates, []) { Target = new(AtMost: 5), Counted = "xact_commit + xact_rollback of the hub's database over 60 s: one node, Hangfire on, nothing due." }],
            sandbox.Machine);
    }
}
