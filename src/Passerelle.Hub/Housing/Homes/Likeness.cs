namespace Passerelle.Hub.Housing.Homes;

/// <summary>What two listings were compared by.</summary>
public enum LikenessSign
{
    Transaction = 1,
    Place,
    Position,
    PropertyType,
    Surface,
    Land,
    Rooms,
    Bedrooms,
    Floor,
    YearBuilt,
    Furnished,
    Price,
    Energy,
    EnergyClass,
    DiagnosisDate,
    Photos,
    Text,
    Agency,
}

/// <summary>What a sign says of two listings being one home.</summary>
public enum LikenessEffect
{
    For = 1,
    Against,

    /// <summary>Whatever the others say: they are two homes.</summary>
    Excludes,
}

/// <param name="Weight">How many times likelier it makes one home than two, as a natural logarithm: negative speaks against.</param>
/// <param name="First">What the first listing says, where it is a number that a person wants to read; of what is said of both (metres apart, a share), that.</param>
public sealed record LikenessReason(LikenessSign Sign, LikenessEffect Effect, double Weight, decimal First = 0, decimal Second = 0);

/// <summary>Whether two listings are of the same home: how likely, and why.</summary>
/// <remarks>
/// The model is that of Fellegi and Sunter (1969): each sign by itself makes it so many times likelier, and what they say adds up. The weights were set by hand: a sign weighs what it is seldom equal by
/// chance among homes of one postcode. What only one listing gives says nothing.
/// </remarks>
/// <param name="Score">From 0 to 1; 0 when something excludes it.</param>
/// <param name="Reasons">In the order of <see cref="LikenessSign"/>.</param>
public sealed record Likeness(double Score, IReadOnlyList<LikenessReason> Reasons)
{
    /// <summary>Before anything is known of them: of the listings of a postcode, one in some hundreds is the same home as a given one.</summary>
    const double Prior = -6;

    public static Likeness Of(HomeTraits one, HomeTraits other)
    {
        var reasons = new List<LikenessReason>();
        if (one.Transaction != other.Transaction) reasons.Add(Exclusion(LikenessSign.Transaction));
        Add(ByPlace(one, other));
        Add(ByPosition(one, other));
        Add(ByType(one, other));
        Add(BySurface(one.Surface, other.Surface));
        Add(ByLand(one.Land, other.Land));
        Add(ByRooms(one.Rooms, other.Rooms));
        Add(ByBedrooms(one.Bedrooms, other.Bedrooms));
        Add(ByFloor(one, other));
        Add(ByYear(one.YearBuilt, other.YearBuilt));
        if (one.Furnished is { } a && other.Furnished is { } b && a != b) Add(Reason(LikenessSign.Furnished, -1));
        Add(ByPrice(one.Prices, other.Prices));
        Add(ByEnergy(one, other));
        if (one.DiagnosisDate is { } date && date == other.DiagnosisDate) Add(Reason(LikenessSign.DiagnosisDate, 1.2));
        Add(ByPhotos(one.Photos, other.Photos));
        Add(ByText(one.Text, other.Text));
        // An agency does not list one home twice: lots of one programme look as alike as that.
        if (one.Agency == other.Agency) Add(Reason(LikenessSign.Agency, -6));
        var score = reasons.Exists(r => r.Effect == LikenessEffect.Excludes) ? 0 : 1 / (1 + Math.Exp(-(Prior + reasons.Sum(r => r.Weight))));
        return new Likeness(score, reasons);

        void Add(LikenessReason? reason)
        {
            if (reason is not null) reasons.Add(reason);
        }
    }


    static LikenessReason? ByPlace(HomeTraits one, HomeTraits other)
    {
        if (one.Postcode is null || other.Postcode is null) return null;
        if (one.Postcode != other.Postcode) return Apart(one, other) is { } apart && apart < 0 ? null : Exclusion(LikenessSign.Place);
        if (one.City is null || other.City is null) return null;
        return Reason(LikenessSign.Place, one.City == other.City ? 0.4 : -1);
    }

