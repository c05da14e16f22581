using Passerelle.Benchmarks.Harness;

namespace Passerelle.Benchmarks.Exchanges;

/// <summary>`backlog.claim.p99`, `backlog.rate`, `backlog.memory`: what 1,000,000 exchanges that wait cost those that do not.</summary>
/// <remarks>
/// They wait as they do in life: half are between two tries in the lanes of the very partners that the load is for; four tenths are due and held by five partners that are paused;
/// one tenth is due in the open lane of a partner that takes one a second. None of them is of a case of the load's: what waits for its own predecessor is not what is measured.
/// </remarks>
static class Backlog
{
    const int Flooded = Stage.Partners;
    const int Paused = 5;

    /// <summary>Of the flooded partner's, those that will leave while it is measured.</summary>
    const int Leaving = 2000;

    sealed record Measured(List<double> Speeds, (List<double> Claims, List<double> Commits) Busy, (List<double> Claims, List<double> Commits) Steady);

    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var stage = await Stage.StartAsync(options, ct, moreDoors: 1 + Paused);
        var generator = new Generator(stage.Clients, stage.Persons, Stage.Partners);
        var claims = new ClaimLog(stage.Sandbox);
        var random = new Random(options.Seed);
        var duration = Math.Max(1, options.Seconds / 2);
        var memory = 0.0;

        Progress.Say("  nothing waits");
        var empty = await MeasureAsync();
        await FillAsync(stage, options.Waiting, ct);
        memory = 0;
        var full = await MeasureAsync();
        var waiting = await CountAsync(stage, ct);
        if (waiting < options.Waiting * 0.99) throw new InvalidOperationException($"Of {options.Waiting} that were to wait, {waiting} still do.");
        return new Measurement(
            [
                new Figure("backlog.claim.p99", "ms", [full.Steady.Claims.At(0.99)], [empty.Steady.Claims.At(0.99)])
                {
                    Target = new(AtMost: 20),
                    Counted = $"each claim that the hub made at {Creation.PerSecond} a second, by PostgreSQL's log of statements (planning and lock waits included, its commit not: see backlog.commit.p99): {full.Steady.Claims.Count} claims, against {empty.Steady.Claims.Count} while nothing waited.",
                },
                new Figure("backlog.claim.busy.p99", "ms", [full.Busy.Claims.At(0.99)], [empty.Busy.Claims.At(0.99)])
                {
                    Counted = $"the same at full speed, when generator, hub and PostgreSQL share cores that are all taken: {full.Busy.Claims.Count} claims, against {empty.Busy.Claims.Count}.",
                },
                new Figure("backlog.commit.p99", "ms", [full.Steady.Commits.At(0.99)], [empty.Steady.Commits.At(0.99)]) { Counted = $"an insert of one row and its commit, at {Creation.PerSecond} a second, as the client sees it: about what a claim's commit adds." },
                new Figure("backlog.rate", "of empty", [.. full.Speeds.Zip(empty.Speeds, (f, e) => f / e)], [])
                {
                    Target = new(AtLeast: 0.8),
                    Counted = "deliveries a second while so many wait, by those before; half wait for their next try with the load's partners, 0.4 are due with 5 paused partners, 0.1 are due with one that takes 1/s.",
                },
                new Figure("backlog.deliveries", "/s", full.Speeds, empty.Speeds) { Counted = "what backlog.rate is made of; baseline: nothing waits." },
                new Figure("backlog.memory", "MB", [memory], []) { Target = new(AtMost: 400), Counted = "the most memory that the hub's process had in use (VmRSS, every 250 ms) while so many waited." },
            ],
            stage.Sandbox.Machine,
            stage.Describe(("seconds", duration), ("waiting", waiting), ("calls in flight", Sustained.InFlight), ("most on the way", Sustained.OnTheWay), ("unavailable", generator.Repeats)));

        async Task<Measured> MeasureAsync()
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var watching = WatchMemoryAsync(end.Token);
            var speeds = await Rounds.RunAsync(
                stage.TidyAsync, options.Runs, duration,
                async (seconds, stop) => (await Sustained.RunAsync(stage.Hall, generator, seconds, stage.Sandbox, stop)).PerSecond,
                speed => FormattableString.Invariant($"{speed:0}/s"),
                ct);
            // Apart: to log every statement costs, too.
            var busy = await ListenAsync("at full speed", () => Sustained.RunAsync(stage.Hall, generator, duration, stage.Sandbox, ct));
            var steady = await ListenAsync($"at {Creation.PerSecond} a second", async () =>
            {
                await stage.Hall.ClearAsync(ct);
                var created = await generator.AtRateAsync(Creation.PerSecond, TimeSpan.FromSeconds(duration), random, ct);
                await Arrived.AllAsync(stage.Hall, created, Stage.Partners, ct);
            });
            await end.CancelAsync();
            await watching;
            return new Measured(speeds, busy, steady);
        }

        async Task<(List<double> Claims, List<double> Commits)> ListenAsync(string how, Func<Task> work)
        {
            var (made, commits) = await claims.ListenAsync(work, ct);
            Progress.Say(FormattableString.Invariant($"  {made.Count} claims {how}: p50 {made.At(0.5):0.0} ms, p99 {made.At(0.99):0.0} ms, longest {made.Max():0.0} ms; a commit: p99 {commits.At(0.99):0.0} ms; {memory:0} MB"));
            return (made, commits);
        }

        async Task WatchMemoryAsync(CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
            {
                memory = Math.Max(memory, stage.Sandbox.Hub!.ResidentMegabytes());
                await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, stop).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    static async Task FillAsync(Stage stage, int waiting, CancellationToken ct)
    {
        Progress.Say($"  {waiting} are made to wait");
        var paused = Enumerable.Range(Flooded + 1, Paused).ToArray();
        await stage.PauseAsync(true, [Flooded, .. paused], ct);
        await stage.Sandbox.ExecuteAsync("update lanes set max_per_second = 1 where partner_id = $1", ct, Stage.PartnerId(Flooded));
        var leaving = Math.Min(Leaving, waiting / 10);
        await Waiting.AddAsync(stage, Flooded, leaving, ct);
        await Waiting.CopyAsync(stage, Flooded, [Flooded], waiting / 10 - leaving, "0", ct);
        await Waiting.CopyAsync(stage, Flooded, paused, waiting * 4 / 10, "0", ct);
        await Waiting.CopyAsync(stage, Flooded, Enumerable.Range(0, Stage.Partners), waiting / 2, "12 hours", ct);
        // That they came all at once is no part of it: the audit of the minute in which they came is over first.
        var filled = await stage.Sandbox.ReadAsync<DateTime>("select hub_now()", ct);
        while (!await stage.Sandbox.ReadAsync<bool>("select exists (select from audits where audit_time > $1 and lease_end_time is null)", ct, filled))
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, ct);
        await stage.TidyAsync(ct);
        await stage.PauseAsync(false, [Flooded], ct);
    }

    static Task<long> CountAsync(Stage stage, CancellationToken ct) => stage.Sandbox.ReadAsync<long>("select count(*) from exchanges where state = 'queued'", ct);
}
