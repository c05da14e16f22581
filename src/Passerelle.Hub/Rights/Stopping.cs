using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Rights;

/// <summary>Ends, at once, the exchanges that a person's word has taken the ground from.</summary>
public sealed class Stopping(HubDb db, ExchangeDesk desk, IEnumerable<IExchangeKind> kinds)
{
    /// <summary>Locks the exchanges with this person's data that have not ended, in the order in which everybody locks them.</summary>
    /// <param name="purpose">Only those for this purpose; null: all.</param>
    public async Task<IReadOnlyList<(Exchange Exchange, Purpose Purpose)>> LockAsync(Guid personId, Purpose? purpose, CancellationToken ct)
    {
        var found = new Dictionary<Guid, Purpose>();
        foreach (var kind in kinds.Where(k => purpose is null || k.Purpose == purpose))
            foreach (var id in await kind.FindOpenAsync(personId, ct)) found[id] = kind.Purpose;
        var ids = found.Keys.ToArray();
        var locked = await db.Exchanges.FromSql($"select * from exchanges where id = any({ids}) order by id for update").ToListAsync(ct);
        return [.. locked.Select(e => (e, found[e.Id]))];
    }

    /// <summary>After a consent was withdrawn: those that no other consent allows. What is on its way at this moment cannot be stopped; it is not tried again, and nobody has to answer it.</summary>
    /// <param name="personId">Whose consent it was.</param>
    /// <returns>Those that had not left, and do not leave any more; and those that were on their way. Names of exchanges.</returns>
    public async Task<(IReadOnlyList<string> Stopped, IReadOnlyList<string> InFlight)> StopUnconsentedAsync(
        Guid personId, IReadOnlyList<(Exchange Exchange, Purpose Purpose)> locked, DateTimeOffset now, CancellationToken ct)
    {
        var left = new List<Exchange>();
        foreach (var (exchange, purpose) in locked)
            if (!await db.LiveConsents(personId, EnumText<Purpose>.Of(purpose), exchange.PartnerId, now).AnyAsync(ct)) left.Add(exchange);
        return await StopAsync(left, ErrorReason.ConsentMissing.ToReasonName(), ct);
    }

    /// <inheritdoc cref="StopUnconsentedAsync"/>
    public async Task<(IReadOnlyList<string> Stopped, IReadOnlyList<string> InFlight)> StopAsync(IReadOnlyCollection<Exchange> exchanges, string reason, CancellationToken ct)
    {
        var (stopped, inFlight) = (new List<string>(), new List<string>());
        foreach (var exchange in exchanges.Where(e => e.IsUndelivered || e.State is ExchangeState.AwaitingAnswer or ExchangeState.Undeliverable))
        {
            var onItsWay = exchange.State == ExchangeState.Sending && await db.Attempts.AnyAsync(a => a.ExchangeId == exchange.Id && a.Number == exchange.Generation && a.Outcome == AttemptOutcome.Unknown, ct);
            if (onItsWay)
            {
                inFlight.Add(exchange.Name);
                exchange.StopOnArrival(reason);
                continue;
            }

            if (exchange.IsUndelivered) stopped.Add(exchange.Name);
            await desk.WithdrawAsync(exchange, reason, ct);
        }

        await db.SaveChangesAsync(ct);
        await Line.CallNextAsync(db, exchanges, ct);
        return (stopped, inFlight);
    }
}