    static LikenessReason? ByPosition(HomeTraits one, HomeTraits other)
    {
        if (Apart(one, other) is not { } apart) return null;
        var metres = Math.Round((decimal)one.Position!.Value.DistanceTo(other.Position!.Value));
        return apart switch
        {
            < 0 when Math.Max(one.PositionMargin, other.PositionMargin) is < 2000 and var margin => Reason(LikenessSign.Position, margin < 200 ? 1.5 : 0.5, metres, metres),
            < 1000 => null,
            < 5000 => Reason(LikenessSign.Position, -2, metres, metres),
            _ => Exclusion(LikenessSign.Position, metres, metres),
        };
    }

    /// <summary>Metres by which two positions are farther apart than they may be off; negative: they may be the same.</summary>
    static double? Apart(HomeTraits one, HomeTraits other) =>
        one.Position is { } here && other.Position is { } there ? here.DistanceTo(there) - one.PositionMargin - other.PositionMargin - 150 : null;

    static LikenessReason? ByType(HomeTraits one, HomeTraits other)
    {
        if (one.Family is not { } family || other.Family is not { } otherFamily) return null;
        if (family != otherFamily) return Exclusion(LikenessSign.PropertyType);
        return one.Type == other.Type ? Reason(LikenessSign.PropertyType, 0.3) : null;
    }

    /// <summary>Odd square metres are seldom equal by chance.</summary>
    static LikenessReason? BySurface(decimal? one, decimal? other) => one is not { } a || other is not { } b ? null : Difference(a, b) switch
    {
        0 => Reason(LikenessSign.Surface, decimal.IsInteger(a) ? 2 : 3, a, b),
        <= 0.01m => Reason(LikenessSign.Surface, 1.5, a, b),
        <= 0.03m => Reason(LikenessSign.Surface, 0.7, a, b),
        <= 0.05m => Reason(LikenessSign.Surface, -0.3, a, b),
        _ => Exclusion(LikenessSign.Surface, a, b),
    };

    static LikenessReason? ByLand(decimal? one, decimal? other) => one is not { } a || other is not { } b ? null : Difference(a, b) switch
    {
        0 => Reason(LikenessSign.Land, 2, a, b),
        <= 0.02m => Reason(LikenessSign.Land, 1.2, a, b),
        <= 0.1m => null,
        <= 0.3m => Reason(LikenessSign.Land, -1.5, a, b),
        _ => Reason(LikenessSign.Land, -3, a, b),
    };

    /// <summary>Agencies count a double living room once or twice, and no more than that.</summary>
    static LikenessReason? ByRooms(int? one, int? other) => one is not { } a || other is not { } b ? null : Math.Abs(a - b) switch
    {
        0 => Reason(LikenessSign.Rooms, 0.5, a, b),
        1 => Reason(LikenessSign.Rooms, -1, a, b),
        _ => Exclusion(LikenessSign.Rooms, a, b),
    };

    static LikenessReason? ByBedrooms(int? one, int? other) => one is not { } a || other is not { } b ? null : Math.Abs(a - b) switch
    {
        0 => Reason(LikenessSign.Bedrooms, 0.4, a, b),
        1 => Reason(LikenessSign.Bedrooms, -0.7, a, b),
        _ => Reason(LikenessSign.Bedrooms, -2.5, a, b),
    };

    /// <summary>Of houses it says nothing: some agencies give the number of floors.</summary>
    static LikenessReason? ByFloor(HomeTraits one, HomeTraits other)
    {
        if (one is not { Floor: { } a, Family: PropertyFamily.Flat } || other is not { Floor: { } b, Family: PropertyFamily.Flat }) return null;
        return Math.Abs(a - b) switch
        {
            0 => Reason(LikenessSign.Floor, 0.8, a, b),
            1 => Reason(LikenessSign.Floor, -4, a, b),
            _ => Exclusion(LikenessSign.Floor, a, b),
        };
    }

