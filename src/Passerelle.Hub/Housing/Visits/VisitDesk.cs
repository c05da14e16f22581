using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>What happens to a day of visits, in the caller's transaction. Nudge the delivery after the commit.</summary>
/// <remarks>
/// Whoever changes a day locks in one order: the day, the household's questions that it may answer, its exchanges by id; their clocks come after. So of several agencies that answer at once,
/// on whichever node, one is after the other, and the last one finds a whole day.
/// </remarks>
public sealed class VisitDesk(HubDb db, ExchangeDesk desk, VisitPromises promises, Vault vault)
{
    static readonly string PurposeText = EnumText<Purpose>.Of(Purpose.HousingVisit);

    /// <summary>Behind them in their lines others may have waited.</summary>
    readonly List<Exchange> ended = [];

    public async Task<VisitDay?> LockAsync(Guid dayId, CancellationToken ct)
    {
        var day = (await db.VisitDays.FromSql($"select * from visit_days where id = {dayId} for update").ToListAsync(ct)).SingleOrDefault();
        if (day is null) return null;
        await db.Entry(day).Collection(d => d.Visits).LoadAsync(ct);
        await promises.LockAsync(day, ct);
        var ids = day.Visits.SelectMany(v => new[] { v.ExchangeId, v.ReleaseExchangeId }).OfType<Guid>().ToArray();
        await db.Exchanges.FromSql($"select * from exchanges where id = any({ids}) order by id for update").LoadAsync(ct);
        return day;
    }

    /// <summary>Does what follows from what is known now, until nothing does.</summary>
    /// <param name="room">What it is planned by; null: nothing can be planned, see VisitPlanning.</param>
    public async Task SettleAsync(VisitDay day, VisitRoom? room, CancellationToken ct)
    {
        var now = await db.NowAsync(ct);
        var (contact, open) = (await ContactAsync(day, ct), await OpenAsync(day, ct));
        if (now < day.StartTime && contact != ContactStanding.Erased) await DropLostAsync(day, now, ct);
        while (VisitDayDecision.Decide(ViewOf(day, contact, open), now, room is null ? null : room.Place) is not VisitDayMove.Wait and var move)
        {
            switch (move)
            {
                case VisitDayMove.Hold:
                    day.Hold();
                    Tell(day, "visit_day.held", now);
                    break;
                case VisitDayMove.ConfirmAll:
                    await ConfirmAsync(day, now, ct);
                    break;
                case VisitDayMove.Replan plan:
                    await ReplanAsync(day, plan, room, now, ct);
                    break;
                case VisitDayMove.ReleaseAll all:
                    await ReleaseAsync(day, all.Reason, now, ct);
                    await promises.TellServiceAsync(day, now, ct);
                    break;
            }
        }

        await db.SaveChangesAsync(ct);
        await Line.CallNextAsync(db, ended, ct);
        ended.Clear();
    }

    /// <summary>Asks again for what was lost or found no place, around what is held.</summary>
    public async Task PlanAnewAsync(VisitDay day, VisitRoom room, CancellationToken ct)
    {
        var now = await db.NowAsync(ct);
        var (contact, open) = (await ContactAsync(day, ct), await OpenAsync(day, ct));
        var plan = VisitDayDecision.Replan(ViewOf(day, contact, open), room.Place, anew: true);
        if (plan.Taken.Count + plan.Asked.Count + plan.Dropped.Count > 0) await ReplanAsync(day, plan, room, now, ct);
    }

    /// <summary>The first plan: nothing is said of homes that find no place but that they do not.</summary>
    public async Task AskFirstAsync(VisitDay day, VisitRoom room, DateTimeOffset now, CancellationToken ct)
    {
        var plan = VisitDayDecision.Replan(ViewOf(day, ContactStanding.Reachable, await OpenAsync(day, ct)), room.Place, anew: true);
        if (plan.Asked.Count < day.MinimumVisits) throw new VisitsDoNotFit(plan.Asked.Count, day.MinimumVisits);
        await AskAsync(day, plan.Asked, room, now, ct);
    }

