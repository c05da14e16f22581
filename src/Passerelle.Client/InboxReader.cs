using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Client;

/// <summary>
/// Reads the inbox of a partner that pulls: each exchange is given to a handler, and acknowledged once the handler has returned. What the
/// handler threw on is never acknowledged: it comes again. So the handler must treat a repeat (same <c>exchange</c>) as already received:
/// <see cref="DatabaseInbox"/> does.
/// </summary>
public sealed class InboxReader
{
    // Long enough for a slow line, short enough for a person who pressed Ctrl-C.
    private static readonly TimeSpan AcknowledgeTimeout = TimeSpan.FromSeconds(10);

    // A third of the lease: two extensions may get lost.
    private static readonly TimeSpan ExtendEvery = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    private readonly InboxService.InboxServiceClient _inbox;
    private readonly Backoff _backoff;
    private readonly TimeProvider _time;
    private readonly InboxOptions _options;
    private int _acknowledged;
    private int _failed;

    internal InboxReader(InboxService.InboxServiceClient inbox, Backoff backoff, TimeProvider time, InboxOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1, nameof(InboxOptions.BatchSize));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.BatchSize, 100, nameof(InboxOptions.BatchSize));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Poll ?? TimeSpan.Zero, TimeSpan.Zero, nameof(InboxOptions.Poll));
        _inbox = inbox;
        _backoff = backoff;
        _time = time;
        _options = options;
    }

    /// <summary>Reads until cancelled, or until the inbox is empty. One exchange is handled at a time; streams that end or break are opened again.</summary>
    /// <param name="handler">Puts one exchange in safe keeping. Its lease is extended while it runs, see <see cref="InboxOptions.ExtendLeaseFor"/>.</param>
    /// <param name="cancellationToken">Stops it with <see cref="OperationCanceledException"/>; what was handled is still acknowledged.</param>
    /// <returns>What this reading did.</returns>
    /// <exception cref="RpcException">The credential is refused, exchanges for this partner are pushed, or the hub was out of reach <see cref="InboxOptions.GiveUpAfter"/> times.</exception>
    public async Task<InboxTally> RunAsync(Func<Envelope, CancellationToken, Task> handler, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        (_acknowledged, _failed) = (0, 0);
        if (_options.Poll is { } interval)
            await PollAsync(interval, handler, cancellationToken);
        else if (!await WatchAsync(_options.StartCursor, handler, cancellationToken))
            await WatchAsync("", handler, cancellationToken);
        return new InboxTally(_acknowledged, _failed);
    }

    /// <returns>False when the hub does not accept the cursor.</returns>
    private async Task<bool> WatchAsync(string cursor, Func<Envelope, CancellationToken, Task> handler, CancellationToken cancellationToken)
    {
        var items = _backoff.FollowAsync(
            token => _inbox.WatchInbox(new WatchInboxRequest { StartCursor = cursor }, cancellationToken: token), _options.GiveUpAfter, cancellationToken);
        try
        {
            await foreach (var item in items)
            {
                if (item.ItemCase == WatchInboxResponse.ItemOneofCase.Envelope)
                    await HandleAsync([item.Envelope], handler, cancellationToken);
                // Only now: what a crash interrupts has not arrived.
                if (item.Cursor.Length > 0 && item.Cursor != cursor)
                {
                    cursor = item.Cursor;
                    _options.CursorMoved?.Invoke(cursor);
                }
                if (_options.StopWhenEmpty && item.ItemCase == WatchInboxResponse.ItemOneofCase.CheckpointTime)
                    break;
            }
            return true;
        }
        catch (RpcException e) when (cursor.Length > 0 && PasserelleError.From(e).Reason == ErrorReason.CursorInvalid)
        {
            return false;
        }
    }

    private async Task PollAsync(TimeSpan interval, Func<Envelope, CancellationToken, Task> handler, CancellationToken cancellationToken)
    {
        for (var failures = 1; ;)
        {
            FetchExchangesResponse fetched;
            try
            {
                fetched = await _inbox.FetchExchangesAsync(new FetchExchangesRequest { MaxCount = _options.BatchSize }, cancellationToken: cancellationToken);
                failures = 1;
            }
            catch (RpcException e)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var error = PasserelleError.From(e);
                if (!error.IsTransient || failures >= _options.GiveUpAfter)
                    throw;
                await _backoff.PauseAsync(failures++, error, cancellationToken);
                continue;
            }
            await HandleAsync(fetched.Envelopes, handler, cancellationToken);
            if (fetched.Envelopes.Count > 0)
                continue;
            if (_options.StopWhenEmpty)
                return;
            await Task.Delay(interval, _time, cancellationToken);
        }
    }

    private async Task HandleAsync(IReadOnlyCollection<Envelope> envelopes, Func<Envelope, CancellationToken, Task> handler, CancellationToken cancellationToken)
    {
        // Those that wait for their turn are kept from coming again too.
        var waiting = new Queue<Envelope>(envelopes);
        while (waiting.TryPeek(out var envelope))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await TryHandleAsync(envelope, [.. waiting], handler, cancellationToken))
                _acknowledged++;
            else
                _failed++;
            waiting.Dequeue();
        }
    }

    private async Task<bool> TryHandleAsync(Envelope envelope, List<Envelope> held, Func<Envelope, CancellationToken, Task> handler, CancellationToken cancellationToken)
    {
        try
        {
            using var handled = new CancellationTokenSource();
            var extending = ExtendLeasesAsync(held, handled.Token);
            try
            {
                await handler(envelope, cancellationToken);
            }
            finally
            {
                await handled.CancelAsync();
                await extending;
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            await RejectAsync(envelope, e);
            if (_options.NotAcknowledged is null)
                throw;
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

    private async Task RejectAsync(Envelope envelope, Exception failure)
    {
        if (_options.Reject?.Invoke(envelope, failure) is not { } rejection)
            return;
        try
        {
            using var timeout = new CancellationTokenSource(AcknowledgeTimeout, _time);
            var request = new RejectExchangeRequest
            {
                Name = envelope.Exchange,
                Attempt = envelope.Attempt,
                RetryDelay = rejection.RetryDelay is { } delay ? Duration.FromTimeSpan(delay) : null,
                Permanent = rejection.Permanent,
            };
            await _inbox.RejectExchangeAsync(request, cancellationToken: timeout.Token);
        }
        catch (RpcException)
        {
            // Its lease ends, and it comes again: the rejection would only have said when.
        }
    }

    private async Task ExtendLeasesAsync(List<Envelope> held, CancellationToken handled)
    {
        try
        {
            using var timer = new PeriodicTimer(ExtendEvery, _time);
            for (var extended = TimeSpan.Zero; extended < _options.ExtendLeaseFor && held.Count > 0; extended += ExtendEvery)
            {
                if (!await timer.WaitForNextTickAsync(handled))
                    return;
                foreach (var envelope in held.ToArray())
                {
                    try
                    {
                        var request = new ExtendExchangeLeaseRequest { Name = envelope.Exchange, Attempt = envelope.Attempt, Lease = Duration.FromTimeSpan(Lease) };
                        await _inbox.ExtendExchangeLeaseAsync(request, cancellationToken: handled);
                    }
                    catch (RpcException e) when (!handled.IsCancellationRequested)
                    {
                        // Too late, withdrawn meanwhile, or a hub from before there were extensions: it may come again, and is known then.
                        if (!PasserelleError.From(e).IsTransient)
                            held.Remove(envelope);
                    }
                }
            }
        }
        catch (Exception e) when (handled.IsCancellationRequested && e is OperationCanceledException or RpcException)
        {
            // The handler is done.
        }
    }
}
