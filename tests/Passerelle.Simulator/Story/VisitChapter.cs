using Google.Protobuf.WellKnownTypes;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Simulator.Story;

/// <summary>The household sees two homes on one day: the agency is asked for slots, moves them, and is told who comes once both stand.</summary>
static class VisitChapter
{
    const int Homes = 2;

    public static async Task PlayAsync(Journey journey)
    {
        journey.Teller.Heading("Two homes are seen on one day");
        var day = new VisitDay();
        await journey.StepAsync("The household allows agencies to be asked for visits.", () => ConsentAsync(journey));
        await journey.StepAsync("A day in Caen is planned: agence-demo is asked for two slots, and told no name.", async () => day = await PlanAsync(journey));
        await journey.StepAsync("agence-demo opens at ten and moves both visits: the day is planned anew, and confirmed as a whole.", async () => day = await ConfirmedAsync(journey, day));
        await journey.StepAsync("agence-demo is told who comes, and notes it.", () => NotedAsync(journey, day));
        await journey.StepAsync("The day is there as a calendar and as a page to be printed.", () => SheetAsync(journey, day));
    }

    static async Task ConsentAsync(Journey journey)
    {
        var response = await journey.Crm.Consents.RecordConsentAsync(new()
        {
            RequestId = journey.NewRequestId(),
            Consent = new() { Person = journey.Head, Purpose = Purpose.HousingVisit, TextVersion = "2026-11", Method = Consent.Types.Method.Online },
        }, cancellationToken: journey.Stop);
        journey.Say(response.Consent.Name);
    }

    static async Task<VisitDay> PlanAsync(Journey journey)
    {
        var listings = (await journey.Crm.Listings.ListListingsAsync(new() { Partner = journey.Agence.Partner, PageSize = Homes }, cancellationToken: journey.Stop)).Listings;
        Expect.Equal(Homes, listings.Count, "listings to be seen");
        var morning = Paris.Morning(journey.Time.GetUtcNow().AddDays(7), 9);
        var request = new CreateVisitDayRequest
        {
            RequestId = journey.NewRequestId(),
            Case = journey.Case,
            Contact = journey.Head,
            StartTime = morning.ToTimestamp(),
            EndTime = morning.AddHours(9).ToTimestamp(),
            Base = new() { Address = "Gare de Caen", Point = new() { Latitude = 49.1763, Longitude = -0.3484 } },
        };
        foreach (var (i, listing) in listings.Index())
            request.Visits.Add(new CreateVisitDayRequest.Types.Visit { Listing = listing.Name, Point = new() { Latitude = 49.18 + 0.02 * i, Longitude = -0.36 } });
        var day = (await journey.Crm.VisitDays.CreateVisitDayAsync(request, cancellationToken: journey.Stop)).Day;
        Expect.Equal(VisitDay.Types.State.Asking, day.State, "state of the day");
        foreach (var visit in day.Visits)
        {
            journey.Made(visit.Exchange);
            journey.Say($"{visit.Listing} at {Paris.Clock(visit.AskedSlots[0].StartTime)}? It travels as {visit.Exchange}");
        }
        return day;
    }

    static async Task<VisitDay> ConfirmedAsync(Journey journey, VisitDay asked)
    {
        await journey.Watch.WaitForAsync(journey.Teller, "visit_day.confirmed", e => e.Type == "visit_day.confirmed" && e.Subject == asked.Name);
        var day = (await journey.Crm.VisitDays.GetVisitDayAsync(new() { Name = asked.Name }, cancellationToken: journey.Stop)).Day;
        Expect.Equal(VisitDay.Types.State.Confirmed, day.State, "state of the day");
        Expect.AtLeast(2, day.Revision, "revision of the day, which was planned anew");
        foreach (var visit in day.Visits)
        {
            Expect.Equal(VisitRequest.Types.State.Confirmed, visit.State, $"state of {visit.Name}");
            journey.Made(visit.Exchange);
            journey.Say($"{visit.Listing}: {Paris.Clock(visit.Slot.StartTime)} to {Paris.Clock(visit.Slot.EndTime)}");
        }
        return day;
    }

    static async Task NotedAsync(Journey journey, VisitDay day)
    {
        foreach (var visit in day.Visits)
        {
            var exchange = (await journey.AnsweredAsync(visit.Exchange)).Exchange;
            Expect.Equal(Exchange.Types.State.Answered, exchange.State, "state of the exchange");
            Expect.Equal("noted", exchange.AnswerCode, "answer to the confirmation");
        }
    }

    static async Task SheetAsync(Journey journey, VisitDay day)
    {
        var calendar = (await journey.Crm.VisitDays.GetVisitDayCalendarAsync(new() { Name = day.Name }, cancellationToken: journey.Stop)).Calendar.ToStringUtf8();
        Expect.That(calendar.StartsWith("BEGIN:VCALENDAR", StringComparison.Ordinal), "an iCalendar file", $"{calendar.Length} characters of something else");
        var page = (await journey.Crm.VisitDays.GetVisitDaySheetAsync(new() { Name = day.Name }, cancellationToken: journey.Stop)).Html;
        Expect.That(page.Contains("Gare de Caen", StringComparison.Ordinal), "a page that names the station", $"{page.Length} characters without");
        journey.Say($"{calendar.Length} characters of calendar, {page.Length} of page");
    }
}
