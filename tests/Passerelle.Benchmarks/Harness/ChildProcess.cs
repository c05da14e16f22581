using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Passerelle.Benchmarks.Harness;

/// <summary>A server of ours in a process of its own, so that it shares no heap with the client. It ends when it is disposed of, and when we die.</summary>
sealed class ChildProcess : IAsyncDisposable
{
    static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(90);
    static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(30);

    /// <summary>The shell ends the program when its standard input closes, and itself when the program ends. Ctrl-C reaches everything in the
    /// terminal's foreground: only we act on it, and stop the rest in order.</summary>
    const string Guard =
        """
        trap '' INT
        log=$1; shift
        "$@" </dev/null >>"$log" 2>&1 & p=$!
        echo $p >"$log.pid"
        trap 'kill -TERM $p 2>/dev/null' TERM
        cat >/dev/null
        kill -TERM $p 2>/dev/null
        wait $p
        """;

    readonly Process guard;
    readonly string log;

    ChildProcess(Process guard, string log) => (this.guard, this.log) = (guard, log);

    /// <summary>Megabytes of memory that it has in use.</summary>
    public double ResidentMegabytes() => Megabytes("VmRSS:");

    /// <summary>The most that it has had in use since its start, or since <see cref="ForgetPeak"/>.</summary>
    public double PeakMegabytes() => Megabytes("VmHWM:");

    /// <summary>See proc_pid_clear_refs(5).</summary>
    public void ForgetPeak() => File.WriteAllText($"/proc/{ProcessId}/clear_refs", "5");

    /// <param name="name">Its output goes to a file of this name in the folder.</param>
    /// <param name="httpPort">Where it says that it is ready.</param>
    /// <param name="program">The assembly beside this one, and its arguments.</param>
    public static async Task<ChildProcess> StartAsync(string name, string folder, int httpPort, string[] program, CancellationToken ct)
    {
        var log = Path.Combine(folder, name + ".log");
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = folder, RedirectStandardInput = true, UseShellExecute = false };
        foreach (var argument in (string[])["-c", Guard, name, log, "dotnet", Path.Combine(AppContext.BaseDirectory, program[0]), .. program[1..]]) start.ArgumentList.Add(argument);
        var child = new ChildProcess(Process.Start(start)!, log);
        try
        {
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{httpPort}"), Timeout = TimeSpan.FromSeconds(5) };
            var started = Stopwatch.GetTimestamp();
            while (!await IsReadyAsync(http, ct))
            {
                if (Stopwatch.GetElapsedTime(started) > StartsWithin) throw new InvalidOperationException($"{name} was not ready in time:\n{Tail(log)}");
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, ct);
            }

            return child;
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        guard.StandardInput.Close();
        using var patience = new CancellationTokenSource(StopsWithin);
        try { await guard.WaitForExitAsync(patience.Token); }
        catch (OperationCanceledException) { guard.Kill(entireProcessTree: true); }
        guard.Dispose();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    string ProcessId => File.ReadAllText(log + ".pid").Trim();

    double Megabytes(string line) => double.Parse(
        File.ReadLines($"/proc/{ProcessId}/status").Single(l => l.StartsWith(line, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;

    static async Task<bool> IsReadyAsync(HttpClient http, CancellationToken ct)
    {
        try { return (await http.GetAsync(new Uri("/health/ready", UriKind.Relative), ct)).IsSuccessStatusCode; }
        catch (HttpRequestException) { return false; }
        catch (TaskCanceledException) when (!ct.IsCancellationRequested) { return false; }
    }

    static string Tail(string log) => File.Exists(log) ? string.Join('\n', File.ReadLines(log).TakeLast(30)) : "(no log)";
}
