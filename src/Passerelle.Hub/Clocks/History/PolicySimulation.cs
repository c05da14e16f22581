using NodaTime;

namespace Passerelle.Hub.Clocks.History;

/// <summary>What another policy would do to a clock.</summary>
/// <param name="After">Null: paused, nobody knows.</param>
public sealed record SimulatedMove<TKey>(TKey Clock, Instant? Before, Instant? After, bool Breaches, bool Heals);

/// <param name="Clocks">How many open clocks were looked at.</param>
/// <param name="Moves">Those whose deadline would be another.</param>
public sealed record SimulatedChange<TKey>(int Clocks, IReadOnlyList<SimulatedMove<TKey>> Moves)
{
    public int Breaches => Moves.Count(move => move.Breaches);

    public int Heals => Moves.Count(move => move.Heals);
}

public static class PolicySimulation
{
    /// <summary>What becomes of open clocks under another policy, without applying it.</summary>
    /// <param name="policyFor">The policy that a clock would have; null leaves it alone.</param>
    /// <param name="fromTheStart">
    /// As a correction, as though each clock had had the policy from its start: that may heal what is overdue. Otherwise the policy is in force from now on, which heals nothing.
    /// </param>
    public static SimulatedChange<TKey> Of<TKey>(
        IEnumerable<(TKey Key, ClockHistory History)> clocks, Func<TKey, ClockPolicy?> policyFor, bool fromTheStart, Func<Guid> newId, Instant now)
    {
        var (looked, moves) = (0, new List<SimulatedMove<TKey>>());
        foreach (var (key, history) in clocks)
        {
            if (history.Timeline is not { IsOpen: true, StartTime: { } start } before) continue;
            looked++;
            if (policyFor(key) is not { } policy) continue;
            ClockFact changed = new ClockFact.PolicyChanged(newId(), fromTheStart ? start : now, now, policy);
            var after = history.With(fromTheStart ? new ClockFact.Corrected(newId(), start, now, Removes: null, changed, "", "") : changed).Timeline;
            if (after.Deadline == before.Deadline) continue;
            var (was, becomes) = (IsLost(before, now), IsLost(after, now));
            moves.Add(new SimulatedMove<TKey>(key, before.Deadline, after.Deadline, Breaches: becomes && !was, Heals: was && !becomes));
        }

        return new SimulatedChange<TKey>(looked, moves);
    }

    /// <summary>Overdue, or due at this very moment: nobody answers in no time.</summary>
    static bool IsLost(ClockTimeline timeline, Instant now) => timeline.Deadline <= now;
}
