namespace Passerelle.Hub.Platform;

/// <summary>Wakes the watchers of this node when something was committed here. What other nodes commit is found by polling.</summary>
public sealed class ChangeSignal(TimeProvider time)
{
    TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Pulse() => Interlocked.Exchange(ref next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    /// <summary>Take it before reading, and await it after: a change between the two is not missed.</summary>
    public Task Next => Volatile.Read(ref next).Task;

    /// <summary>Returns at the pulse or after the poll interval, whichever comes first.</summary>
    public async Task WaitAsync(Task pulse, TimeSpan poll, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await Task.WhenAny(pulse, Task.Delay(poll, time, stop.Token));
        await stop.CancelAsync();
        ct.ThrowIfCancellationRequested();
    }
}
