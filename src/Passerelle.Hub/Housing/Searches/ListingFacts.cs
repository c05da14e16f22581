using System.Linq.Expressions;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Places;

namespace Passerelle.Hub.Housing.Searches;

/// <summary>What a search asks of a listing, and no more of it: read for a million of them, or taken from one.</summary>
public sealed record ListingFields(
    Guid Id,
    ListingState State,
    Transaction Transaction,
    PropertyType PropertyType,
    string? Postcode,
    string? City,
    long PriceCents,
    bool PriceHidden,
    bool? RentIncludesCharges,
    long? ChargesCents,
    decimal? Surface,
    decimal? LandSurface,
    int? Rooms,
    int? Bedrooms,
    int? Floor,
    bool? Furnished,
    EnergyClass? EnergyClass,
    decimal? Latitude,
    decimal? Longitude,
    ListingDetails Details)
{
    public static readonly Expression<Func<Listing, ListingFields>> Of = l => new ListingFields(
        l.Id, l.State, l.Transaction, l.PropertyType, l.Postcode, l.City, l.PriceCents, l.PriceHidden, l.RentIncludesCharges, l.ChargesCents, l.Surface, l.LandSurface, l.Rooms, l.Bedrooms,
        l.Floor, l.Furnished, l.EnergyClass, l.Latitude, l.Longitude, l.Details);

    static readonly Func<Listing, ListingFields> Compiled = Of.Compile();

    public static ListingFields From(Listing listing) => Compiled(listing);
}

/// <summary>A listing as searches look at it: numbers and bits.</summary>
public sealed class ListingFacts
{
    public ListingFacts(ListingFields listing, PlaceMap map)
    {
        Id = listing.Id;
        OnMarket = listing.State == ListingState.OnMarket;
        Transaction = listing.Transaction;
        Kind = KindOf(listing.PropertyType);
        Place = map.Of(listing.City, listing.Postcode);
        Postcode = listing.Postcode;
        Position = listing is { Latitude: { } latitude, Longitude: { } longitude } ? new GeoPoint((double)latitude, (double)longitude) : map.Position(Place);
        // What is paid, as ListingService shows it.
        if (!listing.PriceHidden) PriceCents = listing.PriceCents + (listing.Transaction == Transaction.Rental && listing.RentIncludesCharges == false ? listing.ChargesCents ?? 0 : 0);
        SurfaceTenths = (long?)(listing.Surface * 10);
        (Rooms, Bedrooms) = (listing.Rooms, listing.Bedrooms);
        Energy = listing.EnergyClass is { } energy and <= EnergyClass.G ? energy : null;
        var details = listing.Details;
        Say(Feature.Garden, Any(details.Garden, listing.LandSurface > 0, details.GardenSurface > 0));
        Say(Feature.Parking, Any(details.Garage, details.Boxes > 0, details.ParkingSpaces > 0));
        Say(Feature.Furnished, listing.Furnished);
        Say(Feature.Unfurnished, !listing.Furnished);
        Say(Feature.Lift, details.Lift);
        Say(Feature.Terrace, Any(details.Terrace, details.Terraces > 0, details.Balconies > 0));
        Say(Feature.Cellar, Any(details.Cellar, details.CellarSurface > 0));
        Say(Feature.GroundFloor, listing.Floor is { } floor ? floor == 0 : null);
    }

    public Guid Id { get; }

    public bool OnMarket { get; }

    public Transaction Transaction { get; }

    public PropertyKind Kind { get; }

    /// <summary>In <see cref="PlaceMap"/>.</summary>
    public int Place { get; }

    public string? Postcode { get; }

    /// <summary>Its own, or else the middle of its commune.</summary>
    public GeoPoint? Position { get; }

    /// <summary>Null: the agency does not show it.</summary>
    public long? PriceCents { get; }

    /// <summary>Tenths of a square metre.</summary>
    public long? SurfaceTenths { get; }

    public int? Rooms { get; }

    public int? Bedrooms { get; }

    public EnergyClass? Energy { get; }

    /// <summary>Features that the listing speaks of, and those that are there: a bit each.</summary>
    public uint Said { get; private set; }

    public uint There { get; private set; }

    void Say(Feature feature, bool? isThere)
    {
        if (isThere is not { } said) return;
        Said |= 1u << (int)feature;
        if (said) There |= 1u << (int)feature;
    }

    /// <summary>There by one of these; missing where the agency says so of one and none is there.</summary>
    static bool? Any(bool? said, params ReadOnlySpan<bool> seen) => seen.Contains(true) ? true : said;

    static PropertyKind KindOf(PropertyType type) => type switch
    {
        PropertyType.House or PropertyType.HouseWithLand or PropertyType.HouseModel or PropertyType.Castle or PropertyType.Mansion => PropertyKind.House,
        PropertyType.Apartment or PropertyType.Loft => PropertyKind.Apartment,
        PropertyType.Land => PropertyKind.Land,
        PropertyType.Unspecified or PropertyType.Building or PropertyType.Structure or PropertyType.Parking => PropertyKind.Other,
        PropertyType.Office or PropertyType.Premises or PropertyType.Shop or PropertyType.Business => PropertyKind.Other,
    };
}
