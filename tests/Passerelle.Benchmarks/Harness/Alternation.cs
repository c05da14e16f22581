using System.Globalization;

namespace Passerelle.Benchmarks.Harness;

/// <summary>Runs the hub's side and the baseline's in turn: whatever else the machine does then falls on both.</summary>
static class Alternation
{
    /// <param name="show">A run's main figure.</param>
    public static async Task<(List<T> Values, List<T> Baselines)> RunAsync<T>(
        int runs, Func<CancellationToken, Task<T>> value, Func<CancellationToken, Task<T>> baseline, Func<T, double> show, CancellationToken ct)
    {
        var (values, baselines) = (new List<T>(), new List<T>());
        // Round 0 warms both up (compiled code, pools, plans, WAL files that are there to be written again) and does not count.
        for (var round = 0; round <= runs; round++)
        {
            var (a, b) = (await value(ct), await baseline(ct));
            Progress.Say(string.Create(CultureInfo.InvariantCulture, $"  {(round == 0 ? "warm-up" : $"run {round}")}: {show(a):0} against {show(b):0}"));
            if (round == 0) continue;
            values.Add(a);
            baselines.Add(b);
        }

        return (values, baselines);
    }
}
