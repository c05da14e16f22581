using System.Collections.Immutable;
using NodaTime;
using Passerelle.Hub.Clocks.Calendars;

namespace Passerelle.Hub.Clocks.History;

/// <summary>How a clock stands at a moment. Met and missed are verdicts.</summary>
public enum Standing { Running = 1, Paused, Overdue, Met, Missed, Voided }

/// <summary>Why a fact has no effect. It is kept all the same.</summary>
public enum AsideReason
{
    NotStarted = 1,
    AlreadyStarted,
    AlreadyPaused,
    NotPaused,
    PauseNotAllowed,
    SamePolicy,

    /// <summary>The policy of that moment does not take it for an answer.</summary>
    NotAnAnswer,

    /// <summary>Somebody had answered: there is nothing left to pause, change or void.</summary>
    Closed,

    /// <summary>What has been missed is not made good by what comes after.</summary>
    DeadlinePassed,

    Voided,
    NothingToReopen,

    /// <summary>It took effect before a verdict that stands. Only a correction changes that.</summary>
    VerdictStands,

    /// <summary>A correction of what is not there, of its own kind, or that would leave no start.</summary>
    NothingToCorrect,
}

/// <summary>The fold of a clock's facts in their order of effect. Pure: <see cref="Apply"/> takes one fact further.</summary>
/// <remarks>
/// Rules. The deadline is where the policies, each for its own time, have counted the window of the last one, and never after the limit. Once it has passed, only an answer, a
/// reopening and a voiding have an effect. An answer that counts ends a pause and closes the clock; at the deadline it is met, one microsecond later it is missed.
/// While a clock is closed its time goes on, so that it reopens at its old deadline.
/// </remarks>
public sealed record ClockTimeline
{
    public static readonly ClockTimeline Empty = new();

    ClockTimeline() { }

    /// <summary>The last leg; null before the start.</summary>
    public Leg? Leg { get; private init; }

    public Instant? StartTime { get; private init; }

    /// <summary>Null before the start, and while the clock is paused without a limit.</summary>
    public Instant? Deadline { get; private init; }

    public Instant? Limit { get; private init; }

    /// <summary>What had been counted when the policy came into force: its rungs begin behind that.</summary>
    public Duration PolicyFloor { get; private init; }

    /// <summary>All that count and were not taken back, in their order of effect. The first one closed the clock.</summary>
    public ImmutableArray<ClockFact.Answered> Answers { get; private init; } = [];

    public ClockFact.Voided? Void { get; private init; }

    public ImmutableDictionary<Guid, AsideReason> SetAside { get; private init; } = ImmutableDictionary<Guid, AsideReason>.Empty;

    public ClockFact.Answered? Answer => Answers.IsEmpty ? null : Answers[0];

    public ClockPolicy? Policy => Leg?.Policy;

    public bool IsOpen => Leg is not null && Answer is null && Void is null;

    /// <summary>When it was closed or voided; what took effect before that is settled.</summary>
    public Instant? EndTime => Answer?.EffectiveTime ?? Void?.EffectiveTime;

    public Standing? StandingAt(Instant now) => this switch
    {
        { Leg: null } => null,
        { Answer: { } answer } => answer.EffectiveTime <= Deadline ? Standing.Met : Standing.Missed,
        { Void: not null } => Standing.Voided,
        _ when now > Deadline => Standing.Overdue,
        { Leg.IsPaused: true } => Standing.Paused,
        _ => Standing.Running,
    };

    /// <summary>What has been counted until then, or until the clock ended.</summary>
    public Duration CountedAt(Instant instant)
    {
        instant = EndTime is { } end ? Instant.Min(end, Microseconds.Whole(instant)) : Microseconds.Whole(instant);
        for (var leg = Leg; leg is not null; leg = leg.Before)
            if (leg.From <= instant)
                return leg.CountedAt(instant);
        return Duration.Zero;
    }

    /// <summary>The facts must come in their order of effect (<see cref="ClockFact.ByEffect"/>).</summary>
    public ClockTimeline Apply(ClockFact fact) => fact.FactKind switch
    {
        ClockFactKind.Started => Start((ClockFact.Started)fact),
        ClockFactKind.PolicyChanged => Change((ClockFact.PolicyChanged)fact),
        ClockFactKind.Limited => Bound((ClockFact.Limited)fact),
        ClockFactKind.Answered => Take((ClockFact.Answered)fact),
        ClockFactKind.Reopened => Reopen((ClockFact.Reopened)fact),
        ClockFactKind.Paused => Pause((ClockFact.Paused)fact),
        ClockFactKind.Resumed => Resume((ClockFact.Resumed)fact),
        ClockFactKind.Voided => End((ClockFact.Voided)fact),
        // What it adds and takes out is on the line, it is not.
        ClockFactKind.Corrected => this,
    };

