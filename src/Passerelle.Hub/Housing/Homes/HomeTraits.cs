using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Places;

namespace Passerelle.Hub.Housing.Homes;

/// <summary>What kinds of property one agency may take for another.</summary>
public enum PropertyFamily
{
    House,
    Flat,
    Building,
    Land,
    Parking,
    Business,
}

/// <summary>What of a listing tells one home from another, made ready for comparing it with many.</summary>
public sealed partial record HomeTraits
{
    /// <summary>Texts are compared by runs of so many words: shorter ones are the trade's phrases, longer ones break at every edit.</summary>
    const int Run = 4;

    /// <summary>Runs of a text that are compared, from its beginning: what agencies copy comes before what they add.</summary>
    const int MaxRuns = 300;

    /// <summary>Below this, a file name is `photo-12` or `IMG_0042`: everybody's.</summary>
    const int TellingName = 14;

    /// <summary>Metres of one degree of latitude.</summary>
    const double Degree = 111_000;

    public required Transaction Transaction { get; init; }

    /// <summary>Partner and agency: who lists it.</summary>
    public required string Agency { get; init; }

    public PropertyType Type { get; init; }

    public string? Postcode { get; init; }

    /// <summary>Letters only, without accents and CEDEX; `st` and `ste` in full.</summary>
    public string? City { get; init; }

    public GeoPoint? Position { get; init; }

    /// <summary>Metres by which the position may be off: agencies round it to hide the street.</summary>
    public double PositionMargin { get; init; }

    public decimal? Surface { get; init; }

    public decimal? Land { get; init; }

    public int? Rooms { get; init; }

    public int? Bedrooms { get; init; }

    public int? Floor { get; init; }

    public int? YearBuilt { get; init; }

    public bool? Furnished { get; init; }

    /// <summary>Euro cents: what a home costs with and without what comes on top (fees, charges), since agencies differ in that.</summary>
    public IReadOnlyList<decimal> Prices { get; init; } = [];

    public EnergyClass? EnergyClass { get; init; }

    public decimal? EnergyUse { get; init; }

    public decimal? GhgEmission { get; init; }

    public DateOnly? DiagnosisDate { get; init; }

    /// <summary>Addresses without what portals add to them, and file names that are nobody else's.</summary>
    public IReadOnlySet<string> Photos { get; init; } = new HashSet<string>();

    /// <summary>The runs of words of the description, as hashes.</summary>
    public IReadOnlySet<ulong> Text { get; init; } = new HashSet<ulong>();

    public PropertyFamily? Family => Type switch
    {
        PropertyType.House or PropertyType.HouseWithLand or PropertyType.HouseModel or PropertyType.Castle or PropertyType.Mansion => PropertyFamily.House,
        PropertyType.Apartment or PropertyType.Loft => PropertyFamily.Flat,
        PropertyType.Building or PropertyType.Structure => PropertyFamily.Building,
        PropertyType.Land => PropertyFamily.Land,
        PropertyType.Parking => PropertyFamily.Parking,
        PropertyType.Office or PropertyType.Premises or PropertyType.Shop or PropertyType.Business => PropertyFamily.Business,
        PropertyType.Unspecified => null,
    };

    public static HomeTraits Of(Listing listing) => new()
    {
        Transaction = listing.Transaction,
        Agency = $"{listing.PartnerId}/{listing.Agency}",
        Type = listing.PropertyType,
        Postcode = listing.Postcode,
        City = FoldCity(listing.City),
        Position = listing is { Latitude: { } latitude, Longitude: { } longitude } ? new GeoPoint((double)latitude, (double)longitude) : null,
        PositionMargin = Math.Max(Math.Min(MarginOf(listing.Latitude), MarginOf(listing.Longitude)), MarginOf(listing.Details.Precision ?? PositionPrecision.Exact)),
        Surface = Given(listing.Surface),
        Land = Given(listing.LandSurface),
        Rooms = listing.Rooms is > 0 ? listing.Rooms : null,
        Bedrooms = listing.Bedrooms is > 0 ? listing.Bedrooms : null,
        Floor = listing.Floor,
        YearBuilt = listing.YearBuilt is > 0 ? listing.YearBuilt : null,
        Furnished = listing.Furnished,
        Prices = PricesOf(listing),
        EnergyClass = listing.EnergyClass is <= Feeds.EnergyClass.G ? listing.EnergyClass : null,
        EnergyUse = Given(listing.EnergyUse),
        GhgEmission = Given(listing.GhgEmission),
        DiagnosisDate = listing.DiagnosisDate,
        Photos = PhotosOf(listing.Photos),
        Text = RunsOf(listing.Description),
    };

