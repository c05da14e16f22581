using System.Collections.Concurrent;
using System.Globalization;
using Passerelle.Benchmarks.Exchanges;
using Passerelle.Benchmarks.Harness;
using Passerelle.Client;
using Passerelle.Contracts.Cases.V1;

namespace Passerelle.Benchmarks.Clocks;

/// <summary>`clocks.sweep.p99`, `clocks.lateness.p99`: rungs that come one after the other, as in life. `clocks.thundering`: a tenth as many as there are clocks, in one second; `clocks.thundering.case.p99`: GetCase meanwhile.</summary>
static class Firing
{
    const int Cases = 200;
    const int CallsPerSecond = 50;

    /// <summary>They are told of first, when everyone is away as it falls due: it is looked for once a minute.</summary>
    static readonly TimeSpan ThunderIn = TimeSpan.FromMinutes(3);

    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var sandbox = await Sandbox.StartAsync(ct, ["Jobs:Server=false", "Jobs:Watchdog=false"], ["log_line_prefix=%m [%p] ", "max_wal_size=8GB"]);
        using var hub = sandbox.ConnectAs("crm-demo");
        var cases = await OpenCasesAsync(hub, ct);
        var now = await NowAsync(sandbox, ct);
        await ClockSeed.ClosedAsync(sandbox, now, 10 * options.Clocks, ct);
        // The first reminder of each comes within the next day: in an hour, one in 24 of them.
        await ClockSeed.OpenAsync(sandbox, now.AddHours(-24), TimeSpan.FromTicks(TimeSpan.FromHours(24).Ticks / options.Clocks / 10 * 10), options.Clocks, ct);
        await TidyAsync(sandbox, ct);
        await sandbox.StopHubAsync();
        await sandbox.StartHubAsync([], ct);
        // What came due while nobody swept is no part of it.
        await ForewarnedAsync(sandbox, hub, ct);
        await DrainedAsync(sandbox, await NowAsync(sandbox, ct), ct);

