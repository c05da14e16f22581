using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Clocks.V1;
using Date = Google.Type.Date;

namespace Passerelle.Simulator.Story;

/// <summary>An internal application opens a case and files the household's question: the 48 hours begin.</summary>
static class HouseholdChapter
{
    static readonly TimeSpan Promised = TimeSpan.FromHours(48);

    public static async Task PlayAsync(Journey journey)
    {
        journey.Teller.Heading("A household moves to the Calvados");
        await journey.StepAsync("The advisors' application opens a case for the fictitious household EXEMPLE: two adults and a child.", () => OpenAsync(journey));
        await journey.StepAsync("It watches the case: everything that happens to it comes over one stream.", () => WatchAsync(journey));
        await journey.StepAsync("The household asks for help to find work: the 48-hour promise starts.", () => FileAsync(journey));
    }

    static async Task OpenAsync(Journey journey)
    {
        // Telephone numbers from the ranges that ARCEP keeps for fiction, addresses under a reserved domain.
        var response = await journey.Crm.Cases.OpenCaseAsync(new()
        {
            RequestId = journey.NewRequestId(),
            Members =
            {
                new Person { Role = Person.Types.Role.Adult, GivenName = "Dominique", FamilyName = "EXEMPLE", Email = "dominique.exemple@example.org", Phone = "+33 6 39 98 00 01" },
                new Person { Role = Person.Types.Role.Adult, GivenName = "Camille", FamilyName = "EXEMPLE", Email = "camille.exemple@example.org", Phone = "+33 6 39 98 00 02" },
                new Person { Role = Person.Types.Role.Child, GivenName = "Lou", FamilyName = "EXEMPLE", BirthDate = new Date { Year = 2018, Month = 4, Day = 12 } },
            },
            Needs = { Need.Employment, Need.Housing, Need.Schooling },
        }, cancellationToken: journey.Stop);

        var opened = response.Case;
        Expect.Equal(3, opened.Members.Count, "members of the case");
        Expect.Equal(3, opened.Needs.Count, "needs of the case");
        (journey.Case, journey.Head, journey.Spouse, journey.Child) = (opened.Name, opened.Members[0], opened.Members[1], opened.Members[2]);
        journey.Say($"{opened.Name}, file number {opened.Reference}");
    }

    static async Task WatchAsync(Journey journey)
    {
        journey.Watch = new CaseWatch(journey.Crm, journey.Case, journey.Time, journey.Stop);
        await journey.Watch.WaitForAsync(journey.Teller, "case.opened", e => e.Type == "case.opened");
    }

    static async Task FileAsync(Journey journey)
    {
        var response = await journey.Crm.Requests.FileRequestAsync(new()
        {
            RequestId = journey.NewRequestId(),
            Case = journey.Case,
            Person = journey.Head,
            Need = Need.Employment,
            Text = "Nous arrivons dans le Calvados dans deux mois. Pouvez-vous aider Camille à trouver un poste de comptable près de Caen ?",
        }, cancellationToken: journey.Stop);

        var request = response.Request;
        journey.Request = request.Name;
        Expect.Equal(Request.Types.State.Open, request.State, "state of the request");
        Expect.That(request.Promise is not null, "a promise with the request", "none");
        Expect.Equal(Clock.Types.Family.Promise, request.Promise!.Family, "family of the clock");
        Expect.Equal(Clock.Types.State.Running, request.Promise.State, "state of the promise");
        Expect.Equal(Promised, (request.Promise.DueTime - request.Promise.StartTime).ToTimeSpan(), "length of the promise");
        journey.PromisedUntil = request.Promise.DueTime;
        journey.Say($"An answer is promised until {Paris.Moment(request.Promise.DueTime)}.");
        await journey.Watch.WaitForAsync(journey.Teller, "request.filed", e => e.Type == "request.filed");
    }
}
