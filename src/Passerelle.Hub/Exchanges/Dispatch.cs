using System.Security.Cryptography;
using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Hub.Exchanges;

/// <summary>A claimed exchange that may leave, as it leaves.</summary>
public readonly record struct Ready(Claim Claim, Wire.Envelope Envelope, DateTimeOffset StartTime);

/// <summary>What became of a claim.</summary>
public readonly record struct Completion(Claim Claim, SendOutcome Outcome);

/// <summary>The two transactions around a send, for many exchanges at once: prepared before, completed after. None is open while a partner is called.</summary>
public sealed class Dispatch(HubDb db, ExchangeDesk desk, IEnumerable<IExchangeKind> kinds)
{
    /// <summary>Clears and composes claimed exchanges, and writes the attempts and the disclosures down before anything leaves.</summary>
    /// <returns>Those that may leave and are still ours; the others have ended, or belong to a newer claim.</returns>
    public async Task<IReadOnlyList<Ready>> PrepareAsync(IReadOnlyCollection<Claim> claims, Transport transport, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var exchanges = await LockAsync(claims, ct);
        var generations = claims.ToDictionary(c => c.ExchangeId, c => c.Generation);
        exchanges.RemoveAll(e => !e.IsClaimedBy(generations[e.Id]));
        var now = await db.NowAsync(ct);
        var ready = new List<Ready>(exchanges.Count);
        var ended = new List<Exchange>();
        foreach (var group in exchanges.GroupBy(e => e.Kind))
        {
            var prepared = await kinds.Single(k => k.Name == group.Key).PrepareAsync([.. group], ct);
            foreach (var exchange in group)
            {
                switch (prepared[exchange.Id])
                {
                    case Preparation.Cleared cleared:
                        ready.Add(Begin(exchange, cleared, transport, now));
                        break;
                    case Preparation.NotCleared refused:
                        exchange.Withdraw(refused.Reason, now);
                        desk.Tell(exchange, "exchange.withdrawn", now, refused.Reason);
                        ended.Add(exchange);
                        break;
                    case Preparation.Lapsed lapsed:
                        exchange.Expire(lapsed.Reason, now);
                        desk.Tell(exchange, "exchange.expired", now, lapsed.Reason);
                        ended.Add(exchange);
                        break;
                }
            }
        }

        foreach (var exchange in ended) await desk.VoidWindowAsync(exchange, ct);
        await db.SaveInBulkAsync(ct);
        await Line.CallNextAsync(db, ended, ct);
        await transaction.CommitAsync(ct);
        if (ready.Count > 0) Points.Reach(Points.Prepared);
        return ready;
    }

    /// <summary>Writes down what became of tries. A claim that is no longer the newest changes its attempt only.</summary>
    /// <returns>True when something has come due by it: the next in line of what was delivered or has ended, or what a lane held that is open again.</returns>
    public async Task<bool> CompleteAsync(IReadOnlyCollection<Completion> completions, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var claims = completions.Select(c => c.Claim).ToList();
        // Locked whoever has claimed them since, so that no attempt is being ended by an answer or an acknowledgement at this very moment.
        var exchanges = (await LockAsync(claims, ct)).ToDictionary(e => e.Id);
        var attempts = (await AttemptsAsync(claims, ct)).ToDictionary(a => (a.ExchangeId, a.Number));
        var lanes = await LockLanesAsync(completions, ct);
        var closed = lanes.Values.Where(l => !l.IsOpen).ToList();
        var now = await db.NowAsync(ct);
        foreach (var (claim, outcome) in completions)
        {
            // The partner's own word, when it was quicker, weighs more than what we saw of the call.
            var attempt = attempts.GetValueOrDefault((claim.ExchangeId, claim.Generation)) is { Outcome: AttemptOutcome.Unknown } open ? open : null;
            var exchange = exchanges[claim.ExchangeId];
            var lane = lanes.GetValueOrDefault(claim.PartnerId);
            switch (outcome)
            {
                case SendOutcome.Accepted:
                    attempt?.End(AttemptOutcome.Accepted, null, now);
                    if (exchange.IsClaimedBy(claim.Generation)) await desk.DeliverAsync(exchange, now, ct);
                    lane?.Reached();
                    break;
                case SendOutcome.NotYet notYet:
                    attempt?.End(AttemptOutcome.NotYet, notYet.Error, now);
                    // What a lane that is down costs is the partner's doing, not the exchange's: its schedule does not suffer.
                    if (exchange.IsClaimedBy(claim.Generation)) desk.TryLater(exchange, notYet, counts: !notYet.Missed || lane is null or { Health: Partners.LaneHealth.Up }, now);
                    // A partner that has changed to pull meanwhile has no server to miss.
                    if (notYet.Missed) { if (lane is not null) desk.Missed(lane, now); }
                    else lane?.Reached();
                    break;
                case SendOutcome.Refused refused:
                    attempt?.End(AttemptOutcome.Refused, refused.Error, now);
                    if (exchange.IsClaimedBy(claim.Generation)) desk.GiveUp(exchange, refused.Error, now);
                    lane?.Reached();
                    break;
            }
        }

        await db.SaveInBulkAsync(ct);
        var called = await Line.CallNextAsync(db, exchanges.Values, ct);
        await transaction.CommitAsync(ct);
        Points.Reach(Points.Completed);
        return called > 0 || closed.Exists(l => l.IsOpen);
    }

