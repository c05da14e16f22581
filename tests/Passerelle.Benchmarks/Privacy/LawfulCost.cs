using Passerelle.Benchmarks.Exchanges;
using Passerelle.Benchmarks.Harness;

namespace Passerelle.Benchmarks.Privacy;

/// <summary>`lawful.cost`: how many percent of its speed delivery gives for gate, seals, register, decisions and access log, against the same hub without them, in turn.</summary>
/// <remarks>
/// What is compared is a backlog that is let go: creation, which is nearly the same on both sides, would hide a part of the cost. `lawful.cost.sustained` is with creation, as in `deliveries`.
/// </remarks>
static class LawfulCost
{
    const int Backlog = 20_000;

    readonly record struct Speed(double Drained, double Sustained);

    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        // Each has a database, partners and persons of its own, alike; while one is measured, the other has nothing to do.
        await using var lawful = await Stage.StartAsync(options, ct);
        await using var open = await Stage.StartAsync(options, ct, program: ["passerelle-bench.dll", HubWithoutLaw.Command]);
        await WritePlainAsync(open, options, ct);
        var (ours, theirs) = (new Generator(lawful.Clients, lawful.Persons, Stage.Partners), new Generator(open.Clients, open.Persons, Stage.Partners));
        var measured = await Rounds.RunAsync(
            async stop =>
            {
                await lawful.TidyAsync(stop);
                await open.TidyAsync(stop);
            },
            options.Runs, Math.Max(1, options.Seconds / 4),
            async (seconds, stop) => (Lawful: await SpeedAsync(lawful, ours, seconds, stop), Open: await SpeedAsync(open, theirs, seconds, stop)),
            run => FormattableString.Invariant($"{run.Lawful.Drained:0}/s against {run.Open.Drained:0}/s let go, {run.Lawful.Sustained:0}/s against {run.Open.Sustained:0}/s with creation"),
            ct);
        var (bytes, openBytes) = (await BytesAsync(lawful, ct), await BytesAsync(open, ct));
        // The same must have travelled, or it is no comparison.
        if (Math.Abs(bytes - openBytes) > 0.01 * openBytes) throw new InvalidOperationException($"{bytes} bytes travelled, and {openBytes} without the law.");
        return new Measurement(
            [
                new Figure("lawful.cost", "percent", Cost(s => s.Drained), [])
                {
                    Target = new(AtMost: 25), Counted = $"of deliveries a second of {Backlog} that waited and are let go, from the first twentieth to the last, by the partners' clocks; baseline: no gate, seals, register, decisions, access log.",
                },
                new Figure("lawful.cost.deliveries", "/s", [.. measured.Select(m => m.Lawful.Drained)], [.. measured.Select(m => m.Open.Drained)]) { Counted = "what lawful.cost is made of." },
                new Figure("lawful.cost.sustained", "percent", Cost(s => s.Sustained), []) { Counted = "of deliveries a second while referrals are created, as in deliveries." },
            ],
            lawful.Sandbox.Machine,
            lawful.Describe(("seconds", Math.Max(1, options.Seconds / 4)), ("calls in flight", Sustained.InFlight), ("unavailable", ours.Repeats + theirs.Repeats), ("bytes of payload", bytes)));

        List<double> Cost(Func<Speed, double> speed) => [.. measured.Select(m => 100 * (1 - speed(m.Lawful) / speed(m.Open)))];
    }

    static async Task<Speed> SpeedAsync(Stage stage, Generator generator, int seconds, CancellationToken ct) =>
        new(await DrainAsync(stage, generator, ct), (await Sustained.RunAsync(stage.Hall, generator, seconds, stage.Sandbox, ct)).PerSecond);

    static Task<double> BytesAsync(Stage stage, CancellationToken ct) => stage.Sandbox.ReadAsync<double>("select round(avg(size))::float8 from attempts", ct);

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
