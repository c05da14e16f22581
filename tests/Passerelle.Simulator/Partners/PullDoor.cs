using Grpc.Core;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Simulator.Hub;

namespace Passerelle.Simulator.Partners;

/// <summary>
/// What a partner without a server runs: it watches its inbox, acknowledges what it keeps, and calls again whenever the stream ends.
/// What it turns away it does not acknowledge, so that it comes again.
/// </summary>
sealed class PullDoor(DemoPartner partner, TimeProvider time, ILogger logger) : BackgroundService
{
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    // A checkpoint comes at least every 30 seconds; a stream silent for three times that is dead, whatever TCP says.
    static readonly TimeSpan Silence = TimeSpan.FromSeconds(90);

    TimeSpan _pause = FirstPause;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await WatchAsync(stoppingToken);
            }
            catch (RpcException e)
            {
                if (!stoppingToken.IsCancellationRequested) Log.InboxLost(logger, partner.Id, e.StatusCode.CanonicalName(), _pause);
            }
            catch (OperationCanceledException)
            {
                if (!stoppingToken.IsCancellationRequested) Log.InboxLost(logger, partner.Id, "SILENT", _pause);
            }
            try
            {
                await Task.Delay(_pause, time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        }
    }

    async Task WatchAsync(CancellationToken stoppingToken)
    {
        using var silence = new CancellationTokenSource(Silence, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, stoppingToken);
        using var call = partner.Hub.Inbox.WatchInbox(new(), cancellationToken: either.Token);
        await foreach (var item in call.ResponseStream.ReadAllAsync(either.Token))
        {
            _pause = FirstPause;
            // Handling one may take long (a partner may be told to hang); only waiting for the hub counts as silence.
            silence.CancelAfter(Timeout.InfiniteTimeSpan);
            if (item.ItemCase == WatchInboxResponse.ItemOneofCase.Envelope) await TakeAsync(item.Envelope, stoppingToken);
            silence.CancelAfter(Silence);
        }
    }

    async Task TakeAsync(Envelope envelope, CancellationToken stoppingToken)
    {
        if (await partner.ReceiveAsync(envelope, stoppingToken, stoppingToken) is not null) return;
        try
        {
            await partner.Hub.Inbox.AcknowledgeExchangeAsync(new() { Name = envelope.Exchange }, cancellationToken: stoppingToken);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.FailedPrecondition or StatusCode.NotFound)
        {
            // Withdrawn in the meantime: there is nothing left to keep.
            Log.NotAcknowledged(logger, partner.Id, envelope.Exchange, e.Reason());
        }
    }
}
