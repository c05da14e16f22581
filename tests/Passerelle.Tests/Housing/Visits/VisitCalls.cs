using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Partners;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Exchanges;
using Passerelle.Tests.Housing.Feeds;
using Passerelle.Tests.Support;
using Envelope = Passerelle.Contracts.Exchanges.V1.Envelope;
using Exchange = Passerelle.Contracts.Exchanges.V1.Exchange;

namespace Passerelle.Tests.Housing.Visits;

/// <summary>A household that may see homes of several agencies, all of which receive by push, and what tests do with it.</summary>
sealed record Tour(HubHost Hub, Household Household, string Consent, IReadOnlyList<string> Agencies, IReadOnlyList<string> Listings)
{
    /// <summary>A Monday, 10:00 in Paris.</summary>
    public static readonly DateTimeOffset Now = new(2027, 3, 1, 9, 0, 0, TimeSpan.Zero);

    /// <summary>The Friday after, 9:00 in Paris.</summary>
    public static readonly DateTimeOffset Start = new(2027, 3, 5, 8, 0, 0, TimeSpan.Zero);

    public static async Task<Tour> ReadyAsync(HubHost hub, int agencies = 3)
    {
        await hub.Time.FreezeAsync(Now);
        var (ids, listings) = (Enumerable.Range(1, agencies).Select(n => $"immo-{n}").ToList(), new List<string>());
        foreach (var id in ids)
        {
            await hub.AddAgencyAsync(id);
            listings.Add(await hub.ListHomeAsync(id));
        }

        var household = await Household.OpenAsync(hub);
        return new Tour(hub, household, await ConsentAsync(hub, household.FirstAdult), ids, listings);
    }

    public static async Task<string> ConsentAsync(HubHost hub, string person, string partner = "") => (await hub.Consents().RecordConsentAsync(new()
    {
        RequestId = Household.NewId(),
        Consent = new() { Person = person, Purpose = Purpose.HousingVisit, Partner = partner, TextVersion = "2026-11", Method = Passerelle.Contracts.Privacy.V1.Consent.Types.Method.Signed },
    })).Consent.Name;

    /// <summary>The homes lie a few kilometres from each other, west to east.</summary>
    public CreateVisitDayRequest Wanted(int minimum = 0)
    {
        var request = new CreateVisitDayRequest
        {
            RequestId = Household.NewId(),
            Case = Household.Case,
            Contact = Household.FirstAdult,
            StartTime = Start.ToTimestamp(),
            EndTime = Start.AddHours(10).ToTimestamp(),
            Base = new() { Address = Marker.Of("HOTEL"), Point = new() { Latitude = 49.18, Longitude = -0.36 } },
            MinimumVisits = minimum,
        };
        foreach (var (i, listing) in Listings.Index()) request.Visits.Add(new CreateVisitDayRequest.Types.Visit { Listing = listing, Point = new() { Latitude = 49.2, Longitude = -0.5 + 0.04 * i } });
        return request;
    }

    public async Task<VisitDay> CreateAsync(int minimum = 0) => (await Hub.VisitDays().CreateVisitDayAsync(Wanted(minimum))).Day;

    /// <summary>Every agency has been asked.</summary>
    public async Task<VisitDay> AskedAsync(int minimum = 0)
    {
        var day = await CreateAsync(minimum);
        await Hub.RunAsync<DeliverDue>();
        return day;
    }

    /// <summary>Every agency holds what it was asked for.</summary>
    public async Task<VisitDay> ConfirmedAsync(int minimum = 0)
    {
        var day = await AskedAsync(minimum);
        foreach (var visit in day.Visits) await Hub.AnswerVisitAsync(visit.Accepted());
        await Hub.RunAsync<DeliverDue>();
        return await Hub.GetDayAsync(day.Name);
    }

    /// <summary>Of this day, the visit to the nth agency's home, as it is now.</summary>
    public async Task<VisitRequest> VisitAsync(VisitDay day, int number) => (await Hub.GetDayAsync(day.Name)).Visits.Single(v => v.Partner == $"partners/{Agencies[number - 1]}");

    /// <summary>As the agency sees it: of a restricted contact's day the service reads nothing.</summary>
    public async Task<VisitRequest> OwnAsync(VisitDay day, int number) =>
        (await Hub.VisitRequests(Agencies[number - 1]).GetVisitRequestAsync(new() { Name = day.Visits.Single(v => v.Partner == $"partners/{Agencies[number - 1]}").Name })).VisitRequest;

    /// <summary>What the nth agency got last.</summary>
    public Envelope LastTo(int number) => Hub.Partner.Received.Last(e => Sent(e).Listing == Listings[number - 1]);

    public int CountTo(int number, string kind) => Hub.Partner.Received.Count(e => e.Kind == kind && Sent(e).Listing == Listings[number - 1]);

    static (string Listing, string Visit) Sent(Envelope envelope) => envelope.Kind switch
    {
        "visit_request" => (envelope.Payload.Unpack<VisitRequestFile>().Listing, envelope.Subject),
        "visit_release" => (envelope.Payload.Unpack<VisitReleaseNotice>().Listing, envelope.Subject),
        _ => ("", ""),
    };
}

/// <summary>The calls that tests of visits make, one by one.</summary>
static class VisitCalls
{
    public static VisitDayService.VisitDayServiceClient VisitDays(this HubHost hub, string caller = "crm") => new(hub.As(caller));

    public static VisitRequestService.VisitRequestServiceClient VisitRequests(this HubHost hub, string caller) => new(hub.As(caller));

    public static OpeningHoursService.OpeningHoursServiceClient OpeningHours(this HubHost hub, string caller) => new(hub.As(caller));

    public static async Task<VisitDay> GetDayAsync(this HubHost hub, string name) => (await hub.VisitDays().GetVisitDayAsync(new() { Name = name })).Day;

