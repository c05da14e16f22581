using NodaTime;

namespace Passerelle.Hub.Clocks.History;

/// <summary>Two things that wait for an answer become one.</summary>
public static class ClockMerge
{
    /// <summary>The clock that is given up is voided, and the one that goes on is due no later than it was: merging buys nobody time.</summary>
    /// <param name="survivorId">The id of the clock that goes on, for whoever looks for the other.</param>
    /// <returns>What to record with each of the two clocks; nothing for a clock that is closed already.</returns>
    public static (IReadOnlyList<ClockFact> ForSurvivor, IReadOnlyList<ClockFact> ForAbsorbed) Of(
        ClockTimeline survivor, ClockTimeline absorbed, Guid survivorId, Func<Guid> newId, Instant now)
    {
        if (!absorbed.IsOpen) return ([], []);
        ClockFact voided = new ClockFact.Voided(newId(), now, now, VoidReason.Merged, survivorId);
        var isEarlier = survivor.IsOpen && absorbed.Deadline is { } deadline && (survivor.Deadline is not { } own || deadline < own);
        return (isEarlier ? [new ClockFact.Limited(newId(), now, now, absorbed.Deadline)] : [], [voided]);
    }
}
