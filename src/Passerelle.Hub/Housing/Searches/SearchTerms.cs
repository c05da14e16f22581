namespace Passerelle.Hub.Housing.Searches;

/// <summary>That a listing fits a search, or nearly does.</summary>
public readonly record struct Verdict(Guid SearchId, Guid ListingId, MatchKind Kind, int Score, string Criteria);

/// <summary>A search made ready to be asked of very many listings. Its answer depends on nothing but the two.</summary>
public sealed class SearchTerms
{
    /// <summary>So many required things may be missed by little, or not be known.</summary>
    public const int MostMisses = 2;

    /// <summary>Every kind once, and each feature as a must and as a wish.</summary>
    public const int MostCriteria = 8 + 2 * 8;

    /// <summary>What one that is met counts: a wish, and what is required.</summary>
    const int OfWish = 1, OfRequired = 10;

    readonly SearchWishes wishes;
    readonly PlaceMap map;
    readonly int[] places;
    readonly ulong[] wanted, around;
    readonly HashSet<string> postcodes;
    readonly uint kinds;
    readonly double mostMetres, mostDegrees;
    readonly long? leastSurface;

    public SearchTerms(Guid id, SearchWishes wishes, PlaceMap map)
    {
        (Id, this.wishes, this.map) = (id, wishes, map);
        places = [.. wishes.Places.Select(map.Of).Where(n => n != PlaceMap.Nowhere)];
        (wanted, around) = (map.Set(places), map.Around(places));
        postcodes = [.. places.SelectMany(map.Postcodes)];
        foreach (var kind in wishes.Kinds) kinds |= 1u << (int)kind;
        mostMetres = wishes.Area is { } area ? area.Metres * 1.2 : 0;
        // A little more than it is: what is outside by this is outside.
        mostDegrees = mostMetres / 111_000;
        leastSurface = (long?)(wishes.MinSurface * 10);
    }

    public Guid Id { get; }

    /// <returns>Null when it does not even nearly fit.</returns>
    public Verdict? Judge(ListingFacts listing)
    {
        // There are ten million pairs: what turns most of them away comes first, and makes room for nothing.
        if (!listing.OnMarket || listing.Transaction != wishes.Transaction) return null;
        if (kinds != 0 && (kinds >> (int)listing.Kind & 1) == 0) return null;
        var paid = wishes.BudgetCents is { } budget ? Within(listing.PriceCents, budget, budget / 10) : default;
        if (paid.Outcome == CriterionOutcome.Missed) return null;
        var where = Where(listing);
        return where.Outcome == CriterionOutcome.Missed ? null : Judge(listing, paid, where);
    }

    Verdict? Judge(ListingFacts listing, (CriterionOutcome, long) paid, (CriterionOutcome, long) where)
    {
        var found = new Findings(stackalloc Criterion[MostCriteria]);
        if (wishes.BudgetCents is not null && !found.Add(CriterionKind.Budget, paid)) return null;
        if (!found.Add(CriterionKind.Place, where)) return null;
        if (kinds != 0 && !found.Add(CriterionKind.Property, (CriterionOutcome.Met, 0))) return null;
        if (wishes.MinRooms is { } rooms && !found.Add(CriterionKind.Rooms, AtLeast(listing.Rooms, rooms, 1))) return null;
        if (wishes.MinBedrooms is { } bedrooms && !found.Add(CriterionKind.Bedrooms, AtLeast(listing.Bedrooms, bedrooms, 1))) return null;
        if (leastSurface is { } surface && !found.Add(CriterionKind.Surface, AtLeast(listing.SurfaceTenths, surface, surface / 10))) return null;
        if (wishes.WorstEnergy is { } worst && !found.Add(CriterionKind.Energy, Within((long?)listing.Energy, (long)worst, 1))) return null;
        foreach (var must in wishes.Musts)
        {
            var outcome = Of(must, listing);
            if (!found.Add(CriterionKind.Feature, (outcome == CriterionOutcome.Missed ? CriterionOutcome.Near : outcome, 0), must)) return null;
        }

        foreach (var wish in wishes.Wishes) found.AddWish(wish, Of(wish, listing));
        return new Verdict(Id, listing.Id, found.Misses == 0 ? MatchKind.Match : MatchKind.NearMiss, found.Score, found.Written);
    }

