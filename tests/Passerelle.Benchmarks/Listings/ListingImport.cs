using System.Diagnostics;
using Passerelle.Benchmarks.Harness;
using Passerelle.Client;

namespace Passerelle.Benchmarks.Listings;

/// <summary>`listings.import`: rows a second of a feed whose listings are all new, from the first byte sent to the report, against \copy of the
/// same rows into a table of the same shape with the same indexes. Both into an empty table, after a checkpoint.</summary>
static class ListingImport
{
    const int MaxFeedBytes = 64 * 1024 * 1024;

    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var sandbox = await Sandbox.StartAsync(ct);
        var feed = Path.Combine(sandbox.Folder, "feed.zip");
        var rows = Path.Combine(sandbox.Folder, "listings.copy");
        GeneratedFeed.Write(feed, options.Rows, options.Seed);
        var size = new FileInfo(feed).Length;
        Progress.Say($"  {options.Rows} listings, {size / 1024} KiB as ZIP");
        if (size > MaxFeedBytes) throw new InvalidOperationException($"The hub takes feeds of up to {MaxFeedBytes} bytes; {options.Rows} listings make {size}: ask for fewer with --rows.");

        using var agency = sandbox.ConnectAs("agence-demo");
        var psql = new Psql(sandbox);
        var (imports, copies) = await Alternation.RunAsync(
            options.Runs,
            async stop =>
            {
                await EmptyAsync(sandbox, stop);
                var speed = options.Rows / await ImportAsync(agency, feed, options.Rows, stop);
                if (!File.Exists(rows)) await psql.RunAsync($"\\copy listings to '{rows}'", options.Rows, stop);
                return speed;
            },
            async stop =>
            {
                await EmptyAsync(sandbox, stop);
                return options.Rows / (await psql.RunAsync($"\\copy listings_copied from '{rows}'", options.Rows, stop)).TotalSeconds;
            },
            speed => speed,
            ct);
        return new Measurement([new Figure("listings.import", "rows/s", imports, copies)], sandbox.Machine);
    }

    /// <summary>Both sides begin alike: two empty tables, and nothing of the other side's left to write to disk.</summary>
    static async Task EmptyAsync(Sandbox sandbox, CancellationToken ct)
    {
        await sandbox.ExecuteAsync("truncate listings", ct);
        await sandbox.ExecuteAsync("drop table if exists listings_copied", ct);
        await sandbox.ExecuteAsync("create table listings_copied (like listings including all)", ct);
        await sandbox.ExecuteAsync("checkpoint", ct);
    }

    static async Task<double> ImportAsync(PasserelleClient agency, string feed, int rows, CancellationToken ct)
    {
        await using var file = File.OpenRead(feed);
        var started = Stopwatch.GetTimestamp();
        var report = await agency.ImportFeedAsync(file, Path.GetFileName(feed), cancellationToken: ct);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        // A figure for work that was not done would be the worst of all.
        if (report.NewCount != rows || report.ReceivedCount != rows || report.ProblemCount != 0)
            throw new InvalidOperationException($"Of {rows} listings, {report.ReceivedCount} were received, {report.NewCount} new, {report.ProblemCount} problems found.");
        return seconds;
    }
}
