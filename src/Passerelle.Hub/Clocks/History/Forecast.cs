using NodaTime;
using Passerelle.Hub.Clocks.Calendars;

namespace Passerelle.Hub.Clocks.History;

/// <summary>A time in which nobody is there, and when to tell somebody who still is.</summary>
/// <param name="AlertTime">So much working time before everyone leaves; now, when less than that is left, or none.</param>
public sealed record QuietTime(Absence Absence, Instant AlertTime)
{
    /// <summary>Whether a deadline comes while everyone is away. Who leaves at the stroke of the deadline was there for it; who comes back at it was not.</summary>
    public bool Covers(Instant deadline) => Absence.From < deadline && deadline <= Absence.Until;
}

public static class Forecast
{
    /// <summary>Longer than anybody is away: to find where an absence began in which we are.</summary>
    static readonly Duration Back = Duration.FromDays(30);

    /// <summary>When nobody is there, from now on until the horizon; the first one may have begun, the last one is told to its end.</summary>
    /// <param name="staff">When somebody is there.</param>
    /// <param name="lead">Working time between the alert and the moment at which everyone leaves.</param>
    public static IReadOnlyList<QuietTime> QuietTimes(WorkingTime staff, Duration lead, Instant now, Instant horizon)
    {
        List<QuietTime> found = [];
        var until = Instant.MinValue;
        foreach (var span in staff.Spans(now - Back, horizon))
        {
            // A night, a weekend and a holiday that follow each other are one absence.
            if (span.Counts || span.From < until) continue;
            until = staff.Add(span.From, Microseconds.One) - Microseconds.One;
            if (until <= now) continue;
            var left = staff.Elapsed(now, Instant.Max(now, span.From));
            found.Add(new QuietTime(new Absence(span.From, until), staff.Add(now, Duration.Max(Duration.Zero, left - lead))));
        }

        return found;
    }
}
