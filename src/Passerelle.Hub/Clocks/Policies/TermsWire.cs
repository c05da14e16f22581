using System.Diagnostics;
using NodaTime;
using NodaTime.Text;
using Passerelle.Hub.Clocks.Calendars;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Platform;
using Wire = Passerelle.Contracts.Clocks.V1;

namespace Passerelle.Hub.Clocks.Policies;

/// <summary>A policy's terms as the contract has them.</summary>
static class TermsWire
{
    const int MaxRungs = 20;
    const int MaxSpecialDays = 200;
    const int MaxReason = 100;

    static readonly LocalTimePattern WallTime = LocalTimePattern.CreateWithInvariantCulture("HH:mm");

    /// <returns>Null where something is wrong with them.</returns>
    public static PolicyTerms? Read(Wire.ClockTerms? wire, Violations violations)
    {
        if (wire is null)
        {
            violations.Add("terms", "is required");
            return null;
        }

        var before = violations.Count;
        var window = Span(wire.Window, "terms.window", violations);
        violations.Check(wire.Rungs.Count <= MaxRungs, "terms.rungs", $"are more than {MaxRungs}");
        var rungs = wire.Rungs.Take(MaxRungs).Select((rung, i) => Rung(rung, $"terms.rungs[{i}]", violations)).ToList();
        violations.Members(wire.Answers, "terms.answers");
        var hours = wire.Calendar is null ? null : Hours(wire.Calendar, violations);
        var reoffer = ReofferOf(wire.Reoffer, violations);
        if (violations.Count > before) return null;
        try
        {
            var terms = new PolicyTerms
            {
                Window = window, Calendar = hours is null ? ElapsedTime.Instance : new WorkingTime(hours), Rungs = rungs!, MayPause = wire.MayPause, MayOutlastPromise = wire.MayOutlastPromise,
                Reoffer = reoffer,
            };
            if (wire.Answers.Count > 0) terms = terms with { Answers = wire.Answers.Select(a => (AnswerKind)a).ToHashSet() };
            // Says what contradicts itself.
            _ = new ClockPolicy(new PolicyKey("new", 1), terms);
            return terms;
        }
        catch (PolicyRefused refused)
        {
            violations.Add(FieldOf(refused.Fault), WhyNot(refused.Fault));
        }
        catch (CalendarRefused refused)
        {
            violations.Add("terms.calendar", WhyNot(refused.Fault));
        }

        return null;
    }

    public static Wire.ClockTerms Of(PolicyTerms terms)
    {
        var wire = new Wire.ClockTerms { Window = Span(terms.Window), MayPause = terms.MayPause, MayOutlastPromise = terms.MayOutlastPromise };
        wire.Rungs.AddRange(terms.Rungs.Select(Rung));
        wire.Reoffer = new Wire.Reoffer { Order = (Wire.Reoffer.Types.Order)terms.Reoffer.Order, Partners = { terms.Reoffer.Partners.Select(Names.OfPartner) } };
        wire.Answers.AddRange(terms.Answers.Order().Select(a => (Wire.ClockEvent.Types.AnswerKind)a));
        if (terms.Calendar is WorkingTime working) wire.Calendar = Hours(working.Definition);
        return wire;
    }

    static Reoffer ReofferOf(Wire.Reoffer? wire, Violations violations)
    {
        if (wire is null) return Reoffer.ByLoad;
        violations.Member(wire.Order, "terms.reoffer.order");
        return new Reoffer((ReofferOrder)wire.Order, [.. wire.Partners.Index().Select(p => violations.PartnerId(p.Item, $"terms.reoffer.partners[{p.Index}]"))]);
    }

    static PolicyRung? Rung(Wire.ClockRung rung, string field, Violations violations)
    {
        switch (rung.PositionCase)
        {
            case Wire.ClockRung.PositionOneofCase.AfterStart:
                return PolicyRung.AfterStart(Span(rung.AfterStart, $"{field}.after_start", violations), rung.ByNight);
            case Wire.ClockRung.PositionOneofCase.BeforeDeadline:
                return PolicyRung.BeforeDeadline(Span(rung.BeforeDeadline, $"{field}.before_deadline", violations), rung.ByNight);
            case Wire.ClockRung.PositionOneofCase.AfterDeadline:
                return PolicyRung.AfterDeadline(Span(rung.AfterDeadline, $"{field}.after_deadline", violations), rung.ByNight);
            case Wire.ClockRung.PositionOneofCase.Percent:
                violations.Check(rung.Percent is > 0 and <= 1000 and not 100, $"{field}.percent", "must be 1 to 1000, and not 100");
                return PolicyRung.AtPercent(rung.Percent, rung.ByNight);
            case Wire.ClockRung.PositionOneofCase.None:
                violations.Add(field, "stands nowhere");
                return null;
            default:
                throw new UnreachableException();
        }
    }

    static Wire.ClockRung Rung(PolicyRung rung)
    {
        var wire = new Wire.ClockRung { ByNight = rung.BreaksQuietHours };
        switch (rung.Anchor)
        {
            case RungAnchor.AfterStart:
                wire.AfterStart = Span(rung.Span);
                break;
            case RungAnchor.BeforeDeadline:
                wire.BeforeDeadline = Span(rung.Span);
                break;
            case RungAnchor.AfterDeadline:
                wire.AfterDeadline = Span(rung.Span);
                break;
            case RungAnchor.Percent:
                wire.Percent = rung.Share;
                break;
        }

        return wire;
    }

