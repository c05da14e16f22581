using System.ComponentModel;
using System.Diagnostics;

namespace Passerelle.Hub.Platform;

/// <summary>Asks a key service by its own command line.</summary>
static class KeyCommand
{
    /// <returns>What it printed; it is told to nobody but the caller. What it wrote to standard error is dropped: some services repeat there what they were asked for.</returns>
    public static string Run(string setting, string[] command, TimeSpan timeout)
    {
        var program = Path.GetFileName(command[0]);
        using var process = Start(setting, command, program);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        var since = Stopwatch.GetTimestamp();
        // What it has started may hold its output open: that is waited for as long, and not longer.
        if (!process.WaitForExit(timeout) || !Task.WaitAll([output, errors], timeout - TimeSpan.FromTicks(Math.Min(timeout.Ticks, Stopwatch.GetElapsedTime(since).Ticks))))
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{setting}: {program} did not end within {timeout.TotalSeconds} s.");
        }

        return process.ExitCode == 0 ? output.Result : throw new InvalidOperationException($"{setting}: {program} ended with {process.ExitCode}.");
    }

    static Process Start(string setting, string[] command, string program)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        try { return Process.Start(start)!; }
        catch (Win32Exception) { throw new InvalidOperationException($"{setting}: {program} cannot be started."); }
    }
}
