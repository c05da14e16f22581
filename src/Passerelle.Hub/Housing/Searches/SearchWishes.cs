namespace Passerelle.Hub.Housing.Searches;

/// <summary>Kinds of property, as households tell them apart.</summary>
public enum PropertyKind { House = 1, Apartment, Land, Other }

/// <summary>What a home may have.</summary>
public enum Feature { Garden = 1, Parking, Furnished, Unfurnished, Lift, Terrace, Cellar, GroundFloor }

/// <summary>What is looked for, as it is kept. Null and empty: it does not matter.</summary>
/// <param name="Transaction">Sale or rental.</param>
/// <param name="Places">INSEE codes, in order.</param>
/// <param name="BudgetCents">What is paid at most: the price with the buyer's fees, or the rent with charges.</param>
/// <param name="WorstEnergy">This letter or a better one.</param>
public sealed record SearchWishes(
    Feeds.Transaction Transaction,
    string[] Places,
    SearchArea? Area,
    long? BudgetCents,
    int? MinRooms,
    int? MinBedrooms,
    decimal? MinSurface,
    PropertyKind[] Kinds,
    Feeds.EnergyClass? WorstEnergy,
    Feature[] Musts,
    Feature[] Wishes);

/// <summary>What lies around a point.</summary>
/// <param name="PlaceCode">The commune whose middle the point is; null: it is just a point.</param>
/// <param name="Metres">As the crow flies.</param>
/// <param name="Travel">By car, where it was said so: the metres come from it.</param>
public sealed record SearchArea(string? PlaceCode, Places.GeoPoint Centre, double Metres, TimeSpan? Travel)
{
    /// <summary>A road is so much longer than the crow's way: the mean over regions of France.</summary>
    const double Detour = 1.3;

    /// <summary>Of a car in the region, villages and towns included.</summary>
    const double MetresPerMinute = 50_000.0 / 60;

    /// <summary>How far a car comes, as the crow flies.</summary>
    public static double MetresWithin(TimeSpan travel) => travel.TotalMinutes * MetresPerMinute / Detour;
}