        var seconds = Math.Max(10, options.Seconds / 2);
        var sweeps = new ClaimLog(sandbox, sql => sql.Contains("next_fire_time", StringComparison.Ordinal) && sql.Contains("skip locked", StringComparison.Ordinal));
        var since = await NowAsync(sandbox, ct);
        var (durations, _) = await sweeps.ListenAsync(() => Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System, ct), ct);
        var lateness = await LatenessAsync(sandbox, since, ct);
        Progress.Say(FormattableString.Invariant($"  {durations.Count} sweeps: p50 {durations.At(0.5):0.00} ms, p99 {durations.At(0.99):0.00} ms; {lateness.Count} rungs: late by p50 {lateness.At(0.5):0.00} s, p99 {lateness.At(0.99):0.00} s"));

        // What a call costs that is the first of its kind is no part of it either.
        foreach (var name in cases) await hub.Cases.GetCaseAsync(new() { Name = name }, cancellationToken: ct);
        var thunder = options.Clocks / 10;
        var at = (await NowAsync(sandbox, ct)) + ThunderIn + TimeSpan.FromSeconds(thunder / 20_000);
        await ClockSeed.OpenAsync(sandbox, at.AddHours(-24), TimeSpan.FromTicks(TimeSpan.TicksPerSecond / thunder / 10 * 10), thunder, ct);
        await TidyAsync(sandbox, ct);
        await ForewarnedAsync(sandbox, hub, ct);
        if (await NowAsync(sandbox, ct) >= at) throw new InvalidOperationException("They came due before all of them were there.");
        await Task.Delay(at - await NowAsync(sandbox, ct), TimeProvider.System, ct);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var calling = CallAsync(hub, cases, options.Seed, end.Token);
        await DrainedAsync(sandbox, at.AddSeconds(1), ct);
        await end.CancelAsync();
        var calls = await calling;
        var last = await sandbox.ReadAsync<DateTime>("select max(fire_time) from clock_firings where due_time >= $1 and due_time < $2", ct, at, at.AddSeconds(1));
        var fired = await sandbox.ReadAsync<long>("select count(*) from clock_firings f where due_time >= $1 and due_time < $2", ct, at, at.AddSeconds(1));
        if (fired < thunder) throw new InvalidOperationException($"Of {thunder} rungs, {fired} were recorded.");
        var took = (last - at.UtcDateTime).TotalSeconds;
        Progress.Say(FormattableString.Invariant($"  {fired} rungs of one second recorded within {took:0.0} s; {calls.Count} GetCase calls meanwhile: p99 {calls.At(0.99):0.0} ms"));

        return new Measurement(
            [
                new Figure("clocks.sweep.p99", "ms", [durations.At(0.99)], [])
                {
                    Target = new(AtMost: 10), Counted = $"each query of the sweep for what is due, with the rows that it locks, by PostgreSQL's log of statements: {durations.Count} in {seconds} s.",
                },
                new Figure("clocks.lateness.p99", "s", [lateness.At(0.99)], [])
                {
                    Target = new(AtMost: 5), Counted = $"from when a rung was due to the time at which it was recorded as fired, of {lateness.Count} rungs that came one after the other.",
                },
                new Figure("clocks.thundering", "s", [took], []) { Target = new(AtMost: 60), Counted = $"from the first to the last of {fired} rungs of one second, recorded with their events and notices." },
                new Figure("clocks.thundering.case.p99", "ms", [calls.At(0.99)], []) { Target = new(AtMost: 50), Counted = $"GetCase at {CallsPerSecond}/s meanwhile: {calls.Count} calls, from when each was to be sent." },
            ],
            sandbox.Machine,
            new Dictionary<string, string>
            {
                ["open clocks"] = options.Clocks.ToString(CultureInfo.InvariantCulture), ["closed clocks"] = (10L * options.Clocks).ToString(CultureInfo.InvariantCulture),
                ["seconds"] = seconds.ToString(CultureInfo.InvariantCulture), ["max_wal_size"] = "8GB",
            });
    }

    public static async Task<DateTimeOffset> NowAsync(Sandbox sandbox, CancellationToken ct) => new(await sandbox.ReadAsync<DateTime>("select clock_timestamp()", ct));

    /// <summary>Whatever was due before has been fired, and committed.</summary>
    static async Task DrainedAsync(Sandbox sandbox, DateTimeOffset before, CancellationToken ct)
    {
        while (await sandbox.ReadAsync<bool>("select exists (select from clocks where next_fire_time < $1)", ct, before)) await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, ct);
    }

    /// <summary>Of what falls due while everyone is away from now on, the service has been told: on which day and at what hour it is measured makes no difference.</summary>
    public static async Task ForewarnedAsync(Sandbox sandbox, PasserelleClient hub, CancellationToken ct)
    {
        if ((await hub.Clocks.ReportForecastAsync(new(), cancellationToken: ct)).QuietTimes is not [var quiet, ..] || quiet.AlertTime.ToDateTimeOffset() > await NowAsync(sandbox, ct)) return;
        while (await sandbox.ReadAsync<bool>(
            """
            select exists (
                select from clocks c where family = 'promise' and state = 'running' and due_time > $1 and due_time <= $2 and due_time >= hub_now()
                    and not exists (select from clock_firings f where f.clock_id = c.id and f.generation = 0))
            """, ct, quiet.StartTime.ToDateTimeOffset(), quiet.EndTime.ToDateTimeOffset())) await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, ct);
    }

    public static async Task TidyAsync(Sandbox sandbox, CancellationToken ct)
    {
        await sandbox.ExecuteAsync("vacuum analyze clocks", ct);
        await sandbox.ExecuteAsync("vacuum analyze clock_events", ct);
        await sandbox.ExecuteAsync("checkpoint", ct);
    }

    static async Task<List<double>> LatenessAsync(Sandbox sandbox, DateTimeOffset since, CancellationToken ct)
    {
        await using var command = sandbox.Source.CreateCommand("select extract(epoch from fire_time - due_time)::double precision from clock_firings where due_time >= $1 and generation > 0");
        command.Parameters.Add(new() { Value = since });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var seconds = new List<double>();
        while (await reader.ReadAsync(ct)) seconds.Add(reader.GetDouble(0));
        return seconds;
    }

    /// <summary>At a steady pace, however long each takes.</summary>
    static async Task<IReadOnlyCollection<double>> CallAsync(PasserelleClient hub, string[] cases, int seed, CancellationToken ct)
    {
        var times = new ConcurrentBag<double>();
        var random = new Random(seed);
        var calls = new List<Task>();
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / CallsPerSecond), TimeProvider.System);
        try
        {
            while (await pace.WaitForNextTickAsync(ct)) calls.Add(CallOnceAsync(cases[random.Next(cases.Length)]));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await Task.WhenAll(calls);
        }

        return times;

        async Task CallOnceAsync(string name)
        {
            var began = TimeProvider.System.GetTimestamp();
            await hub.Cases.GetCaseAsync(new() { Name = name }, cancellationToken: CancellationToken.None);
            times.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
        }
    }

    static async Task<string[]> OpenCasesAsync(PasserelleClient hub, CancellationToken ct)
    {
        var names = new string[Cases];
        for (var i = 0; i < Cases; i++)
        {
            var household = new OpenCaseRequest { RequestId = hub.NewRequestId(), Needs = { Need.Housing } };
            household.Members.Add(new Person { Role = Person.Types.Role.Adult, GivenName = "Camille", FamilyName = $"Essai {i}" });
            names[i] = (await hub.Cases.OpenCaseAsync(household, cancellationToken: ct)).Case.Name;
        }

        return names;
    }
}