    /// <summary>An agency's answer, to a question that stands or of what it holds. What it answers is locked with the day.</summary>
    /// <param name="room">As for SettleAsync.</param>
    public async Task AnswerAsync(VisitDay day, VisitRequest visit, VisitAnswer answer, VisitRoom? room, CancellationToken ct)
    {
        visit.RequireAnswerable(answer);
        if (answer is VisitAnswer.Noted)
        {
            visit.Note((await desk.AnswerAsync(visit.ReleaseExchangeId ?? visit.ExchangeId!.Value, answer.Code, ct)).AnswerTime!.Value);
            return;
        }

        var cipher = await vault.OpenAsync(day.PersonId, ct);

        if (answer is VisitAnswer.Proposed && await db.NowAsync(ct) >= day.StartTime) throw day.Conflict("The day has begun: nothing is moved any more.");
        if (visit.State == VisitRequestState.Lapsed && ExchangeOf(visit.ExchangeId!.Value).AnswerTime is not null) throw visit.Conflict("The visit request has been answered already.");
        var time = await AnswerExchangeAsync(visit, answer, ct);
        if (visit.State == VisitRequestState.Lapsed)
        {
            visit.AnswerLate(answer, answer is VisitAnswer.Refused ? null : OpenRelease(visit, time), cipher, time);
            Tell(visit, "visit.answered_late", time, answer.Code);
            return;
        }

        // Less, or something else, than the household was told.
        if (visit.State != VisitRequestState.Asked || answer is VisitAnswer.Refused) day.Revise(time);
        visit.Answer(Fitted(day, visit, answer, room), cipher, time);
        Tell(visit, $"visit.{answer.Code}", time, answer is VisitAnswer.Refused { Reason: var reason } ? EnumText<VisitRefusalReason>.Of(reason) : "");
    }

    public void Lapse(VisitDay day, VisitRequest visit, DateTimeOffset now)
    {
        visit.Lapse();
        day.Revise(now);
        Tell(visit, "visit.lapsed", now);
    }

    /// <summary>All of it, told to every agency that knows of it.</summary>
    public async Task ReleaseAsync(VisitDay day, string reason, DateTimeOffset now, CancellationToken ct)
    {
        foreach (var visit in day.Visits.Where(v => v.IsLive)) await ReleaseAsync(visit, reason, now, ct);
        day.Release(reason);
        day.Revise(now);
        Tell(day, "visit_day.released", now, reason);
    }

    async Task ConfirmAsync(VisitDay day, DateTimeOffset now, CancellationToken ct)
    {
        foreach (var visit in day.Visits.Where(v => v.IsLive))
        {
            // Who holds the slot that it was told of before need not be told again.
            var isNew = !visit.IsTold;
            visit.Confirm(isNew ? desk.Open(VisitRequestKind.KindName, visit.PartnerId, visit.CaseId, visit.Name, now) : null);
            if (isNew) Tell(visit, "visit.confirmed", now);
        }

        day.Confirm(now);
        Tell(day, "visit_day.confirmed", now);
        await promises.AnswerAsync(day, ct);
    }

    /// <param name="room">By which it was planned; null: nothing was.</param>
    async Task ReplanAsync(VisitDay day, VisitDayMove.Replan plan, VisitRoom? room, DateTimeOffset now, CancellationToken ct)
    {
        foreach (var visit in day.Visits.Where(v => v.State == VisitRequestState.Confirmed))
            // What has not arrived must not say what does not stand.
            visit.Unconfirm(stillTold: !await EndUndeliveredAsync(visit, ct));
        day.Ask();
        day.Revise(now);
        Tell(day, "visit_day.replanned", now, day.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture));
        foreach (var (id, slot) in plan.Taken)
        {
            var visit = day.Visits.Single(v => v.Id == id);
            visit.Take(slot);
            Tell(visit, "visit.accepted", now);
        }

