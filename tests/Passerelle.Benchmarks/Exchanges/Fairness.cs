using Passerelle.Benchmarks.Harness;

namespace Passerelle.Benchmarks.Exchanges;

/// <summary>`fairness`: what two bad partners, one with 100,000 exchanges waiting, one that never answers until the hub gives the call up after 30 s, cost the 49 others:
/// the p99 of these from commit to arrival, against the same before.</summary>
static class Fairness
{
    const int Others = 49;
    const int Flooded = 49;
    const int Hanging = 50;

    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var stage = await Stage.StartAsync(options, ct, moreDoors: 1, commitTimes: true);
        var generator = new Generator(stage.Clients, stage.Persons, Others + 2);
        var random = new Random(options.Seed);
        var duration = Math.Max(1, options.Seconds / 2);
        var before = await RunAsync("all well");

        await stage.PauseAsync(true, [Flooded], ct);
        await Waiting.AddAsync(stage, Flooded, options.Waiting / 10, ct);
        await stage.TidyAsync(ct);
        await stage.Hall.HangAsync(Hanging, true, ct);
        await stage.PauseAsync(false, [Flooded], ct);
        var after = await RunAsync("one flooded, one hanging");
        var left = await stage.Sandbox.ReadAsync<long>("select count(*) from exchanges where state = 'queued' and partner_id = $1", ct, Stage.PartnerId(Flooded));
        return new Measurement(
            [
                new Figure("fairness", "times", [.. after.Zip(before, (a, b) => a / b)], [])
                {
                    Target = new(AtMost: 2),
                    Counted = $"fairness.p99 by its baseline, run by run. {options.Waiting / 10} waited for the flooded partner, {left} still do; the hanging one never answers: its calls end by the hub's own timeout.",
                },
                new Figure("fairness.p99", "ms", after, before) { Counted = $"from commit to arrival (as latency.p99) at {Creation.PerSecond}/s to {Others + 2} partners, those of {Others} counted; baseline: before the two went bad." },
            ],
            stage.Sandbox.Machine,
            stage.Describe(("seconds", duration), ("created a second", Creation.PerSecond), ("unavailable", generator.Repeats), ("waiting", options.Waiting / 10)));

        Task<List<double>> RunAsync(string title)
        {
            Progress.Say("  " + title);
            return Rounds.RunAsync(
                stage.TidyAsync, options.Runs, duration,
                async (seconds, stop) => (await Latency.RunAsync(stage, generator, Others, seconds, random, stop)).FromCommit.At(0.99),
                p99 => FormattableString.Invariant($"p99 {p99:0.0} ms"),
                ct);
        }
    }
}
