using NodaTime;

namespace Passerelle.Hub.Clocks.History;

/// <summary>What another policy makes of an open clock. Applied or only tried, it is this.</summary>
/// <param name="Fact">What is written down when it is applied.</param>
/// <param name="After">The history with it.</param>
/// <param name="Before">The deadline as it was; null: paused, nobody knows.</param>
/// <param name="Breaches">The clock is lost by it: overdue, or due at this very moment, when nobody answers any more.</param>
/// <param name="Heals">It was, and is not any more.</param>
public sealed record PolicyMove(ClockFact Fact, ClockHistory After, Instant? Before, bool Breaches, bool Heals)
{
    public Instant? Deadline => After.Timeline.Deadline;

    public bool IsMoved => Deadline != Before;

    /// <param name="fromTheStart">
    /// As a correction, as though the clock had had the policy from its start: that may heal what is overdue. Otherwise the policy is in force from now on, which heals nothing.
    /// </param>
    /// <param name="by">Who asks for it, and why: corrections say so.</param>
    /// <returns>Null where it would have no effect, or would end the clock.</returns>
    public static PolicyMove? Of(ClockHistory history, ClockPolicy policy, bool fromTheStart, string by, string why, Func<Guid> newId, Instant now)
    {
        if (history.Timeline is not { IsOpen: true, StartTime: { } start } before) return null;
        var changed = new ClockFact.PolicyChanged(newId(), fromTheStart ? start : now, now, policy);
        ClockFact fact = fromTheStart ? new ClockFact.Corrected(newId(), now, now, Removes: null, changed, by, why) : changed;
        var after = history.With(fact);
        if (after.WhyAside(fact.Id) is not null || after.WhyAside(changed.Id) is not null || !after.Timeline.IsOpen || after.Timeline.Policy!.Key != policy.Key) return null;
        var (was, becomes) = (IsLost(before, now), IsLost(after.Timeline, now));
        return new PolicyMove(fact, after, before.Deadline, Breaches: becomes && !was, Heals: was && !becomes);
    }

    static bool IsLost(ClockTimeline timeline, Instant now) => timeline.Deadline <= now;
}
