using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Clocks.V1;

namespace Passerelle.Cli.Commands;

/// <summary><c>passerelle cases</c>: where a household's move stands, for operators.</summary>
internal static class CasesCommands
{
    public static Command Build(Runner runner)
    {
        var name = new Argument<string>("NAME") { HelpName = Sentences.Get("Option.Name.Name"), Description = Sentences.Get("Cases.Show.Name") };
        var show = new Command("show", Sentences.Get("Cases.Show")) { name };
        runner.Set(show, (run, cancellationToken) => ShowAsync(run, Names.Of("cases", run.Required(name)), cancellationToken));
        return new Command("cases", Sentences.Get("Cases")) { show };
    }

    private static async Task<int> ShowAsync(Run run, string name, CancellationToken cancellationToken)
    {
        var response = await run.Client.Cases.GetCaseAsync(new GetCaseRequest { Name = name }, cancellationToken: cancellationToken);
        run.Output.Object(response);
        Show(run.Output, response, run.Host.Time.GetUtcNow());
        return ExitCodes.Ok;
    }

    private static void Show(Output output, GetCaseResponse response, DateTimeOffset now)
    {
        var found = response.Case ?? new Case();
        output.Line(Sentences.Get("Cases.Title", found.Reference, found.Name));
        output.Line(Sentences.Get("Cases.Opened", FrenchTime.Long(found.CreateTime)));
        // Who they are is for those who need it, with --json: a terminal is often seen by others.
        output.Line(Sentences.Get(
            "Cases.Household",
            response.Members.Count(m => m.Role == Person.Types.Role.Adult),
            response.Members.Count(m => m.Role == Person.Types.Role.Child)));
        if (found.Needs.Count > 0)
            output.Line(Sentences.Get("Cases.Needs", string.Join(", ", found.Needs.Select(n => Sentences.Word("Need", n)))));

        output.Line();
        output.Line(Sentences.Get("Cases.Clocks"));
        if (response.Clocks.Count == 0)
            output.Line("  " + Sentences.Get("Cases.NoClock"));
        foreach (var clock in response.Clocks)
            output.Line("  " + Line(clock, now));

        output.Line();
        output.Line(Sentences.Get("Cases.Timeline"));
        output.Table(
            [Sentences.Get("Column.Time"), Sentences.Get("Column.Event"), Sentences.Get("Column.Subject"), Sentences.Get("Column.Partner"), Sentences.Get("Column.Detail")],
            [.. response.Timeline.Select(e => (string[])
                [FrenchTime.Short(e.Time), Sentences.Word("Event", e.Type), e.Subject, e.Partner, e.Detail.Length == 0 ? "" : Sentences.Word("Answer", e.Detail)])]);
    }

    /// <summary>One clock in a sentence: what runs, until when, and how long that is.</summary>
    internal static string Line(Clock clock, DateTimeOffset now)
    {
        var what = Sentences.Get("Clock.What", Sentences.Word("Family", clock.Family), clock.Subject);
        // Nobody knows while it is paused.
        var due = clock.DueTime is null ? "" : FrenchTime.Long(clock.DueTime);
        return clock.State switch
        {
            // The hub may not have noticed yet that the deadline has passed.
            Clock.Types.State.Running when Until(clock.DueTime, now) > TimeSpan.Zero => Sentences.Get("Clock.Running", what, due, FrenchTime.Span(Until(clock.DueTime, now))),
            Clock.Types.State.Running or Clock.Types.State.Overdue => Sentences.Get("Clock.Overdue", what, due, FrenchTime.Span(Until(clock.DueTime, now))),
            Clock.Types.State.Met => Sentences.Get("Clock.Met", what, FrenchTime.Long(clock.AnswerTime), due),
            Clock.Types.State.Missed => Sentences.Get("Clock.Missed", what, FrenchTime.Long(clock.AnswerTime), due),
            Clock.Types.State.Paused => Sentences.Get("Clock.Paused", what),
            Clock.Types.State.Voided => Sentences.Get("Clock.Voided", what),
            _ => Sentences.Get("Clock.Other", what, clock.State),
        };
    }

    private static TimeSpan Until(Timestamp? due, DateTimeOffset now) => due is null ? TimeSpan.Zero : due.ToDateTimeOffset() - now;
}