        foreach (var id in plan.Dropped) await ReleaseAsync(day.Visits.Single(v => v.Id == id), VisitRequest.DoesNotFit, now, ct);
        if (room is not null) await AskAsync(day, plan.Asked, room, now, ct);
    }

    /// <summary>What cannot come about any more, whoever is to blame: the agency was not reached, or the contact does not consent any longer.</summary>
    async Task DropLostAsync(VisitDay day, DateTimeOffset now, CancellationToken ct)
    {
        var consented = new Dictionary<string, bool>();
        foreach (var visit in day.Visits.Where(v => v.IsLive))
        {
            if (!consented.TryGetValue(visit.PartnerId, out var may)) consented[visit.PartnerId] = may = await db.LiveConsents(day.PersonId, PurposeText, visit.PartnerId, now).AnyAsync(ct);
            if (!may)
            {
                await ReleaseAsync(visit, ErrorReason.ConsentMissing.ToReasonName(), now, ct);
                day.Revise(now);
            }
            else if (visit.State == VisitRequestState.Asked && ExchangeOf(visit.ExchangeId!.Value).State is ExchangeState.Undeliverable or ExchangeState.Withdrawn or ExchangeState.Expired)
            {
                Lapse(day, visit, now);
            }
        }
    }

    async Task AskAsync(VisitDay day, IReadOnlyDictionary<Guid, TimeSpanRange> slots, VisitRoom room, DateTimeOffset now, CancellationToken ct)
    {
        var open = await OpenAsync(day, ct);
        var planned = day.Visits.Where(v => !slots.ContainsKey(v.Id) && v.IsLive && (v.Slot is not null || v.State == VisitRequestState.Asked)).Select(v => (v.Id, v.Slot ?? v.Asked[0]))
            .Concat(slots.Select(s => (s.Key, s.Value))).ToList();
        foreach (var visit in day.Visits.Where(v => slots.ContainsKey(v.Id)).ToList())
        {
            if (visit.ExchangeId is { } before) await EndAsync(before, ct);
            if (visit.ReleaseExchangeId is { } release) await EndAsync(release, ct);
            var others = room.Alternatives(visit.Id, slots[visit.Id], open[visit.Id], [.. planned.Where(p => p.Item1 != visit.Id)]);
            visit.Ask(desk.Open(VisitRequestKind.KindName, visit.PartnerId, visit.CaseId, visit.Name, now), [slots[visit.Id], .. others]);
            Tell(visit, "visit.asked", now);
        }
    }

    async Task ReleaseAsync(VisitRequest visit, string reason, DateTimeOffset now, CancellationToken ct)
    {
        var isKnown = await IsKnownAsync(visit, ct);
        await EndAsync(visit.ExchangeId!.Value, ct);
        visit.Release(reason, isKnown ? OpenRelease(visit, now) : null);
        Tell(visit, "visit.released", now, reason);
    }

    /// <summary>An agency learns of a request by its first attempt. Whose deals are with an agency that knows of nothing are nobody's to tell.</summary>
    Task<bool> IsKnownAsync(VisitRequest visit, CancellationToken ct) =>
        db.Attempts.AnyAsync(a => db.Exchanges.Any(e => e.Id == a.ExchangeId && e.CaseId == visit.CaseId && e.PartnerId == visit.PartnerId && e.Subject == visit.Name), ct);

    Exchange OpenRelease(VisitRequest visit, DateTimeOffset now) => desk.Open(VisitReleaseKind.KindName, visit.PartnerId, visit.CaseId, visit.Name, now, neverHeld: true);

    /// <summary>Of the times that agencies were asked for, two may not go together: each was asked for its best, and for others. Who comes second has offered a time, and the day is planned around it.</summary>
    static VisitAnswer Fitted(VisitDay day, VisitRequest visit, VisitAnswer answer, VisitRoom? room)
    {
        if (answer is not VisitAnswer.Accepted { Start: var start } accepted) return answer;
        var slot = new TimeSpanRange(start, start + visit.Length);
        var held = day.Visits.Where(v => v.IsLive && v.Slot is not null).Select(v => (v.Id, v.Slot!.Value)).ToList();
        var fits = room?.HasRoomFor([(visit.Id, slot), .. held]) ?? (start == visit.AskedStarts[0] && held.TrueForAll(h => h.Value.End <= slot.Start || slot.End <= h.Value.Start));
        return fits ? answer : new VisitAnswer.Proposed([slot]) { Message = accepted.Message };
    }

    /// <summary>The time of the answer. What was answered before, and is said otherwise now, has no exchange that waits.</summary>
    async Task<DateTimeOffset> AnswerExchangeAsync(VisitRequest visit, VisitAnswer answer, CancellationToken ct)
    {
        var exchange = ExchangeOf(visit.ExchangeId!.Value);
        if (exchange.AnswerTime is not null) return await db.NowAsync(ct);
        if (visit.State is VisitRequestState.Asked or VisitRequestState.Lapsed || await db.Attempts.AnyAsync(a => a.ExchangeId == exchange.Id, ct))
            return (await desk.AnswerAsync(exchange.Id, answer.Code, ct)).AnswerTime!.Value;
        // A confirmation that has not left says what does not stand any more.
        await EndAsync(exchange.Id, ct);
        return await db.NowAsync(ct);
    }

    /// <returns>True when it had not arrived.</returns>
    async Task<bool> EndUndeliveredAsync(VisitRequest visit, CancellationToken ct)
    {
        if (!ExchangeOf(visit.ExchangeId!.Value).AwaitsDelivery) return false;
        await EndAsync(visit.ExchangeId!.Value, ct);
        return true;
    }

    /// <summary>Nobody has to answer it any more. What is on its way arrives, and ends then.</summary>
    async Task EndAsync(Guid id, CancellationToken ct)
    {
        var exchange = ExchangeOf(id);
        if (exchange.State is ExchangeState.Answered or ExchangeState.Withdrawn or ExchangeState.Expired) return;
        if (exchange.State == ExchangeState.Sending && await db.Attempts.AnyAsync(a => a.ExchangeId == id && a.Number == exchange.Generation && a.Outcome == AttemptOutcome.Unknown, ct))
            exchange.StopOnArrival(VisitRequestKind.Replanned);
        else
        {
            await desk.WithdrawAsync(exchange, VisitRequestKind.Replanned, ct);
            ended.Add(exchange);
        }
    }

    /// <summary>Of one that is locked with its day, or was opened with it.</summary>
    Exchange ExchangeOf(Guid id) => db.Exchanges.Local.FindEntry(id)!.Entity;

    async Task<ContactStanding> ContactAsync(VisitDay day, CancellationToken ct) => await vault.FindAsync(day.PersonId, ct) switch
    {
        null => ContactStanding.Erased,
        { IsRestricted: true } => ContactStanding.Restricted,
        _ => ContactStanding.Reachable,
    };

    /// <summary>When each home can be seen, by the visits' ids.</summary>
    async Task<Dictionary<Guid, IReadOnlyList<TimeSpanRange>>> OpenAsync(VisitDay day, CancellationToken ct)
    {
        var (partners, listings) = (day.Visits.Select(v => v.PartnerId).Distinct().ToArray(), day.Visits.Select(v => v.ListingId).ToArray());
        var spans = (await db.OpeningSpans.AsNoTracking().Where(s => partners.Contains(s.PartnerId)).ToListAsync(ct)).ToLookup(s => s.PartnerId);
        var agencies = await db.Listings.Where(l => listings.Contains(l.Id)).ToDictionaryAsync(l => l.Id, l => l.Agency, ct);
        return day.Visits.ToDictionary(v => v.Id, v => OpeningSpan.WindowsIn(day.Hours, day.Date, agencies[v.ListingId], [.. spans[v.PartnerId]]));
    }

    static VisitDayView ViewOf(VisitDay day, ContactStanding contact, Dictionary<Guid, IReadOnlyList<TimeSpanRange>> open) => new(
        day.State, day.Hours, day.MinimumVisits, contact,
        [.. day.Visits.OrderBy(v => v.Id).Select(v => new VisitView(
            v.Id, v.State, v.IsLive ? v.Slot : null, v.Asked, v.Offered, open[v.Id], v.Round, v is { State: VisitRequestState.Released, ReleaseReason: VisitRequest.DoesNotFit }))]);

    void Tell(VisitDay day, string type, DateTimeOffset now, string detail = "") => db.Events.Add(HubEvent.Of(type, now, day.Name, day.CaseId, detail: detail));

    void Tell(VisitRequest visit, string type, DateTimeOffset now, string detail = "") => db.Events.Add(HubEvent.Of(type, now, visit.Name, visit.CaseId, visit.PartnerId, detail));
}
