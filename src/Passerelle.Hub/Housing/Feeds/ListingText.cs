namespace Passerelle.Hub.Housing.Feeds;

/// <summary>Reads what only listings have, as <see cref="Hub.Feeds.FieldText"/> reads the rest.</summary>
static class ListingText
{
    static readonly string[] FileEndings = [".jpg", ".jpeg", ".png", ".webp", ".gif"];

    public static bool TryEnergyClass(ReadOnlySpan<char> text, out EnergyClass value)
    {
        value = EnergyClass.NotSubject;
        if (text.Equals("NS", StringComparison.OrdinalIgnoreCase))
            return true;
        value = EnergyClass.Blank;
        if (text.Equals("VI", StringComparison.OrdinalIgnoreCase))
            return true;
        if (text.Length != 1 || char.ToUpperInvariant(text[0]) is not (>= 'A' and <= 'G' and var letter))
            return false;
        value = EnergyClass.A + (letter - 'A');
        return true;
    }

    public static bool TryFeesPayer(ReadOnlySpan<char> text, out FeesPayer value)
    {
        value = text switch { "1" => FeesPayer.Buyer, "2" => FeesPayer.Seller, "3" => FeesPayer.BuyerAndSeller, _ => FeesPayer.Unknown };
        return value != FeesPayer.Unknown || ListingVocabulary.FeesPayers.TryGet(text, out value);
    }

    public static bool TryChargesTerms(ReadOnlySpan<char> text, out ChargesTerms value)
    {
        value = text switch { "1" => ChargesTerms.Fixed, "2" => ChargesTerms.Advance, _ => ChargesTerms.Reimbursed };
        return text is "1" or "2" or "3" || ListingVocabulary.ChargesTerms.TryGet(text, out value);
    }

    public static bool MentionsRisks(string? description) => description is not null
        && (description.Contains("georisques", StringComparison.OrdinalIgnoreCase) || description.Contains("géorisques", StringComparison.OrdinalIgnoreCase));

    public static bool IsFileName(ReadOnlySpan<char> text)
    {
        foreach (var ending in FileEndings)
        {
            if (text.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    /// <summary>CRMs round what they hide: two decimals are a kilometre, four the street.</summary>
    public static PositionPrecision PrecisionOf(decimal latitude, decimal longitude) => Math.Max(Decimals(latitude), Decimals(longitude)) switch
    {
        <= 1 => PositionPrecision.Commune,
        <= 3 => PositionPrecision.Rounded,
        _ => PositionPrecision.Exact,
    };

    static int Decimals(decimal degrees)
    {
        var scale = degrees.Scale;
        for (; scale > 0 && decimal.Round(degrees, scale - 1) == degrees; scale--)
        {
        }

        return scale;
    }
}
