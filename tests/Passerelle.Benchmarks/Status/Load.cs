using System.Diagnostics;

namespace Passerelle.Benchmarks.Status;

/// <summary>So many calls a second, with so many under way at any time, and how long they took.</summary>
/// <param name="P50">Milliseconds.</param>
/// <param name="P99">Milliseconds.</param>
sealed record Load(double PerSecond, double P50, double P99)
{
    public static async Task<Load> RunAsync(string[] names, int inFlight, Func<string, Task> call, CancellationToken ct)
    {
        var latencies = new double[names.Length];
        var next = -1;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(CallOnAndOnAsync, ct)));
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Array.Sort(latencies);
        return new Load(names.Length / seconds, At(0.50), At(0.99));

        async Task CallOnAndOnAsync()
        {
            for (var i = Interlocked.Increment(ref next); i < names.Length; i = Interlocked.Increment(ref next))
            {
                var asked = Stopwatch.GetTimestamp();
                await call(names[i]);
                latencies[i] = Stopwatch.GetElapsedTime(asked).TotalMilliseconds;
            }
        }

        double At(double share) => latencies[(int)Math.Ceiling(share * latencies.Length) - 1];
    }
}
