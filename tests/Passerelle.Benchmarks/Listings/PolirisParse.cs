using System.Globalization;
using Passerelle.Benchmarks.Harness;
using Passerelle.Hub.Feeds;
using Passerelle.Hub.Housing.Feeds;

namespace Passerelle.Benchmarks.Listings;

/// <summary>`poliris.parse`: megabytes that one core reads in a second, from the file's bytes to drafts of listings, both passes of it: the walk that refuses
/// what is broken, and the reading. Counted in processor time of the whole process, so that neither another process nor the collector's threads flatter it.</summary>
static class PolirisParse
{
    const int Listings = 25_000;

    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var sandbox = await Sandbox.StartAsync(ct);
        await sandbox.StopHubAsync();
        var path = Path.Combine(sandbox.Folder, "Annonces.csv");
        GeneratedExport.Write(path, Listings, options.Seed);
        using var file = new MemoryStream(await File.ReadAllBytesAsync(path, ct));
        var speeds = new List<double>();
        for (var run = 0; run <= options.Runs; run++)
        {
            var speed = Parse(file);
            Progress.Say(string.Create(CultureInfo.InvariantCulture, $"  {(run == 0 ? "warm-up" : $"run {run}")}: {speed:0} MB/s"));
            if (run > 0) speeds.Add(speed);
        }

        return new Measurement(
            [
                new Figure("poliris.parse", "MB/s", speeds, [])
                {
                    Target = new(AtLeast: 150),
                    Counted = string.Create(CultureInfo.InvariantCulture, $"{Listings} listings of 334 columns in {file.Length / 1e6:0} MB of windows-1252, in memory, opened and read to drafts; per second of processor time."),
                },
            ],
            sandbox.Machine);
    }

    static double Parse(Stream file)
    {
        GC.Collect();
        var before = Environment.CpuUsage.TotalTime;
        using var feed = ListingFeeds.Open(file);
        var drafts = feed.ReadLines().Count(line => line is DraftLine<ListingDraft>);
        var took = Environment.CpuUsage.TotalTime - before;
        // A figure for work that was not done would be the worst of all.
        if (drafts != Listings) throw new InvalidOperationException($"Of {Listings} listings, {drafts} were read.");
        return file.Length / 1e6 / took.TotalSeconds;
    }
}
