using CsCheck;
using Passerelle.Hub.Housing;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Housing.Searches;
using Passerelle.Hub.Places;

namespace Passerelle.Tests.Housing.Searches;

/// <summary>What fits a search, what nearly does, and what is said of it.</summary>
public sealed class SearchTermsTests
{
    /// <summary>Two communes of one postcode 3.3 km apart, one 11 km away, one whose position is not known.</summary>
    static readonly PlaceBook Book = new(
        [Commune("14901", "Valbourg", "14990", 49.10, -0.40), Commune("14902", "Orbelle", "14990", 49.13, -0.40), Commune("14903", "Grand-Pré", "14992", 49.20, -0.40), Commune("14904", "Nulle-Part", "14993", null, null)],
        [new("14911", "Vieux-Moulin", "14901")]);

    static readonly PlaceMap Map = new(Book);

    static readonly SearchWishes Wishes = new(Transaction.Rental, ["14901"], null, 80_000, 3, 2, 60, [PropertyKind.House, PropertyKind.Apartment], EnergyClass.D, [], []);

    static readonly ListingFields Listing = new(
        new Guid("00000000-0000-7000-8000-000000000001"), ListingState.OnMarket, Transaction.Rental, PropertyType.House, "14990", "Valbourg", 75_000, false, null, null, 65, null, 3, 2, null, null, EnergyClass.C,
        null, null, ListingDetails.None);

    [Fact]
    public void What_is_all_there_is_a_match() => Assert.Equal((MatchKind.Match, 100, ""), Judge(Wishes, Listing));

    [Fact]
    public void A_former_name_of_the_commune_is_the_commune() => Assert.Equal(MatchKind.Match, Judge(Wishes, Listing with { City = "VIEUX MOULIN" })?.Kind);

    [Fact]
    public void What_is_missed_by_little_is_a_near_miss_that_says_what_and_by_how_much()
    {
        Assert.Equal((MatchKind.NearMiss, 93, "loyer 40 € au-dessus du budget"), Judge(Wishes, Listing with { PriceCents = 84_000 }));
        Assert.Equal((MatchKind.NearMiss, 93, "loyer 20 € au-dessus du budget"), Judge(Wishes, Listing with { RentIncludesCharges = false, ChargesCents = 7_000 }));
        Assert.Matches(@"^prix 5\s000 € au-dessus du budget$", Judge(Wishes with { Transaction = Transaction.Sale, BudgetCents = 20_000_000 }, Listing with { Transaction = Transaction.Sale, PriceCents = 20_500_000 })?.Summary);
        Assert.Equal("à 3,3 km du secteur", Judge(Wishes, Listing with { City = "Orbelle" })?.Summary);
        Assert.Equal("1 pièce de moins ; 1 chambre de moins", Judge(Wishes, Listing with { Rooms = 2, Bedrooms = 1 })?.Summary);
        Assert.Equal("5,5 m² de moins", Judge(Wishes, Listing with { Surface = 54.5m })?.Summary);
        Assert.Equal("étiquette énergie moins bonne d’une lettre", Judge(Wishes, Listing with { EnergyClass = EnergyClass.E })?.Summary);
        Assert.Equal("ascenseur : non", Judge(Wishes with { Musts = [Feature.Lift] }, Listing with { Details = new() { Lift = false } })?.Summary);
        Assert.Equal("ascenseur : non précisé", Judge(Wishes with { Musts = [Feature.Lift] }, Listing)?.Summary);
        Assert.Equal("loyer non affiché : à demander", Judge(Wishes, Listing with { PriceHidden = true })?.Summary);
        Assert.Equal("commune à vérifier : le code postal convient", Judge(Wishes, Listing with { City = "Valbourg-Plage" })?.Summary);
    }

    [Fact]
    public void What_is_missed_by_more_or_three_times_is_nothing()
    {
        Assert.Null(Judge(Wishes, Listing with { PriceCents = 88_001 }));
        Assert.Null(Judge(Wishes, Listing with { Rooms = 1 }));
        Assert.Null(Judge(Wishes, Listing with { Surface = 53.9m }));
        Assert.Null(Judge(Wishes, Listing with { EnergyClass = EnergyClass.F }));
        Assert.Null(Judge(Wishes, Listing with { City = "Grand-Pré", Postcode = "14992" }));
        Assert.Null(Judge(Wishes, Listing with { PropertyType = PropertyType.Land }));
        Assert.Null(Judge(Wishes, Listing with { State = ListingState.Withdrawn }));
        Assert.Null(Judge(Wishes, Listing with { Transaction = Transaction.Sale }));
        Assert.NotNull(Judge(Wishes, Listing with { Rooms = null, Bedrooms = null }));
        Assert.Null(Judge(Wishes, Listing with { Rooms = null, Bedrooms = null, Surface = null }));
    }

