using System.Collections.Concurrent;
using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Passerelle.Benchmarks.Harness;
using Passerelle.Client;
using Passerelle.Contracts.Clocks.V1;

namespace Passerelle.Benchmarks.Clocks;

/// <summary>`clocks.recalculate`: seconds from the call that orders a change of policy to its end. `clocks.recalculate.write.p99`: what PauseClock and ResumeClock of clocks that are being moved take meanwhile.</summary>
static class Recalculation
{
    const int CallsPerSecond = 50;

    /// <summary>Clocks that are paused and resumed, each by one caller at a time.</summary>
    const int Written = 2_000;

    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var sandbox = await Sandbox.StartAsync(ct, [], ["max_wal_size=8GB"]);
        using var hub = sandbox.ConnectAs("crm-demo");
        // So that there is something to write. Nodes read policies anew every five seconds; nothing is paused before that.
        await sandbox.ExecuteAsync("update clock_policies set terms = jsonb_set(terms, '{may_pause}', 'true') where id = 'promise'", ct);
        await hub.ClockPolicies.CreateClockPolicyAsync(
            new() { RequestId = hub.NewRequestId(), Id = "promise", Terms = new() { Window = Duration.FromTimeSpan(TimeSpan.FromHours(72)), MayPause = true, Rungs = { new ClockRung { Percent = 50 } } } }, cancellationToken: ct);
        var now = new DateTimeOffset(await sandbox.ReadAsync<DateTime>("select clock_timestamp()", ct));
        // None of them comes due while it is measured.
        await ClockSeed.OpenAsync(sandbox, now.AddHours(-20), TimeSpan.FromTicks(TimeSpan.FromHours(19).Ticks / options.Clocks / 10 * 10), options.Clocks, ct);
        await Firing.ForewarnedAsync(sandbox, hub, ct);
        await Firing.TidyAsync(sandbox, ct);
        var names = await NamesAsync(sandbox, options, ct);
        Progress.Say($"  {options.Clocks} open clocks");

        // What calls cost that are the first of their kind is no part of it.
        await CallForAsync(hub, names, options.Seed, () => Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, ct), ct);
        var alone = await CallForAsync(hub, names, options.Seed, () => Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System, ct), ct);
        PolicyChange? change = null;
        var began = TimeProvider.System.GetTimestamp();
        var seconds = 0.0;
        var meanwhile = await CallForAsync(hub, names, options.Seed, async () =>
        {
            change = await ChangeAsync(hub, options.Clocks, ct);
            seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        }, ct);
        var left = await sandbox.ReadAsync<long>("select count(*) from clocks where policy_version = 1", ct);
        var twice = await sandbox.ReadAsync<long>("select count(*) - count(distinct clock_id) from clock_events where kind = 'policy_changed'", ct);
        if (change!.ChangedCount != options.Clocks || left > 0 || twice > 0) throw new InvalidOperationException($"Of {options.Clocks} clocks, {change.ChangedCount} were changed, {left} left out, {twice} changed twice.");
        Progress.Say(FormattableString.Invariant($"  {seconds:0.0} s; {meanwhile.Count} writes meanwhile: p50 {meanwhile.At(0.5):0.0} ms, p99 {meanwhile.At(0.99):0.0} ms, longest {meanwhile.Max():0.0} ms; before: p99 {alone.At(0.99):0.0} ms"));

        return new Measurement(
            [
                new Figure("clocks.recalculate", "s", [seconds], []) { Target = new(AtMost: 60), Counted = $"from CreatePolicyChange to its end: {options.Clocks} clocks, each with its event, its new deadline and what is told of it." },
                new Figure("clocks.recalculate.write.p99", "ms", [meanwhile.At(0.99)], [alone.At(0.99)])
                {
                    Target = new(AtMost: 50),
                    Counted = $"PauseClock and ResumeClock of {Written} of these clocks at {CallsPerSecond}/s, whole calls, from when each was sent: {meanwhile.Count} while they are moved, against {alone.Count} before.",
                },
            ],
            sandbox.Machine,
            new Dictionary<string, string> { ["clocks"] = options.Clocks.ToString(CultureInfo.InvariantCulture), ["calls per second"] = CallsPerSecond.ToString(CultureInfo.InvariantCulture), ["max_wal_size"] = "8GB" });
    }

    static async Task<PolicyChange> ChangeAsync(PasserelleClient hub, int clocks, CancellationToken ct)
    {
        var ordered = (await hub.PolicyChanges.CreatePolicyChangeAsync(
            new() { RequestId = hub.NewRequestId(), FromPolicy = "clockPolicies/promise@1", Policy = "clockPolicies/promise@2", Why = "Measured" }, cancellationToken: ct)).PolicyChange;
        if (ordered.SelectedCount != clocks) throw new InvalidOperationException($"Of {clocks} clocks, {ordered.SelectedCount} were selected.");
        while (true)
        {
            var change = (await hub.PolicyChanges.GetPolicyChangeAsync(new() { Name = ordered.Name }, cancellationToken: ct)).PolicyChange;
            if (change.State == PolicyChange.Types.State.Done) return change;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, ct);
        }
    }

    static Task<string[]> NamesAsync(Sandbox sandbox, BenchOptions options, CancellationToken ct) =>
        sandbox.ReadAsync<string[]>("select array(select 'clocks/' || id from clocks order by md5(id::text || $1) limit $2)", ct, options.Seed.ToString(CultureInfo.InvariantCulture), Written);

    /// <summary>Pauses and resumes at a steady pace while something else is done.</summary>
    static async Task<IReadOnlyCollection<double>> CallForAsync(PasserelleClient hub, string[] names, int seed, Func<Task> work, CancellationToken ct)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var calling = CallAsync(hub, names, seed, end.Token);
        await work();
        await end.CancelAsync();
        return await calling;
    }

    static async Task<IReadOnlyCollection<double>> CallAsync(PasserelleClient hub, string[] names, int seed, CancellationToken ct)
    {
        var times = new ConcurrentBag<double>();
        var random = new Random(seed);
        var calls = new List<Task>();
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / CallsPerSecond), TimeProvider.System);
        try
        {
            while (await pace.WaitForNextTickAsync(ct)) calls.Add(CallOnceAsync(names[random.Next(names.Length)], calls.Count % 2 == 0));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await Task.WhenAll(calls);
        }

        return times;

        async Task CallOnceAsync(string name, bool pause)
        {
            var began = TimeProvider.System.GetTimestamp();
            if (pause) await hub.Clocks.PauseClockAsync(new() { Name = name, Why = "Measured" }, cancellationToken: CancellationToken.None);
            else await hub.Clocks.ResumeClockAsync(new() { Name = name }, cancellationToken: CancellationToken.None);
            times.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
        }
    }
}
