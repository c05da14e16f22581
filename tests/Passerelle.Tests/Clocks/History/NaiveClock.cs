using NodaTime;
using Passerelle.Hub.Clocks.Calendars;
using Passerelle.Hub.Clocks.History;

namespace Passerelle.Tests.Clocks.History;

/// <summary>
/// A clock once more, by other means: it lives from ten minutes to ten minutes, counts those that count on a tally, and knows no deadline until it has come. Good for
/// facts, windows and hours on tens of minutes.
/// </summary>
sealed class NaiveClock
{
    public static readonly Instant Beginning = Instant.FromUtc(2027, 3, 22, 0, 0);

    /// <summary>Long enough for every window and pause that is drawn.</summary>
    const int Ticks = 40 * 24 * 6;

    static readonly Dictionary<ClockCalendar, bool[]> open = [];

    ClockPolicy? policy;
    bool paused, voided;
    int counted;
    int? reached, limit;
    readonly List<ClockFact.Answered> answers = [];

    public static Instant At(int tick) => Beginning + Duration.FromMinutes(tick * 10);

    public static int TickOf(Instant instant) => (int)((instant - Beginning).TotalMinutes / 10);

    public Instant? Deadline { get; private set; }

    public Standing? Standing { get; private set; }

    public Instant? AnswerTime => answers.Count == 0 ? null : answers[0].EffectiveTime;

    /// <summary>What was on the tally when the last fact came.</summary>
    public int Tally { get; private set; }

    public static void Prepare(IEnumerable<ClockCalendar> calendars)
    {
        foreach (var calendar in calendars) open[calendar] = [.. Enumerable.Range(0, Ticks).Select(tick => calendar.Elapsed(At(tick), At(tick + 1)) > Duration.Zero)];
    }

    /// <param name="facts">In their order of effect.</param>
    public static NaiveClock Live(IReadOnlyList<ClockFact> facts, int now)
    {
        var clock = new NaiveClock();
        var (next, until) = (0, Math.Max(now, facts.Count == 0 ? 0 : TickOf(facts[^1].EffectiveTime)));
        for (var tick = 0; tick < Ticks; tick++)
        {
            for (; next < facts.Count && TickOf(facts[next].EffectiveTime) == tick; next++) clock.Happen(facts[next], tick);
            if (tick == until) clock.Note(now);
            if (tick >= until && (clock.policy is null || clock.reached is not null || clock.paused)) break;
            clock.Pass(tick);
        }

        clock.Deadline = (clock.reached, clock.limit) switch
        {
            ({ } a, { } b) => At(Math.Min(a, b)),
            (var a, var b) => (a ?? b) is { } at && clock.policy is not null ? At(at) : null,
        };
        if (clock.answers.Count > 0) clock.Standing = clock.AnswerTime <= clock.Deadline ? Hub.Clocks.History.Standing.Met : Hub.Clocks.History.Standing.Missed;
        return clock;
    }

    void Note(int now)
    {
        Tally = counted;
        Standing = policy is null ? null
            : voided ? Hub.Clocks.History.Standing.Voided
            : IsPast(now) ? Hub.Clocks.History.Standing.Overdue
            : paused ? Hub.Clocks.History.Standing.Paused : Hub.Clocks.History.Standing.Running;
    }

    void Pass(int tick)
    {
        if (policy is null || paused || !open[policy.Calendar][tick]) return;
        counted++;
        if (counted >= Window) reached ??= tick + 1;
    }

    int Window => (int)(policy!.Window.TotalMinutes / 10);

    bool IsPast(int tick) => reached < tick || limit < tick;

    void Happen(ClockFact fact, int tick)
    {
        if (fact is ClockFact.Started start && policy is null)
        {
            policy = start.Policy;
            limit = start.Limit is { } end ? TickOf(end) : null;
        }
        else if (policy is null || (voided && fact is not ClockFact.Reopened))
        {
            return;
        }
        else if (fact is ClockFact.Answered answer)
        {
            if (!policy.Terms.Answers.Contains(answer.Kind)) return;
            if (paused && !IsPast(tick)) Run(tick);
            answers.Add(answer);
        }
        else if (fact is ClockFact.Reopened reopened)
        {
            answers.RemoveAll(a => reopened.Answer is null || a.Id == reopened.Answer);
        }
        else if (answers.Count > 0)
        {
            return;
        }
        else if (fact is ClockFact.Voided)
        {
            voided = true;
        }
        else if (!IsPast(tick))
        {
            Steer(fact, tick);
        }
    }

    void Steer(ClockFact fact, int tick)
    {
        if (fact is ClockFact.Paused && policy!.MayPause && !paused) (paused, reached) = (true, null);
        if (fact is ClockFact.Resumed && paused) Run(tick);
        if (fact is ClockFact.Limited bound) limit = bound.Limit is { } end ? TickOf(end) : null;
        if (fact is ClockFact.PolicyChanged change && change.Policy.Key != policy!.Key)
        {
            policy = change.Policy;
            reached = null;
            if (!paused || !policy.MayPause) Run(tick);
        }
    }

    void Run(int tick)
    {
        paused = false;
        reached = counted >= Window ? tick : null;
    }
}
