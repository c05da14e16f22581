using NodaTime;

namespace Passerelle.Hub.Clocks.History;

/// <summary>What makes a rung fire once, together with the clock's id.</summary>
public readonly record struct FiringKey(int Generation, string Rung);

public readonly record struct DueRung(int Generation, TimedRung Rung)
{
    public FiringKey Key => new(Generation, Rung.Name);

    public Instant Time => Rung.Time;
}

/// <summary>What a clock's row says.</summary>
/// <param name="NextFireTime">Null when nothing is left to fire. A sweep that is due looks for times strictly before its own.</param>
public sealed record ClockSnapshot(Standing Standing, Instant StartTime, Instant? Deadline, Instant? NextFireTime, int Generation, Instant? AnswerTime);

public static class Firing
{
    /// <summary>
    /// Every rung that this clock has had or will have, as things stand, oldest first. Of a generation that is over, those that were reached in it; of the present one, all. What was
    /// reached in an earlier generation is not said again, unless it came to lie ahead again.
    /// </summary>
    public static IReadOnlyList<DueRung> Schedule(this ClockHistory history)
    {
        List<DueRung> schedule = [];
        HashSet<string> reached = [];
        foreach (var generation in history.Generations)
        {
            Instant? until = generation.Number < history.Generation ? history.Generations[generation.Number].Since : null;
            var rungs = generation.Timeline.Rungs();
            foreach (var rung in rungs)
            {
                if (until is { } end && !rung.IsReachedBy(end)) continue;
                if (!rung.IsReachedBy(generation.Since) || !reached.Contains(rung.Name)) schedule.Add(new DueRung(generation.Number, rung));
            }

            if (until is { } over) reached.UnionWith(rungs.Where(rung => rung.IsReachedBy(over)).Select(rung => rung.Name));
        }

        schedule.Sort((a, b) => (a.Time, a.Generation, a.Rung.IsBreach).CompareTo((b.Time, b.Generation, b.Rung.IsBreach)) is var order and not 0
            ? order : string.CompareOrdinal(a.Rung.Name, b.Rung.Name));
        return schedule;
    }

    /// <summary>
    /// What is to be fired now, oldest first: more than one when nobody swept for a while, and then one message tells of all of them. Nothing for a clock that is
    /// closed: who has been answered needs no reminder.
    /// </summary>
    public static IReadOnlyList<DueRung> Due(this ClockHistory history, Instant now, IReadOnlySet<FiringKey> fired) =>
        history.Timeline.IsOpen ? [.. history.Schedule().Where(due => due.Rung.IsReachedBy(now) && !fired.Contains(due.Key))] : [];

    public static Instant? NextFireTime(this ClockHistory history, IReadOnlySet<FiringKey> fired)
    {
        if (!history.Timeline.IsOpen) return null;
        foreach (var due in history.Schedule())
            if (!fired.Contains(due.Key))
                return due.Time;
        return null;
    }

    /// <returns>Null before the start.</returns>
    public static ClockSnapshot? Snapshot(this ClockHistory history, Instant now, IReadOnlySet<FiringKey> fired) =>
        history.Timeline is { StartTime: { } start } timeline && timeline.StandingAt(now) is { } standing
            ? new ClockSnapshot(standing, start, timeline.Deadline, history.NextFireTime(fired), history.Generation, timeline.Answer?.EffectiveTime)
            : null;
}
