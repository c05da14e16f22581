using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Housing;
using Passerelle.Tests.Housing.Feeds;
using Passerelle.Tests.Housing.Visits;
using Passerelle.Tests.Exchanges;
using Passerelle.Tests.Schooling;
using Wire = Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Tests.Support;

/// <summary>Two partners of each kind, each with rows of everything that its kind has: what is one's is not the other's, though it looks the same.</summary>
public sealed class SixPartners
{
    public static readonly string[] All = ["emploi", "interim", "agence", "agence-deux", "ecole", "ecole-deux"];

    /// <summary>By partner and collection: the name of one resource of it.</summary>
    readonly Dictionary<(string Partner, string Collection), string> names = [];

    readonly Dictionary<string, HashSet<string>> secrets = All.ToDictionary(p => p, _ => new HashSet<string>());

    SixPartners(HubHost hub) => Hub = hub;

    public HubHost Hub { get; }

    public string? Find(string partner, string collection) => names.GetValueOrDefault((partner, collection));

    /// <summary>All that tells of this partner's rows: names, and texts that nobody else's rows have.</summary>
    public IReadOnlySet<string> SecretsOf(string partner) => secrets[partner];

    public IEnumerable<string> SecretsOfOthers(string partner) => All.Where(p => p != partner).SelectMany(p => secrets[p]);

    public static async Task<SixPartners> FillAsync(HubHost hub)
    {
        var world = new SixPartners(hub);
        foreach (var partner in All) world.Note(partner, "partners", $"partners/{partner}");
        await world.ReferAsync("emploi");
        await world.ReferAsync("interim");
        await world.ListAsync("agence");
        await world.ListAsync("agence-deux");
        await world.EnrolAsync("ecole");
        await world.EnrolAsync("ecole-deux");
        return world;
    }

    void Note(string partner, string collection, string name)
    {
        names[(partner, collection)] = name;
        secrets[partner].Add(name);
    }

    async Task ReferAsync(string partner)
    {
        var candidate = await Candidate.ReadyAsync(Hub);
        var referral = await candidate.ReferAsync(partner);
        if (partner == "emploi") await Hub.RunAsync<DeliverDue>();
        else await DeliverByPullAsync(partner, referral.Exchange);
        Note(partner, "referrals", referral.Name);
        Note(partner, "consents", await candidate.ConsentAsync());
        Note(partner, "cvs", (await candidate.AttachCvAsync()).Name);
        await NoteCaseAsync(partner, candidate.Household, candidate.Person, referral.Exchange);
        var offer = await Hub.UpsertAsync(JobOffers.AnOffer("EX-1", $"Soudure chez {partner}"), partner);
        Note(partner, "offers", offer.Name);
        secrets[partner].Add(offer.Title);
    }

    async Task ListAsync(string partner)
    {
        // One line that is taken and one that is not: the report has a problem.
        var report = await Hub.ImportAsync(Feed.Of(Poliris.Sale("T1", (1, partner), (20, $"Maison de {partner}")), Poliris.Sale("T2", (11, "nous consulter"))), partner);
        Note(partner, "importReports", report.Name);
        var listing = Assert.Single((await Hub.Listings(partner).ListListingsAsync(new())).Listings);
        Note(partner, "listings", listing.Name);
        secrets[partner].Add(listing.Title);
        // Another agency of it has lost too much at once: a report holds listings.
        await Hub.ImportAsync(Feed.Of([.. Feed.OfAgency("reprise", 1, 8)]), partner);
        await Hub.ImportAsync(Feed.Of([.. Feed.OfAgency("reprise", 1, 1)]), partner);
        var household = await Household.OpenAsync(Hub);
        var day = await Hub.PlanVisitAsync(household, partner);
        await DeliverByPullAsync(partner, day.Visits[0].Exchange);
        Note(partner, "visitDays", day.Name);
        Note(partner, "visitRequests", day.Visits[0].Name);
        // Nobody else opens then.
        var opening = partner == "agence" ? "09:01" : "09:02";
        await Hub.OpeningHours(partner).SetOpeningHoursAsync(new() { Partner = $"partners/{partner}", Hours = new() { Spans = { new OpeningHours.Types.Span { Day = Weekday.Monday, From = opening, Until = "12:00" } } } });
        secrets[partner].Add(opening);
        await NoteCaseAsync(partner, household, household.FirstAdult, day.Visits[0].Exchange);
    }

    async Task EnrolAsync(string partner)
    {
        var household = await Household.OpenAsync(Hub);
        var document = await School.UploadAsync(Hub, household.Child, School.Pdf(partner.ToUpperInvariant()));
        var wanted = School.EnrolmentOf(household.Child, document);
        wanted.Partner = $"partners/{partner}";
        var enrolment = (await School.Enrolments(Hub, "crm").CreateEnrolmentAsync(wanted)).Enrolment;
        await DeliverByPullAsync(partner, enrolment.Exchange);
        Note(partner, "enrolments", enrolment.Name);
        Note(partner, "documents", document);
        await NoteCaseAsync(partner, household, household.Child, enrolment.Exchange);
    }

    async Task DeliverByPullAsync(string partner, string exchange)
    {
        var given = (await Hub.Inbox(partner).FetchExchangesAsync(new())).Envelopes;
        Assert.Equal(exchange, Assert.Single(given).Exchange);
        Assert.Equal(Wire.Exchange.Types.State.AwaitingAnswer, (await Hub.AcknowledgeAsync(exchange, partner)).State);
    }

    async Task NoteCaseAsync(string partner, Household household, string person, string exchange)
    {
        Note(partner, "exchanges", exchange);
        Note(partner, "cases", household.Case);
        Note(partner, "persons", person);
        var recall = (await new RecallService.RecallServiceClient(Hub.As("crm")).RecallRectifiedAsync(new() { RequestId = Household.NewId(), Person = person })).Recall;
        Note(partner, "recalls", recall.Name);
        Note(partner, "recallNotices", recall.Recipients[0].Name);
        if (partner == "emploi") await Hub.RunAsync<DeliverDue>();
        else await DeliverByPullAsync(partner, recall.Recipients[0].Exchange);
        if (person == household.Child) await Hub.ExecuteAsync($"insert into person_restrictions values ('{person[8..]}', 'school_enrolment', 'objection_pending', hub_now())");
        Note(partner, "requests", (await household.FileRequestAsync(Hub)).Name);
        Note(partner, "clocks", "clocks/" + await Hub.QueryAsync(db => db.Clocks.Where(c => c.Subject == exchange).Select(c => c.Id).SingleAsync()));
    }
}
