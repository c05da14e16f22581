using Passerelle.Contracts.Cases.V1;

namespace Passerelle.Tests.Support;

/// <summary>A case as most tests want one: two adults and a child, whose every personal field is a marker.</summary>
public sealed record Household(string Case, string FirstAdult, string SecondAdult, string Child)
{
    public static string NewId() => Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString();

    public static async Task<Household> OpenAsync(HubHost hub)
    {
        var request = new OpenCaseRequest { RequestId = NewId(), Needs = { Need.Employment, Need.Schooling } };
        request.Members.Add(AnAdult("UN"));
        request.Members.Add(AnAdult("DEUX"));
        request.Members.Add(AChild("TROIS"));
        var opened = (await new CaseService.CaseServiceClient(hub.As("crm")).OpenCaseAsync(request)).Case;
        return new Household(opened.Name, opened.Members[0], opened.Members[1], opened.Members[2]);
    }

    public async Task<Request> FileRequestAsync(HubHost hub, Origin origin = Origin.Unspecified) => (await new RequestService.RequestServiceClient(hub.As("crm")).FileRequestAsync(
        new() { RequestId = NewId(), Case = Case, Person = FirstAdult, Need = Need.Housing, Text = Marker.Of("DEMANDE"), Origin = origin })).Request;

    public static Person AnAdult(string mark) => new()
    {
        Role = Person.Types.Role.Adult,
        GivenName = Marker.Of("PRENOM-" + mark),
        FamilyName = Marker.Of("NOM-" + mark),
        Email = $"marqueur-{mark.ToLowerInvariant()}@exemple.invalid",
        Phone = "+33 2 31 00 00 00",
    };

    public static Person AChild(string mark) => new()
    {
        Role = Person.Types.Role.Child,
        GivenName = Marker.Of("PRENOM-" + mark),
        FamilyName = Marker.Of("NOM-" + mark),
        BirthDate = new() { Year = 2019, Month = 5, Day = 12 },
    };
}
