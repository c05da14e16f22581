using NodaTime;
using Passerelle.Hub.Clocks.Calendars;

namespace Passerelle.Hub.Clocks.History;

/// <summary>A deadline that comes while everyone is away.</summary>
/// <param name="LastWorkingMoment">After it nobody is there before the deadline; now, when nobody is there until then at all.</param>
/// <param name="AlertTime">When to tell somebody who can still do something: so much working time before that, or now.</param>
public sealed record QuietBreach<TKey>(TKey Clock, Instant Deadline, Instant LastWorkingMoment, Instant AlertTime);

public static class Forecast
{
    /// <summary>Which open clocks fall due while everyone is away, first alert first. Those that are overdue already, or paused, are no forecast.</summary>
    /// <param name="staff">When somebody is there.</param>
    /// <param name="lead">Working time between the alert and the last working moment.</param>
    public static IReadOnlyList<QuietBreach<TKey>> BreachesWhileAway<TKey>(
        IEnumerable<(TKey Key, ClockTimeline Timeline)> clocks, WorkingTime staff, Duration lead, Instant now, Instant horizon)
    {
        List<QuietBreach<TKey>> found = [];
        foreach (var (key, timeline) in clocks)
        {
            if (!timeline.IsOpen || timeline.Deadline is not { } deadline || deadline < now || deadline > horizon) continue;
            // The microsecond before: who leaves at the stroke of the deadline was there for it.
            if (staff.Counts(deadline - Microseconds.One)) continue;
            var left = staff.Elapsed(now, deadline);
            found.Add(new QuietBreach<TKey>(key, deadline, staff.Add(now, left), staff.Add(now, Duration.Max(Duration.Zero, left - lead))));
        }

        return [.. found.OrderBy(breach => breach.AlertTime).ThenBy(breach => breach.Deadline)];
    }
}
