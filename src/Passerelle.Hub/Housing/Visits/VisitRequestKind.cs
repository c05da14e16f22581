using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>What an agency is asked, and told. A question says what is to be seen, when, and by how many; who comes is said with the confirmation, as it is at that very moment.</summary>
public sealed class VisitRequestKind(HubDb db, Gate gate, Vault vault) : IExchangeKind
{
    public const string KindName = "visit_request";

    /// <summary>Another question, or the release, has taken its place.</summary>
    public const string Replanned = "REPLANNED";

    /// <summary>Whom nobody can name or call need not be expected.</summary>
    static readonly DataCategory[] Expected = [DataCategory.Identity, DataCategory.Contact];

    static readonly string PurposeText = EnumText<Purpose>.Of(Privacy.Purpose.HousingVisit);

    public string Name => KindName;

    public Purpose Purpose => Purpose.HousingVisit;

    public async Task<IReadOnlyList<Guid>> FindOpenAsync(Guid personId, CancellationToken ct) => await (
        from visit in db.VisitRequests
        join day in db.VisitDays on visit.DayId equals day.Id
        join exchange in db.Exchanges on visit.ExchangeId equals exchange.Id
        where day.PersonId == personId && exchange.State != ExchangeState.Answered && exchange.State != ExchangeState.Withdrawn && exchange.State != ExchangeState.Expired
        select exchange.Id).ToListAsync(ct);

    public async Task<IReadOnlyDictionary<Guid, Preparation>> PrepareAsync(IReadOnlyList<ExchangeHeader> exchanges, DateTimeOffset now, CancellationToken ct)
    {
        var (ids, caseIds) = (exchanges.Select(e => (Guid?)e.Id).ToArray(), exchanges.Select(e => e.CaseId).Distinct().ToArray());
        var found = await (
            from visit in db.VisitRequests.AsNoTracking()
            join day in db.VisitDays on visit.DayId equals day.Id
            join listing in db.Listings on visit.ListingId equals listing.Id
            where ids.Contains(visit.ExchangeId)
            select new { visit, day.PersonId, listing }).ToDictionaryAsync(f => f.visit.ExchangeId!.Value, ct);
        var persons = await db.Persons.AsNoTracking().Where(p => caseIds.Contains(p.CaseId)).ToListAsync(ct);
        await vault.LoadAsync(found.Values.Select(f => f.PersonId).Distinct(), ct);
        var prepared = new Dictionary<Guid, Preparation>(exchanges.Count);
        foreach (var exchange in exchanges)
        {
            prepared[exchange.Id] = found.TryGetValue(exchange.Id, out var f)
                ? await PrepareAsync(f.visit, f.listing, f.PersonId, [.. persons.Where(p => p.CaseId == exchange.CaseId)], now, ct)
                : new Preparation.Stopped(new Verdict.Refused(Replanned));
        }

        return prepared;
    }

    async Task<Preparation> PrepareAsync(VisitRequest visit, Listing listing, Guid contactId, List<Person> household, DateTimeOffset now, CancellationToken ct)
    {
        if (!visit.IsTold && visit.State != VisitRequestState.Asked) return new Preparation.Stopped(new Verdict.Refused(Replanned));
        if (vault.Find(contactId) is not { } cipher) return new Preparation.Stopped(new Verdict.Refused(VisitDayDecision.PersonErased));
        var consent = await db.LiveConsents(contactId, PurposeText, visit.PartnerId, now).OrderByDescending(c => c.Id).Select(c => (Guid?)c.Id).FirstOrDefaultAsync(ct);
        var lapsed = consent is null && await Consent.HasLapsedAsync(db, contactId, Purpose, visit.PartnerId, now, ct);
        var restriction = await db.PersonRestrictions.Where(r => r.PersonId == contactId && (r.Scope == PersonRestriction.Everything || r.Scope == PurposeText))
            .OrderByDescending(r => r.Time).Select(r => (RestrictionReason?)r.Reason).FirstOrDefaultAsync(ct);
        var verdict = await gate.DecideAsync(new GateQuestion(Purpose, visit.PartnerId, consent, lapsed, visit.IsTold ? Expected : []) { Restriction = restriction }, now, ct);
        if (verdict is not Verdict.Allowed { By: var by }) return new Preparation.Stopped(verdict);
        var file = Compose(visit, listing, household);
        if (visit.IsTold) Introduce(file, household.Single(p => p.Id == contactId).OpenProfile(cipher));
        MinimalView.Reduce(file, by.Categories);
        return new Preparation.Cleared(file, by, [new Disclosed(contactId, KindName, visit.IsTold ? [.. Expected.Where(by.Categories.Contains)] : [])]);
    }

    static Wire.VisitRequestFile Compose(VisitRequest visit, Listing listing, List<Person> household)
    {
        var file = new Wire.VisitRequestFile
        {
            VisitRequest = visit.Name,
            Listing = Names.Of(Names.Listings, listing.Id),
            Agency = listing.Agency,
            TechnicalId = listing.TechnicalId,
            Reference = listing.Reference ?? "",
            Length = visit.Length.ToDuration(),
            AdultCount = household.Count(p => p.Role == PersonRole.Adult),
            ChildCount = household.Count(p => p.Role == PersonRole.Child),
        };
        if (visit.IsTold) file.Confirmed = VisitWire.ToWire(visit.Slot!.Value);
        else file.AskedSlots.AddRange(visit.Asked.Select(VisitWire.ToWire));
        return file;
    }

    static void Introduce(Wire.VisitRequestFile file, Contracts.Cases.V1.Person contact) =>
        (file.GivenName, file.FamilyName, file.Email, file.Phone) = (contact.GivenName, contact.FamilyName, contact.Email, contact.Phone);
}
