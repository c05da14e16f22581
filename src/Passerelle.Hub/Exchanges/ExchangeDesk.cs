using System.Security.Cryptography;
using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Hub.Exchanges;

/// <summary>What happens to one exchange, whatever it carries and however it travels: opened, prepared, completed, answered. Each is one transaction, or part of the caller's.</summary>
public sealed class ExchangeDesk(HubDb db, ClockBook clocks, IEnumerable<IExchangeKind> kinds, IOptions<DeliveryOptions> options, Random random)
{
    /// <summary>Queues an exchange in the caller's transaction. Nudge the delivery after the commit.</summary>
    public Exchange Open(string kind, string partnerId, Guid caseId, string subject, DateTimeOffset now)
    {
        var exchange = Exchange.Open(kind, partnerId, caseId, subject, now);
        db.Exchanges.Add(exchange);
        db.Events.Add(HubEvent.Of("exchange.queued", now, exchange.Name, caseId, partnerId, kind));
        return exchange;
    }

    /// <summary>Clears and composes a claimed exchange, and writes the attempt and the disclosures down before anything leaves.</summary>
    /// <returns>Null when it may not leave (it is withdrawn then), or is no longer ours.</returns>
    public async Task<Wire.Envelope?> PrepareAsync(Claim claim, Transport transport, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (await LockAsync(claim, ct) is not { } exchange) return null;
        var now = await db.NowAsync(ct);
        var preparation = await kinds.Single(k => k.Name == exchange.Kind).PrepareAsync(exchange, ct);
        Wire.Envelope? envelope = null;
        switch (preparation)
        {
            case Preparation.NotCleared notCleared:
                exchange.Withdraw(notCleared.Reason);
                db.Events.Add(EventOf(exchange, "exchange.withdrawn", now, notCleared.Reason));
                break;
            case Preparation.Cleared cleared:
                var payload = Any.Pack(cleared.Payload);
                db.Attempts.Add(Attempt.Begin(exchange.Id, claim.Generation, transport, payload.Value.Length, SHA256.HashData(payload.Value.Span), now));
                db.Disclosures.AddRange(cleared.Disclosed.Select(d => Disclosure.Of(d.PersonId, exchange.PartnerId, d.Category, cleared.Clearance, exchange.Id, now)));
                envelope = new Wire.Envelope
                {
                    Exchange = exchange.Name,
                    Kind = exchange.Kind,
                    Case = Names.Of(Names.Cases, exchange.CaseId),
                    Subject = exchange.Subject,
                    Attempt = claim.Generation,
                    CreateTime = exchange.CreateTime.ToWire(),
                    Payload = payload,
                };
                break;
        }

        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        Points.Reach(Points.Prepared);
        return envelope;
    }

    /// <summary>Writes down what became of a try. A claim that is no longer the newest changes its attempt only.</summary>
    public async Task CompleteAsync(Claim claim, SendOutcome outcome, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // Locked whoever has claimed it since, so that the attempt is not being ended by an answer or an acknowledgement at this very moment.
        var exchange = await LockAsync(claim.ExchangeId, ct);
        if (exchange is not null && !exchange.IsClaimedBy(claim.Generation)) exchange = null;
        var now = await db.NowAsync(ct);
        var attempt = await db.Attempts.FindAsync([claim.ExchangeId, claim.Generation], ct);
        // The partner's own word was quicker, and weighs more than what we saw of the call.
        if (attempt is not { Outcome: AttemptOutcome.Unknown }) attempt = null;
        switch (outcome)
        {
            case SendOutcome.Accepted:
                attempt?.End(AttemptOutcome.Accepted, null, now);
                if (exchange is not null) Deliver(exchange, now);
                break;
            case SendOutcome.NotYet notYet:
                attempt?.End(AttemptOutcome.NotYet, notYet.Error, now);
                if (exchange is not null) TryLater(exchange, notYet, now);
                break;
            case SendOutcome.Refused refused:
                attempt?.End(AttemptOutcome.Refused, refused.Error, now);
                if (exchange is not null) GiveUp(exchange, refused.Error, now);
                break;
        }

        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        Points.Reach(Points.Completed);
    }