    ClockTimeline Start(ClockFact.Started fact)
    {
        if (Leg is not null) return Aside(fact, AsideReason.AlreadyStarted);
        var limit = Whole(fact.Limit);
        return Turn(new Leg(fact.EffectiveTime, fact.Policy, IsPaused: false, Duration.Zero, Before: null), limit) with { StartTime = fact.EffectiveTime };
    }

    ClockTimeline Change(ClockFact.PolicyChanged fact)
    {
        if (Obstacle(fact) is { } obstacle) return Aside(fact, obstacle);
        if (fact.Policy.Key == Policy!.Key) return Aside(fact, AsideReason.SamePolicy);
        // A policy without pauses ends the one that is on.
        var leg = Leg!.Next(fact.EffectiveTime, fact.Policy, Leg.IsPaused && fact.Policy.MayPause);
        return Turn(leg, Limit) with { PolicyFloor = leg.CountedBefore };
    }

    ClockTimeline Bound(ClockFact.Limited fact) => Obstacle(fact) is { } obstacle ? Aside(fact, obstacle) : Turn(Leg!, Whole(fact.Limit));

    ClockTimeline Pause(ClockFact.Paused fact)
    {
        if (Obstacle(fact) is { } obstacle) return Aside(fact, obstacle);
        if (Leg!.IsPaused) return Aside(fact, AsideReason.AlreadyPaused);
        return Policy!.MayPause ? Turn(Leg.Next(fact.EffectiveTime, Policy, paused: true), Limit) : Aside(fact, AsideReason.PauseNotAllowed);
    }

    ClockTimeline Resume(ClockFact.Resumed fact)
    {
        if (Obstacle(fact) is { } obstacle) return Aside(fact, obstacle);
        return Leg!.IsPaused ? Turn(Leg.Next(fact.EffectiveTime, Policy!, paused: false), Limit) : Aside(fact, AsideReason.NotPaused);
    }

    ClockTimeline Take(ClockFact.Answered fact)
    {
        if (Leg is null) return Aside(fact, AsideReason.NotStarted);
        if (Void is not null) return Aside(fact, AsideReason.Voided);
        if (!Policy!.Counts(fact.Kind)) return Aside(fact, AsideReason.NotAnAnswer);
        var running = Leg.IsPaused && !HasPassed(fact) ? Turn(Leg.Next(fact.EffectiveTime, Policy, paused: false), Limit) : this;
        return running with { Answers = Answers.Add(fact) };
    }

    ClockTimeline Reopen(ClockFact.Reopened fact)
    {
        var left = fact.Answer is { } id ? Answers.RemoveAll(a => a.Id == id) : [];
        return left.Length == Answers.Length ? Aside(fact, AsideReason.NothingToReopen) : this with { Answers = left };
    }

    ClockTimeline End(ClockFact.Voided fact) =>
        Obstacle(fact) is { } obstacle and not AsideReason.DeadlinePassed ? Aside(fact, obstacle) : this with { Void = fact };

    AsideReason? Obstacle(ClockFact fact) => this switch
    {
        { Leg: null } => AsideReason.NotStarted,
        { Answer: not null } => AsideReason.Closed,
        { Void: not null } => AsideReason.Voided,
        _ when HasPassed(fact) => AsideReason.DeadlinePassed,
        _ => null,
    };

    bool HasPassed(ClockFact fact) => fact.EffectiveTime > Deadline;

    ClockTimeline Turn(Leg leg, Instant? limit) => this with
    {
        Leg = leg,
        Limit = limit,
        Deadline = (leg.WindowEnd, limit) switch
        {
            ({ } end, { } bound) => Instant.Min(end, bound),
            (var end, var bound) => end ?? bound,
        },
    };

    ClockTimeline Aside(ClockFact fact, AsideReason reason) => this with { SetAside = SetAside.SetItem(fact.Id, reason) };

    static Instant? Whole(Instant? instant) => instant is { } given ? Microseconds.Whole(given) : null;
}
