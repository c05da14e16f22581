using NodaTime;
using Passerelle.Hub.Clocks.Calendars;

namespace Passerelle.Hub.Clocks.History;

/// <summary>A time in which nobody is there: everyone leaves at its beginning, and somebody is back at its end. What falls due within it, [From, Until), must be seen to before.</summary>
public readonly record struct Absence(Instant From, Instant Until)
{
    /// <returns>The one that is about to begin; null when none does within that time, or everyone has left already.</returns>
    public static Absence? Ahead(WorkingTime staff, Duration within, Instant now)
    {
        if (!staff.Counts(now)) return null;
        foreach (var span in staff.Spans(now, now + within + Microseconds.One))
            if (!span.Counts)
                return new Absence(span.From, staff.Add(span.From, Microseconds.One) - Microseconds.One);
        return null;
    }
}
