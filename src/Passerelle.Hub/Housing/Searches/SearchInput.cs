using System.Collections;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Places;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing.Searches;

/// <summary>Reads what a caller says is looked for.</summary>
static class SearchInput
{
    const int MaxPlaces = 100;
    const int MaxRooms = 50;
    const int MaxSurface = 10_000;
    const double MaxKm = 200;
    const long MaxBudget = 1_000_000_000;

    static readonly TimeSpan MaxTravel = TimeSpan.FromHours(4);

    /// <summary>What UpdateSearch may change.</summary>
    static readonly HashSet<string> Changeable =
    [
        "transaction", "places", "area", "budget", "min_rooms", "min_bedrooms", "min_surface_m2", "property_kinds", "worst_energy_label", "musts", "wishes",
    ];

    public static void CheckMask(FieldMask? mask, Violations violations)
    {
        if (violations.Check(mask?.Paths.Count > 0, "update_mask", "is required"))
            violations.Check(mask!.Paths.All(Changeable.Contains), "update_mask", $"must name whole fields of what is looked for: {string.Join(", ", Changeable)}");
    }

    public static void CopyList(FieldDescriptor field, Wire.Search from, Wire.Search to)
    {
        var list = (IList)field.Accessor.GetValue(to);
        foreach (var item in (IList)field.Accessor.GetValue(from)) list.Add(item);
    }

    public static void Check(Wire.Search asked, Violations violations)
    {
        violations.Check(
            asked.Transaction is Wire.Listing.Types.Transaction.Sale or Wire.Listing.Types.Transaction.Rental, "search.transaction", "must be TRANSACTION_SALE or TRANSACTION_RENTAL");
        violations.Check(asked.Places.Count > 0 || asked.Area is not null, "search.places", "is required, or area");
        violations.Check(asked.Places.Count <= MaxPlaces, "search.places", $"must be at most {MaxPlaces}");
        for (var i = 0; i < asked.Places.Count; i++) PlaceNames.Read(asked.Places[i], $"search.places[{i}]", violations);
        if (asked.Area is { } area) CheckArea(area, violations);
        if (asked.Budget is { } budget)
        {
            var isAmount = budget is { CurrencyCode: "EUR", Units: >= 0 and <= MaxBudget, Nanos: >= 0 and < 1_000_000_000 } && Cents(budget) > 0;
            violations.Check(isAmount, "search.budget", "must be an amount in EUR, more than 0");
        }

        violations.Check(asked.MinRooms is >= 0 and <= MaxRooms, "search.min_rooms", $"must be 0 to {MaxRooms}");
        violations.Check(asked.MinBedrooms is >= 0 and <= MaxRooms, "search.min_bedrooms", $"must be 0 to {MaxRooms}");
        violations.Check(asked.MinSurfaceM2 is >= 0 and <= MaxSurface, "search.min_surface_m2", $"must be 0 to {MaxSurface}");
        violations.Members(asked.PropertyKinds, "search.property_kinds");
        violations.Check(asked.WorstEnergyLabel is "" or ['A' or 'B' or 'C' or 'D' or 'E' or 'F' or 'G'], "search.worst_energy_label", "must be A to G");
        violations.Members(asked.Musts, "search.musts");
        violations.Members(asked.Wishes, "search.wishes");
        var isNamedOnce = asked.Musts.Concat(asked.Wishes).Distinct().Count() == asked.Musts.Count + asked.Wishes.Count;
        violations.Check(isNamedOnce, "search.wishes", "must not name a feature twice, nor one of the musts");
    }

    static void CheckArea(Wire.SearchArea area, Violations violations)
    {
        switch (area.CentreCase)
        {
            case Wire.SearchArea.CentreOneofCase.None:
                violations.Add("search.area.centre", "is required: place or point");
                break;
            case Wire.SearchArea.CentreOneofCase.Place:
                PlaceNames.Read(area.Place, "search.area.place", violations);
                break;
            case Wire.SearchArea.CentreOneofCase.Point:
                var isOnEarth = area.Point is { Latitude: >= -90 and <= 90, Longitude: >= -180 and <= 180 };
                violations.Check(isOnEarth, "search.area.point", "must be degrees: latitude -90 to 90, longitude -180 to 180");
                break;
        }

        switch (area.ReachCase)
        {
            case Wire.SearchArea.ReachOneofCase.None:
                violations.Add("search.area.reach", "is required: distance_km or travel");
                break;
            case Wire.SearchArea.ReachOneofCase.DistanceKm:
                violations.Check(area.DistanceKm is > 0 and <= MaxKm, "search.area.distance_km", $"must be more than 0, at most {MaxKm}");
                break;
            case Wire.SearchArea.ReachOneofCase.Travel:
                var isInRange = area.Travel is { Seconds: > 0, Nanos: 0 } && area.Travel.Seconds <= MaxTravel.TotalSeconds;
                violations.Check(isInRange, "search.area.travel", $"must be 1 second to {MaxTravel.TotalHours} hours, in whole seconds");
                break;
        }
    }

    /// <param name="asked">Checked.</param>
    /// <exception cref="ResourceNotFound">A place is none.</exception>
    public static SearchWishes Read(Wire.Search asked, PlaceBook book) => new(
        asked.Transaction == Wire.Listing.Types.Transaction.Rental ? Transaction.Rental : Transaction.Sale,
        [.. asked.Places.Select(name => PlaceOf(name, book).Code).Distinct().Order(StringComparer.Ordinal)],
        asked.Area is { } area ? ReadArea(area, book) : null,
        asked.Budget is { } budget ? Cents(budget) : null,
        Given(asked.MinRooms),
        Given(asked.MinBedrooms),
        asked.MinSurfaceM2 > 0 ? Math.Round((decimal)asked.MinSurfaceM2, 1) : null,
        [.. asked.PropertyKinds.Distinct().Select(k => (PropertyKind)k)],
        asked.WorstEnergyLabel.Length > 0 ? System.Enum.Parse<EnergyClass>(asked.WorstEnergyLabel) : null,
        Features(asked.Musts),
        Features(asked.Wishes));

    static SearchArea ReadArea(Wire.SearchArea area, PlaceBook book)
    {
        TimeSpan? travel = area.ReachCase == Wire.SearchArea.ReachOneofCase.Travel ? area.Travel.ToTimeSpan() : null;
        var metres = travel is { } span ? SearchArea.MetresWithin(span) : area.DistanceKm * 1000;
        if (area.CentreCase == Wire.SearchArea.CentreOneofCase.Point)
            return new SearchArea(null, new GeoPoint(Math.Round(area.Point.Latitude, 3), Math.Round(area.Point.Longitude, 3)), metres, travel);
        var place = PlaceOf(area.Place, book);
        if (place.Position is not { } centre) throw new FieldInvalid([new() { Field = "search.area.place", Description = "is a commune whose position is not known: give a point" }]);
        return new SearchArea(place.Code, centre, metres, travel);
    }

    static Place PlaceOf(string name, PlaceBook book) => book.ByCode(PlaceNames.Read(name, "", new Violations())) ?? throw new ResourceNotFound(name);

    static Feature[] Features(RepeatedField<Wire.Search.Types.Feature> features) => [.. features.Select(f => (Feature)f)];

    static int? Given(int number) => number > 0 ? number : null;

    static long Cents(Money money) => money.Units * 100 + money.Nanos / 10_000_000;
}
