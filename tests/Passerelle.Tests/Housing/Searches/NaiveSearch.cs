using Passerelle.Hub.Housing;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Housing.Searches;
using Passerelle.Hub.Places;

namespace Passerelle.Tests.Housing.Searches;

/// <summary>The same question, asked as the contract words it: without numbers for places, bits, or an order that saves work.</summary>
static class NaiveSearch
{
    public static (MatchKind Kind, int Score, HashSet<Criterion> Criteria)? Judge(SearchWishes wishes, ListingFields listing, PlaceBook book)
    {
        if (listing.State != ListingState.OnMarket || listing.Transaction != wishes.Transaction) return null;
        var criteria = new List<Criterion> { Where(wishes, listing, book) };
        decimal? paid = listing.PriceHidden ? null
            : (listing.PriceCents + (listing.Transaction == Transaction.Rental && listing.RentIncludesCharges == false ? listing.ChargesCents ?? 0 : 0)) / 100m;
        if (wishes.BudgetCents is { } budget) criteria.Add(Compare(CriterionKind.Budget, paid is { } p ? (long)(p * 100) - budget : null, budget / 10));
        if (wishes.MinRooms is { } rooms) criteria.Add(Compare(CriterionKind.Rooms, rooms - listing.Rooms, 1));
        if (wishes.MinBedrooms is { } bedrooms) criteria.Add(Compare(CriterionKind.Bedrooms, bedrooms - listing.Bedrooms, 1));
        if (wishes.MinSurface is { } surface) criteria.Add(Compare(CriterionKind.Surface, (long)(surface * 10) - (long?)(listing.Surface * 10), (long)(surface * 10) / 10));
        if (wishes.WorstEnergy is { } worst) criteria.Add(Compare(CriterionKind.Energy, listing.EnergyClass is { } letter && letter <= EnergyClass.G ? letter - worst : null, 1));
        if (wishes.Kinds.Length > 0) criteria.Add(new(CriterionKind.Property, wishes.Kinds.Contains(KindOf(listing)) ? CriterionOutcome.Met : CriterionOutcome.Missed));
        foreach (var must in wishes.Musts)
            criteria.Add(new(CriterionKind.Feature, Has(must, listing) switch { true => CriterionOutcome.Met, false => CriterionOutcome.Near, null => CriterionOutcome.Unknown }, must));
        if (criteria.Exists(c => c.Outcome == CriterionOutcome.Missed)) return null;
        var misses = criteria.Count(c => c.Outcome != CriterionOutcome.Met);
        if (misses > 2) return null;
        var (got, all) = (criteria.Sum(c => c.Outcome == CriterionOutcome.Met ? 10 : 5), criteria.Count * 10);
        foreach (var wish in wishes.Wishes)
        {
            var outcome = Has(wish, listing) switch { true => CriterionOutcome.Met, false => CriterionOutcome.Missed, null => CriterionOutcome.Unknown };
            criteria.Add(new(CriterionKind.Feature, outcome, wish, IsWish: true));
            (got, all) = (got + (outcome == CriterionOutcome.Met ? 1 : 0), all + 1);
        }

        return (misses == 0 ? MatchKind.Match : MatchKind.NearMiss, (int)Math.Floor(100m * got / all + 0.5m), [.. criteria]);
    }

    /// <param name="over">By how much it is over what it may be; null: not known.</param>
    static Criterion Compare(CriterionKind kind, long? over, long slack) => over switch
    {
        null => new(kind, CriterionOutcome.Unknown),
        <= 0 => new(kind, CriterionOutcome.Met),
        { } by when by <= slack => new(kind, CriterionOutcome.Near, Off: by),
        _ => new(kind, CriterionOutcome.Missed),
    };

    static Criterion Where(SearchWishes wishes, ListingFields listing, PlaceBook book)
    {
        var place = listing.City is { } city ? book.Certain(city, listing.Postcode) : null;
        var wanted = wishes.Places.Select(code => book.ByCode(code)!).ToList();
        var answers = new List<Criterion>();
        if (place is null) answers.Add(new(CriterionKind.Place, wanted.Exists(w => w.Postcodes.Contains(listing.Postcode)) ? CriterionOutcome.Unknown : CriterionOutcome.Missed));
        else if (wanted.Exists(w => w.Code == place.Code)) answers.Add(new(CriterionKind.Place, CriterionOutcome.Met));
        else answers.Add(Near(wanted.Select(w => w.Position is { } there && place.Position is { } here ? here.DistanceTo(there) : double.MaxValue).DefaultIfEmpty(double.MaxValue).Min(), 0, 5000));
        var at = listing is { Latitude: { } latitude, Longitude: { } longitude } ? new GeoPoint((double)latitude, (double)longitude) : place?.Position;
        if (wishes.Area is { } area && at is { } point) answers.Add(Near(point.DistanceTo(area.Centre), area.Metres, area.Metres * 1.2));
        return answers.OrderBy(a => a.Outcome).ThenBy(a => a.Off).First();

        static Criterion Near(double metres, double inside, double most) =>
            metres <= inside ? new(CriterionKind.Place, CriterionOutcome.Met) : metres <= most ? new(CriterionKind.Place, CriterionOutcome.Near, Off: (long)(metres - inside)) : new(CriterionKind.Place, CriterionOutcome.Missed);
    }

    static PropertyKind KindOf(ListingFields listing) => listing.PropertyType switch
    {
        PropertyType.Apartment or PropertyType.Loft => PropertyKind.Apartment,
        PropertyType.House or PropertyType.HouseWithLand or PropertyType.HouseModel or PropertyType.Castle or PropertyType.Mansion => PropertyKind.House,
        PropertyType.Land => PropertyKind.Land,
        _ => PropertyKind.Other,
    };

    static bool? Has(Feature feature, ListingFields listing)
    {
        var d = listing.Details;
        return feature switch
        {
            Feature.Garden => listing.LandSurface > 0 || d.GardenSurface > 0 || d.Garden == true ? true : d.Garden,
            Feature.Parking => d.Boxes > 0 || d.ParkingSpaces > 0 || d.Garage == true ? true : d.Garage,
            Feature.Furnished => listing.Furnished,
            Feature.Unfurnished => listing.Furnished == null ? null : listing.Furnished == false,
            Feature.Lift => d.Lift,
            Feature.Terrace => d.Terraces > 0 || d.Balconies > 0 || d.Terrace == true ? true : d.Terrace,
            Feature.Cellar => d.CellarSurface > 0 || d.Cellar == true ? true : d.Cellar,
            Feature.GroundFloor => listing.Floor == null ? null : listing.Floor == 0,
            _ => throw new InvalidOperationException($"{feature}"),
        };
    }
}
