using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>What comes after an agency did not answer in time: the day goes on without it, or is released. A confirmation that nobody has noted stands all the same.</summary>
public sealed class VisitFollowUp(HubDb db, VisitDesk visits) : ILapseFollower
{
    public string Kind => VisitRequestKind.KindName;

    public async Task FollowLapseAsync(Guid exchangeId, CancellationToken ct)
    {
        // None: another question has taken its place.
        var dayId = await db.VisitRequests.Where(v => v.ExchangeId == exchangeId).Select(v => (Guid?)v.DayId).SingleOrDefaultAsync(ct);
        var day = dayId is { } id ? await visits.LockAsync(id, ct) : null;
        var exchange = Names.Of(Names.Exchanges, exchangeId);
        var window = (await db.Clocks.FromSql($"select * from clocks where subject = {exchange} for update").ToListAsync(ct)).Single();
        if (window.LapseTime is null) return;
        window.FollowLapse();
        if (window.State != Standing.Overdue || day?.Visits.SingleOrDefault(v => v.ExchangeId == exchangeId) is not { State: VisitRequestState.Asked } visit) return;
        visits.Lapse(day, visit, await db.NowAsync(ct));
        // Nothing is offered, so nothing is planned; what a restriction keeps from being planned comes when it is lifted.
        await visits.SettleAsync(day, room: null, ct);
    }
}