    static LikenessReason? ByYear(int? one, int? other) => one is not { } a || other is not { } b ? null : Math.Abs(a - b) switch
    {
        0 => Reason(LikenessSign.YearBuilt, 0.8, a, b),
        <= 5 => null,
        _ => Reason(LikenessSign.YearBuilt, -1, a, b),
    };

    /// <summary>Of the two that come nearest, with or without fees. How far apart they are is told, not the prices: some are hidden.</summary>
    static LikenessReason? ByPrice(IReadOnlyList<decimal> one, IReadOnlyList<decimal> other)
    {
        if (one.Count == 0 || other.Count == 0) return null;
        var difference = one.SelectMany(_ => other, Difference).Min();
        var shown = Math.Round(difference, 3);
        return difference switch
        {
            <= 0.001m => Reason(LikenessSign.Price, 2, shown, shown),
            <= 0.035m => Reason(LikenessSign.Price, 1.2, shown, shown),
            <= 0.07m => Reason(LikenessSign.Price, 0.5, shown, shown),
            <= 0.12m => Reason(LikenessSign.Price, -0.5, shown, shown),
            <= 0.25m => Reason(LikenessSign.Price, -2.5, shown, shown),
            _ => Exclusion(LikenessSign.Price, shown, shown),
        };
    }

    /// <summary>A home has one diagnosis, whoever sells it; until it gets another.</summary>
    static LikenessReason? ByEnergy(HomeTraits one, HomeTraits other)
    {
        if (one.EnergyUse is { } a && other.EnergyUse is { } b)
        {
            if (Math.Abs(a - b) > 1) return Reason(LikenessSign.Energy, -1.5, a, b);
            var ghgAgrees = one.GhgEmission is { } c && other.GhgEmission is { } d ? Math.Abs(c - d) <= 1 : (bool?)null;
            return ghgAgrees switch { true => Reason(LikenessSign.Energy, 3, a, b), null => Reason(LikenessSign.Energy, 2, a, b), false => null };
        }

        return one.EnergyClass is { } letter && other.EnergyClass is { } otherLetter ? Reason(LikenessSign.EnergyClass, letter == otherLetter ? 0.4 : -1) : null;
    }

    static LikenessReason? ByPhotos(IReadOnlySet<string> one, IReadOnlySet<string> other) => one.Count(other.Contains) switch
    {
        0 => null,
        // An address gives its file's name too, or not.
        <= 2 => Reason(LikenessSign.Photos, 2.5),
        _ => Reason(LikenessSign.Photos, 4),
    };

    /// <summary>The share of the shorter text that is in the longer one: portals and agencies shorten.</summary>
    static LikenessReason? ByText(IReadOnlySet<ulong> one, IReadOnlySet<ulong> other)
    {
        const int TooShort = 8;
        var (shorter, longer) = one.Count <= other.Count ? (one, other) : (other, one);
        if (shorter.Count < TooShort) return null;
        var share = Math.Round((decimal)shorter.Count(longer.Contains) / shorter.Count, 2);
        return share switch
        {
            >= 0.7m => Reason(LikenessSign.Text, 4, share, share),
            >= 0.4m => Reason(LikenessSign.Text, 3, share, share),
            >= 0.2m => Reason(LikenessSign.Text, 1.5, share, share),
            _ => null,
        };
    }

    static decimal Difference(decimal a, decimal b) => a == b ? 0 : Math.Abs(a - b) / Math.Max(a, b);

    static LikenessReason Reason(LikenessSign sign, double weight, decimal first = 0, decimal second = 0) =>
        new(sign, weight > 0 ? LikenessEffect.For : LikenessEffect.Against, weight, first, second);

    static LikenessReason Exclusion(LikenessSign sign, decimal first = 0, decimal second = 0) => new(sign, LikenessEffect.Excludes, 0, first, second);
}