    public static string? FoldCity(string? city)
    {
        if (city is null) return null;
        var words = Words(city).Where(w => w is not "cedex" && !char.IsAsciiDigit(w[0])).Select(w => w switch { "st" => "saint", "ste" => "sainte", _ => w });
        return string.Join(' ', words) is { Length: > 0 } folded ? folded : null;
    }

    public static IReadOnlySet<string> PhotosOf(IEnumerable<string> addresses)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var address in addresses)
        {
            var path = address.Split('?', '#')[0].ToLowerInvariant();
            keys.Add(path[(path.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme ? scheme + 3 : 0)..]);
            var name = path[(path.LastIndexOf('/') + 1)..];
            if (name.LastIndexOf('.') is > 0 and var dot) name = name[..dot];
            if (name.Length >= TellingName) keys.Add(name);
        }

        return keys;
    }

    /// <summary>Without the sentences that the law, or the agency, puts under every advertisement.</summary>
    public static IReadOnlySet<ulong> RunsOf(string? description)
    {
        var runs = new HashSet<ulong>();
        if (description is null) return runs;
        foreach (var sentence in Sentences().Split(description))
        {
            if (Boilerplate().IsMatch(sentence)) continue;
            var words = Words(sentence).ToList();
            for (var start = 0; start + Run <= words.Count && runs.Count < MaxRuns; start++) runs.Add(HashOf(words, start));
        }

        return runs;
    }

    static List<decimal> PricesOf(Listing listing)
    {
        List<decimal> prices = [listing.PriceCents];
        if (listing.PriceWithoutFeesCents is > 0 and var without) prices.Add(without);
        if (listing is { Transaction: Transaction.Rental, ChargesCents: > 0 and var charges })
            prices.Add(listing.RentIncludesCharges == true ? Math.Max(1, listing.PriceCents - charges) : listing.PriceCents + charges);
        return prices;
    }

    static decimal? Given(decimal? value) => value is > 0 ? value : null;

    /// <summary>As many decimals as were written: two of them are a village, four a house.</summary>
    static double MarginOf(decimal? degrees) => degrees is { } given ? Degree * Math.Pow(10, -(given / 1.000000000000000000000000000000m).Scale) : 0;

    static double MarginOf(PositionPrecision precision) => precision switch
    {
        PositionPrecision.Exact => 0,
        PositionPrecision.Rounded => 1000,
        PositionPrecision.Commune => 5000,
    };

    static IEnumerable<string> Words(string text)
    {
        var word = new StringBuilder();
        foreach (var c in text.Normalize(NormalizationForm.FormD))
        {
            if (CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.NonSpacingMark) continue;
            if (char.IsLetterOrDigit(c)) word.Append(char.ToLowerInvariant(c));
            else if (word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }
        }

        if (word.Length > 0) yield return word.ToString();
    }

    /// <summary>FNV-1a: the same on every node and in every run.</summary>
    static ulong HashOf(List<string> words, int start)
    {
        var hash = 14695981039346656037UL;
        for (var i = start; i < start + Run; i++)
        {
            foreach (var c in words[i]) hash = (hash ^ c) * 1099511628211UL;
            hash = (hash ^ ' ') * 1099511628211UL;
        }

        return hash;
    }

    [GeneratedRegex(@"[.!?;:•\r\n]+|<[^>]*>")]
    private static partial Regex Sentences();

    [GeneratedRegex(@"g[ée]orisques|risques auxquels|honoraires|bar[èe]me|mandat|rsac|siren|agent commercial|\bagence\b|r[ée]f[ée]rence|copropri[ée]t|d[ée]penses annuelles|contact|t[ée]l[ée]phone|visite|www\.", RegexOptions.IgnoreCase)]
    private static partial Regex Boilerplate();
}
