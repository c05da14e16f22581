using NodaTime;
using Passerelle.Hub.Clocks.Calendars;

namespace Passerelle.Hub.Clocks.History;

public enum VoidReason
{
    /// <summary>What it served ended without needing an answer.</summary>
    NotNeeded = 1,

    /// <summary>What it served was merged into something else, whose clock goes on for both.</summary>
    Merged,
}

/// <summary>
/// The kinds of fact, in the order in which facts of one instant are taken. A policy is in force before what happens under it; an answer stands against whatever was
/// saved with it; a pause comes before the end of a pause, so that where it is not clear the clock runs.
/// </summary>
public enum ClockFactKind { Started = 1, PolicyChanged, Limited, Answered, Reopened, Paused, Resumed, Voided, Corrected }

/// <summary>
/// What happened to a clock: a closed set, append-only. EffectiveTime is when it took effect, RecordTime when it was written down; both in whole microseconds.
/// Who asks later is told what was known then; what is to be as though it had been otherwise is a <see cref="Corrected"/>.
/// </summary>
public abstract record ClockFact
{
    ClockFact(ClockFactKind kind, Guid id, Instant effectiveTime, Instant recordTime)
    {
        (FactKind, Id, RecordTime) = (kind, id, Microseconds.Whole(recordTime));
        // Nothing takes effect before it is known: a source whose clock is ahead of ours has just happened.
        EffectiveTime = Instant.Min(Microseconds.Whole(effectiveTime), RecordTime);
    }

    public ClockFactKind FactKind { get; }

    /// <summary>What makes a repeat of it no second fact.</summary>
    public Guid Id { get; }

    public Instant EffectiveTime { get; }

    public Instant RecordTime { get; init; }

    /// <param name="Limit">The deadline is never after it: a partner's window ends with the promise that it serves.</param>
    public sealed record Started(Guid Id, Instant EffectiveTime, Instant RecordTime, ClockPolicy Policy, Instant? Limit = null) : ClockFact(ClockFactKind.Started, Id, EffectiveTime, RecordTime);

    public sealed record Paused(Guid Id, Instant EffectiveTime, Instant RecordTime, string Reason) : ClockFact(ClockFactKind.Paused, Id, EffectiveTime, RecordTime);

    public sealed record Resumed(Guid Id, Instant EffectiveTime, Instant RecordTime) : ClockFact(ClockFactKind.Resumed, Id, EffectiveTime, RecordTime);

    /// <summary>Whether it is one, the policy of that moment says.</summary>
    public sealed record Answered(Guid Id, Instant EffectiveTime, Instant RecordTime, AnswerKind Kind) : ClockFact(ClockFactKind.Answered, Id, EffectiveTime, RecordTime);

    /// <summary>The answer was none after all: it bounced, or was for somebody else. The clock goes on towards its old deadline, as though nobody had answered.</summary>
    /// <param name="Answer">The fact that it takes back; null: all of them.</param>
    public sealed record Reopened(Guid Id, Instant EffectiveTime, Instant RecordTime, Guid? Answer = null) : ClockFact(ClockFactKind.Reopened, Id, EffectiveTime, RecordTime);

    /// <param name="Into">The clock that goes on, when it was merged.</param>
    public sealed record Voided(Guid Id, Instant EffectiveTime, Instant RecordTime, VoidReason Reason, Guid? Into = null) : ClockFact(ClockFactKind.Voided, Id, EffectiveTime, RecordTime);

    /// <summary>From now on another policy counts, and how much. What the old one has counted stays counted.</summary>
    public sealed record PolicyChanged(Guid Id, Instant EffectiveTime, Instant RecordTime, ClockPolicy Policy) : ClockFact(ClockFactKind.PolicyChanged, Id, EffectiveTime, RecordTime);

    /// <summary>Another limit of the deadline; null lifts it.</summary>
    public sealed record Limited(Guid Id, Instant EffectiveTime, Instant RecordTime, Instant? Limit) : ClockFact(ClockFactKind.Limited, Id, EffectiveTime, RecordTime);

    /// <summary>Somebody sets the past right: a fact is taken out, another put in, or one in the place of the other. The only fact that changes a verdict.</summary>
    /// <param name="Removes">The id of the fact taken out, which may itself have come with a correction.</param>
    /// <param name="Adds">A fact of any other kind, with an id of its own.</param>
    public sealed record Corrected(Guid Id, Instant EffectiveTime, Instant RecordTime, Guid? Removes, ClockFact? Adds, string By, string Why) : ClockFact(ClockFactKind.Corrected, Id, EffectiveTime, RecordTime);

    /// <summary>The order of effect. Equal kinds at one instant: as recorded, then by id, so that there is always one order.</summary>
    public static readonly IComparer<ClockFact> ByEffect = Comparer<ClockFact>.Create((a, b) =>
        (a.EffectiveTime, a.FactKind, a.RecordTime, a.Id).CompareTo((b.EffectiveTime, b.FactKind, b.RecordTime, b.Id)));

    public static readonly IComparer<ClockFact> ByRecord = Comparer<ClockFact>.Create((a, b) => (a.RecordTime, a.Id).CompareTo((b.RecordTime, b.Id)));
}
