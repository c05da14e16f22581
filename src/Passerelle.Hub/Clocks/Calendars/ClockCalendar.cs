using NodaTime;

namespace Passerelle.Hub.Clocks.Calendars;

/// <summary>Why a stretch of time was counted or left out.</summary>
public enum SpanRule
{
    /// <summary>Every moment counts.</summary>
    Elapsed = 1,

    WorkingHours,

    /// <summary>Before, between or after the hours of a day.</summary>
    OutsideHours,

    /// <summary>A Saturday or Sunday without hours.</summary>
    Weekend,

    Holiday,

    /// <summary>A dated exception: closed, or outside its own hours.</summary>
    Exception,

    /// <summary>Within the hours of a dated exception.</summary>
    ExceptionHours,

    /// <summary>The clock was paused: whatever the calendar says, it does not count.</summary>
    Paused,
}

/// <summary>A stretch of the instant line, [From, To), under one rule.</summary>
/// <param name="Detail">The holiday's French name, or the exception's own reason; null for the other rules.</param>
public readonly record struct CalendarSpan(Instant From, Instant To, bool Counts, SpanRule Rule, string? Detail = null)
{
    public Duration Length => To - From;

    public Duration Counted => Counts ? Length : Duration.Zero;
}

/// <summary>Which time counts. A closed set: elapsed time, the default, and working time. Everything is in whole microseconds (<see cref="Microseconds"/>).</summary>
public abstract class ClockCalendar
{
    private protected ClockCalendar() { }

    /// <summary>The first instant at which <paramref name="duration"/> has been counted since <paramref name="start"/>; the start itself for none.</summary>
    /// <exception cref="CalendarRefused">It lies beyond the horizon.</exception>
    public abstract Instant Add(Instant start, Duration duration);

    /// <summary>What counts between two instants, of which the second is not before the first.</summary>
    public abstract Duration Elapsed(Instant from, Instant to);

    /// <summary>The same with reasons: what was counted and what was left out, without holes or overlaps.</summary>
    public abstract IEnumerable<CalendarSpan> Spans(Instant from, Instant to);

    /// <summary>Whether it counts at this very moment.</summary>
    public abstract bool Counts(Instant instant);

    private protected static (Instant From, Instant To) Ordered(Instant from, Instant to)
    {
        (from, to) = (Microseconds.Whole(from), Microseconds.Whole(to));
        ArgumentOutOfRangeException.ThrowIfLessThan(to, from);
        return (from, to);
    }

    private protected static (Instant Start, Duration Duration) Positive(Instant start, Duration duration)
    {
        (start, duration) = (Microseconds.Whole(start), Microseconds.Whole(duration));
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, Duration.Zero);
        return (start, duration);
    }
}

/// <summary>Every moment counts: Friday 18:05 and 48 hours is Sunday 18:05, an hour later by the wall in the night summer time begins.</summary>
public sealed class ElapsedTime : ClockCalendar
{
    public static readonly ElapsedTime Instance = new();

    ElapsedTime() { }

    public override Instant Add(Instant start, Duration duration)
    {
        (start, duration) = Positive(start, duration);
        return start + duration;
    }

    public override Duration Elapsed(Instant from, Instant to)
    {
        (from, to) = Ordered(from, to);
        return to - from;
    }

    public override IEnumerable<CalendarSpan> Spans(Instant from, Instant to)
    {
        (from, to) = Ordered(from, to);
        return from == to ? [] : [new CalendarSpan(from, to, Counts: true, SpanRule.Elapsed)];
    }

    public override bool Counts(Instant instant) => true;
}
