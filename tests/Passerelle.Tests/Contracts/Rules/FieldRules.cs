using System.Text.RegularExpressions;

namespace Passerelle.Tests.Contracts.Rules;

/// <summary>Fields whose names and types must agree.</summary>
static partial class FieldRules
{
    const string Timestamp = "google.protobuf.Timestamp";
    const string Date = "google.type.Date";
    const string Money = "google.type.Money";

    // The hours of a contract are a quantity that offers state, not a span that anybody waits for.
    static readonly HashSet<string> quantities = ["passerelle.employment.v1.Offer.weekly_hours"];

    public static IEnumerable<string> FieldNamesAreSnakeCase(Contract contract) =>
        from field in contract.Fields
        where !SnakeCase().IsMatch(field.Name)
        select $"{field.FullName}: fields are lower_snake_case";

    public static IEnumerable<string> InstantsAreTimestampsNamedTime(Contract contract) => NamedAs(contract, Timestamp, "time");

    public static IEnumerable<string> CivilDatesAreDatesNamedDate(Contract contract) => NamedAs(contract, Date, "date");

    public static IEnumerable<string> SpansAreDurations(Contract contract) =>
        from field in contract.Fields
        where SpanName().IsMatch(field.Name) && !field.Is("google.protobuf.Duration") && !quantities.Contains(field.FullName)
        select $"{field.FullName}: a span of time is a google.protobuf.Duration, without the unit in its name";

    public static IEnumerable<string> AmountsAreMoney(Contract contract) =>
        from field in contract.Fields
        where MoneyName().IsMatch(field.Name) && !field.Is(Money)
        select $"{field.FullName}: an amount is a {Money}, which knows its currency";

    static IEnumerable<string> NamedAs(Contract contract, string type, string word) =>
        from field in contract.Fields
        let named = field.Name == word || field.Name.EndsWith("_" + word, StringComparison.Ordinal)
        where named != field.Is(type)
        select $"{field.FullName}: {type} and a name in _{word} go together";

    [GeneratedRegex("^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
    private static partial Regex SnakeCase();

    [GeneratedRegex("_(ms|millis|milliseconds|seconds|minutes|hours|days|weeks|months)$|(^|_)(duration|delay|timeout)$")]
    private static partial Regex SpanName();

    [GeneratedRegex("(^|_)(price|salary|salary_min|salary_max|amount|rent|fee|cost)$")]
    private static partial Regex MoneyName();
}
