using CsCheck;
using Passerelle.Hub.Housing;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Housing.Searches;
using Passerelle.Hub.Places;

namespace Passerelle.Tests.Housing.Searches;

/// <summary>Searches and listings that have much to do with each other.</summary>
static class SearchGen
{
    static readonly Gen<bool?> Maybe = OneOf<bool?>(true, false, null);

    static readonly Gen<Transaction> SaleOrRental = OneOf([.. Enumerable.Repeat(Transaction.Rental, 9), Transaction.Sale]);

    static readonly Gen<SearchArea?> Area = Gen.Select(Gen.Int[0, 2], Gen.Double[49.08, 49.25], Gen.Double[-0.45, -0.35], Gen.Double[500, 12_000])
        .Select((given, north, east, metres) => given == 0 ? new SearchArea(null, new GeoPoint(north, east), metres, null) : null);

    public static readonly Gen<SearchWishes> Wishes =
        from transaction in SaleOrRental
        from places in OneOf("14901", "14902", "14903", "14904").Array[1, 2]
        from area in Area
        from budget in Optional(Gen.Long[60_000, 100_000], 60)
        from rooms in Optional(Gen.Int[1, 5], 60)
        from bedrooms in Optional(Gen.Int[1, 3], 60)
        from surface in Optional(Gen.Int[400, 900].Select(tenths => tenths / 10m), 60)
        from kinds in OneOf<PropertyKind[]>([], [PropertyKind.House], [PropertyKind.House, PropertyKind.Apartment])
        from worst in Optional(Gen.Int[2, 6].Select(i => (EnergyClass)i), 60)
        from features in OneOf(Enum.GetValues<Feature>()).Array[0, 3]
        from musts in Gen.Int[0, 2]
        let distinct = features.Distinct().ToArray()
        select new SearchWishes(transaction, [.. places.Distinct()], area, budget, rooms, bedrooms, surface, kinds, worst, distinct[..Math.Min(musts, distinct.Length)], distinct[Math.Min(musts, distinct.Length)..]);

    public static readonly Gen<ListingFields> Listing =
        from transaction in SaleOrRental
        from spot in OneOf<(string?, string?)>(("Valbourg", "14990"), ("Vieux-Moulin", "14990"), ("orbelle", "14990"), ("Grand-Pré", "14992"), ("Nulle-Part", "14993"), ("Ailleurs", "14990"), (null, "14990"), (null, null))
        from position in Gen.Select(Gen.Bool, Gen.Double[49.08, 49.25], Gen.Double[-0.45, -0.35])
        from price in Gen.Select(Gen.Long[55_000, 105_000], Gen.Int[0, 9], Maybe, Optional(Gen.Long[1_000, 8_000]))
        from size in Gen.Select(Optional(Gen.Int[350, 950].Select(tenths => tenths / 10m)), Optional(Gen.Int[1, 5]), Optional(Gen.Int[1, 3]))
        from type in OneOf(PropertyType.House, PropertyType.House, PropertyType.Apartment, PropertyType.Loft, PropertyType.Land, PropertyType.Parking)
        from energy in Optional(Gen.Int[0, 8].Select(i => (EnergyClass)i))
        from state in Gen.Int[0, 9]
        from bits in Gen.Select(Maybe, Maybe, Maybe, Maybe, Maybe, Maybe)
        from counts in Gen.Select(Optional(Gen.Int[0, 2]), Optional(Gen.Int[0, 2]), Optional(Gen.Int[0, 2]), Optional(Gen.Int[0, 100]))
        select new ListingFields(
            Guid.Empty, state == 0 ? ListingState.Withdrawn : ListingState.OnMarket, transaction, type, spot.Item2, spot.Item1, price.Item1, price.Item2 == 0, price.Item3, price.Item4, size.Item1, counts.Item4,
            size.Item2, size.Item3, counts.Item1, bits.Item1, energy, position.Item1 ? (decimal)position.Item2 : null, position.Item1 ? (decimal)position.Item3 : null,
            new ListingDetails { Lift = bits.Item2, Cellar = bits.Item3, Garden = bits.Item4, Garage = bits.Item5, Terrace = bits.Item6, ParkingSpaces = counts.Item2, Balconies = counts.Item3 });

    static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    static Gen<T?> Optional<T>(Gen<T> gen, int missing = 20) where T : struct => Gen.Select(Gen.Int[0, 99], gen).Select((chance, value) => chance < missing ? (T?)null : value);
}
