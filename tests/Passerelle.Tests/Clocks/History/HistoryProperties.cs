using CsCheck;
using NodaTime;
using Passerelle.Hub.Clocks.History;

namespace Passerelle.Tests.Clocks.History;

/// <summary>What holds for every history. Each runs so many cases; CsCheck prints the seed of one that fails.</summary>
static class HistoryProperties
{
    static readonly Instant end = NaiveClock.At(6_000);
    static readonly HashSet<FiringKey> none = [];

    /// <summary>Two implementations come to the same deadline, standing and tally.</summary>
    public static void The_fold_agrees_with_a_clock_that_ticks(int cases)
    {
        NaiveClock.Prepare(HistoryGen.Policies.Select(policy => policy.Calendar).Distinct());
        Gen.Select(HistoryGen.Histories(corrections: false, ends: true), Gen.Int[900, 1_200]).Sample(
            (facts, now) =>
            {
                var timeline = ClockHistory.Of(facts.Select(fact => fact with { RecordTime = NaiveClock.At(1_300) })).Timeline;
                var naive = NaiveClock.Live([.. facts.Select(fact => fact with { RecordTime = NaiveClock.At(1_300) }).Order(ClockFact.ByEffect)], now);
                Equal((naive.Deadline, naive.AnswerTime, naive.Standing), (timeline.Deadline, timeline.Answer?.EffectiveTime, timeline.StandingAt(NaiveClock.At(now))), facts);
                if (timeline.EndTime is null) Equal(Duration.FromMinutes(10 * naive.Tally), timeline.CountedAt(NaiveClock.At(Math.Max(now, NaiveClock.TickOf(facts.Max(f => f.EffectiveTime))))), facts);
            },
            iter: cases);
    }

    /// <summary>Fact by fact as they are recorded, all at once, and in any order: the same.</summary>
    public static void The_order_of_arrival_does_not_matter(int cases) =>
        Gen.Select(HistoryGen.Histories(corrections: true, ends: true), Gen.Int[0, int.MaxValue]).Sample(
            (facts, seed) =>
            {
                var whole = ClockHistory.Of(facts);
                var step = facts.GroupBy(f => f.RecordTime).OrderBy(g => g.Key).Aggregate(ClockHistory.Empty, (history, group) => history.With([.. group]));
                Same(whole, step, facts);
                var shuffled = Shuffled(facts, seed);
                Same(whole, ClockHistory.Of(shuffled), facts);
                Same(whole, shuffled.Aggregate(ClockHistory.Empty, (history, fact) => history.With(fact)), facts);
            },
            iter: cases);

    /// <summary>Until somebody has answered it makes no difference which of the facts became known first.</summary>
    public static void The_order_of_recording_does_not_matter_before_a_verdict(int cases) =>
        Gen.Select(HistoryGen.Histories(corrections: false, ends: false), Gen.Int[0, int.MaxValue], Gen.Int[0, 900]).Sample(
            (facts, seed, answer) =>
            {
                ClockFact last = new ClockFact.Answered(HistoryGen.IdOf(999), NaiveClock.At(answer), NaiveClock.At(2_000), AnswerKind.PartnerAnswered);
                var one = Shuffled(facts, seed).Select((fact, i) => fact with { RecordTime = NaiveClock.At(1_300 + i) }).Append(last);
                var other = facts.Select(fact => fact with { RecordTime = NaiveClock.At(1_300) }).Append(last);
                // Two facts of a kind at one instant are taken as they were recorded: that is the one difference there may be.
                if (facts.DistinctBy(f => (f.EffectiveTime, f.FactKind)).Count() < facts.Length) return;
                Equal(Line(ClockHistory.Of(other).Timeline), Line(ClockHistory.Of(one).Timeline), facts);
            },
            iter: cases);

    /// <summary>What was known at a moment is what is said to have been known; a verdict changes by a correction or a reopening alone; generations never fall.</summary>
    public static void What_was_known_stays_known_and_verdicts_stand(int cases) =>
        HistoryGen.Histories(corrections: true, ends: true).Sample(
            facts =>
            {
                var whole = ClockHistory.Of(facts);
                var history = ClockHistory.Empty;
                foreach (var group in facts.GroupBy(f => f.RecordTime).OrderBy(g => g.Key))
                {
                    var before = history;
                    history = history.With([.. group]);
                    Same(history, whole.AsKnownAt(group.Key), facts);
                    if (before.Generation > history.Generation) Assert.Fail($"Generation fell to {history.Generation}");
                    if (before.Timeline.EndTime is null || group.Any(f => f is ClockFact.Corrected or ClockFact.Reopened)) continue;
                    Equal(Verdict(before.Timeline), Verdict(history.Timeline), facts);
                    Equal(before.Generation, history.Generation, facts);
                }
            },
            iter: cases);

    /// <summary>The spans of an explanation have no holes, and those that count are what was counted.</summary>
    public static void An_explanation_adds_up(int cases) =>
        Gen.Select(HistoryGen.Histories(corrections: true, ends: true), Gen.Long[0, 900L * 600_000_000]).Sample(
            (facts, micros) =>
            {
                var (timeline, at) = (ClockHistory.Of(facts).Timeline, NaiveClock.Beginning + CalendarMicros(micros));
                if (ClockExplanation.Of(timeline, at) is not { } explanation) return;
                var (cursor, sum) = (timeline.StartTime!.Value, Duration.Zero);
                foreach (var (span, _) in explanation.Spans)
                {
                    if (span.From != cursor || span.To <= span.From) Assert.Fail($"{span} after {cursor}");
                    (cursor, sum) = (span.To, sum + span.Counted);
                }

                Equal((explanation.Until, explanation.Counted), (cursor, sum), facts);
                if (timeline.Answer is { } answer && at >= answer.EffectiveTime) Equal(answer.EffectiveTime, explanation.Until, facts);
            },
            iter: cases);

