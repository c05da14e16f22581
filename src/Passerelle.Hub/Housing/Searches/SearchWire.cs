using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Places;
using Passerelle.Hub.Platform;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing.Searches;

/// <summary>Searches and their matches as the contract shows them.</summary>
static class SearchWire
{
    public static Wire.Search Of(Search search)
    {
        var looked = search.LookedFor;
        var wire = new Wire.Search
        {
            Name = search.Name,
            Case = Names.Of(Names.Cases, search.CaseId),
            State = (Wire.Search.Types.State)search.State,
            Transaction = looked.Transaction == Transaction.Rental ? Wire.Listing.Types.Transaction.Rental : Wire.Listing.Types.Transaction.Sale,
            Area = looked.Area is { } area ? Of(area) : null,
            Budget = looked.BudgetCents is { } cents ? new Money { CurrencyCode = "EUR", Units = cents / 100, Nanos = (int)(cents % 100) * 10_000_000 } : null,
            MinRooms = looked.MinRooms ?? 0,
            MinBedrooms = looked.MinBedrooms ?? 0,
            MinSurfaceM2 = (double)(looked.MinSurface ?? 0),
            WorstEnergyLabel = looked.WorstEnergy?.ToString() ?? "",
            CreateTime = search.CreateTime.ToWire(),
            UpdateTime = search.UpdateTime.ToWire(),
            EndTime = search.EndTime.ToWire(),
            MatchTime = search.MatchTime.ToWire(),
        };
        wire.Places.AddRange(looked.Places.Select(PlaceNames.Of));
        wire.PropertyKinds.AddRange(looked.Kinds.Select(k => (Wire.Search.Types.PropertyKind)k));
        wire.Musts.AddRange(looked.Musts.Select(f => (Wire.Search.Types.Feature)f));
        wire.Wishes.AddRange(looked.Wishes.Select(f => (Wire.Search.Types.Feature)f));
        return wire;
    }

    public static Wire.SearchMatch Of(SearchMatch match, Transaction transaction)
    {
        var criteria = Criterion.Read(match.Criteria);
        var wire = new Wire.SearchMatch
        {
            Search = Names.Of(Names.Searches, match.SearchId),
            Listing = Names.Of(Names.Listings, match.ListingId),
            State = (Wire.SearchMatch.Types.State)match.State,
            Kind = (Wire.SearchMatch.Types.Kind)match.Kind,
            Score = match.Score,
            Summary = SearchSentences.Summary(criteria, transaction),
            CreateTime = match.CreateTime.ToWire(),
            UpdateTime = match.UpdateTime.ToWire(),
            GoneTime = match.GoneTime.ToWire(),
        };
        wire.Criteria.AddRange(criteria.OrderBy(c => c.IsWish).ThenBy(c => c.Outcome == CriterionOutcome.Met).Select(c => new Wire.SearchCriterion
        {
            Kind = (Wire.SearchCriterion.Types.Kind)c.Kind,
            Feature = (Wire.Search.Types.Feature)c.Feature,
            Wish = c.IsWish,
            Outcome = (Wire.SearchCriterion.Types.Outcome)c.Outcome,
            Sentence = SearchSentences.For(c, transaction),
        }));
        return wire;
    }

    static Wire.SearchArea Of(SearchArea area)
    {
        var wire = new Wire.SearchArea();
        if (area.PlaceCode is { } code) wire.Place = PlaceNames.Of(code);
        else wire.Point = new() { Latitude = area.Centre.Latitude, Longitude = area.Centre.Longitude };
        if (area.Travel is { } travel) wire.Travel = Duration.FromTimeSpan(travel);
        else wire.DistanceKm = area.Metres / 1000;
        return wire;
    }
}
