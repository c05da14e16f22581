using Grpc.Core;
using Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Client;

/// <summary>How an inbox is read.</summary>
public sealed record InboxOptions
{
    /// <summary>Stop at the first checkpoint, when nothing waits any more; default <see langword="false"/>: go on until cancelled.</summary>
    public bool StopWhenEmpty { get; init; }

    /// <summary>After how many failures in a row, with nothing received in between, to throw; default <see langword="null"/>: never, an inbox is read for months.</summary>
    public int? GiveUpAfter { get; init; }

    /// <summary>Called after each acknowledgement; default: nothing is called.</summary>
    public Action<Envelope>? Acknowledged { get; init; }

    /// <summary>
    /// Called when an exchange was not acknowledged, with what the handler threw or the <see cref="RpcException"/> of the acknowledgement;
    /// reading then goes on, and the hub gives the exchange again after its lease of 60 seconds. <see langword="null"/> (the default): the
    /// exception ends the reading, except when the hub was merely out of reach for the acknowledgement.
    /// </summary>
    public Action<Envelope, Exception>? NotAcknowledged { get; init; }
}

/// <summary>What a reading of the inbox did.</summary>
/// <param name="Acknowledged">Exchanges that were handled and acknowledged.</param>
/// <param name="Failed">Times that an exchange was received and not acknowledged.</param>
public sealed record InboxTally(int Acknowledged, int Failed);

/// <summary>
/// Reads the inbox of a partner that pulls: each exchange is given to a handler, and acknowledged once the handler has returned. What the
/// handler threw on is never acknowledged: it comes again. So the handler must treat a repeat (same <c>exchange</c>) as already received.
/// </summary>
public sealed class InboxReader
{
    // Long enough for a slow line, short enough for a person who pressed Ctrl-C.
    private static readonly TimeSpan AcknowledgeTimeout = TimeSpan.FromSeconds(10);

    private readonly InboxService.InboxServiceClient _inbox;
    private readonly Backoff _backoff;
    private readonly TimeProvider _time;
    private readonly InboxOptions _options;

    internal InboxReader(InboxService.InboxServiceClient inbox, Backoff backoff, TimeProvider time, InboxOptions options)
    {
        _inbox = inbox;
        _backoff = backoff;
        _time = time;
        _options = options;
    }

    /// <summary>Reads until cancelled, or until the inbox is empty. One exchange is handled at a time; streams that end or break are opened again.</summary>
    /// <param name="handler">Puts one exchange in safe keeping. It has 60 seconds before the hub may give the exchange again.</param>
    /// <param name="cancellationToken">Stops it with <see cref="OperationCanceledException"/>; what was handled is still acknowledged.</param>
    /// <exception cref="RpcException">The credential is refused, or the hub was out of reach <see cref="InboxOptions.GiveUpAfter"/> times.</exception>
    public async Task<InboxTally> RunAsync(Func<Envelope, CancellationToken, Task> handler, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        int acknowledged = 0, failed = 0;
        var items = _backoff.FollowAsync(
            token => _inbox.WatchInbox(new WatchInboxRequest(), cancellationToken: token), _options.GiveUpAfter, cancellationToken);
        await foreach (var item in items)
        {
            if (item.ItemCase == WatchInboxResponse.ItemOneofCase.Envelope)
            {
                if (await TryHandleAsync(item.Envelope, handler, cancellationToken))
                    acknowledged++;
                else
                    failed++;
            }
            else if (_options.StopWhenEmpty && item.ItemCase == WatchInboxResponse.ItemOneofCase.CheckpointTime)
            {
                break;
            }
        }
        return new InboxTally(acknowledged, failed);
    }

    private async Task<bool> TryHandleAsync(Envelope envelope, Func<Envelope, CancellationToken, Task> handler, CancellationToken cancellationToken)
    {
        try
        {
            await handler(envelope, cancellationToken);
        }
        catch (Exception e) when (_options.NotAcknowledged is not null && !cancellationToken.IsCancellationRequested)
        {
            _options.NotAcknowledged(envelope, e);
            return false;
        }
        try
        {
            // Not the caller's token: what is in safe keeping is acknowledged even when we are asked to stop just now.
            using var timeout = new CancellationTokenSource(AcknowledgeTimeout, _time);
            await _inbox.AcknowledgeExchangeAsync(new AcknowledgeExchangeRequest { Name = envelope.Exchange }, cancellationToken: timeout.Token);
            _options.Acknowledged?.Invoke(envelope);
            return true;
        }
        catch (RpcException e) when (_options.NotAcknowledged is not null || PasserelleError.From(e).IsTransient)
        {
            // An acknowledgement that was lost on the way is no reason to stop: the exchange comes again, and the handler knows it already.
            _options.NotAcknowledged?.Invoke(envelope, e);
            return false;
        }
    }
}
