namespace Passerelle.Benchmarks.Harness;

/// <summary>The same measurement so many times, after a short one that does not count (compiled code, pools, plans, WAL files that are there to be written again).</summary>
static class Rounds
{
    const int WarmUpSeconds = 10;

    /// <param name="settle">Done once after the warm-up: a database that has just come to life knows nothing of its tables yet, and every plan that was made by then reads them whole.</param>
    /// <param name="seconds">Of one measured run.</param>
    /// <param name="measure">Takes how many seconds it shall last.</param>
    public static async Task<List<T>> RunAsync<T>(Func<CancellationToken, Task> settle, int runs, int seconds, Func<int, CancellationToken, Task<T>> measure, Func<T, string> show, CancellationToken ct)
    {
        Progress.Say($"  warm-up: {show(await measure(Math.Min(seconds, WarmUpSeconds), ct))}");
        await settle(ct);
        var measured = new List<T>();
        for (var run = 1; run <= runs; run++)
        {
            measured.Add(await measure(seconds, ct));
            Progress.Say($"  run {run}: {show(measured[^1])}");
        }

        return measured;
    }
}