    public static async Task AddAgencyAsync(this HubHost hub, string id)
    {
        await hub.QueryAsync(async db =>
        {
            var now = await db.NowAsync(CancellationToken.None);
            var partner = db.Partners.Add(Partner.Register(id, $"Agence {id}", PartnerKind.Housing, new Uri($"http://{id}.invalid"), now)).Entity;
            db.Agreements.Add(Agreements.With(partner, now));
            return await db.SaveChangesAsync();
        });
        await hub.IssueKeyAsync(id);
    }

    /// <returns>The listing's name.</returns>
    public static async Task<string> ListHomeAsync(this HubHost hub, string partner, string id = "T1", params (int Column, string Value)[] changes)
    {
        await hub.ImportAsync(Feed.Of(Poliris.Sale(id, [(105, "02 31 00 00 00"), .. changes])), partner);
        return (await hub.Listings(partner).ListListingsAsync(new())).Listings.Single(l => l.TechnicalId == id).Name;
    }

    /// <summary>A day with one home of a partner's, a few days from now; nothing has left yet.</summary>
    public static async Task<VisitDay> PlanVisitAsync(this HubHost hub, Household household, string partner = "agence")
    {
        var listing = (await hub.Listings(partner).ListListingsAsync(new())).Listings.FirstOrDefault()?.Name ?? await hub.ListHomeAsync(partner);
        await Tour.ConsentAsync(hub, household.FirstAdult, $"partners/{partner}");
        var morning = new DateTimeOffset((await hub.QueryAsync(db => db.NowAsync(CancellationToken.None))).UtcDateTime.Date.AddDays(5).AddHours(8), TimeSpan.Zero);
        return (await hub.VisitDays().CreateVisitDayAsync(new()
        {
            RequestId = Household.NewId(),
            Case = household.Case,
            Contact = household.FirstAdult,
            StartTime = morning.ToTimestamp(),
            EndTime = morning.AddHours(9).ToTimestamp(),
            Base = new() { Address = Marker.Of("HOTEL"), Point = new() { Latitude = 49.18, Longitude = -0.36 } },
            Visits = { new CreateVisitDayRequest.Types.Visit { Listing = listing, Point = new() { Latitude = 49.2, Longitude = -0.4 } } },
        })).Day;
    }

    /// <summary>A household that an agency, which fetches, expects.</summary>
    public static async Task<VisitDay> SeeHomeAsync(this HubHost hub, Household household)
    {
        var day = await hub.PlanVisitAsync(household);
        await FetchAsync();
        await hub.AnswerVisitAsync(day.Visits[0].Accepted());
        await FetchAsync();
        return day;

        async Task FetchAsync()
        {
            foreach (var envelope in (await hub.Inbox("agence").FetchExchangesAsync(new())).Envelopes) await hub.AcknowledgeAsync(envelope.Exchange, "agence");
        }
    }

    /// <summary>Answers as the agency that the visit is with.</summary>
    public static async Task<VisitRequest> AnswerVisitAsync(this HubHost hub, AnswerVisitRequestRequest answer)
    {
        var id = Guid.Parse(answer.Name["visitRequests/".Length..]);
        var partner = await hub.QueryAsync(db => db.VisitRequests.Where(v => v.Id == id).Select(v => v.PartnerId).SingleAsync());
        return (await hub.VisitRequests(partner).AnswerVisitRequestAsync(answer)).VisitRequest;
    }

    public static AnswerVisitRequestRequest Accepted(this VisitRequest visit) =>
        new() { RequestId = Household.NewId(), Name = visit.Name, Accepted = new() { StartTime = visit.AskedSlots[0].StartTime, Message = Marker.Of("ACCUEIL") } };

    public static AnswerVisitRequestRequest Refused(this VisitRequest visit, VisitRefusalReason reason = VisitRefusalReason.Sold) =>
        new() { RequestId = Household.NewId(), Name = visit.Name, Refused = new() { Reason = reason, Message = Marker.Of("REFUS") } };

    public static AnswerVisitRequestRequest Noted(this VisitRequest visit) => new() { RequestId = Household.NewId(), Name = visit.Name, Noted = new() };

    /// <param name="hours">After the day's start, and for how many hours.</param>
    public static AnswerVisitRequestRequest Proposed(this VisitRequest visit, params (double From, double Length)[] hours)
    {
        var answer = new AnswerVisitRequestRequest { RequestId = Household.NewId(), Name = visit.Name, Proposed = new() { Message = Marker.Of("PROPOSITION") } };
        answer.Proposed.Slots.AddRange(hours.Select(h => new TimeSlot { StartTime = Tour.Start.AddHours(h.From).ToTimestamp(), EndTime = Tour.Start.AddHours(h.From + h.Length).ToTimestamp() }));
        return answer;
    }

    /// <summary>"Confirmed: Confirmed, Confirmed, Refused", in the order of the agencies.</summary>
    public static async Task<string> StandingAsync(this HubHost hub, VisitDay day)
    {
        var now = await hub.GetDayAsync(day.Name);
        return $"{now.State}: {string.Join(", ", now.Visits.OrderBy(v => v.Partner, StringComparer.Ordinal).Select(v => v.State))}";
    }

    public static async Task<Exchange> ExchangeOfAsync(this HubHost hub, VisitRequest visit) => await hub.GetExchangeAsync(visit.Exchange);

    public static Task<List<string>> ToldAsync(this HubHost hub, VisitDay day) => hub.QueryAsync(async db =>
        (await db.Events.Where(e => e.Subject == day.Name).OrderBy(e => e.Sequence).ToListAsync()).ConvertAll(e => $"{e.Type} {e.Detail}".TrimEnd()));
}
