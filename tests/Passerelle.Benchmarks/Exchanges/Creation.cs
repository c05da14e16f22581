using Passerelle.Benchmarks.Harness;

namespace Passerelle.Benchmarks.Exchanges;

/// <summary>`creation`: referrals created through gRPC while nothing is delivered (the partners are paused, the hub is otherwise as always), against a row and an enqueued Hangfire job;
/// `creation.p99`: how long a call takes at 200 a second, still alone; `creation.delivering.p99`: with delivery on.</summary>
static class Creation
{
    const int InFlight = 32;
    public const int PerSecond = 200;

    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var stage = await Stage.StartAsync(options, ct);
        var everybody = Enumerable.Range(0, Stage.Partners).ToArray();
        var duration = Math.Max(1, options.Seconds / 4);
        List<(double Ours, double Theirs)> measured;
        List<double> alone;
        var generator = new Generator(stage.Clients, stage.Persons, Stage.Partners);
        var random = new Random(options.Seed);
        await using (var usual = await UsualWay.StartAsync(stage, options, deliver: false, ct))
        {
            await stage.PauseAsync(true, everybody, ct);
            measured = await Rounds.RunAsync(
                stage.TidyAsync, options.Runs, duration,
                async (seconds, stop) => (
                    await SpeedAsync(stage, new Generator(stage.Clients, stage.Persons, Stage.Partners), seconds, stop),
                    await SpeedAsync(stage, usual.Generator(stage.Persons.Length), seconds, stop)),
                run => FormattableString.Invariant($"{run.Item1:0}/s against {run.Item2:0}/s"),
                ct);
            alone = await CallsAsync(created => EndAsync(stage, ct));
            await stage.PauseAsync(false, everybody, ct);
        }

        var delivering = await CallsAsync(created => Arrived.AllAsync(stage.Hall, created, Stage.Partners, ct));
        return new Measurement(
            [
                new Figure("creation", "/s", [.. measured.Select(m => m.Ours)], [.. measured.Select(m => m.Theirs)])
                {
                    Target = new(AtLeast: 1500, Aim: 4000), Counted = "referrals created while their partners are paused. Baseline: a row and an enqueued Hangfire job, no worker.",
                },
                new Figure("creation.p99", "ms", alone, [])
                {
                    Target = new(AtMost: 10), Counted = $"the whole of a CreateReferral call at {PerSecond}/s while the partners are paused, from when it was to be sent to the response.",
                },
                new Figure("creation.delivering.p99", "ms", delivering, []) { Counted = "the same with delivery on." },
            ],
            stage.Sandbox.Machine,
            stage.Describe(("seconds", duration), ("calls in flight", InFlight), ("unavailable", generator.Repeats)));

        Task<List<double>> CallsAsync(Func<List<Created>, Task> settle) => Rounds.RunAsync(
            stage.TidyAsync, options.Runs, duration,
            async (seconds, stop) =>
            {
                await stage.Hall.ClearAsync(stop);
                var created = await generator.AtRateAsync(PerSecond, TimeSpan.FromSeconds(seconds), random, stop);
                await settle(created);
                return created.ConvertAll(c => TimeSpan.FromTicks(c.AnsweredTicks - c.DueTicks).TotalMilliseconds).At(0.99);
            },
            p99 => FormattableString.Invariant($"p99 {p99:0.0} ms"),
            ct);
    }

    /// <summary>Ends before a (person, partner) comes again: that would be another kind of work.</summary>
    static async Task<double> SpeedAsync(Stage stage, Generator generator, int seconds, CancellationToken ct)
    {
        var began = TimeProvider.System.GetTimestamp();
        var created = await generator.CloselyAsync(InFlight, TimeSpan.FromSeconds(seconds), generator.Pairs, _ => true, ct);
        var ended = TimeProvider.System.GetTimestamp();
        await EndAsync(stage, ct);
        return created.Count / TimeProvider.System.GetElapsedTime(began, ended).TotalSeconds;
    }

    /// <summary>What was created is not for later runs, and never leaves; emptied tables would be planned for as such.</summary>
    static async Task EndAsync(Stage stage, CancellationToken ct)
    {
        await stage.Sandbox.ExecuteAsync("update exchanges set state = 'withdrawn', due_time = null, end_reason = 'MEASURED', end_time = hub_now() where state = 'queued'", ct);
        await stage.TidyAsync(ct);
    }
}
