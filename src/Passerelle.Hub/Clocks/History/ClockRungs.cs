using NodaTime;

namespace Passerelle.Hub.Clocks.History;

/// <summary>A rung of a clock at its time.</summary>
public readonly record struct TimedRung(string Name, Instant Time, bool BreaksQuietHours, RungRecipient To = RungRecipient.Everyone)
{
    public bool IsBreach => Name == PolicyRung.Breach;

    /// <summary>At the deadline itself an answer would still be in time: the breach is one microsecond later.</summary>
    public bool IsReachedBy(Instant now) => IsBreach ? Time < now : Time <= now;
}

public static class ClockRungs
{
    /// <summary>The rungs of the policy in force that were reached under it, and, while the clock runs, those ahead; in their order.</summary>
    public static IReadOnlyList<TimedRung> Rungs(this ClockTimeline timeline)
    {
        if (timeline is not { Leg: { } leg, Policy: { } policy }) return [];
        List<TimedRung> rungs = [];
        if (timeline.Deadline is { } deadline) rungs.Add(new TimedRung(PolicyRung.Breach, deadline, BreaksQuietHours: true));
        var window = Window(timeline, leg, policy);
        foreach (var rung in policy.Terms.Rungs)
        {
            // What the policy would have asked for before it was in force is not made up for.
            if (rung.AmountIn(window) is { } amount && amount > timeline.PolicyFloor && Reached(leg, amount) is { } time)
                rungs.Add(new TimedRung(rung.Name, time, rung.BreaksQuietHours, rung.To));
        }

        rungs.Sort((a, b) => (a.Time, a.IsBreach).CompareTo((b.Time, b.IsBreach)) is var order and not 0 ? order : string.CompareOrdinal(a.Name, b.Name));
        return rungs;
    }

    /// <summary>Where a limit ends the clock before its window does, "before the deadline" and percents go by what can be counted until then.</summary>
    static Duration Window(ClockTimeline timeline, Leg leg, ClockPolicy policy)
    {
        if (leg.IsPaused || timeline.Deadline is not { } deadline || deadline != timeline.Limit) return policy.Window;
        Leg? at = leg;
        while (at is not null && deadline < at.From) at = at.Before;
        return at is null ? Duration.Zero : Duration.Min(policy.Window, at.CountedAt(deadline));
    }

    /// <summary>The first instant at which so much was counted; null when a pause is in the way.</summary>
    static Instant? Reached(Leg leg, Duration amount)
    {
        while (leg.CountedBefore >= amount && leg.Before is { } before) leg = before;
        return leg.IsPaused ? null : leg.Policy.Calendar.Add(leg.From, amount - leg.CountedBefore);
    }
}
