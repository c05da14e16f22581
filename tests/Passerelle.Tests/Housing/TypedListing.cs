using Grpc.Core;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Housing;

/// <summary>Sends listings through the typed door, as a partner's program does.</summary>
static class TypedListing
{
    /// <summary>A complete, unremarkable flat for sale in Caen.</summary>
    public static Listing Sale(string id, long price = 185_000, string agency = "agence-1") => new()
    {
        Agency = agency, TechnicalId = id, Reference = "REF " + id, Transaction = Listing.Types.Transaction.Sale, PropertyType = "Appartement", Title = "Trois pièces", Description = "Près du port.",
        Price = Euros(price), Postcode = "14000", City = "Caen", SurfaceM2 = 62.5, Rooms = 3,
    };

    public static Google.Type.Money Euros(long units) => new() { CurrencyCode = "EUR", Units = units };

    public static async Task<Listing> UpsertAsync(this HubHost hub, Listing? listing, string partner = "agence", string? requestId = null) =>
        (await hub.Listings(partner).UpsertListingAsync(new() { RequestId = requestId ?? Household.NewId(), Listing = listing })).Listing;

    public static async Task<Listing> WithdrawListingAsync(this HubHost hub, string name, string partner = "agence") => (await hub.Listings(partner).WithdrawListingAsync(new() { Name = name })).Listing;

    public static SyncListingsRequest Header(params string[] agencies) => HeaderOf(Household.NewId(), agencies);

    public static SyncListingsRequest HeaderOf(string requestId, params string[] agencies) => new() { Header = new() { RequestId = requestId, Agencies = { agencies } } };

    public static SyncListingsRequest Batch(params IEnumerable<Listing> listings) => new() { Batch = new() { Listings = { listings } } };

    /// <summary>Everything that agence-1 has on the market.</summary>
    public static Task<ImportReport> SyncAllAsync(this HubHost hub, params IEnumerable<Listing> listings) =>
        hub.SyncAsync([Header("agence-1"), .. listings.Chunk(100).Select(c => Batch(c))]);

    public static async Task<ImportReport> SyncAsync(this HubHost hub, IEnumerable<SyncListingsRequest> messages, string partner = "agence")
    {
        using var call = hub.Listings(partner).SyncListings();
        try
        {
            foreach (var message in messages) await call.RequestStream.WriteAsync(message);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception ended) when (ended is RpcException or InvalidOperationException)
        {
            // The hub has refused while we were sending: the response says why.
        }

        return (await call).Report;
    }
}