    static WorkingHours Hours(Wire.WorkingHours wire, Violations violations)
    {
        var week = new Dictionary<IsoDayOfWeek, IReadOnlyList<Hours>>();
        foreach (var (i, day) in wire.Days.Index())
        {
            var field = $"terms.calendar.days[{i}]";
            if (violations.Check(day.Weekday is >= 1 and <= 7, $"{field}.weekday", "must be 1 to 7"))
                violations.Check(week.TryAdd((IsoDayOfWeek)day.Weekday, Intervals(day.Hours, $"{field}.hours", violations)), $"{field}.weekday", "comes twice");
        }

        violations.Check(wire.Exceptions.Count <= MaxSpecialDays, "terms.calendar.exceptions", $"are more than {MaxSpecialDays}");
        var special = new List<SpecialDay>();
        foreach (var (i, day) in wire.Exceptions.Take(MaxSpecialDays).Index())
        {
            var field = $"terms.calendar.exceptions[{i}]";
            violations.Text(day.Reason, $"{field}.reason", MaxReason);
            if (violations.Date(day.DayDate, $"{field}.day_date", required: true) is { } date) special.Add(new SpecialDay(LocalDate.FromDateOnly(date), day.Reason, Intervals(day.Hours, $"{field}.hours", violations)));
        }

        return new WorkingHours
        {
            Zone = wire.Zone.Length == 0 ? new WorkingHours().Zone : wire.Zone, Week = week, Holidays = wire.OpenOnHolidays ? HolidayRegion.None : HolidayRegion.France, Exceptions = special,
        };
    }

    static Wire.WorkingHours Hours(WorkingHours hours)
    {
        var wire = new Wire.WorkingHours { Zone = hours.Zone, OpenOnHolidays = hours.Holidays == HolidayRegion.None };
        foreach (var (day, open) in hours.Week.OrderBy(d => d.Key)) wire.Days.Add(new Wire.WorkingHours.Types.Day { Weekday = (int)day, Hours = { open.Select(Text) } });
        foreach (var day in hours.Exceptions) wire.Exceptions.Add(new Wire.WorkingHours.Types.SpecialDay { DayDate = day.Date.ToDateOnly().ToWire(), Reason = day.Reason, Hours = { day.Hours.Select(Text) } });
        return wire;
    }

    static List<Hours> Intervals(IEnumerable<string> texts, string field, Violations violations)
    {
        var intervals = new List<Hours>();
        foreach (var (i, text) in texts.Index())
        {
            if (text.Split('-') is [var from, var to] && WallTime.Parse(from) is { Success: true, Value: var begin } && WallTime.Parse(to == "24:00" ? "00:00" : to) is { Success: true, Value: var end })
                intervals.Add(new Hours(begin, end));
            else violations.Add($"{field}[{i}]", "must look like 09:00-12:30");
        }

        return intervals;
    }

    static string Text(Hours hours) => $"{WallTime.Format(hours.From)}-{(hours.To == LocalTime.Midnight ? "24:00" : WallTime.Format(hours.To))}";

    static Duration Span(Google.Protobuf.WellKnownTypes.Duration? span, string field, Violations violations)
    {
        if (span is { Seconds: >= 0 and <= 3_200_000_000, Nanos: >= 0 and < 1_000_000_000 } && span.Nanos % 1000 == 0 && span.Seconds + span.Nanos > 0)
            return Duration.FromSeconds(span.Seconds) + Duration.FromNanoseconds(span.Nanos);
        violations.Add(field, span is null ? "is required" : "must be more than 0, at most a hundred years, in whole microseconds");
        return Duration.FromHours(1);
    }

    static Google.Protobuf.WellKnownTypes.Duration Span(Duration span) => new() { Seconds = (long)span.TotalSeconds, Nanos = span.SubsecondNanoseconds };

    static string FieldOf(PolicyFault fault) => fault switch
    {
        PolicyFault.WindowNotPositive or PolicyFault.WindowOutOfReach or PolicyFault.KeyTaken => "terms.window",
        PolicyFault.RungNotPositive or PolicyFault.RungTwice => "terms.rungs",
        PolicyFault.AnswerThatNeverCounts => "terms.answers",
        PolicyFault.ReofferInDisorder => "terms.reoffer.partners",
    };

    static string WhyNot(PolicyFault fault) => fault switch
    {
        PolicyFault.WindowNotPositive => "must be more than 0",
        PolicyFault.WindowOutOfReach => "is more working time than there is in a hundred years",
        PolicyFault.KeyTaken => "is taken",
        PolicyFault.RungNotPositive => "stand at the start or at the deadline",
        PolicyFault.RungTwice => "stand twice in one place",
        PolicyFault.AnswerThatNeverCounts => "name what is never an answer",
        PolicyFault.ReofferInDisorder => "go with NAMED, each once, and with no other order",
    };

    static string WhyNot(CalendarFault fault) => fault switch
    {
        CalendarFault.NeverOpens => "never open",
        CalendarFault.HoursInDisorder => "overlap or are out of order",
        CalendarFault.ExceptionTwice => "say one date twice",
        CalendarFault.UnknownZone => "name a zone that does not exist",
        CalendarFault.BeyondHorizon => "are too few for the window",
    };
}
