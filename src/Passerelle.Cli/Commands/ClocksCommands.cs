using System.CommandLine;
using System.Globalization;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Passerelle.Contracts.Clocks.V1;
using State = Passerelle.Contracts.Clocks.V1.Clock.Types.State;

namespace Passerelle.Cli.Commands;

/// <summary><c>passerelle clocks</c>: what has to be answered, by when, and why.</summary>
internal static partial class ClocksCommands
{
    private static readonly Dictionary<string, State> States = new(StringComparer.OrdinalIgnoreCase)
    {
        ["running"] = State.Running,
        ["paused"] = State.Paused,
        ["overdue"] = State.Overdue,
        ["met"] = State.Met,
        ["missed"] = State.Missed,
        ["voided"] = State.Voided,
    };

    public static Command Build(Runner runner)
    {
        var clocks = new Command("clocks", Sentences.Get("Clocks"));
        foreach (var command in (Command[])[List(runner), Get(runner), Explain(runner), Watch(runner), .. Operating(runner), Report(runner)])
            clocks.Add(command);
        return clocks;
    }

    private static Argument<string> Name() => new("NAME") { HelpName = Sentences.Get("Option.Name.Name"), Description = Sentences.Get("Clocks.Name") };

    private static string NameOf(Run run, Argument<string> name) => Names.Of("clocks", run.Required(name));

    private static Command List(Runner runner)
    {
        var partner = Parts.Named("--partner", Sentences.Get("Clocks.List.Partner"));
        var @case = Parts.Named("--case", Sentences.Get("Clocks.List.Case"));
        var state = Parts.Choice("--state", States, Sentences.Get("Clocks.List.State", string.Join(", ", States.Keys)));
        var limit = Parts.Limit();
        var list = new Command("list", Sentences.Get("Clocks.List")) { partner, @case, state, limit };
        runner.Set(list, (run, cancellationToken) => ListAsync(
            run,
            new ListClocksRequest
            {
                Partner = run.Value(partner) is { } p ? Names.Of("partners", p) : "",
                Case = run.Value(@case) is { } c ? Names.Of("cases", c) : "",
                State = run.Value(state) is { } s ? States[s] : State.Unspecified,
            },
            run.Value(limit),
            cancellationToken));
        return list;
    }

    private static Command Get(Runner runner)
    {
        var name = Name();
        var get = new Command("get", Sentences.Get("Clocks.Get")) { name };
        runner.Set(get, async (run, cancellationToken) =>
        {
            var response = await run.Client.Clocks.GetClockAsync(new GetClockRequest { Name = NameOf(run, name) }, cancellationToken: cancellationToken);
            run.Output.Object(response);
            Show(run, response.Clock);
            ShowEvents(run.Output, response.Events);
            return ExitCodes.Ok;
        });
        return get;
    }

    private static Command Explain(Runner runner)
    {
        var name = Name();
        var asKnown = Parts.Time("--as-known", Sentences.Get("Clocks.AsKnown"));
        var explain = new Command("explain", Sentences.Get("Clocks.Explain")) { name, asKnown };
        runner.Set(explain, async (run, cancellationToken) =>
        {
            var request = new ExplainClockRequest { Name = NameOf(run, name), AsKnownTime = run.Value(asKnown)?.ToTimestamp() };
            var response = await run.Client.Clocks.ExplainClockAsync(request, cancellationToken: cancellationToken);
            run.Output.Object(response);
            if (request.AsKnownTime is not null)
                run.Output.Line(Sentences.Get("Clocks.KnownAt", FrenchTime.Long(request.AsKnownTime)));
            Show(run, response.Clock, request.AsKnownTime);
            ShowIntervals(run.Output, response);
            ShowEvents(run.Output, response.Events);
            return ExitCodes.Ok;
        });
        return explain;
    }

    private static async Task<int> ListAsync(Run run, ListClocksRequest request, int limit, CancellationToken cancellationToken)
    {
        var (found, more) = await Parts.ListAsync<Clock>(run.Output, limit, async (size, token) =>
        {
            (request.PageSize, request.PageToken) = (size, token);
            var page = await run.Client.Clocks.ListClocksAsync(request, cancellationToken: cancellationToken);
            return (page.Clocks, page.NextPageToken);
        });
        if (found.Count == 0)
            run.Output.Line(Sentences.Get("Clocks.None"));
        var now = run.Host.Time.GetUtcNow();
        run.Output.Table(
            [Sentences.Get("Column.Clock"), Sentences.Get("Column.Expected"), Sentences.Get("Column.Subject"), Sentences.Get("Column.State"), Sentences.Get("Column.Due"), Sentences.Get("Column.Answered")],
            [.. found.Select(c => (string[])
                [c.Name, Sentences.Word("Family", c.Family), c.Subject, Sentences.Word("Standing", StandingAt(c, now)), FrenchTime.Short(c.DueTime), FrenchTime.Short(c.AnswerTime)])]);
        if (more)
            run.Output.Note(Sentences.Get("More", found.Count));
        return ExitCodes.Ok;
    }

