using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>What tells an agency that nobody comes. It takes back what the agency was told of a household and carries nobody's data: as a recall, and like one it is not held up by whatever was
/// withdrawn or restricted meanwhile.</summary>
public sealed class VisitReleaseKind(HubDb db, Gate gate) : IExchangeKind
{
    public const string KindName = "visit_release";

    public string Name => KindName;

    public Purpose Purpose => Purpose.Recall;

    /// <summary>Whoever withdraws or erases still has it told.</summary>
    public Task<IReadOnlyList<Guid>> FindOpenAsync(Guid personId, CancellationToken ct) => Task.FromResult<IReadOnlyList<Guid>>([]);

    public async Task<IReadOnlyDictionary<Guid, Preparation>> PrepareAsync(IReadOnlyList<ExchangeHeader> exchanges, DateTimeOffset now, CancellationToken ct)
    {
        var ids = exchanges.Select(e => (Guid?)e.Id).ToArray();
        var found = await (
            from visit in db.VisitRequests.AsNoTracking()
            join day in db.VisitDays on visit.DayId equals day.Id
            join listing in db.Listings on visit.ListingId equals listing.Id
            where ids.Contains(visit.ReleaseExchangeId)
            select new { visit, day.PersonId, listing.TechnicalId }).ToDictionaryAsync(f => f.visit.ReleaseExchangeId!.Value, ct);
        var prepared = new Dictionary<Guid, Preparation>(exchanges.Count);
        foreach (var exchange in exchanges)
        {
            // Asked again meanwhile.
            if (!found.TryGetValue(exchange.Id, out var f))
            {
                prepared[exchange.Id] = new Preparation.Stopped(new Verdict.Refused(VisitRequestKind.Replanned));
                continue;
            }

            var verdict = await gate.DecideAsync(new GateQuestion(Purpose, exchange.PartnerId, null, HasLapsed: false, []), now, ct);
            prepared[exchange.Id] = verdict is Verdict.Allowed { By: var by }
                ? new Preparation.Cleared(Compose(f.visit, f.TechnicalId), by, [new Disclosed(f.PersonId, KindName, [])])
                : new Preparation.Stopped(verdict);
        }

        return prepared;
    }

    static Wire.VisitReleaseNotice Compose(VisitRequest visit, string technicalId) => new()
    {
        VisitRequest = visit.Name,
        Listing = Names.Of(Names.Listings, visit.ListingId),
        TechnicalId = technicalId,
        Slot = visit.Slot is { } slot ? VisitWire.ToWire(slot) : null,
    };
}