    Ready Begin(Exchange exchange, Preparation.Cleared cleared, Transport transport, DateTimeOffset now)
    {
        var payload = Any.Pack(cleared.Payload);
        db.Attempts.Add(Attempt.Begin(exchange.Id, exchange.Generation, transport, payload.Value.Length, SHA256.HashData(payload.Value.Span), now));
        db.Disclosures.AddRange(cleared.Disclosed.Select(d => Disclosure.Of(d.PersonId, exchange.PartnerId, d.Category, cleared.Clearance, exchange.Id, now)));
        return new Ready(new Claim(exchange.Id, exchange.Generation, exchange.PartnerId), new Wire.Envelope
        {
            Exchange = exchange.Name,
            Kind = exchange.Kind,
            Case = Names.Of(Names.Cases, exchange.CaseId),
            Subject = exchange.Subject,
            Attempt = exchange.Generation,
            CreateTime = exchange.CreateTime.ToWire(),
            Payload = payload,
        }, now);
    }

    /// <summary>In one order, whoever locks several: nobody waits in a circle.</summary>
    Task<List<Exchange>> LockAsync(IReadOnlyCollection<Claim> claims, CancellationToken ct)
    {
        var ids = claims.Select(c => c.ExchangeId).ToArray();
        return db.Exchanges.FromSql($"select * from exchanges where id = any({ids}) order by id for update").ToListAsync(ct);
    }

    Task<List<Attempt>> AttemptsAsync(IReadOnlyCollection<Claim> claims, CancellationToken ct)
    {
        var (ids, numbers) = (claims.Select(c => c.ExchangeId).ToArray(), claims.Select(c => c.Generation).ToArray());
        return db.Attempts.FromSql($"select a.* from attempts a join unnest({ids}, {numbers}) c (id, number) on a.exchange_id = c.id and a.number = c.number").ToListAsync(ct);
    }

    /// <summary>The lanes that have something to note: a failure now, or failures before. The others, nearly always all, are left alone.</summary>
    async Task<Dictionary<string, Partners.Lane>> LockLanesAsync(IReadOnlyCollection<Completion> completions, CancellationToken ct)
    {
        var all = completions.Select(c => c.Claim.PartnerId).Distinct().ToArray();
        var missed = completions.Where(c => c.Outcome is SendOutcome.NotYet { Missed: true }).Select(c => c.Claim.PartnerId).Distinct().ToArray();
        return await db.Lanes.FromSql(
            $"""
            select * from lanes
            where partner_id = any({all}) and (failures > 0 or health <> 'up' or partner_id = any({missed}))
              and partner_id in (select id from partners where delivery = 'push')
            order by partner_id for update
            """).ToDictionaryAsync(l => l.PartnerId, ct);
    }
}
