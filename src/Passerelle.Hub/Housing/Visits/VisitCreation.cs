using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Places;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>A home that is to be seen.</summary>
/// <param name="Point">Null: where the listing says, else in the middle of its commune.</param>
public sealed record ChosenHome(Guid ListingId, TimeSpan Length, GeoPoint? Point);

/// <summary>A day of visits that is asked for.</summary>
public sealed record NewVisitDay(Guid CaseId, Guid ContactId, TimeSpanRange Hours, DateOnly Date, Wire.VisitBase Start, IReadOnlyList<ChosenHome> Homes, int Minimum);

/// <summary>Makes days of visits, in the caller's transaction.</summary>
public sealed class VisitCreation(HubDb db, VisitPlanning planning, VisitDesk visits, Vault vault)
{
    static readonly string PurposeText = EnumText<Purpose>.Of(Purpose.HousingVisit);

    public async Task<VisitDay> CreateAsync(NewVisitDay wanted, DateTimeOffset now, CancellationToken ct)
    {
        var contact = await ContactAsync(wanted, ct);
        var listings = await ListingsAsync(wanted, ct);
        var points = await PointsAsync(wanted, listings, ct);
        await RequireConsentAsync(wanted.ContactId, listings.Values.Select(l => l.PartnerId), now, ct);
        var cipher = await vault.OpenAsync(wanted.ContactId, ct);
        if (cipher.IsRestricted) throw new PersonRestricted(wanted.ContactId);
        var day = VisitDay.Plan(Guid.CreateVersion7(now), contact, wanted.Date, wanted.Hours, wanted.Start, wanted.Minimum, cipher, now);
        foreach (var (home, point) in wanted.Homes.Zip(points)) day.Add(VisitRequest.Choose(Guid.CreateVersion7(now), day, listings[home.ListingId], point, home.Length, now));

        var room = await planning.PrepareAsync(wanted.Start, wanted.Hours, [.. day.Visits.OrderBy(v => v.Id).Select(v => (v.Id, v.Point, v.Length))], ct);
        db.VisitDays.Add(day);
        db.Events.Add(HubEvent.Of("visit_day.created", now, day.Name, day.CaseId));
        await visits.AskFirstAsync(day, room, now, ct);
        return day;
    }

    /// <summary>The household waits for whoever plans another day for it.</summary>
    async Task<Person> ContactAsync(NewVisitDay wanted, CancellationToken ct)
    {
        var caseName = Names.Of(Names.Cases, wanted.CaseId);
        if ((await db.Cases.FromSql($"select * from cases where id = {wanted.CaseId} for no key update").AsNoTracking().ToListAsync(ct)).Count == 0) throw new ResourceNotFound(caseName);
        var contact = await db.Persons.AsNoTracking().SingleOrDefaultAsync(p => p.Id == wanted.ContactId && p.CaseId == wanted.CaseId, ct)
            ?? throw new ResourceNotFound(Names.Of(Names.Persons, wanted.ContactId));
        var violations = new Violations();
        violations.Check(contact.Role == PersonRole.Adult, "contact", "must be an adult");
        violations.ThrowIfAny();
        var other = await db.VisitDays.AsNoTracking().FirstOrDefaultAsync(d => d.CaseId == wanted.CaseId && d.Date == wanted.Date && d.State != VisitDayState.Released, ct);
        return other is null ? contact : throw other.Conflict("The household has a day of visits on that date.");
    }

    async Task<Dictionary<Guid, Listing>> ListingsAsync(NewVisitDay wanted, CancellationToken ct)
    {
        var ids = wanted.Homes.Select(h => h.ListingId).ToArray();
        var listings = await db.Listings.AsNoTracking().Where(l => ids.Contains(l.Id)).ToDictionaryAsync(l => l.Id, ct);
        if (wanted.Homes.FirstOrDefault(h => !listings.ContainsKey(h.ListingId)) is { } missing) throw new ResourceNotFound(Names.Of(Names.Listings, missing.ListingId));
        if (listings.Values.FirstOrDefault(l => l.State == ListingState.Withdrawn) is { } gone)
            throw new StateConflict(Names.Of(Names.Listings, gone.Id), EnumText<ListingState>.Of(gone.State), "The listing is no longer on the market.");
        return listings;
    }

    /// <summary>Where to drive to, home by home. The middle of the commune is near enough to plan a way by; the agency says where to meet.</summary>
    async Task<IReadOnlyList<GeoPoint>> PointsAsync(NewVisitDay wanted, Dictionary<Guid, Listing> listings, CancellationToken ct)
    {
        PlaceBook? places = null;
        var points = new List<GeoPoint>(wanted.Homes.Count);
        var violations = new Violations();
        foreach (var (i, home) in wanted.Homes.Index())
        {
            var listing = listings[home.ListingId];
            var point = home.Point ?? (listing is { Latitude: { } latitude, Longitude: { } longitude } ? new GeoPoint((double)latitude, (double)longitude) : null);
            if (point is null)
            {
                places ??= await PlaceBook.LoadAsync(db, ct);
                point = places.Certain(listing.City ?? "", listing.Postcode)?.Position;
            }

            violations.Check(point is not null, $"visits[{i}].point", "is required: the listing does not say where it is");
            points.Add(point ?? default);
        }

        violations.ThrowIfAny();
        return points;
    }

    /// <summary>Asked again whenever something leaves; here it spares the caller a day that could not come about.</summary>
    async Task RequireConsentAsync(Guid contactId, IEnumerable<string> partnerIds, DateTimeOffset now, CancellationToken ct)
    {
        foreach (var partnerId in partnerIds.Distinct().Order(StringComparer.Ordinal))
            if (!await db.LiveConsents(contactId, PurposeText, partnerId, now).AnyAsync(ct)) throw new ConsentMissing(contactId, Purpose.HousingVisit, partnerId);
    }
}
