using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Passerelle.Benchmarks.Harness;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Privacy.Accesses;

namespace Passerelle.Benchmarks.Privacy;

/// <summary>`chain.verify`: seconds of `passerelle-hub chains verify` over an access log of so many entries, as an operator runs it: from the start of the process to its end.
/// The chain is anchored, and the command counts only if it also finds one bit that is changed afterwards.</summary>
static class ChainVerify
{
    const int Batch = 20_000;

    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var sandbox = await Sandbox.StartAsync(ct, [], ["max_wal_size=8GB"]);
        await sandbox.StopHubAsync();
        var anchors = Path.Combine(sandbox.Folder, "anchors.log");
        var began = Stopwatch.GetTimestamp();
        await FillAsync(sandbox, options, anchors, ct);
        await sandbox.ExecuteAsync("vacuum analyze audit.access_entries", ct);
        await sandbox.ExecuteAsync("checkpoint", ct);
        Progress.Say(FormattableString.Invariant($"  {options.Entries} entries appended in {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s"));

        var seconds = new List<double>();
        for (var run = 0; run <= options.Runs; run++)
        {
            var (took, code, said) = await CommandAsync(sandbox, anchors, ct, "chains", "verify", "access");
            if (code != 0 || !said.Contains($" {options.Entries} entries", StringComparison.Ordinal)) throw new InvalidOperationException($"The whole chain was not found whole ({code}): {said}");
            Progress.Say(FormattableString.Invariant($"  {(run == 0 ? "warm-up" : $"run {run}")}: {took:0.0} s"));
            if (run > 0) seconds.Add(took);
        }

        await FlipAsync(sandbox, options, ct);
        var found = await CommandAsync(sandbox, anchors, ct, "chains", "verify", "access");
        if (found.Code != 1) throw new InvalidOperationException($"A changed bit was not found: {found.Output}");
        return new Measurement(
            [
                new Figure("chain.verify", "s", seconds, [])
                {
                    Target = new(AtMost: 60),
                    Counted = $"`passerelle-hub chains verify access` from start to exit: {options.Entries} entries in one chain, every hash computed anew, compared with the head and {File.ReadLines(anchors).Count()} anchors.",
                },
            ],
            sandbox.Machine,
            new Dictionary<string, string> { ["entries"] = options.Entries.ToString(CultureInfo.InvariantCulture) });
    }

    /// <summary>Appended as the hub does it, in larger batches; anchored ten times on the way.</summary>
    static async Task FillAsync(Sandbox sandbox, BenchOptions options, string anchors, CancellationToken ct)
    {
        var context = new DbContextOptionsBuilder<HubDb>();
        Storage.Configure(context, sandbox.Source);
        var random = new Random(options.Seed);
        var persons = Enumerable.Range(0, 20_000).Select(_ => IdOf(random)).ToArray();
        var step = Math.Max(Batch, options.Entries / 10);
        for (var done = 0; done < options.Entries; done += Batch)
        {
            await using var db = new HubDb(context.Options);
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            await AccessEntry.Chain.AppendAsync(db, now => [.. Enumerable.Range(0, Math.Min(Batch, options.Entries - done)).Select(_ => EntryOf(random, persons, now))], ct);
            await db.SaveInBulkAsync(ct);
            await transaction.CommitAsync(ct);
            if (done + Batch >= options.Entries || (done + Batch) % step < Batch) await CommandAsync(sandbox, anchors, ct, "chains", "anchor");
        }
    }

    static AccessEntry EntryOf(Random random, Guid[] persons, DateTimeOffset now)
    {
        var at = random.Next(persons.Length);
        var note = new AccessNote(
            $"cases/{persons[at]:D}", persons[at], [], "passerelle.cases.v1.CaseService/GetCase", AccessPurpose.CaseHandling, "crm-demo", $"conseiller-{random.Next(40)}", null);
        return AccessEntry.Of(note, persons[(at + 1) % persons.Length], now);
    }

    static Guid IdOf(Random random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }

    static async Task FlipAsync(Sandbox sandbox, BenchOptions options, CancellationToken ct)
    {
        await sandbox.ExecuteAsync("alter table audit.access_entries disable trigger append_only", ct);
        await sandbox.ExecuteAsync(
            "update audit.access_entries set time = time + interval '1 microsecond' where sequence = $1", ct, 1 + new Random(options.Seed).NextInt64(options.Entries));
    }

    static async Task<(double Seconds, int Code, string Output)> CommandAsync(Sandbox sandbox, string anchors, CancellationToken ct, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "passerelle-hub.dll"), .. arguments]) start.ArgumentList.Add(argument);
        start.Environment["ConnectionStrings__Hub"] = sandbox.ConnectionString;
        start.Environment["Anchors__File"] = anchors;
        var began = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
        await process.WaitForExitAsync(ct);
        return (Stopwatch.GetElapsedTime(began).TotalSeconds, process.ExitCode, await output + await error);
    }
}
