using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>A day of visits as it is handed out, on paper and to calendars.</summary>
public sealed class VisitSheets(HubDb db, VisitPlanning planning, Vault vault)
{
    /// <param name="day">With its visits.</param>
    public async Task<VisitSheet> ComposeAsync(VisitDay day, CancellationToken ct)
    {
        var cipher = await vault.FindAsync(day.PersonId, ct) ?? throw new ResourceNotFound(day.Name);
        var start = day.OpenBase(cipher);
        var (listings, partners) = (day.Visits.Select(v => v.ListingId).ToArray(), day.Visits.Select(v => v.PartnerId).Distinct().ToArray());
        var homes = await db.Listings.AsNoTracking().Where(l => listings.Contains(l.Id)).ToDictionaryAsync(l => l.Id, ct);
        var agencies = await db.Partners.Where(p => partners.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => p.DisplayName, ct);
        // With times that are fixed, only the ways between them are left to find.
        var room = await planning.PrepareAsync(start, day.Hours, [.. day.Visits.OrderBy(v => v.Id).Select(v => (v.Id, v.Point, v.Length))], ct);
        var plan = room.Plan([.. day.Visits.Where(v => v.IsLive && v.Slot is not null).Select(v => (v.Id, (IReadOnlyList<TimeSpanRange>)[v.Slot!.Value]))]);
        var before = plan.Visits.ToDictionary(v => v.StopId, v => v.TravelBefore);
        return new VisitSheet(
            day.Id, day.Revision - 1, day.ReviseTime, day.Date, start.Address, plan.Leave, plan.Return,
            plan.Visits.Count == 0 ? TimeSpan.Zero : plan.Return - plan.Visits[^1].End, room.Source,
            [.. day.Visits.Where(v => v.Slot is not null).OrderBy(v => v.SlotStart).Select(v => Row(v, homes[v.ListingId], agencies[v.PartnerId], before.GetValueOrDefault(v.Id), cipher))]);
    }

    static SheetVisit Row(VisitRequest visit, Listing home, string agency, TimeSpan travelBefore, PersonCipher cipher) => new(
        visit.Id,
        visit.State switch
        {
            VisitRequestState.Confirmed => SheetVisitState.Confirmed,
            VisitRequestState.Released or VisitRequestState.Refused or VisitRequestState.Lapsed => SheetVisitState.Released,
            VisitRequestState.Asked or VisitRequestState.Accepted or VisitRequestState.Proposed => SheetVisitState.Tentative,
        },
        visit.SlotStart!.Value,
        visit.SlotEnd!.Value,
        travelBefore,
        TitleOf(home),
        $"{home.Postcode} {home.City}".Trim(),
        visit.Point,
        agency,
        Phone: home.Details.ContactPhone,
        Note: visit.OpenAnswerMessage(cipher) is { Length: > 0 } note ? note : null);

    /// <summary>In the agency's word for it: "Maison/villa 5 pièces, 110 m²".</summary>
    static string TitleOf(Listing home)
    {
        var type = home.PropertyTypeText.Length == 0 ? VisitText.Text("Home_Any") : char.ToUpperInvariant(home.PropertyTypeText[0]) + home.PropertyTypeText[1..];
        var sized = home.Rooms switch { null => type, 1 => VisitText.Text("Home_OneRoom", type), var rooms => VisitText.Text("Home_Rooms", type, rooms) };
        return home.Surface is { } surface ? VisitText.Text("Home_Surface", sized, surface) : sized;
    }
}
