using NodaTime;
using Passerelle.Hub.Clocks.Calendars;

namespace Passerelle.Hub.Clocks.History;

/// <summary>A stretch of a clock's life, whether it counts and why, and the policy that says so.</summary>
public readonly record struct ExplainedSpan(CalendarSpan Span, PolicyKey Policy);

/// <summary>Why a clock has counted what it has counted.</summary>
/// <param name="Spans">From the start until then without a hole. Those that count sum to Counted.</param>
/// <param name="Until">The moment asked for, or the end of the clock when that came before.</param>
public sealed record ClockExplanation(IReadOnlyList<ExplainedSpan> Spans, Instant Until, Duration Counted, Instant? Deadline, Instant? Limit)
{
    /// <returns>Null for a clock that had not started.</returns>
    public static ClockExplanation? Of(ClockTimeline timeline, Instant at)
    {
        if (timeline.StartTime is not { } start || timeline.Leg is null) return null;
        var until = Instant.Max(start, Instant.Min(Microseconds.Whole(at), timeline.EndTime ?? Instant.MaxValue));
        List<Leg> legs = [];
        for (var leg = timeline.Leg; leg is not null; leg = leg.Before) legs.Add(leg);
        legs.Reverse();

        List<ExplainedSpan> spans = [];
        foreach (var (index, leg) in legs.Index())
        {
            var end = Instant.Min(until, index + 1 < legs.Count ? legs[index + 1].From : until);
            if (end <= leg.From) continue;
            if (leg.IsPaused) spans.Add(new ExplainedSpan(new CalendarSpan(leg.From, end, Counts: false, SpanRule.Paused), leg.Policy.Key));
            else spans.AddRange(leg.Policy.Calendar.Spans(leg.From, end).Select(span => new ExplainedSpan(span, leg.Policy.Key)));
        }

        return new ClockExplanation(spans, until, timeline.CountedAt(until), timeline.Deadline, timeline.Limit);
    }
}
