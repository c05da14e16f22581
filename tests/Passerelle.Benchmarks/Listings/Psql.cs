using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Passerelle.Benchmarks.Harness;
using Passerelle.Hub.Persistence;

namespace Passerelle.Benchmarks.Listings;

/// <summary>PostgreSQL's own client, for its \copy.</summary>
sealed partial class Psql(Sandbox sandbox)
{
    /// <summary>Runs a \copy of so many rows; how long it took by psql's own account, so that its start does not count.</summary>
    public async Task<TimeSpan> RunAsync(string copy, int rows, CancellationToken ct)
    {
        var start = new ProcessStartInfo(Path.Combine(EmbeddedPostgres.FindBinaries(), "psql")) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])["-X", "-v", "ON_ERROR_STOP=1", "-h", sandbox.SocketFolder, "-U", "postgres", "-d", Storage.DatabaseName, "-c", "\\timing on", "-c", copy])
            start.ArgumentList.Add(argument);
        // Its answers are read below.
        start.Environment["LC_ALL"] = "C";
        using var psql = Process.Start(start)!;
        try
        {
            var (output, errors) = (psql.StandardOutput.ReadToEndAsync(ct), psql.StandardError.ReadToEndAsync(ct));
            await psql.WaitForExitAsync(ct);
            if (Copied().Match(await output) is { Success: true } copied && int.Parse(copied.Groups["rows"].Value, CultureInfo.InvariantCulture) == rows)
                return TimeSpan.FromMilliseconds(double.Parse(copied.Groups["ms"].Value, CultureInfo.InvariantCulture));
            throw new InvalidOperationException($"psql did not copy {rows} rows:\n{await output}\n{await errors}");
        }
        catch (OperationCanceledException)
        {
            psql.Kill();
            throw;
        }
    }

    [GeneratedRegex(@"^COPY (?<rows>\d+)\s+Time: (?<ms>[\d.]+) ms", RegexOptions.Multiline)]
    private static partial Regex Copied();
}