    /// <summary>The partner says that it has an exchange (pull). Repeating it, even late, is harmless.</summary>
    public async Task<Exchange> AcknowledgeAsync(Guid id, string partnerId, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var exchange = await LockAsync(id, ct);
        if (exchange is null || exchange.PartnerId != partnerId) throw new ResourceNotFound(Names.Of(Names.Exchanges, id));
        if (exchange.State is ExchangeState.AwaitingAnswer or ExchangeState.Answered) return exchange;
        var attempt = await LastAttemptAsync(id, ct);
        if (attempt is null || !exchange.IsUndelivered) throw new StateConflict(exchange.Name, EnumText<ExchangeState>.Of(exchange.State), "The exchange is not on its way to you.");
        var now = await db.NowAsync(ct);
        attempt.End(AttemptOutcome.Accepted, null, now);
        Deliver(exchange, now);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return exchange;
    }

    /// <summary>The partner's answer, in the caller's transaction: the window stops with it.</summary>
    public async Task<Exchange> AnswerAsync(Guid id, string code, CancellationToken ct)
    {
        var exchange = await LockAsync(id, ct) ?? throw new ResourceNotFound(Names.Of(Names.Exchanges, id));
        // An answer proves the delivery: the partner was quicker than our note of it, or our call only seemed to fail.
        if (exchange.IsUndelivered && await LastAttemptAsync(id, ct) is { } attempt)
        {
            var now = await db.NowAsync(ct);
            attempt.End(AttemptOutcome.Accepted, null, now);
            Deliver(exchange, now);
        }

        exchange.RequireAwaitingAnswer();
        // One time for both: whether the answer was in time does not depend on the row that is read.
        var time = (await clocks.AnswerAsync(exchange.Name, ct)).AnswerTime!.Value;
        exchange.Answer(code, time);
        db.Events.Add(EventOf(exchange, "exchange.answered", time, code));
        return exchange;
    }

    void Deliver(Exchange exchange, DateTimeOffset now)
    {
        exchange.Deliver(now);
        clocks.Start(ClockFamily.PartnerWindow, exchange.Name, exchange.CaseId, exchange.PartnerId, now);
        db.Events.Add(EventOf(exchange, "exchange.delivered", now));
    }

    void TryLater(Exchange exchange, SendOutcome.NotYet notYet, DateTimeOffset now)
    {
        if (exchange.Failures >= options.Value.RetrySchedule.Length)
        {
            GiveUp(exchange, notYet.Error, now);
            return;
        }

        var wait = options.Value.RetrySchedule[exchange.Failures] * random.NextDouble();
        // What the partner asks for is believed up to a limit, and never shortens our own wait.
        if (notYet.RetryAfter is { } asked) wait = Max(wait, asked < options.Value.MaxRetryAfter ? asked : options.Value.MaxRetryAfter);
        exchange.TryLater(now + wait);
        db.Events.Add(EventOf(exchange, "exchange.attempted", now, notYet.Error));
    }

    void GiveUp(Exchange exchange, string error, DateTimeOffset now)
    {
        exchange.GiveUp(error);
        db.Events.Add(EventOf(exchange, "exchange.undeliverable", now, error));
    }

    static HubEvent EventOf(Exchange exchange, string type, DateTimeOffset now, string detail = "") =>
        HubEvent.Of(type, now, exchange.Name, exchange.CaseId, exchange.PartnerId, detail);

    static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    Task<Attempt?> LastAttemptAsync(Guid id, CancellationToken ct) =>
        db.Attempts.Where(a => a.ExchangeId == id).OrderByDescending(a => a.Number).FirstOrDefaultAsync(ct);

    async Task<Exchange?> LockAsync(Guid id, CancellationToken ct) =>
        (await db.Exchanges.FromSql($"select * from exchanges where id = {id} for update").ToListAsync(ct)).SingleOrDefault();

    async Task<Exchange?> LockAsync(Claim claim, CancellationToken ct) =>
        (await db.Exchanges.FromSql(
            $"select * from exchanges where id = {claim.ExchangeId} and generation = {claim.Generation} and state = 'sending' for update").ToListAsync(ct)).SingleOrDefault();
}
