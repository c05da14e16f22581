using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using NpgsqlTypes;
using Passerelle.Benchmarks.Clocks;
using Passerelle.Benchmarks.Harness;
using Passerelle.Client;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;

namespace Passerelle.Benchmarks.Keys;

/// <summary>`keys.rotate`: seconds in which `passerelle-hub vault rotate` wraps the keys of all persons with another master key. `keys.rotate.case.p99`: GetCase meanwhile, against the same before.</summary>
static class Rotation
{
    const int Cases = 200;
    const int CallsPerSecond = 50;

    static readonly string OtherKey = Convert.ToBase64String(SHA256.HashData("the other master key"u8));

    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var sandbox = await Sandbox.StartAsync(ct, [], ["max_wal_size=8GB"]);
        using var hub = sandbox.ConnectAs("crm-demo");
        var cases = await OpenCasesAsync(hub, ct);
        var (keyA, keyB) = (Sandbox.MasterKey, OtherKey);
        await CopyAsync(sandbox, RingOf(keyA), options, ct);
        await sandbox.ExecuteAsync("vacuum analyze", ct);
        await sandbox.ExecuteAsync("checkpoint", ct);
        // As in life: every node wraps with the new key and knows the old one before the rotation begins. It serves with both from then on.
        await sandbox.StopHubAsync();
        await sandbox.StartHubAsync(["Vault:MasterKey=" + keyB, "Vault:OtherMasterKeys:0:Key=" + keyA], ct);
        // What calls cost that are the first of their kind is no part of it.
        await CallForAsync(hub, cases, options.Seed, () => Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, ct), ct);

        var (seconds, during, before) = (new List<double>(), new List<double>(), new List<double>());
        for (var run = 1; run <= options.Runs; run++)
        {
            var alone = await CallForAsync(hub, cases, options.Seed, () => Task.Delay(TimeSpan.FromSeconds(20), TimeProvider.System, ct), ct);
            var began = TimeProvider.System.GetTimestamp();
            var meanwhile = await CallForAsync(hub, cases, options.Seed, () => RotateAsync(sandbox, keyB, keyA, ct), ct);
            seconds.Add(TimeProvider.System.GetElapsedTime(began).TotalSeconds);
            var newId = RingOf(keyB).CurrentId;
            var wrapped = await sandbox.ReadAsync<long>("select count(*) from vault.person_keys where master_id = $1", ct, newId);
            var left = await sandbox.ReadAsync<long>("select count(*) from vault.person_keys where master_id <> $1", ct, newId);
            if (wrapped != options.Keys || left > 0) throw new InvalidOperationException($"Of {options.Keys} keys, {wrapped} were wrapped and {left} left out.");
            during.Add(meanwhile.At(0.99));
            before.Add(alone.At(0.99));
            Progress.Say(FormattableString.Invariant($"  run {run}: {seconds[^1]:0.0} s; GetCase meanwhile: {Sentence(meanwhile)}; before: {Sentence(alone)}"));
            (keyA, keyB) = (keyB, keyA);
        }

        return new Measurement(
            [
                new Figure("keys.rotate", "s", seconds, [])
                {
                    Target = new(AtMost: 300), Counted = $"`vault rotate` as a process of its own, from its start to its end: {options.Keys} persons' keys, opened with one master key and wrapped with another.",
                },
                new Figure("keys.rotate.case.p99", "ms", during, before)
                {
                    Target = new(AtMost: 50), Counted = $"GetCase of {Cases} households of three at {CallsPerSecond}/s, whole calls, from when each was sent: while the keys are rotated, against 20 s before.",
                },
            ],
            sandbox.Machine,
            new Dictionary<string, string>
            {
                ["keys"] = options.Keys.ToString(CultureInfo.InvariantCulture), ["calls per second"] = CallsPerSecond.ToString(CultureInfo.InvariantCulture), ["max_wal_size"] = "8GB",
            });
    }

    static string Sentence(IReadOnlyCollection<double> calls) =>
        FormattableString.Invariant($"{calls.Count} calls, p50 {calls.At(0.5):0.0} ms, p99 {calls.At(0.99):0.0} ms, longest {calls.Max():0.0} ms");

    static MasterKeys RingOf(string key) => new(Options.Create(new VaultOptions { MasterKey = key }));

    /// <summary>The command, as an operator runs it.</summary>
    static async Task RotateAsync(Sandbox sandbox, string current, string other, CancellationToken ct)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "passerelle-hub.dll"), "vault", "rotate"])
        {
            WorkingDirectory = sandbox.Folder, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["ConnectionStrings__Hub"] = sandbox.ConnectionString;
        start.Environment["Vault__MasterKey"] = current;
        start.Environment["Vault__OtherMasterKeys__0__Key"] = other;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
        try { await process.WaitForExitAsync(ct); }
        finally { if (!process.HasExited) process.Kill(entireProcessTree: true); }
        if (process.ExitCode != 0) throw new InvalidOperationException($"vault rotate ended with {process.ExitCode}:\n{await output}{await error}");
    }

    /// <summary>Up to so many in all, beside those of the cases that are called for. Of persons who joined over the last years, in that order, as ids are.</summary>
    static async Task CopyAsync(Sandbox sandbox, MasterKeys master, BenchOptions options, CancellationToken ct)
    {
        var there = (int)await sandbox.ReadAsync<long>("select count(*) from vault.person_keys", ct);
        var now = await Firing.NowAsync(sandbox, ct);
        await using var connection = await sandbox.Source.OpenConnectionAsync(ct);
        await using var copy = await connection.BeginBinaryImportAsync("copy vault.person_keys (person_id, case_id, wrapped, create_time) from stdin (format binary)", ct);
        for (var i = there; i < options.Keys; i++)
        {
            var joined = now - TimeSpan.FromMinutes(options.Keys - i);
            var id = Guid.CreateVersion7(joined);
            await copy.StartRowAsync(ct);
            await copy.WriteAsync(id, NpgsqlDbType.Uuid, ct);
            await copy.WriteAsync(id, NpgsqlDbType.Uuid, ct);
            await copy.WriteAsync(master.Wrap(RandomNumberGenerator.GetBytes(32), PersonKey.AtRest.Place(id)), NpgsqlDbType.Bytea, ct);
            await copy.WriteAsync(joined.ToUniversalTime(), NpgsqlDbType.TimestampTz, ct);
        }

        await copy.CompleteAsync(ct);
        Progress.Say($"  {options.Keys} keys");
    }

    static async Task<string[]> OpenCasesAsync(PasserelleClient hub, CancellationToken ct)
    {
        var names = new string[Cases];
        for (var i = 0; i < Cases; i++)
        {
            var household = new OpenCaseRequest { RequestId = hub.NewRequestId(), Needs = { Need.Housing } };
            foreach (var name in (string[])["Camille", "Dominique", "Claude"])
                household.Members.Add(new Person { Role = Person.Types.Role.Adult, GivenName = name, FamilyName = $"Essai {i}", Email = $"{name}.{i}@exemple.invalid" });
            names[i] = (await hub.Cases.OpenCaseAsync(household, cancellationToken: ct)).Case.Name;
        }

        return names;
    }

    /// <summary>Calls at a steady pace, however long each takes, while something else is done.</summary>
    static async Task<IReadOnlyCollection<double>> CallForAsync(PasserelleClient hub, string[] cases, int seed, Func<Task> work, CancellationToken ct)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var calling = CallAsync(hub, cases, seed, end.Token);
        try { await work(); }
        finally { await end.CancelAsync(); }
        return await calling;
    }

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
            var shown = await hub.Cases.GetCaseAsync(new() { Name = name }, cancellationToken: CancellationToken.None);
            times.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
            if (shown.Members.Count != 3 || shown.Members.Any(m => m.Erased)) throw new InvalidOperationException($"{name} does not show its three members.");
        }
    }
}
