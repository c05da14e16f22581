using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Exchanges;

/// <summary>What happens to one exchange, whatever it carries and however it travels. Each is part of the caller's transaction, or one of its own.</summary>
public sealed class ExchangeDesk(HubDb db, ClockBook clocks, IOptions<DeliveryOptions> options, IOptions<LaneOptions> lanes, Random random)
{
    /// <summary>Queues an exchange in the caller's transaction. Nudge the delivery after the commit.</summary>
    /// <param name="topic">Where the kind lets a newer one take the place of an older one that has not left yet: what both are about, e.g. persons/{uuid} for a CV. Null: nothing takes its place.</param>
    /// <param name="neverHeld">The gate never holds it, and what it holds keeps it not.</param>
    public Exchange Open(string kind, string partnerId, Guid caseId, string subject, DateTimeOffset now, string? topic = null, bool neverHeld = false)
    {
        var exchange = Exchange.Open(kind, partnerId, caseId, subject, topic, neverHeld, now);
        db.Exchanges.Add(exchange);
        Tell(exchange, "exchange.queued", now, kind);
        return exchange;
    }

    /// <summary>Whatever is about the same and has not left yet makes way for these. What is on its way is left alone: the partner may have it in a moment; so is what was delivered
    /// before and is only repeated.</summary>
    /// <param name="newer">Just opened, in their order: of several about the same the last one stays. They are saved here.</param>
    public async Task SupersedeOlderAsync(IReadOnlyCollection<Exchange> newer, CancellationToken ct)
    {
        var (kinds, partners, topics) = (newer.Select(n => n.Kind).ToArray(), newer.Select(n => n.PartnerId).ToArray(), newer.Select(n => n.Topic).ToArray());
        var stored = await db.Exchanges.FromSql(
            $"""
            select * from exchanges
            where (kind, partner_id, topic) in (select * from unnest({kinds}, {partners}, {topics})) and state = 'queued' and delivery_time is null
            order by id for update
            """).ToListAsync(ct);
        // Those opened in this very transaction are not in the database yet.
        var waiting = stored.Concat(db.Exchanges.Local.Where(e => !stored.Contains(e))).Where(e => e is { State: ExchangeState.Queued, DeliveryTime: null, Topic: not null }).ToLookup(Topic);
        var left = new List<Exchange>();
        foreach (var about in newer.GroupBy(Topic))
        {
            var stays = about.Last();
            foreach (var older in waiting[about.Key].Where(e => e != stays))
            {
                older.Supersede(stays.Id, stays.CreateTime);
                Tell(older, "exchange.withdrawn", stays.CreateTime, Exchange.Superseded);
                left.Add(older);
            }
        }

        await db.SaveInBulkAsync(ct);
        await Line.CallNextAsync(db, left, ct);

        static (string, string, string?) Topic(Exchange e) => (e.Kind, e.PartnerId, e.Topic);
    }

    /// <summary>The partner says that it has an exchange (pull). Repeating it, even late, is harmless.</summary>
    public async Task<Exchange> AcknowledgeAsync(Guid id, string partnerId, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var exchange = await LockAsync(id, ct);
        if (exchange is null || exchange.PartnerId != partnerId) throw new ResourceNotFound(Names.Of(Names.Exchanges, id));
        if (exchange.State is ExchangeState.AwaitingAnswer or ExchangeState.Answered) return exchange;
        if (!await AcceptAsync(exchange, ct)) throw new StateConflict(exchange.Name, EnumText<ExchangeState>.Of(exchange.State), "The exchange is not on its way to you.");
        await db.SaveChangesAsync(ct);
        await EndStoppedAsync([exchange], ct);
        await Line.CallNextAsync(db, [exchange], ct);
        await transaction.CommitAsync(ct);
        return exchange;
    }

    /// <summary>The partner's answer, in the caller's transaction: the window stops with it. Of what was withdrawn or has expired, a late answer is kept.</summary>
    public async Task<Exchange> AnswerAsync(Guid id, string code, CancellationToken ct)
    {
        var exchange = await LockAsync(id, ct) ?? throw new ResourceNotFound(Names.Of(Names.Exchanges, id));
        // An answer proves the delivery: the partner was quicker than our note of it, or our call only seemed to fail.
        if (await AcceptAsync(exchange, ct))
        {
            await db.SaveChangesAsync(ct);
            await Line.CallNextAsync(db, [exchange], ct);
        }

        // One time for both: whether the answer was in time does not depend on the row that is read.
        var time = exchange.State == ExchangeState.AwaitingAnswer ? (await clocks.AnswerAsync(exchange.Name, AnswerKind.PartnerAnswered, ct)).AnswerTime!.Value : await db.NowAsync(ct);
        exchange.Answer(code, time);
        Tell(exchange, "exchange.answered", time, code);
        return exchange;
    }

