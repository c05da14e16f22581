using NodaTime;

namespace Passerelle.Hub.Clocks.Calendars;

/// <summary>
/// Only working hours count. A day is the stretch from the first moment of its date to that of the next; its hours begin and end where <see cref="LocalTimes"/>
/// puts them. So hours within the gap of summer time move behind it, and hours over the gap are shorter by it.
/// </summary>
public sealed class WorkingTime : ClockCalendar
{
    /// <summary>How far ahead <see cref="Add"/> looks before it gives up.</summary>
    public static readonly Duration Horizon = Duration.FromDays(36_525);

    readonly DateTimeZone zone;
    readonly NodaTime.TimeZones.ZoneLocalMappingResolver resolver;
    readonly IReadOnlyList<Hours>[] week = new IReadOnlyList<Hours>[8];
    readonly HolidayRegion holidays;
    readonly Dictionary<LocalDate, SpecialDay> exceptions = [];

    /// <exception cref="CalendarRefused">It never opens, contradicts itself, or names no zone.</exception>
    public WorkingTime(WorkingHours hours)
    {
        Definition = hours;
        zone = LocalTimes.Zone(hours.Zone);
        resolver = LocalTimes.Resolver(hours.Repeated);
        holidays = hours.Holidays;
        foreach (var day in Enum.GetValues<IsoDayOfWeek>()) week[(int)day] = InOrder(hours.Week.GetValueOrDefault(day, []), day.ToString());
        // Exceptions are finite: hours of theirs alone would be used up one day.
        if (week.All(day => day.Count == 0)) throw new CalendarRefused(CalendarFault.NeverOpens, "no weekday has hours");
        foreach (var exception in hours.Exceptions)
        {
            InOrder(exception.Hours, exception.Date.ToString());
            if (!exceptions.TryAdd(exception.Date, exception)) throw new CalendarRefused(CalendarFault.ExceptionTwice, exception.Date.ToString());
        }
    }

    public WorkingHours Definition { get; }

    public override Instant Add(Instant start, Duration duration)
    {
        (start, duration) = Positive(start, duration);
        if (duration == Duration.Zero) return start;
        foreach (var span in From(start))
        {
            if (span.From - start > Horizon) throw new CalendarRefused(CalendarFault.BeyondHorizon, $"{duration} of working time from {start}");
            if (!span.Counts) continue;
            if (duration <= span.Length) return span.From + duration;
            duration -= span.Length;
        }

        throw new System.Diagnostics.UnreachableException();
    }

    public override Duration Elapsed(Instant from, Instant to)
    {
        (from, to) = Ordered(from, to);
        var sum = Duration.Zero;
        foreach (var span in From(from))
        {
            if (span.From >= to) break;
            if (span.Counts) sum += Instant.Min(span.To, to) - span.From;
        }

        return sum;
    }

    public override IEnumerable<CalendarSpan> Spans(Instant from, Instant to)
    {
        (from, to) = Ordered(from, to);
        return Joined(From(from).TakeWhile(span => span.From < to).Select(span => span with { To = Instant.Min(span.To, to) }));
    }

    public override bool Counts(Instant instant) => From(Microseconds.Whole(instant)).First().Counts;

    /// <summary>The spans from an instant on, day by day, without end.</summary>
    IEnumerable<CalendarSpan> From(Instant instant)
    {
        var date = instant.InZone(zone).Date;
        var begin = FirstMoment(date);
        while (true)
        {
            date = date.PlusDays(1);
            var end = FirstMoment(date);
            if (end > instant)
            {
                foreach (var span in Day(date.PlusDays(-1), begin, end))
                    if (span.To > instant)
                        yield return span.From < instant ? span with { From = instant } : span;
            }

            begin = end;
        }
    }

    IEnumerable<CalendarSpan> Day(LocalDate date, Instant begin, Instant end)
    {
        var (hours, open, closed, detail) = RulesOf(date);
        var cursor = begin;
        foreach (var (from, to) in Opened(date, hours, begin, end))
        {
            if (from > cursor) yield return new(cursor, from, Counts: false, closed, detail);
            yield return new(from, to, Counts: true, open, open == SpanRule.ExceptionHours ? detail : null);
            cursor = to;
        }

        if (cursor < end) yield return new(cursor, end, Counts: false, closed, detail);
    }

    (IReadOnlyList<Hours> Hours, SpanRule Open, SpanRule Closed, string? Detail) RulesOf(LocalDate date)
    {
        if (exceptions.TryGetValue(date, out var exception)) return (exception.Hours, SpanRule.ExceptionHours, SpanRule.Exception, exception.Reason);
        if (HolidayOn(date) is { } holiday) return ([], SpanRule.WorkingHours, SpanRule.Holiday, CalendarSentences.NameOf(holiday));
        var hours = week[(int)date.DayOfWeek];
        return (hours, SpanRule.WorkingHours, hours.Count == 0 && date.DayOfWeek >= IsoDayOfWeek.Saturday ? SpanRule.Weekend : SpanRule.OutsideHours, null);
    }

    Holiday? HolidayOn(LocalDate date) => holidays switch
    {
        HolidayRegion.None => null,
        HolidayRegion.France => FrenchHolidays.On(date),
    };

    /// <summary>The hours as instants, in order and apart. Around a gap they may come out of order or over each other: 02:15 to 02:45 moves into 03:00 to 04:00.</summary>
    List<(Instant From, Instant To)> Opened(LocalDate date, IReadOnlyList<Hours> hours, Instant begin, Instant end)
    {
        var opened = new List<(Instant From, Instant To)>(hours.Count);
        foreach (var interval in hours)
        {
            var from = Instant.Max(begin, zone.ResolveLocal(date + interval.From, resolver).ToInstant());
            var to = interval.To == LocalTime.Midnight ? end : Instant.Min(end, zone.ResolveLocal(date + interval.To, resolver).ToInstant());
            if (from < to) opened.Add((from, to));
        }

        opened.Sort();
        var last = 0;
        for (var i = 1; i < opened.Count; i++)
        {
            if (opened[i].From > opened[last].To) opened[++last] = opened[i];
            else opened[last] = (opened[last].From, Instant.Max(opened[last].To, opened[i].To));
        }

        if (opened.Count > 0) opened.RemoveRange(last + 1, opened.Count - last - 1);
        return opened;
    }

    /// <summary>Where a date begins on the instant line; a date that the zone skipped has no length.</summary>
    Instant FirstMoment(LocalDate date)
    {
        var mapping = zone.MapLocal(date.AtMidnight());
        return mapping.Count == 0 ? mapping.LateInterval.Start : mapping.First().ToInstant();
    }

    static IEnumerable<CalendarSpan> Joined(IEnumerable<CalendarSpan> spans)
    {
        CalendarSpan? open = null;
        foreach (var span in spans)
        {
            if (open is { } before && (before.Rule, before.Detail) == (span.Rule, span.Detail)) open = before with { To = span.To };
            else
            {
                if (open is { } whole) yield return whole;
                open = span;
            }
        }

        if (open is { } rest) yield return rest;
    }

    static IReadOnlyList<Hours> InOrder(IReadOnlyList<Hours> hours, string day)
    {
        for (var i = 0; i < hours.Count; i++)
        {
            if (!hours[i].AreInOrder || (i > 0 && (hours[i - 1].To == LocalTime.Midnight || hours[i].From < hours[i - 1].To)))
                throw new CalendarRefused(CalendarFault.HoursInDisorder, day);
        }

        return hours;
    }
}
