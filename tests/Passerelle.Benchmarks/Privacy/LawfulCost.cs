using Passerelle.Benchmarks.Exchanges;
using Passerelle.Benchmarks.Harness;

namespace Passerelle.Benchmarks.Privacy;

/// <summary>`lawful.cost`: how many percent of its speed delivery gives for gate, seals, register, decisions and access log, against the same hub without them, in turn on one database.</summary>
/// <remarks>
/// What is compared is a backlog that is let go: creation, which is nearly the same on both sides, would hide a part of the cost. `lawful.cost.sustained` is with creation, as in `deliveries`.
/// </remarks>
static class LawfulCost
{
    const int Backlog = 20_000;
    const int WarmUpSeconds = 10;

    readonly record struct Speed(double Drained, double Sustained, double Bytes);

    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var stage = await Stage.StartAsync(options, ct);
        await WritePlainAsync(stage, options, ct);
        var generator = new Generator(stage.Clients, stage.Persons, Stage.Partners);
        var (lawful, without) = (new List<Speed>(), new List<Speed>());
        for (var run = 1; run <= options.Runs; run++)
        {
            lawful.Add(await MeasureAsync("passerelle-hub.dll"));
            without.Add(await MeasureAsync("passerelle-bench.dll", HubWithoutLaw.Command));
            var (a, b) = (lawful[^1], without[^1]);
            // The same must have travelled, or it is no comparison.
            if (Math.Abs(a.Bytes - b.Bytes) > 0.01 * b.Bytes) throw new InvalidOperationException($"{a.Bytes} bytes travelled, and {b.Bytes} without the law.");
            Progress.Say(FormattableString.Invariant($"  run {run}: {a.Drained:0}/s against {b.Drained:0}/s let go, {a.Sustained:0}/s against {b.Sustained:0}/s with creation"));
        }

        return new Measurement(
            [
                new Figure("lawful.cost", "percent", Cost(s => s.Drained), [])
                {
                    Target = new(AtMost: 25), Counted = $"of deliveries a second of {Backlog} that waited and are let go, from the first twentieth to the last, by the partners' clocks; baseline: no gate, seals, register, decisions, access log.",
                },
                new Figure("lawful.cost.deliveries", "/s", [.. lawful.Select(s => s.Drained)], [.. without.Select(s => s.Drained)]) { Counted = "what lawful.cost is made of." },
                new Figure("lawful.cost.sustained", "percent", Cost(s => s.Sustained), []) { Counted = "of deliveries a second while referrals are created, as in deliveries." },
            ],
            stage.Sandbox.Machine,
            stage.Describe(("seconds", Seconds()), ("calls in flight", Sustained.InFlight), ("unavailable", generator.Repeats), ("bytes of payload", lawful[^1].Bytes)));

        int Seconds() => Math.Max(1, options.Seconds / 4);

        List<double> Cost(Func<Speed, double> speed) => [.. lawful.Zip(without, (l, w) => 100 * (1 - speed(l) / speed(w)))];

        async Task<Speed> MeasureAsync(params string[] program)
        {
            await stage.Sandbox.StopHubAsync();
            await stage.StartHubAsync(ct, program);
            await Sustained.RunAsync(stage.Hall, generator, Math.Min(WarmUpSeconds, Seconds()), stage.Sandbox, ct);
            await stage.TidyAsync(ct);
            var before = await stage.Sandbox.ReadAsync<DateTime>("select hub_now()", ct);
            var drained = await DrainAsync(stage, generator, ct);
            var bytes = await stage.Sandbox.ReadAsync<double>("select avg(size)::float8 from attempts where start_time >= $1", ct, before);
            return new Speed(drained, (await Sustained.RunAsync(stage.Hall, generator, Seconds(), stage.Sandbox, ct)).PerSecond, bytes);
        }
    }

    static async Task<double> DrainAsync(Stage stage, Generator generator, CancellationToken ct)
    {
        var everybody = Enumerable.Range(0, Stage.Partners).ToArray();
        await stage.Hall.ClearAsync(ct);
        await stage.PauseAsync(true, everybody, ct);
        var created = await generator.CloselyAsync(Sustained.InFlight, TimeSpan.FromMinutes(5), Backlog, _ => true, ct);
        await stage.TidyAsync(ct);
        await stage.PauseAsync(false, everybody, ct);
        var arrivals = await Arrived.AllAsync(stage.Hall, created, Stage.Partners, ct);
        await Arrived.SavedAsync(stage.Sandbox, arrivals.Keys, ct);
        var ticks = arrivals.Values.Order().ToList();
        var (first, last) = (ticks.Count / 20, ticks.Count - 1 - ticks.Count / 20);
        return (last - first) / TimeSpan.FromTicks(ticks[last] - ticks[first]).TotalSeconds;
    }

    static async Task WritePlainAsync(Stage stage, BenchOptions options, CancellationToken ct)
    {
        foreach (var table in HubWithoutLaw.Tables) await stage.Sandbox.ExecuteAsync(table, ct);
        var all = Enumerable.Range(0, stage.Persons.Length).ToList();
        await stage.Sandbox.ExecuteAsync(
            "insert into bench_files select id, given, family, email, cv from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[]) f (id, given, family, email, cv)", ct,
            all.Select(i => Guid.Parse(stage.Persons[i].AsSpan("persons/".Length))).ToArray(), all.Select(_ => Stage.GivenName).ToArray(), all.Select(Stage.FamilyName).ToArray(),
            all.Select(Stage.Email).ToArray(), all.Select(i => GeneratedCv.Write(options.Seed, i)).ToArray());
        await stage.Sandbox.ExecuteAsync("insert into bench_introductions values ($1)", ct, Generator.Introduction);
    }
}
