using Google.Type;
using Grpc.Core;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Employment;

/// <summary>Job offers as a partner sends them.</summary>
static class JobOffers
{
    public const string Caen = "14118";

    public static Offer AnOffer(string reference, string title = "Soudeur ou soudeuse") => new()
    {
        Reference = reference,
        Title = title,
        Description = "Chantier naval, port de Caen.",
        Contract = Offer.Types.Contract.Permanent,
        CommuneCode = Caen,
    };

    /// <summary>With every field that a partner may set.</summary>
    public static Offer AWholeOffer(string reference)
    {
        var offer = AnOffer(reference);
        (offer.Employer, offer.RomeCode, offer.WeeklyHours, offer.ApplyUri) = ("Chantiers de l'Orne", "H2913", 35.5, "https://emploi.example.org/offres/1?s=a");
        (offer.SalaryMin, offer.SalaryMax) = (Euros(24_000, 500_000_000), Euros(30_000));
        offer.StartDate = new Date { Year = 2027, Month = 2, Day = 28 };
        return offer;
    }

    public static Money Euros(long units, int nanos = 0) => new() { CurrencyCode = "EUR", Units = units, Nanos = nanos };

    public static async Task<Offer> UpsertAsync(this HubHost hub, Offer offer, string partner = "emploi") =>
        (await hub.Offers(partner).UpsertOfferAsync(new() { RequestId = Household.NewId(), Offer = offer })).Offer;

    public static Task<PushOffersResponse> PushAsync(this HubHost hub, params IEnumerable<Offer> offers) => hub.PushAsync(Household.NewId(), offers);

    public static Task<PushOffersResponse> PushAsync(this HubHost hub, string requestId, IEnumerable<Offer> offers) =>
        hub.SendAsync(offers.Select(o => new PushOffersRequest { Offer = o }).Prepend(new() { Header = new() { RequestId = requestId } }));

    public static async Task<PushOffersResponse> SendAsync(this HubHost hub, IEnumerable<PushOffersRequest> messages)
    {
        using var call = hub.Offers("emploi").PushOffers();
        try
        {
            foreach (var message in messages) await call.RequestStream.WriteAsync(message);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
            // The hub has refused in the middle; why is in the response.
        }

        return await call.ResponseAsync;
    }
}
