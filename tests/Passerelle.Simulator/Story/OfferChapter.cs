using Google.Type;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Simulator.Hub;

namespace Passerelle.Simulator.Story;

/// <summary>An employment agency pushes job offers, one by one and many in a stream.</summary>
static class OfferChapter
{
    const string Caen = "14118", Bayeux = "14047", Lisieux = "14366";

    public static async Task PlayAsync(Journey journey)
    {
        journey.Teller.Heading("An employment agency sends job offers");
        await journey.StepAsync("emploi-demo pushes one offer.", () => UpsertAsync(journey));
        await journey.StepAsync("emploi-demo pushes four offers in one stream: one of them known, one of them wrong.", () => PushAsync(journey));
        await journey.StepAsync("The advisors' application lists the offers in Caen.", () => ListAsync(journey));
    }

    static async Task UpsertAsync(Journey journey)
    {
        var response = await journey.Emploi.Offers.UpsertOfferAsync(
            new() { RequestId = journey.NewRequestId(), Offer = Accountant() }, cancellationToken: journey.Stop);
        Expect.Equal(Offer.Types.State.Open, response.Offer.State, "state of the offer");
        Expect.Equal(journey.Emploi.Partner, response.Offer.Partner, "partner of the offer");
        journey.Say($"{response.Offer.Name}: {response.Offer.Title}");
    }

    static async Task PushAsync(Journey journey)
    {
        Offer[] offers =
        [
            Accountant(),
            Offering("EX-OFFRE-2", "Infirmier ou infirmière de jour", "J1506", Offer.Types.Contract.FixedTerm, Bayeux),
            // A town's name where its INSEE code belongs: the most common slip.
            Offering("EX-OFFRE-3", "Préparateur ou préparatrice de commandes", "N1103", Offer.Types.Contract.Temporary, "LISIEUX"),
            Offering("EX-OFFRE-4", "Serveur ou serveuse, saison d'été", "G1803", Offer.Types.Contract.Seasonal, Lisieux),
        ];
        using var call = journey.Emploi.Offers.PushOffers(cancellationToken: journey.Stop);
        var header = new PushOffersRequest { Header = new() { RequestId = journey.NewRequestId() } };
        await call.SendAsync(offers.Select(offer => new PushOffersRequest { Offer = offer }).Prepend(header), journey.Stop);
        var response = await call.ResponseAsync;

        journey.Say($"{response.ReceivedCount} received: {response.NewCount} new, {response.ChangedCount} changed, {response.UnchangedCount} unchanged, {response.RejectedCount} rejected");
        foreach (var rejected in response.Rejected) journey.Say($"offer {rejected.Index} ({rejected.Reference}), {rejected.Field}: {rejected.Description}");
        Expect.Equal(offers.Length, response.ReceivedCount, "offers received");
        Expect.Equal(offers.Length, response.NewCount + response.ChangedCount + response.UnchangedCount + response.RejectedCount, "new + changed + unchanged + rejected");
        Expect.AtLeast(1, response.UnchangedCount, "unchanged offers");
        Expect.Equal(1, response.RejectedCount, "rejected offers");
        Expect.That(response.Rejected is [{ Index: 2, Field: "commune_code" }], "offer 2 rejected for its commune_code", $"{response.Rejected}");
    }

    static async Task ListAsync(Journey journey)
    {
        var request = new ListOffersRequest { CommuneCode = Caen, PageSize = 200 };
        var response = await journey.Crm.Offers.ListOffersAsync(request, cancellationToken: journey.Stop);
        var ours = response.Offers.FirstOrDefault(offer => offer.Reference == Accountant().Reference && offer.Partner == journey.Emploi.Partner);
        Expect.That(ours is not null, "the accountant's offer among those in Caen", $"{response.Offers.Count} offers without it");
        journey.Say($"{response.Offers.Count} open in Caen, among them: {ours!.Title}, {ours.SalaryMin?.Units} to {ours.SalaryMax?.Units} EUR a year");
    }

    static Offer Accountant()
    {
        var offer = Offering("EX-OFFRE-1", "Comptable général ou générale", "M1203", Offer.Types.Contract.Permanent, Caen);
        offer.SalaryMin = new Money { CurrencyCode = "EUR", Units = 29_000 };
        offer.SalaryMax = new Money { CurrencyCode = "EUR", Units = 33_000 };
        return offer;
    }

    static Offer Offering(string reference, string title, string rome, Offer.Types.Contract contract, string commune) => new()
    {
        Reference = reference,
        Title = title,
        Description = $"{title}. Offre fictive de démonstration.",
        Employer = "Entreprise Exemple",
        RomeCode = rome,
        Contract = contract,
        CommuneCode = commune,
        WeeklyHours = 35,
        ApplyUri = $"https://emploi.example.org/offres/{reference}",
    };
}
