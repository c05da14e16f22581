using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Passerelle.Benchmarks.Harness;
using Passerelle.Contracts.Housing.V1;

namespace Passerelle.Benchmarks.Listings;

/// <summary>`listings.import` and `listings.resync`: rows a second of one SyncListings stream, from its first message to the report, against psql's \copy of the same rows into the same table with all that
/// hangs on it. The stream's bytes are read from a file as \copy's are: what is measured is the hub, decoding included, not how fast a client can make messages.</summary>
static class ListingSync
{
    static readonly Marshaller<byte[]> Bytes = Marshallers.Create(message => message, message => message);

    static readonly Method<byte[], SyncListingsResponse> Sync = new(
        MethodType.ClientStreaming, "passerelle.housing.v1.ListingService", "SyncListings", Bytes, Marshallers.Create(m => m.ToByteArray(), SyncListingsResponse.Parser.ParseFrom));

    /// <summary>Of the hub's process, in MB.</summary>
    sealed record Run(double Speed, double Peak);

    public static Task<Measurement> MeasureImportAsync(BenchOptions options, CancellationToken ct) => MeasureAsync("listings.import", 0.5, isResync: false, options, ct);

    public static Task<Measurement> MeasureResyncAsync(BenchOptions options, CancellationToken ct) => MeasureAsync("listings.resync", 1.0, isResync: true, options, ct);

    static async Task<Measurement> MeasureAsync(string name, double atLeast, bool isResync, BenchOptions options, CancellationToken ct)
    {
        // A night lies between a feed and the next: what follows listings in its own time (homes, searches) is done by then, and is not part of either side.
        await using var sandbox = await Sandbox.StartAsync(ct, ["Jobs:Server=false", "Jobs:Watchdog=false"]);
        var (first, second, rows) = (Path.Combine(sandbox.Folder, "first"), Path.Combine(sandbox.Folder, "second"), Path.Combine(sandbox.Folder, "listings.copy"));
        GeneratedStream.Write(first, options.Rows, options.Seed, _ => false);
        if (isResync) GeneratedStream.Write(second, options.Rows, options.Seed, i => i % 100 == 50);
        var size = new FileInfo(first).Length;
        var idle = sandbox.Hub!.ResidentMegabytes();
        Progress.Say(FormattableString.Invariant($"  {options.Rows} listings, {size / options.Rows} bytes each as messages; the idle hub has {idle:0} MB"));

        using var channel = sandbox.ChannelAs("agence-demo");
        var psql = new Psql(sandbox);
        var (streams, copies) = await Alternation.RunAsync(
            options.Runs,
            async stop =>
            {
                await EmptyAsync(sandbox, stop);
                var run = await StreamAsync(sandbox, channel, first, r => r.NewCount == options.Rows, options.Rows, stop);
                if (!File.Exists(rows)) await psql.RunAsync($"\\copy listings to '{rows}'", options.Rows, stop);
                if (!isResync) return run;
                // As a night later.
                await sandbox.ExecuteAsync("vacuum analyze listings", stop);
                await sandbox.ExecuteAsync("checkpoint", stop);
                return await StreamAsync(sandbox, channel, second, r => r.ChangedCount == options.Rows / 100 && r.UnchangedCount == options.Rows - options.Rows / 100, options.Rows, stop);
            },
            async stop =>
            {
                await EmptyAsync(sandbox, stop);
                return new Run(options.Rows / (await psql.RunAsync($"\\copy listings from '{rows}'", options.Rows, stop)).TotalSeconds, 0);
            },
            run => run.Speed,
            ct);
        return new Measurement(
            [
                new Figure(name, "of \\copy", [.. streams.Zip(copies, (s, c) => s.Speed / c.Speed)], []) { Target = new(AtLeast: atLeast), Counted = "rows a second by those of \\copy in the same round; the hub's jobs are off." },
                new Figure(name + ".rows", "rows/s", [.. streams.Select(s => s.Speed)], [.. copies.Select(c => c.Speed)]) { Counted = $"what {name} is made of; baseline: \\copy." },
                new Figure(name + ".memory", "MB", [.. streams.Select(s => s.Peak - idle)], []) { Target = new(AtMost: 200), Counted = "the most memory that the hub's process had in use meanwhile (VmHWM), without what it had before the first stream." },
            ],
            sandbox.Machine,
            new Dictionary<string, string> { ["rows"] = $"{options.Rows}", ["bytes a listing"] = $"{size / options.Rows}", ["idle MB"] = FormattableString.Invariant($"{idle:0}") });
    }

    /// <summary>Both sides begin alike: an empty table (and what hangs on it), and nothing of the other side's left to write to disk.</summary>
    static async Task EmptyAsync(Sandbox sandbox, CancellationToken ct)
    {
        await sandbox.ExecuteAsync("truncate listings cascade", ct);
        await sandbox.ExecuteAsync("checkpoint", ct);
    }

    static async Task<Run> StreamAsync(Sandbox sandbox, GrpcChannel channel, string file, Func<ImportReport, bool> isRight, int rows, CancellationToken ct)
    {
        var header = new SyncListingsRequest { Header = new() { RequestId = $"{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}", Agencies = { GeneratedStream.Agency } } };
        sandbox.Hub!.ForgetPeak();
        var started = Stopwatch.GetTimestamp();
        using var call = channel.CreateCallInvoker().AsyncClientStreamingCall(Sync, null, new CallOptions(cancellationToken: ct));
        await call.RequestStream.WriteAsync(header.ToByteArray(), ct);
        await foreach (var message in GeneratedStream.ReadAsync(file).WithCancellation(ct)) await call.RequestStream.WriteAsync(message, ct);
        await call.RequestStream.CompleteAsync();
        var sent = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var report = (await call).Report;
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var peak = sandbox.Hub.PeakMegabytes();
        Progress.Say(FormattableString.Invariant($"  sent in {sent:0.0} s, done in {seconds:0.0} s, {peak:0} MB"));
        // A figure for work that was not done would be the worst of all.
        if (report.ReceivedCount != rows || report.ProblemCount != 0 || !isRight(report)) throw new InvalidOperationException($"Of {rows} listings, this is what was done: {report}");
        return new Run(rows / seconds, peak);
    }
}