    /// <summary>The hub may not have noticed yet that a deadline has passed.</summary>
    private static State StandingAt(Clock clock, DateTimeOffset now) =>
        clock.State == State.Running && clock.DueTime?.ToDateTimeOffset() < now ? State.Overdue : clock.State;

    private static void Show(Run run, Clock? given, Timestamp? at = null)
    {
        var clock = given ?? new Clock();
        run.Output.Line(CasesCommands.Line(clock, at?.ToDateTimeOffset() ?? run.Host.Time.GetUtcNow()));
        run.Output.Line(Sentences.Get("Clocks.Started", FrenchTime.Long(clock.StartTime), clock.Policy));
    }

    /// <summary>What counted, what did not and why, so that the lengths of those that count add up to what was counted.</summary>
    private static void ShowIntervals(Output output, ExplainClockResponse response)
    {
        var counted = response.Counted?.ToTimeSpan() ?? TimeSpan.Zero;
        output.Line(Sentences.Get("Clocks.Counted", FrenchTime.Length(counted), FrenchTime.Long(response.EndTime)));
        var leftOut = response.Intervals.Where(i => !i.Counts).Aggregate(TimeSpan.Zero, (sum, i) => sum + LengthOf(i));
        if (leftOut > TimeSpan.Zero)
            output.Line(Sentences.Get("Clocks.LeftOut", FrenchTime.Length(leftOut)));
        if (response.LimitTime is not null)
            output.Line(Sentences.Get("Clocks.Limited", FrenchTime.Long(response.LimitTime)));
        output.Table(
            [Sentences.Get("Column.From"), Sentences.Get("Column.Until"), Sentences.Get("Column.Counted"), Sentences.Get("Column.LeftOut"), Sentences.Get("Column.Why"), Sentences.Get("Column.Policy")],
            [.. response.Intervals.Select(i => (string[])
                [FrenchTime.Short(i.StartTime), FrenchTime.Short(i.EndTime), i.Counts ? FrenchTime.Length(LengthOf(i)) : "", i.Counts ? "" : FrenchTime.Length(LengthOf(i)), WhyOf(i), i.Policy])]);
    }

    private static TimeSpan LengthOf(ClockInterval interval) => (interval.EndTime - interval.StartTime).ToTimeSpan();

    private static string WhyOf(ClockInterval interval)
    {
        var rule = Sentences.Word("Rule", interval.Rule);
        return interval.Detail.Length == 0 ? rule : Sentences.Get("Clocks.Because", rule, interval.Detail);
    }

    private static void ShowEvents(Output output, RepeatedField<ClockEvent> events)
    {
        if (events.Count == 0)
            return;
        output.Line('\n' + Sentences.Get("Clocks.Events"));
        output.Table(
            [Sentences.Get("Column.Number"), Sentences.Get("Column.Time"), Sentences.Get("Column.Recorded"), Sentences.Get("Column.Event"), Sentences.Get("Column.By"), Sentences.Get("Column.Reason")],
            [.. events.Select(e => (string[])
                [e.Number.ToString(CultureInfo.InvariantCulture), FrenchTime.Short(e.EffectiveTime), FrenchTime.Short(e.RecordTime), WhatOf(e), e.By, e.Why])]);
    }

    private static string WhatOf(ClockEvent happened)
    {
        var what = Sentences.Word("ClockEvent", happened.Kind);
        if (happened.AnswerKind != ClockEvent.Types.AnswerKind.Unspecified)
            what = Sentences.Get("Clocks.Because", what, Sentences.Word("AnswerKind", happened.AnswerKind));
        if (happened.RemovedNumber > 0)
            what = Sentences.Get("Clocks.Removed", what, happened.RemovedNumber);
        if (happened.Added is { } added)
            what = Sentences.Get("Clocks.Added", what, WhatOf(added), FrenchTime.Short(added.EffectiveTime));
        return happened.SetAside.Length == 0 ? what : Sentences.Get("Clocks.SetAside", what, Printable.Line(happened.SetAside));
    }
}
