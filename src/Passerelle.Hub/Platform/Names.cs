using System.Text.RegularExpressions;

namespace Passerelle.Hub.Platform;

/// <summary>Resource names of the contract: `collection/{uuid}`, and `partners/{id}` for partners, whose ids people choose.</summary>
public static partial class Names
{
    public const string Agreements = "agreements";
    public const string Breaches = "breaches";
    public const string Cases = "cases";
    public const string ClockPolicies = "clockPolicies";
    public const string Clocks = "clocks";
    public const string Consents = "consents";
    public const string Cvs = "cvs";
    public const string Documents = "documents";
    public const string Enrolments = "enrolments";
    public const string Exchanges = "exchanges";
    public const string Homes = "homes";
    public const string ImportReports = "importReports";
    public const string Listings = "listings";
    public const string Notifications = "notifications";
    public const string Offers = "offers";
    public const string Partners = "partners";
    public const string Persons = "persons";
    public const string PolicyChanges = "policyChanges";
    public const string RecallNotices = "recallNotices";
    public const string Recalls = "recalls";
    public const string Referrals = "referrals";
    public const string Requests = "requests";
    public const string RightsRequests = "rightsRequests";
    public const string Searches = "searches";
    public const string VisitDays = "visitDays";
    public const string VisitRequests = "visitRequests";

    public static string Of(string collection, Guid id) => $"{collection}/{id:D}";

    public static string OfPartner(string id) => $"{Partners}/{id}";

    public static bool TryParse(string collection, string name, out Guid id)
    {
        id = Guid.Empty;
        return name.Length == collection.Length + 37
            && name.StartsWith(collection, StringComparison.Ordinal)
            && name[collection.Length] == '/'
            && Guid.TryParseExact(name.AsSpan(collection.Length + 1), "D", out id);
    }

    public static bool TryParsePartner(string name, out string id)
    {
        var found = PartnerName().Match(name);
        id = found.Groups[1].Value;
        return found.Success;
    }

    [GeneratedRegex("^partners/([a-z0-9-]{3,40})\\z")]
    private static partial Regex PartnerName();
}
