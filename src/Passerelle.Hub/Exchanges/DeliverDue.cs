using Microsoft.Extensions.Options;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Exchanges;

/// <summary>Delivers by push what is due: claim, prepare, send, complete. No transaction is open while a partner is called.</summary>
public sealed partial class DeliverDue(
    ExchangeClaims claims, IServiceScopeFactory scopes, IPartnerTransport transport, IOptions<DeliveryOptions> options, ChangeSignal changes, ILogger<DeliverDue> logger) : IDueWork
{
    public async Task RunAsync(CancellationToken ct)
    {
        var batchSize = options.Value.BatchSize;
        while (true)
        {
            var batch = await claims.TakeAsync(DeliveryMode.Push, null, options.Value.Lease, batchSize, ct);
            var left = batch.Count;
            await Task.WhenAll(batch.Select(async claim =>
            {
                await DeliverAsync(claim, ct);
                if (Interlocked.Decrement(ref left) > 0) Points.Reach(Points.MidBatch);
            }));
            if (batch.Count > 0) changes.Pulse();
            if (batch.Count < batchSize) return;
        }
    }

    public Task<TimeSpan?> OldestDueAsync(CancellationToken ct) => claims.OldestDueAsync(ct);

    async Task DeliverAsync(Claim claim, CancellationToken ct)
    {
        try
        {
            var envelope = await WithDeskAsync(desk => desk.PrepareAsync(claim, Transport.Push, ct));
            if (envelope is null) return;
            var outcome = await transport.SendAsync(claim.PushAddress!, envelope, ct);
            Points.Reach(Points.Sent);
            // The partner may have it: say so even when the node is stopping.
            await WithDeskAsync(async desk =>
            {
                await desk.CompleteAsync(claim, outcome, CancellationToken.None);
                return true;
            });
            LogTried(envelope.Exchange, claim.Generation, outcome.GetType().Name);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // One exchange's trouble is not the others': its lease ends, and it is tried again.
            LogFailed(e, Names.Of(Names.Exchanges, claim.ExchangeId), claim.Generation);
        }
    }

    async Task<T> WithDeskAsync<T>(Func<ExchangeDesk, Task<T>> work)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await work(scope.ServiceProvider.GetRequiredService<ExchangeDesk>());
    }

    [LoggerMessage(1, LogLevel.Information, "{Exchange} attempt {Attempt}: {Outcome}")]
    partial void LogTried(string exchange, int attempt, string outcome);

    [LoggerMessage(2, LogLevel.Error, "{Exchange} attempt {Attempt} broke; its lease will end")]
    partial void LogFailed(Exception exception, string exchange, int attempt);
}