    /// <summary>
    /// Swept at every turn or once at the end, the same rungs are fired, each once and none before its time; and the time that the row gives for the next one is right.
    /// Without answers, which make a reminder moot, and without corrections, which make it another one.
    /// </summary>
    public static void Every_rung_fires_once_whenever_it_is_swept(int cases) =>
        Gen.Select(HistoryGen.Histories(corrections: false, ends: false), Gen.Int[0, 2_000].Array[0, 6]).Sample(
            (facts, sweeps) =>
            {
                // Recorded as it happens: what is learnt late moves what was fired before.
                facts = [.. facts.Select(fact => fact with { RecordTime = fact.EffectiveTime })];
                HashSet<FiringKey> fired = [];
                var history = ClockHistory.Empty;
                foreach (var (now, recorded) in sweeps.Select(NaiveClock.At).Concat(facts.Select(f => f.RecordTime)).Append(end).Distinct().Order().Select(now => (now, facts.Where(f => f.RecordTime == now).ToArray())))
                {
                    // The facts of this very moment are not there yet, as for a sweep that comes just before them.
                    var next = history.NextFireTime(fired);
                    var due = history.Due(now, fired);
                    if (due.Count > 0 && due[0].Time != next) Assert.Fail($"{due[0]} is due, and the row says {next}");
                    foreach (var rung in due)
                        if (rung.Time > now || !fired.Add(rung.Key))
                            Assert.Fail($"{rung} at {now}");
                    if (due.Count > 0 && history.NextFireTime(fired) < now) Assert.Fail($"{history.NextFireTime(fired)} is left behind at {now}");
                    if (recorded.Length > 0) history = history.With(recorded);
                }

                var once = history.Due(end, none).Select(due => due.Key).ToHashSet();
                if (!once.SetEquals(fired)) Assert.Fail($"At every turn {string.Join(", ", fired.Except(once))}, at the end {string.Join(", ", once.Except(fired))}:\n{string.Join('\n', facts.AsEnumerable())}");
            },
            iter: cases);

    /// <summary>However sweeps and corrections come, nothing fires twice in a generation or on a closed clock, and nothing that is due is left.</summary>
    public static void Corrections_make_nothing_fire_twice_in_a_generation(int cases) =>
        HistoryGen.Histories(corrections: true, ends: true).Sample(
            facts =>
            {
                HashSet<FiringKey> fired = [];
                var history = ClockHistory.Empty;
                foreach (var group in facts.GroupBy(f => f.RecordTime).OrderBy(g => g.Key))
                {
                    history = history.With([.. group]);
                    var due = history.Due(group.Key, fired);
                    if (!history.Timeline.IsOpen && due.Count > 0) Assert.Fail($"{due[0]} on a closed clock");
                    foreach (var rung in due)
                        if (rung.Time > group.Key || !fired.Add(rung.Key))
                            Assert.Fail($"{rung} at {group.Key}");
                    if (history.NextFireTime(fired) < group.Key) Assert.Fail("left behind");
                }
            },
            iter: cases);

    static Duration CalendarMicros(long micros) => Duration.FromTicks(micros * 10);

    static ClockFact[] Shuffled(ClockFact[] facts, int seed)
    {
        var shuffled = facts.ToArray();
        var state = (uint)seed;
        for (var i = shuffled.Length - 1; i > 0; i--)
        {
            state = (state * 1_664_525) + 1_013_904_223;
            var other = (int)(state >> 8) % (i + 1);
            (shuffled[i], shuffled[other]) = (shuffled[other], shuffled[i]);
        }

        return shuffled;
    }

    static (Instant?, bool, Standing?, Instant?) Verdict(ClockTimeline timeline) =>
        (timeline.Deadline, timeline.Answer is null, timeline.StandingAt(end), timeline.EndTime);

    static (Instant?, Instant?, Leg?, Duration, Guid?, Guid?, int) Line(ClockTimeline timeline) =>
        (timeline.StartTime, timeline.Deadline, timeline.Leg, timeline.PolicyFloor, timeline.Answer?.Id, timeline.Void?.Id, timeline.Answers.Length);

    /// <summary>The line, every generation, and what was set aside.</summary>
    static void Same(ClockHistory expected, ClockHistory actual, ClockFact[] facts)
    {
        Equal(Line(expected.Timeline), Line(actual.Timeline), facts);
        Equal(expected.Generation, actual.Generation, facts);
        for (var i = 0; i < expected.Generation; i++)
        {
            var (one, other) = (expected.Generations[i], actual.Generations[i]);
            Equal((one.Number, one.Since, one.Timeline.Deadline), (other.Number, other.Since, other.Timeline.Deadline), facts);
        }

        foreach (var fact in facts) Equal(expected.WhyAside(fact.Id), actual.WhyAside(fact.Id), facts);
    }

    static void Equal<T>(T expected, T actual, ClockFact[] facts)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual)) Assert.Fail($"Expected {expected}, was {actual}:\n{string.Join('\n', facts.AsEnumerable())}");
    }
}
