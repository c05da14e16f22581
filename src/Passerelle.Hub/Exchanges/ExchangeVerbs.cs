using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Exchanges;

/// <summary>What an operator may do to one exchange, each in one transaction. Repeating it is harmless.</summary>
public sealed class ExchangeVerbs(HubDb db, ExchangeDesk desk, Nudge<DeliverDue> nudge, ChangeSignal changes)
{
    public Task<Exchange> RedeliverAsync(Guid id, CancellationToken ct) => DoAsync(id, (exchange, now) =>
    {
        var (state, due, failures) = (exchange.State, exchange.DueTime, exchange.Failures);
        exchange.Redeliver(now);
        // On its way, or about to leave as if it had just been queued: there is nothing to tell.
        if (state != ExchangeState.Sending && (state != exchange.State || due > now || failures > 0)) desk.Tell(exchange, "exchange.redelivered", now);
        return Task.CompletedTask;
    }, ct);

    /// <param name="reason">A word that is kept with it.</param>
    public Task<Exchange> WithdrawAsync(Guid id, string reason, CancellationToken ct) => DoAsync(id, async (exchange, _) =>
    {
        if (exchange.State == ExchangeState.Withdrawn) return;
        await desk.WithdrawAsync(exchange, reason, ct);
    }, ct);

    async Task<Exchange> DoAsync(Guid id, Func<Exchange, DateTimeOffset, Task> verb, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var exchange = await desk.LockAsync(id, ct) ?? throw new ResourceNotFound(Names.Of(Names.Exchanges, id));
        await verb(exchange, await db.NowAsync(ct));
        await db.SaveChangesAsync(ct);
        await Line.CallNextAsync(db, [exchange], ct);
        await transaction.CommitAsync(ct);
        nudge.Now();
        changes.Pulse();
        return exchange;
    }
}
