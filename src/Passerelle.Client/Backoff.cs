using System.Runtime.CompilerServices;
using Grpc.Core;

namespace Passerelle.Client;

/// <summary>Trying again, with pauses that double: the whole of a client stream, or the rest of a server stream.</summary>
internal sealed class Backoff(PasserelleOptions options)
{
    // Many clients lose the hub at the same moment; jitter keeps them from coming back at the same moment.
    private readonly Random _jitter = new(unchecked((int)options.TimeProvider.GetTimestamp()));
    private readonly Lock _lock = new();

    /// <summary>Runs a call that may be repeated as a whole, while the hub is UNAVAILABLE.</summary>
    public async Task<T> RepeatAsync<T>(Func<Task<T>> call, bool repeatable, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable && repeatable && attempt < options.MaxAttempts)
            {
                await Task.Delay(Pause(attempt, PasserelleError.From(e)), options.TimeProvider, cancellationToken);
            }
        }
    }

    /// <summary>
    /// Reads a server stream, and opens it again whenever it ends, breaks or falls silent, for ever or until it failed
    /// <paramref name="giveUpAfter"/> times in a row. <paramref name="open"/> starts from the last cursor that its caller saw.
    /// </summary>
    public async IAsyncEnumerable<T> FollowAsync<T>(
        Func<CancellationToken, AsyncServerStreamingCall<T>> open, int? giveUpAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var failures = 1; ; failures++)
        {
            PasserelleError? error = null;
            using (var call = open(cancellationToken))
            {
                while (true)
                {
                    try
                    {
                        if (!await NextAsync(call.ResponseStream, cancellationToken))
                            break;
                    }
                    catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
                    {
                        error = PasserelleError.From(e);
                        if (!error.IsTransient || failures >= giveUpAfter)
                            throw;
                        break;
                    }
                    catch (TimeoutException)
                    {
                        break;
                    }
                    failures = 1;
                    yield return call.ResponseStream.Current;
                }
            }
            cancellationToken.ThrowIfCancellationRequested();
            if (failures >= giveUpAfter)
                throw new RpcException(new Status(StatusCode.Unavailable, "The stream ends again and again without giving anything."));
            await PauseAsync(failures, error, cancellationToken);
        }
    }

    /// <summary>The pause after so many failures in a row, announced.</summary>
    public async Task PauseAsync(int failures, PasserelleError? error, CancellationToken cancellationToken)
    {
        var pause = Pause(failures, error);
        options.Reconnecting?.Invoke(new Reconnection(failures, pause, error));
        await Task.Delay(pause, options.TimeProvider, cancellationToken);
    }

    private async Task<bool> NextAsync<T>(IAsyncStreamReader<T> stream, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.MoveNext(cancellationToken).WaitAsync(options.MaxSilence, options.TimeProvider, cancellationToken);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled && cancellationToken.IsCancellationRequested)
        {
            // gRPC reports our own cancellation as an error of the call.
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
    }

    private TimeSpan Pause(int failures, PasserelleError? error)
    {
        double share;
        lock (_lock)
            share = 0.5 + (_jitter.NextDouble() / 2);
        var doubled = options.FirstBackoff * Math.Pow(2, Math.Min(failures - 1, 20));
        var pause = (doubled < options.MaxBackoff ? doubled : options.MaxBackoff) * share;
        // The hub knows better, but must not stop us for an hour by mistake.
        var asked = error?.RetryDelay ?? TimeSpan.Zero;
        return asked > pause ? (asked < TimeSpan.FromMinutes(1) ? asked : TimeSpan.FromMinutes(1)) : pause;
    }
}
