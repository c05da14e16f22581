using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Google.Type;
using Passerelle.Contracts.Employment.V1;

namespace Passerelle.Cli.Offers;

/// <summary>
/// An offer as the API "Offres d'emploi v2" of France Travail gives it (https://francetravail.io/data/api/offres-emploi).
/// What cannot be understood is left out, except what is required: the hub says which of these is missing.
/// </summary>
internal static partial class FranceTravailOffer
{
    private const int TitleLength = 200;
    private const int DescriptionLength = 20_000;
    private const int EmployerLength = 200;
    private const int AddressLength = 500;
    private const double MaxWeeklyHours = 60;

    /// <summary>These names are France Travail's alone: an offer of the contract has neither.</summary>
    public static bool Looks(JsonElement entry) => entry.TryGetProperty("intitule", out _) || entry.TryGetProperty("lieuTravail", out _);

    public static Offer Map(JsonElement entry)
    {
        var hours = WeeklyHours(Text(entry, "dureeTravailLibelle"));
        var offer = new Offer
        {
            Reference = Text(entry, "id"),
            Title = Cut(Text(entry, "intitule"), TitleLength),
            Description = Cut(Text(entry, "description"), DescriptionLength),
            Employer = Cut(Text(entry, "entreprise", "nom"), EmployerLength),
            RomeCode = Text(entry, "romeCode"),
            Contract = Contract(entry),
            // The code INSEE, not `codePostal`.
            CommuneCode = Text(entry, "lieuTravail", "commune"),
            WeeklyHours = hours,
            ApplyUri = Address(Text(entry, "contact", "urlPostulation")) ?? Address(Text(entry, "origineOffre", "urlOrigine")) ?? "",
        };
        if (Salary(Text(entry, "salaire", "libelle"), hours) is var (low, high))
        {
            offer.SalaryMin = Euros(low);
            offer.SalaryMax = Euros(high);
        }
        return offer;
    }

    // Codes of the referential "typesContrats"; work-study is said beside it, in `alternance` and `natureContrat`.
    private static Offer.Types.Contract Contract(JsonElement entry)
    {
        var nature = Text(entry, "natureContrat");
        if ((entry.TryGetProperty("alternance", out var alternance) && alternance.ValueKind == JsonValueKind.True)
            || nature is "E2" or "FS"
            || nature.Contains("apprentissage", StringComparison.OrdinalIgnoreCase)
            || nature.Contains("professionnalisation", StringComparison.OrdinalIgnoreCase))
        {
            return Offer.Types.Contract.Apprenticeship;
        }
        return Text(entry, "typeContrat") switch
        {
            // DIN: a permanent contract with a temporary work agency.
            "CDI" or "DIN" => Offer.Types.Contract.Permanent,
            // DDI, CDS: fixed-term contracts for integration and for seniors.
            "CDD" or "DDI" or "CDS" => Offer.Types.Contract.FixedTerm,
            "MIS" or "TTI" => Offer.Types.Contract.Temporary,
            "SAI" => Offer.Types.Contract.Seasonal,
            "" => Offer.Types.Contract.Unspecified,
            _ => Offer.Types.Contract.Other,
        };
    }

    // "35H Horaires normaux", "35H/semaine", "17H30 Travail le samedi".
    private static double WeeklyHours(string text)
    {
        var match = Hours().Match(text);
        if (!match.Success)
            return 0;
        var hours = int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
            + (match.Groups[2].Success ? int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture) / 60.0 : 0);
        return hours <= MaxWeeklyHours ? hours : 0;
    }

    // "Annuel de 38000.0 Euros à 45000.0 Euros sur 12.0 mois", "Mensuel de 1710,00 Euros sur 12 mois", "Horaire de 12,00 Euros".
    private static (decimal Low, decimal High)? Salary(string text, double weeklyHours)
    {
        var match = Amounts().Match(text);
        if (!match.Success || !TryNumber(match.Groups["low"].Value, out var low))
            return null;
        var high = low;
        if (match.Groups["high"].Success && !TryNumber(match.Groups["high"].Value, out high))
            return null;
        var months = match.Groups["months"].Success && TryNumber(match.Groups["months"].Value, out var given) && given is >= 1 and <= 18 ? given : 12;
        decimal perYear = char.ToUpperInvariant(text[0]) switch
        {
            'A' => 1,
            'M' => months,
            // Paid by the hour: a year of the hours of a week; without these it would be a guess.
            'H' => 52 * (decimal)weeklyHours,
            _ => 0,
        };
        // Above: a yearly amount that was typed under "Mensuel", seen often enough; showing it would be worse than showing none.
        if (perYear == 0 || low <= 0 || high * perYear > 1_000_000)
            return null;
        var (a, b) = (decimal.Round(low * perYear, 2), decimal.Round(high * perYear, 2));
        return a <= b ? (a, b) : (b, a);
    }

    private static bool TryNumber(string text, out decimal number) =>
        decimal.TryParse(
            text.Replace(',', '.').Replace(" ", "", StringComparison.Ordinal).Replace("\u00A0", "", StringComparison.Ordinal).Replace("\u202F", "", StringComparison.Ordinal),
            NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture,
            out number);

    private static Money Euros(decimal amount) => new() { CurrencyCode = "EUR", DecimalValue = amount };

    private static string? Address(string text) =>
        text.Length is > 0 and <= AddressLength && Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == "https" ? text : null;

    private static string Cut(string text, int length)
    {
        if (text.Length <= length)
            return text;
        // Not through the middle of a surrogate pair.
        var end = char.IsHighSurrogate(text[length - 2]) ? length - 2 : length - 1;
        return text[..end] + '…';
    }

    private static string Text(JsonElement entry, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (entry.ValueKind != JsonValueKind.Object || !entry.TryGetProperty(name, out entry))
                return "";
        }
        return entry.ValueKind == JsonValueKind.String ? entry.GetString()!.Trim() : "";
    }

    [GeneratedRegex(@"^(\d{1,2})\s?[Hh](\d{2})?(?!\d)")]
    private static partial Regex Hours();

    [GeneratedRegex(@"^(?:Annuel|Mensuel|Horaire)\s+de\s+(?<low>[\d.,\s]+?)\s*(?:Euros|€)(?:\s+à\s+(?<high>[\d.,\s]+?)\s*(?:Euros|€))?(?:\s+sur\s+(?<months>[\d.,]+)\s+mois)?", RegexOptions.IgnoreCase)]
    private static partial Regex Amounts();
}
