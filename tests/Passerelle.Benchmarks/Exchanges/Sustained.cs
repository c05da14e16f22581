using Passerelle.Benchmarks.Harness;

namespace Passerelle.Benchmarks.Exchanges;

/// <summary>As much as is created over gRPC and delivered when the backlog may not grow: 32 calls in flight, and none while 2,000 are on their way.</summary>
/// <param name="PerSecond">Arrivals at the partners within the time of the load, by that time.</param>
/// <param name="Delivered">In all.</param>
readonly record struct Sustained(double PerSecond, int Delivered)
{
    public const int InFlight = 32;
    public const int OnTheWay = 2000;

    /// <param name="hub">Where it must be known in the end that all is delivered; null where that is not the hub's affair.</param>
    public static async Task<Sustained> RunAsync(Hall hall, Generator generator, int seconds, Sandbox? hub, CancellationToken ct)
    {
        await hall.ClearAsync(ct);
        var duration = TimeSpan.FromSeconds(seconds);
        var start = TimeProvider.System.GetUtcNow();
        var arrived = 0L;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var watching = WatchAsync();
        var created = await generator.CloselyAsync(InFlight, duration, long.MaxValue, count => count - Interlocked.Read(ref arrived) < OnTheWay, ct);
        await end.CancelAsync();
        await watching;
        var arrivals = await Arrived.AllAsync(hall, created, Stage.Partners, ct);
        if (hub is not null) await Arrived.SavedAsync(hub, arrivals.Keys, ct);
        var last = (start + duration).UtcTicks;
        return new Sustained(arrivals.Values.Count(ticks => ticks <= last) / duration.TotalSeconds, arrivals.Count);

        async Task WatchAsync()
        {
            try
            {
                while (true)
                {
                    Interlocked.Exchange(ref arrived, await hall.CountAsync(Stage.Partners, end.Token));
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, end.Token);
                }
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // The load is over.
            }
        }
    }
}