    /// <summary>What may have been tried, and is known by the partner's own word to have arrived, is delivered.</summary>
    async Task<bool> AcceptAsync(Exchange exchange, CancellationToken ct)
    {
        if (!exchange.AwaitsDelivery) return false;
        if (await LastAttemptAsync(exchange.Id, ct) is not { } attempt) return false;
        var now = await db.NowAsync(ct);
        attempt.End(AttemptOutcome.Accepted, null, now);
        await DeliverAsync(exchange, await OpenPromises.OfAsync(db, exchange.CaseId, ct), now, ct);
        return true;
    }

    public async ValueTask DeliverAsync(Exchange exchange, OpenPromises promises, DateTimeOffset now, CancellationToken ct)
    {
        var first = exchange.DeliveryTime is null;
        exchange.Deliver(now);
        if (first) await clocks.StartAsync(ClockFamily.PartnerWindow, exchange.Name, exchange.CaseId, exchange.PartnerId, need: null, now, ct, promises.Of(exchange.CaseId));
        Tell(exchange, "exchange.delivered", now);
    }

    /// <param name="counts">False when the partner as a whole is out of reach and known to be.</param>
    public void TryLater(Exchange exchange, SendOutcome.NotYet notYet, bool counts, DateTimeOffset now)
    {
        var schedule = options.Value.RetrySchedule;
        if (counts && exchange.Failures >= schedule.Length && exchange.RetryUntil <= now)
        {
            GiveUp(exchange, notYet.Error, now);
            return;
        }

        var wait = schedule.Length == 0 ? TimeSpan.Zero : schedule[Math.Min(exchange.Failures, schedule.Length - 1)] * random.NextDouble();
        // What the partner asks for is believed up to a limit, and never shortens our own wait.
        if (notYet.RetryAfter is { } asked) wait = Max(wait, asked < options.Value.MaxRetryAfter ? asked : options.Value.MaxRetryAfter);
        exchange.TryLater(now + wait, now + options.Value.GiveUpAfter, counts);
        Tell(exchange, "exchange.attempted", now, notYet.Error);
    }

    /// <summary>It may not leave for now, whatever its lane: it keeps its place, and is looked at again.</summary>
    public void Hold(Exchange exchange, string reason, DateTimeOffset now)
    {
        if (exchange.HoldReason != reason) Tell(exchange, "exchange.held", now, reason);
        exchange.Hold(reason, now + options.Value.LookAtHeld);
    }

    public void GiveUp(Exchange exchange, string error, DateTimeOffset now)
    {
        exchange.GiveUp(error, now);
        Tell(exchange, exchange.State == ExchangeState.Undeliverable ? "exchange.undeliverable" : "exchange.attempted", now, error);
    }

    /// <summary>What a try says of the partner's server.</summary>
    public void Note(Lane lane, Contact contact, DateTimeOffset now)
    {
        switch (contact)
        {
            case Contact.Reached:
                lane.Reached();
                break;
            case Contact.Missed:
                lane.Missed(lanes.Value, now);
                break;
            case Contact.None:
                break;
        }
    }

    /// <summary>It ends without an answer, and nobody has to answer any more.</summary>
    public Task WithdrawAsync(Exchange exchange, string reason, CancellationToken ct) => EndAsync(exchange, now => exchange.Withdraw(reason, now), "exchange.withdrawn", reason, ct);

    /// <summary>Once their delivery is saved: those that were stopped when they had left already.</summary>
    public async Task EndStoppedAsync(IEnumerable<Exchange> delivered, CancellationToken ct)
    {
        foreach (var exchange in delivered)
            if (exchange is { State: ExchangeState.AwaitingAnswer, StopReason: { } reason }) await WithdrawAsync(exchange, reason, ct);
        await db.SaveInBulkAsync(ct);
    }

    public Task ExpireAsync(Exchange exchange, string reason, CancellationToken ct) => EndAsync(exchange, now => exchange.Expire(reason, now), "exchange.expired", reason, ct);

    async Task EndAsync(Exchange exchange, Action<DateTimeOffset> end, string type, string reason, CancellationToken ct)
    {
        var now = await db.NowAsync(ct);
        end(now);
        Tell(exchange, type, now, reason);
        if (exchange.DeliveryTime is not null) await clocks.VoidAsync(exchange.Name, ct);
    }

    public void Tell(Exchange exchange, string type, DateTimeOffset now, string detail = "") =>
        db.Events.Add(HubEvent.Of(type, now, exchange.Name, exchange.CaseId, exchange.PartnerId, detail));

    public async Task<Exchange?> LockAsync(Guid id, CancellationToken ct) =>
        (await db.Exchanges.FromSql($"select * from exchanges where id = {id} for update").ToListAsync(ct)).SingleOrDefault();

    static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    Task<Attempt?> LastAttemptAsync(Guid id, CancellationToken ct) =>
        db.Attempts.Where(a => a.ExchangeId == id).OrderByDescending(a => a.Number).FirstOrDefaultAsync(ct);
}
