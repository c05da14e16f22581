namespace Passerelle.Hub.Platform;

/// <summary>The rhythm of every watch stream: send what there is, then wait for a change here or for the poll that finds other nodes' changes, with a checkpoint when it has been quiet.</summary>
public sealed class WatchLoop(ChangeSignal changes, TimeProvider time, IHostApplicationLifetime lifetime)
{
    /// <summary>How late a change that another node made may be seen.</summary>
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    /// <summary>The contract says at least every 30 seconds.</summary>
    static readonly TimeSpan CheckpointEvery = TimeSpan.FromSeconds(15);

    /// <param name="sendNext">Sends what is next; false when there is nothing for now.</param>
    /// <param name="sendCheckpoint">Sent as soon as the reader is up to date for the first time, then whenever it is quiet. Its time is the database's, of the last read: this node's clock may be wrong.</param>
    public async Task RunAsync(Func<CancellationToken, Task<bool>> sendNext, Func<CancellationToken, Task> sendCheckpoint, CancellationToken call)
    {
        // A node that stops ends its streams: the caller goes on elsewhere from its cursor.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(call, lifetime.ApplicationStopping);
        var ct = stop.Token;
        long? lastCheckpoint = null;
        try
        {
            while (true)
            {
                var pulse = changes.Next;
                var sent = false;
                while (await sendNext(ct)) sent = true;
                if (sent || lastCheckpoint is null || time.GetElapsedTime(lastCheckpoint.Value) >= CheckpointEvery)
                {
                    await sendCheckpoint(ct);
                    lastCheckpoint = time.GetTimestamp();
                }

                await changes.WaitAsync(pulse, Poll, ct);
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested && !call.IsCancellationRequested)
        {
            // Ends the stream with OK.
        }
    }
}