    /// <summary>In one of the communes or within the area: whichever is better.</summary>
    (CriterionOutcome Outcome, long Off) Where(ListingFacts listing)
    {
        var best = InPlaces(listing);
        if (best.Outcome == CriterionOutcome.Met || wishes.Area is null) return best;
        var inArea = InArea(listing, wishes.Area);
        return inArea.Outcome < best.Outcome || (inArea.Outcome == best.Outcome && inArea.Off < best.Off) ? inArea : best;
    }

    (CriterionOutcome Outcome, long Off) InPlaces(ListingFacts listing)
    {
        // Not one of its names is certain; but its postcode is one of those.
        if (listing.Place == PlaceMap.Nowhere) return (listing.Postcode is { } postcode && postcodes.Contains(postcode) ? CriterionOutcome.Unknown : CriterionOutcome.Missed, 0);
        if (PlaceMap.Holds(wanted, listing.Place)) return (CriterionOutcome.Met, 0);
        return PlaceMap.Holds(around, listing.Place) ? (CriterionOutcome.Near, (long)places.Min(p => map.Distance(p, listing.Place))) : (CriterionOutcome.Missed, 0);
    }

    (CriterionOutcome Outcome, long Off) InArea(ListingFacts listing, SearchArea area)
    {
        if (listing.Position is not { } position || Math.Abs(position.Latitude - area.Centre.Latitude) > mostDegrees) return (CriterionOutcome.Missed, 0);
        var metres = position.DistanceTo(area.Centre);
        return metres <= area.Metres ? (CriterionOutcome.Met, 0) : metres <= mostMetres ? (CriterionOutcome.Near, (long)(metres - area.Metres)) : (CriterionOutcome.Missed, 0);
    }

    static (CriterionOutcome Outcome, long Off) Within(long? given, long most, long slack) =>
        given is not { } known ? (CriterionOutcome.Unknown, 0) : Over(known - most, slack);

    static (CriterionOutcome, long) AtLeast(long? given, long least, long slack) =>
        given is not { } known ? (CriterionOutcome.Unknown, 0) : Over(least - known, slack);

    /// <param name="by">How much it is off; not more than 0: not at all.</param>
    static (CriterionOutcome, long) Over(long by, long slack) => by <= 0 ? (CriterionOutcome.Met, 0) : by <= slack ? (CriterionOutcome.Near, by) : (CriterionOutcome.Missed, 0);

    static CriterionOutcome Of(Feature feature, ListingFacts listing) =>
        (listing.Said >> (int)feature & 1) == 0 ? CriterionOutcome.Unknown : (listing.There >> (int)feature & 1) != 0 ? CriterionOutcome.Met : CriterionOutcome.Missed;

    /// <summary>What has been found so far.</summary>
    ref struct Findings(Span<Criterion> room)
    {
        readonly Span<Criterion> room = room;
        int count, got, all;

        public int Misses { get; private set; }

        public readonly int Score => all == 0 ? 100 : (200 * got + all) / (2 * all);

        public readonly string Written => Criterion.Write(room[..count]);

        /// <returns>False when it ends here: missed by more than little, or one miss too many.</returns>
        public bool Add(CriterionKind kind, (CriterionOutcome Outcome, long Off) found, Feature feature = 0)
        {
            if (found.Outcome == CriterionOutcome.Missed || (found.Outcome != CriterionOutcome.Met && ++Misses > MostMisses)) return false;
            room[count++] = new Criterion(kind, found.Outcome, feature, Off: found.Off);
            all += OfRequired;
            got += found.Outcome == CriterionOutcome.Met ? OfRequired : OfRequired / 2;
            return true;
        }

        public void AddWish(Feature feature, CriterionOutcome outcome)
        {
            room[count++] = new Criterion(CriterionKind.Feature, outcome, feature, IsWish: true);
            all += OfWish;
            if (outcome == CriterionOutcome.Met) got += OfWish;
        }
    }
}
