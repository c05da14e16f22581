using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Employment;

/// <summary>A person to refer, on a hub, and the calls that most tests make with one.</summary>
public sealed record Candidate(HubHost Hub, Household Household)
{
    public const string Push = "emploi";
    public const string Pull = "interim";

    public string Person => Household.FirstAdult;

    /// <summary>Someone with a CV, who consents to being introduced to every employment partner.</summary>
    public static async Task<Candidate> ReadyAsync(HubHost hub)
    {
        var candidate = await NewAsync(hub);
        await candidate.AttachCvAsync();
        await candidate.ConsentAsync();
        return candidate;
    }

    /// <summary>Someone with neither.</summary>
    public static async Task<Candidate> NewAsync(HubHost hub) => new(hub, await Household.OpenAsync(hub));

    /// <summary>A CV whose every text is a marker.</summary>
    public static string Resume(string mark) => $$"""{ "basics": { "name": "{{Marker.Of(mark)}}", "summary": "{{Marker.Of("RESUME")}}" } }""";

    public async Task<Cv> AttachCvAsync(string mark = "CV") =>
        (await Hub.Cvs().AttachCvAsync(new() { RequestId = Household.NewId(), Person = Person, JsonResume = Resume(mark) })).Cv;

    /// <returns>The consent's name.</returns>
    public async Task<string> ConsentAsync(string partner = "") =>
        (await Hub.Consents().RecordConsentAsync(new()
        {
            RequestId = Household.NewId(),
            Consent = new() { Person = Person, Purpose = Purpose.EmploymentReferral, Partner = partner, TextVersion = "2026-09", Method = Consent.Types.Method.Signed },
        })).Consent.Name;

    public CreateReferralRequest Referring(string partner = Push) =>
        new() { RequestId = Household.NewId(), Person = Person, Partner = $"partners/{partner}", Introduction = Marker.Of("INTRODUCTION") };

    public async Task<Referral> ReferAsync(string partner = Push) => (await Hub.Referrals().CreateReferralAsync(Referring(partner))).Referral;

    public async Task<IEnumerable<string>> TimelineAsync() =>
        (await new CaseService.CaseServiceClient(Hub.As("crm")).GetCaseAsync(new() { Name = Household.Case })).Timeline.Select(e => e.Type);
}
