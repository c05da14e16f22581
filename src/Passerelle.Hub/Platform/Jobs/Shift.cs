using Microsoft.Extensions.Options;

namespace Passerelle.Hub.Platform.Jobs;

/// <summary>Says on this node that something is due now, after a commit. Best effort: one that is lost only means that the look finds the row. Many at once are one.</summary>
public sealed class Nudge<TWork> where TWork : IDueWork
{
    readonly Lock gate = new();
    HashSet<string> places = [];
    bool everywhere;
    TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes at the next nudge. Take it before looking at the rows, and await it after: none between the two is missed.</summary>
    public Task Next => Volatile.Read(ref next).Task;

    /// <param name="place">Where it is due, in the work's own words (a partner's id, for deliveries); null: anywhere.</param>
    public void Now(string? place = null)
    {
        Points.Reach(Points.NudgeBegins);
        lock (gate)
        {
            if (place is null) everywhere = true;
            else places.Add(place);
        }

        Interlocked.Exchange(ref next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        Points.Reach(Points.Nudged);
    }

    /// <returns>Where the nudges since the last call said that something is due; null: anywhere.</returns>
    public IReadOnlyCollection<string>? TakePlaces()
    {
        lock (gate)
        {
            var (taken, all) = (places, everywhere);
            (places, everywhere) = ([], false);
            return all ? null : taken;
        }
    }
}

/// <summary>Whether one kind of work is being done on this node.</summary>
public enum ShiftState
{
    Off,

    /// <summary>All that was due is done; it stays for the next nudge, and looks for nothing by itself.</summary>
    Waiting,

    Working,
}

/// <summary>One kind of work on this node, by one at a time: whoever comes while it is being done only passes the word on. It stays as long as there is work, and a while for the next nudge.</summary>
public sealed class Shift<TWork>(TWork work, Nudge<TWork> nudge, IOptions<JobOptions> options, TimeProvider time) where TWork : IDueWork
{
    int state;
    TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ShiftState State => (ShiftState)Volatile.Read(ref state);

    /// <summary>Completes when the next shift starts.</summary>
    public Task Started => Volatile.Read(ref started).Task;

    public async Task RunAsync(CancellationToken ct)
    {
        if (Interlocked.CompareExchange(ref state, (int)ShiftState.Working, (int)ShiftState.Off) != (int)ShiftState.Off)
        {
            nudge.Now();
            return;
        }

        Interlocked.Exchange(ref started, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        var called = nudge.Next;
        try
        {
            do
            {
                Volatile.Write(ref state, (int)ShiftState.Working);
                called = nudge.Next;
                await work.RunAsync(ct);
                Volatile.Write(ref state, (int)ShiftState.Waiting);
            }
            while (await IsCalledAsync(called, ct));
        }
        finally
        {
            Volatile.Write(ref state, (int)ShiftState.Off);
            // Called while we were leaving: the keeper thought that we would hear it.
            if (called.IsCompleted) nudge.Now();
        }
    }

    async Task<bool> IsCalledAsync(Task called, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var first = await Task.WhenAny(called, Task.Delay(options.Value.Linger, time, stop.Token));
        await stop.CancelAsync();
        ct.ThrowIfCancellationRequested();
        return first == called;
    }
}
