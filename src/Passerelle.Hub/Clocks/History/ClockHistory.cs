using System.Collections.Immutable;
using NodaTime;

namespace Passerelle.Hub.Clocks.History;

/// <summary>One deadline of a clock, for as long as it was believed. A pause, its end, another policy and a correction that moves something begin the next.</summary>
/// <param name="Since">When the facts that moved it were recorded.</param>
public sealed record ClockGeneration(int Number, Instant Since, ClockTimeline Timeline);

/// <summary>
/// All facts of one clock, and what they come to. The order in which they are given does not matter: they are taken as they were recorded, those of one moment together, and
/// folded in their order of effect. A fact that took effect before a verdict which was known when it was recorded is set aside: only a correction changes a verdict.
/// </summary>
public sealed class ClockHistory
{
    public static readonly ClockHistory Empty = new();

    ImmutableArray<ClockFact> facts = [];
    ImmutableArray<ClockFact> line = [];
    ImmutableArray<ClockGeneration> generations = [];
    ImmutableDictionary<Guid, AsideReason> refused = ImmutableDictionary<Guid, AsideReason>.Empty;

    ClockHistory() { }

    public static ClockHistory Of(IEnumerable<ClockFact> facts)
    {
        var history = new ClockHistory();
        // A fact that was delivered twice is one fact.
        foreach (var together in facts.DistinctBy(fact => fact.Id).GroupBy(fact => fact.RecordTime).OrderBy(group => group.Key)) history.Take(together.Key, together);
        return history;
    }

    /// <summary>In the order of recording.</summary>
    public IReadOnlyList<ClockFact> Facts => facts;

    public ClockTimeline Timeline { get; private set; } = ClockTimeline.Empty;

    public IReadOnlyList<ClockGeneration> Generations => generations;

    /// <summary>0 before the start. It never falls.</summary>
    public int Generation => generations.Length;

    /// <summary>Why a fact has no effect; null when it has one.</summary>
    public AsideReason? WhyAside(Guid fact) =>
        refused.TryGetValue(fact, out var reason) || Timeline.SetAside.TryGetValue(fact, out reason) ? reason : null;

    /// <summary>The history with more facts. Those that are the last to be recorded and to take effect are one step; others fold it anew.</summary>
    public ClockHistory With(params IReadOnlyList<ClockFact> more)
    {
        var last = facts.IsEmpty ? Instant.MinValue : facts[^1].RecordTime;
        if (more.Any(fact => fact.RecordTime <= last)) return Of(facts.Concat(more));
        var next = new ClockHistory { facts = facts, line = line, generations = generations, refused = refused, Timeline = Timeline };
        foreach (var together in more.Where(fact => !facts.Any(known => known.Id == fact.Id)).DistinctBy(fact => fact.Id).GroupBy(fact => fact.RecordTime).OrderBy(group => group.Key))
            next.Take(together.Key, together);
        return next;
    }

    /// <summary>What was known at a moment: whatever is recorded after it makes no difference.</summary>
    public ClockHistory AsKnownAt(Instant recordTime) => Of(facts.Where(fact => fact.RecordTime <= recordTime));

    void Take(Instant recordTime, IEnumerable<ClockFact> together)
    {
        var settled = Timeline;
        var inOrder = true;
        // Corrections last: what they take out may have come with them.
        foreach (var fact in together.OrderBy(fact => fact is ClockFact.Corrected).ThenBy(fact => fact, ClockFact.ByEffect))
        {
            facts = facts.Add(fact);
            if (fact is ClockFact.Corrected correction) inOrder &= Correct(correction);
            else if (IsBehind(settled, fact)) refused = refused.Add(fact.Id, AsideReason.VerdictStands);
            else inOrder &= Insert(fact);
        }

        if (!inOrder) Timeline = line.Aggregate(ClockTimeline.Empty, (timeline, fact) => timeline.Apply(fact));
        if (Timeline.Leg is null) return;
        if (generations.IsEmpty || Moved(generations[^1].Timeline, Timeline)) generations = generations.Add(new ClockGeneration(generations.Length + 1, recordTime, Timeline));
        else generations = generations.SetItem(generations.Length - 1, generations[^1] with { Timeline = Timeline });
    }

    /// <summary>In the instant of the answer itself there may be a second one, and its being taken back.</summary>
    static bool IsBehind(ClockTimeline settled, ClockFact fact) =>
        fact.EffectiveTime < settled.EndTime
        || (fact.EffectiveTime == settled.EndTime && (settled.Answer is null || fact.FactKind is not (ClockFactKind.Answered or ClockFactKind.Reopened)));

    /// <returns>Whether the timeline is up to date: the fact is the last in effect.</returns>
    bool Insert(ClockFact fact)
    {
        var at = ~line.BinarySearch(fact, ClockFact.ByEffect);
        // A correction has brought it already.
        if (at < 0) return true;
        line = line.Insert(at, fact);
        if (at < line.Length - 1) return false;
        Timeline = Timeline.Apply(fact);
        return true;
    }

    bool Correct(ClockFact.Corrected correction)
    {
        var removed = correction.Removes is { } id ? line.FirstOrDefault(fact => fact.Id == id) : null;
        var adds = correction.Adds;
        if ((correction.Removes is not null && removed is null) || (removed is null && adds is null) || adds is ClockFact.Corrected
            || (adds is not null && adds.Id != correction.Removes && line.Any(fact => fact.Id == adds.Id))
            || (removed is ClockFact.Started && adds is not ClockFact.Started))
        {
            refused = refused.Add(correction.Id, AsideReason.NothingToCorrect);
            return true;
        }

        if (removed is not null) line = line.RemoveAt(line.IndexOf(removed));
        if (adds is not null) line = line.Insert(~line.BinarySearch(adds, ClockFact.ByEffect), adds);
        return false;
    }

    static bool Moved(ClockTimeline before, ClockTimeline after) =>
        before.Deadline != after.Deadline || before.StartTime != after.StartTime || before.Policy!.Key != after.Policy!.Key
        || before.Leg!.IsPaused != after.Leg!.IsPaused || before.Leg.From != after.Leg.From || before.Leg.CountedBefore != after.Leg.CountedBefore;
}
