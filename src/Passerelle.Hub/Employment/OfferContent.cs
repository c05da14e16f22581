using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Type;
using Passerelle.Hub.Platform;
using Wire = Passerelle.Contracts.Employment.V1;

namespace Passerelle.Hub.Employment;

public enum OfferContract { Permanent = 1, FixedTerm, Temporary, Apprenticeship, Seasonal, Other }

/// <summary>What a partner says about a job, checked. Both doors, one offer or a stream of them, read it here. Null: not given.</summary>
/// <param name="SalaryMin">Gross EUR per year.</param>
/// <param name="SalaryMax">Gross EUR per year, there when SalaryMin is, and not below it.</param>
public sealed partial record OfferContent(
    string Reference, string Title, string Description, string? Employer, string? RomeCode, OfferContract Contract, string CommuneCode,
    decimal? SalaryMin, decimal? SalaryMax, double? WeeklyHours, DateOnly? StartDate, string? ApplyUri)
{
    public const int MaxReference = 100;
    const int MaxTitle = 200;
    const int MaxDescription = 20_000;
    const int MaxEmployer = 200;
    const int MaxApplyUri = 500;
    const double MaxWeeklyHours = 60;
    const decimal NanosPerUnit = 1_000_000_000;

    /// <param name="path">The proto path of the offer in the request, with its dot: `offer.`, or empty.</param>
    /// <returns>Null, and violations, where something is wrong.</returns>
    public static OfferContent? Read(Wire.Offer offer, string path, Violations violations)
    {
        var before = violations.Count;
        CheckOutputOnly(offer, path, violations);
        violations.Text(offer.Reference, $"{path}reference", MaxReference);
        violations.Text(offer.Title, $"{path}title", MaxTitle);
        violations.Text(offer.Description, $"{path}description", MaxDescription);
        violations.Text(offer.Employer, $"{path}employer", MaxEmployer, required: false);
        violations.Check(offer.RomeCode.Length == 0 || RomeCodePattern().IsMatch(offer.RomeCode), $"{path}rome_code", "must be one letter A to N and four digits");
        violations.Member(offer.Contract, $"{path}contract");
        CheckCommune(offer.CommuneCode, $"{path}commune_code", violations);
        var (salaryMin, salaryMax) = (ReadSalary(offer.SalaryMin, $"{path}salary_min", violations), ReadSalary(offer.SalaryMax, $"{path}salary_max", violations));
        violations.Check(offer.SalaryMin is null || offer.SalaryMax is not null, $"{path}salary_max", "is required with salary_min");
        violations.Check(offer.SalaryMax is null || offer.SalaryMin is not null, $"{path}salary_min", "is required with salary_max");
        violations.Check(!(salaryMin > salaryMax), $"{path}salary_max", "must not be below salary_min");
        violations.Check(offer.WeeklyHours is >= 0 and <= MaxWeeklyHours, $"{path}weekly_hours", $"must be 0 to {MaxWeeklyHours}");
        var startDate = violations.Date(offer.StartDate, $"{path}start_date", required: false);
        violations.Text(offer.ApplyUri, $"{path}apply_uri", MaxApplyUri, required: false);
        violations.Check(offer.ApplyUri.Length is 0 or > MaxApplyUri || IsHttps(offer.ApplyUri), $"{path}apply_uri", "must be an https address");
        if (violations.Count > before) return null;
        return new OfferContent(
            offer.Reference, offer.Title, offer.Description, NullIfEmpty(offer.Employer), NullIfEmpty(offer.RomeCode), (OfferContract)offer.Contract, offer.CommuneCode,
            salaryMin, salaryMax, offer.WeeklyHours == 0 ? null : offer.WeeklyHours, startDate, NullIfEmpty(offer.ApplyUri));
    }

    /// <summary>An INSEE code: the department (01 to 95, 2A, 2B, 97x) and the commune's number in it.</summary>
    public static void CheckCommune(string code, string field, Violations violations)
    {
        if (code.Length == 0) violations.Add(field, "is required");
        else violations.Check(CommuneCodePattern().IsMatch(code), field, "must be an INSEE code of five characters, not a postcode or a name");
    }

    public Wire.Offer ToWire() => new()
    {
        Reference = Reference,
        Title = Title,
        Description = Description,
        Employer = Employer ?? "",
        RomeCode = RomeCode ?? "",
        Contract = (Wire.Offer.Types.Contract)Contract,
        CommuneCode = CommuneCode,
        SalaryMin = ToMoney(SalaryMin),
        SalaryMax = ToMoney(SalaryMax),
        WeeklyHours = WeeklyHours ?? 0,
        StartDate = StartDate.ToWire(),
        ApplyUri = ApplyUri ?? "",
    };

    /// <summary>Tells changed from unchanged: SHA-256 of what the hub understood, so that a field which it does not know yet changes nothing.</summary>
    public byte[] Hash() => SHA256.HashData(ToWire().ToByteArray());

    static void CheckOutputOnly(Wire.Offer offer, string path, Violations violations)
    {
        violations.Check(offer.Name.Length == 0, $"{path}name", "is output only");
        violations.Check(offer.Partner.Length == 0, $"{path}partner", "is output only");
        violations.Check(offer.State == 0, $"{path}state", "is output only");
        violations.Check(offer.CreateTime is null, $"{path}create_time", "is output only");
        violations.Check(offer.UpdateTime is null, $"{path}update_time", "is output only");
    }

    static decimal? ReadSalary(Money? salary, string field, Violations violations)
    {
        if (salary is null) return null;
        violations.Check(salary.CurrencyCode == "EUR", $"{field}.currency_code", "must be EUR");
        return violations.Check(salary.Units >= 0 && salary.Nanos is >= 0 and < (int)NanosPerUnit, field, "must not be negative")
            ? salary.Units + salary.Nanos / NanosPerUnit
            : null;
    }

    static Money? ToMoney(decimal? amount) => amount is { } known
        ? new Money { CurrencyCode = "EUR", Units = (long)decimal.Truncate(known), Nanos = (int)((known - decimal.Truncate(known)) * NanosPerUnit) }
        : null;

    static bool IsHttps(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps && uri.Host.Length > 0;

    static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    [GeneratedRegex(@"^[A-N][0-9]{4}\z")]
    private static partial Regex RomeCodePattern();

    [GeneratedRegex(@"^(0[1-9]|[1-9][0-9]|2[AB])[0-9]{3}\z")]
    private static partial Regex CommuneCodePattern();
}
