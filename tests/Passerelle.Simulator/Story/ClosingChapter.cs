using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Clocks.V1;
using Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Simulator.Story;

/// <summary>The household gets its answer; the case shows what happened, and the register shows who got what.</summary>
static class ClosingChapter
{
    // What the story has made happen, at least this often.
    static readonly (string Type, int Least)[] Happened =
    [
        ("case.opened", 1), ("request.filed", 1), ("cv.attached", 1), ("consent.recorded", 1), ("referral.created", 2),
        ("document.uploaded", 3), ("enrolment.created", 1), ("enrolment.completed", 1), ("document.downloaded", 3), ("visit.asked", 2), ("visit_day.confirmed", 1),
        ("exchange.queued", 4), ("exchange.delivered", 4), ("exchange.answered", 4), ("request.answered", 1),
    ];

    public static async Task PlayAsync(Journey journey)
    {
        journey.Teller.Heading("The household gets its answer");
        await journey.StepAsync("An advisor calls the household and the answer is recorded: the promise stops.", () => AnswerAsync(journey));
        await journey.StepAsync("The case shows its whole timeline, the same as came over the stream.", () => TimelineAsync(journey));
        await journey.StepAsync("Nothing of the case is still running.", () => NothingRunsAsync(journey));
        await journey.StepAsync("The register shows who got what about the spouse, by consent.", () => SpouseAsync(journey));
        await journey.StepAsync("The register shows who got what about the child, by public task.", () => ChildAsync(journey));
    }

    static async Task AnswerAsync(Journey journey)
    {
        var response = await journey.Crm.Requests.AnswerRequestAsync(new()
        {
            RequestId = journey.NewRequestId(),
            Name = journey.Request,
            Kind = AnswerKind.CallLogged,
            Text = "Une agence souhaite rencontrer Camille ; l'inscription de Lou est acceptée.",
        }, cancellationToken: journey.Stop);
        var request = response.Request;
        Expect.Equal(Request.Types.State.Answered, request.State, "state of the request");
        Expect.Equal(AnswerKind.CallLogged, request.AnswerKind, "kind of the answer");
        Expect.Equal(Clock.Types.State.Met, request.Promise?.State ?? Clock.Types.State.Unspecified, "state of the promise");
        Expect.That(request.Promise!.AnswerTime is not null, "the time of the answer on the promise", "none");
        journey.Say($"Answered on {Paris.Moment(request.Promise.AnswerTime)}; it was promised until {Paris.Moment(request.Promise.DueTime)}.");
        await journey.Watch.WaitForAsync(journey.Teller, "request.answered", e => e.Type == "request.answered");
    }

    static async Task TimelineAsync(Journey journey)
    {
        var whole = await journey.Crm.Cases.GetCaseAsync(new() { Name = journey.Case }, cancellationToken: journey.Stop);
        foreach (var e in whole.Timeline) journey.Say(CaseWatch.Line(e));
        foreach (var (type, least) in Happened) Expect.AtLeast(least, whole.Timeline.Count(e => e.Type == type), $"events {type}");
        foreach (var e in whole.Timeline)
            await journey.Watch.WaitForAsync(journey.Teller, $"the event of the timeline: {CaseWatch.Line(e)}", seen => seen.Equals(e));
        Expect.That(whole.Cursor != "", "a cursor at the end of the timeline", "none");
        Expect.Equal(3, whole.Members.Count, "members");
        Expect.Equal(1, whole.Requests.Count, "requests");
        Expect.Equal(1 + journey.Exchanges.Count, whole.Clocks.Count, "clocks (one promise, and a window for each exchange)");
    }

    static async Task NothingRunsAsync(Journey journey)
    {
        var whole = await journey.Crm.Cases.GetCaseAsync(new() { Name = journey.Case }, cancellationToken: journey.Stop);
        foreach (var clock in whole.Clocks) journey.Say($"{Summary.Words(clock.Family),-14} {clock.Subject}  {Summary.Describe(clock)}");
        var open = whole.Clocks.Where(clock => clock.State is Clock.Types.State.Running or Clock.Types.State.Overdue).ToList();
        Expect.That(open.Count == 0, "no clock that still runs", string.Join(", ", open.Select(clock => $"{clock.Subject} {Summary.Describe(clock)}")));
        var status = await journey.Crm.Cases.GetCaseStatusAsync(new() { Name = journey.Case }, cancellationToken: journey.Stop);
        Expect.Equal(0, status.RunningClocks, "running clocks in the status");
        Expect.Equal(0, status.OverdueClocks, "overdue clocks in the status");
        Expect.That(status.NextDueTime is null, "no next deadline", Paris.Moment(status.NextDueTime));
    }

    static async Task SpouseAsync(Journey journey)
    {
        var register = await RegisterAsync(journey, journey.Spouse);
        foreach (var partner in (string[])[journey.Emploi.Partner, journey.Interim.Partner])
        {
            var cv = register.FirstOrDefault(d => d.Partner == partner && d.Category == "cv");
            Expect.That(cv is not null, $"a disclosure of the CV to {partner}", "none");
            Expect.Equal(Disclosure.Types.Ground.Consent, cv!.Ground, $"ground of the disclosure to {partner}");
            Expect.Equal(journey.Consent, cv.Consent, "consent that allowed it");
        }
    }

    static async Task ChildAsync(Journey journey)
    {
        var register = await RegisterAsync(journey, journey.Child);
        var others = register.Where(d => d.Partner != journey.Ecole.Partner || d.Ground != Disclosure.Types.Ground.PublicTask).ToList();
        Expect.That(others.Count == 0, "disclosures to ecole-demo by public task only", $"{others.Count} others");
        Expect.AtLeast(2, register.Count(d => d.Category == "enrolment_file"), "disclosures of the enrolment file");
        Expect.AtLeast(3, register.Count(d => d.Category == "document"), "disclosures of documents");
    }

    static async Task<IReadOnlyList<Disclosure>> RegisterAsync(Journey journey, string person)
    {
        var response = await journey.Crm.Disclosures.ListDisclosuresAsync(new() { Person = person, PageSize = 200 }, cancellationToken: journey.Stop);
        foreach (var d in response.Disclosures)
            journey.Say($"{Paris.Clock(d.Time)}  {d.Category,-15} {Summary.Id(d.Partner),-13} {Summary.Words(d.Ground),-12} {d.Exchange}");
        return response.Disclosures;
    }
}