    [Fact]
    public void An_area_is_asked_of_the_homes_own_position_or_else_of_its_communes()
    {
        var around = Wishes with { Places = [], Area = new SearchArea(null, new GeoPoint(49.10, -0.40), 5_000, null) };
        Assert.Equal(MatchKind.Match, Judge(around, Listing with { City = "Orbelle" })?.Kind);
        Assert.Equal("à 0,6 km du secteur", Judge(around, Listing with { Latitude = 49.15m, Longitude = -0.40m })?.Summary);
        Assert.Null(Judge(around, Listing with { Latitude = 49.20m, Longitude = -0.40m }));
        Assert.Null(Judge(around, Listing with { City = "Nulle-Part", Postcode = "14993" }));
        // It is enough to be in one of the two.
        Assert.Equal(MatchKind.Match, Judge(around with { Places = ["14903"] }, Listing with { City = "Grand-Pré", Postcode = "14992" })?.Kind);
    }

    [Fact]
    public void A_car_comes_19_km_in_half_an_hour() => Assert.Equal(19_231, SearchArea.MetresWithin(TimeSpan.FromMinutes(30)), 0);

    [Fact]
    public void Wishes_add_a_little_and_none_is_missed()
    {
        var wishes = Wishes with { Wishes = [Feature.Garden, Feature.Cellar] };
        Assert.Equal((MatchKind.Match, 97, ""), Judge(wishes, Listing));
        Assert.Equal((MatchKind.Match, 99, ""), Judge(wishes, Listing with { LandSurface = 300, Details = new() { Cellar = false } }));
        Assert.Equal((MatchKind.Match, 100, ""), Judge(wishes, Listing with { LandSurface = 300, Details = new() { Cellar = true } }));
    }

    [Fact]
    public void Criteria_are_read_back_as_they_were_written()
    {
        Criterion[] criteria =
        [
            new(CriterionKind.Budget, CriterionOutcome.Near, Off: 4000), new(CriterionKind.Place, CriterionOutcome.Met), new(CriterionKind.Feature, CriterionOutcome.Near, Feature.GroundFloor),
            new(CriterionKind.Feature, CriterionOutcome.Missed, Feature.Lift, IsWish: true),
        ];
        Assert.Equal("budget:near:4000 place:met ground_floor:near wish.lift:missed", Criterion.Write(criteria));
        Assert.Equal(criteria, Criterion.Read(Criterion.Write(criteria)));
    }

    [Fact]
    public void Every_criterion_has_its_sentence_for_every_outcome_that_it_can_have()
    {
        foreach (var kind in Enum.GetValues<CriterionKind>().Where(k => k is not (CriterionKind.Feature or CriterionKind.Property)))
            foreach (var outcome in (CriterionOutcome[])[CriterionOutcome.Met, CriterionOutcome.Near, CriterionOutcome.Unknown])
                foreach (var transaction in (Transaction[])[Transaction.Rental, Transaction.Sale])
                    Assert.DoesNotMatch(@"\{|^$", SearchSentences.For(new(kind, outcome, Off: 1), transaction));
        Assert.NotEmpty(SearchSentences.For(new(CriterionKind.Property, CriterionOutcome.Met), Transaction.Sale));
        foreach (var feature in Enum.GetValues<Feature>())
            foreach (var outcome in Enum.GetValues<CriterionOutcome>())
                Assert.Matches("^.+ : .+$", SearchSentences.For(new(CriterionKind.Feature, outcome, feature, IsWish: true), Transaction.Sale));
    }

    /// <summary>Of searches and listings drawn close to each other, so that every outcome of every criterion comes up.</summary>
    [Fact]
    public void The_answer_is_that_of_the_question_asked_naively()
    {
        var (matches, nears, nothing) = (0, 0, 0);
        Gen.Select(SearchGen.Wishes, SearchGen.Listing).Sample((wishes, listing) =>
        {
            var found = new SearchTerms(Guid.Empty, wishes, Map).Judge(new ListingFacts(listing, Map));
            var naive = NaiveSearch.Judge(wishes, listing, Book);
            Assert.Equal(naive is null, found is null);
            if (naive is not { } expected)
            {
                Interlocked.Increment(ref nothing);
                return;
            }

            Assert.Equal((expected.Kind, expected.Score), (found!.Value.Kind, found.Value.Score));
            var criteria = Criterion.Read(found.Value.Criteria);
            Assert.Equal(criteria.Count, expected.Criteria.Count);
            Assert.Subset(expected.Criteria, criteria.ToHashSet());
            if (expected.Kind == MatchKind.Match) Interlocked.Increment(ref matches);
            else Interlocked.Increment(ref nears);
        }, iter: 20_000);
        Assert.True(matches > 200 && nears > 1_000 && nothing > 1_000, $"{matches} matches, {nears} near misses, {nothing} others: too few of one to say anything.");
    }

    static (MatchKind Kind, int Score, string Summary)? Judge(SearchWishes wishes, ListingFields listing) =>
        new SearchTerms(Guid.Empty, wishes, Map).Judge(new ListingFacts(listing, Map)) is { } verdict
            ? (verdict.Kind, verdict.Score, SearchSentences.Summary(Criterion.Read(verdict.Criteria), wishes.Transaction)) : null;

    static Place Commune(string code, string name, string postcode, double? latitude, double? longitude)
    {
        var place = Place.Of(code);
        place.Describe(name, null);
        place.Receive([postcode]);
        if (latitude is { } north && longitude is { } east) place.Move(new GeoPoint(north, east));
        return place;
    }
}
