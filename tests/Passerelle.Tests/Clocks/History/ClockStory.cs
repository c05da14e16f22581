using NodaTime;
using Passerelle.Hub.Clocks.Calendars;
using Passerelle.Hub.Clocks.History;
using Passerelle.Tests.Clocks.Calendars;

namespace Passerelle.Tests.Clocks.History;

/// <summary>Writes a clock's history down, in hours after Monday 1 March 2027, 10:00 in Paris. What is not said to be recorded later is recorded as it happens.</summary>
sealed class ClockStory
{
    public static readonly Instant Beginning = When.Paris("2027-03-01 10:00");

    public static readonly WorkingTime Office = new(new WorkingHours { Week = WorkingHours.Weekdays([.. When.Day("9-12 14-18")]) });

    /// <summary>48 hours, as every household is promised.</summary>
    public static readonly ClockPolicy Promise = new(new PolicyKey("promise", 1), new PolicyTerms());

    /// <summary>The same, and it may be paused.</summary>
    public static readonly ClockPolicy Pausable = new(new PolicyKey("pausable", 1), new PolicyTerms { MayPause = true });

    public static readonly ClockPolicy Short = new(new PolicyKey("pausable", 2), new PolicyTerms { MayPause = true, Window = Duration.FromHours(24), Rungs = [PolicyRung.AtPercent(50), PolicyRung.BeforeDeadline(Duration.FromHours(2))] });

    public static readonly ClockPolicy Working = new(new PolicyKey("working", 1), new PolicyTerms
    {
        MayPause = true, Window = Duration.FromHours(8), Calendar = Office, Rungs = [PolicyRung.AtPercent(50), PolicyRung.BeforeDeadline(Duration.FromHours(1)), PolicyRung.AfterDeadline(Duration.FromHours(2))],
    });

    static readonly HashSet<FiringKey> none = [];

    readonly List<ClockFact> facts = [];
    int ids;

    public ClockHistory History => ClockHistory.Of(facts);

    public ClockTimeline Timeline => History.Timeline;

    public static Instant At(double hour) => Beginning + Duration.FromHours(hour);

    public ClockStory Start(ClockPolicy? policy = null, double hour = 0, double? limit = null) => Add(new ClockFact.Started(NewId(), At(hour), At(hour), policy ?? Pausable, limit is { } end ? At(end) : null));

    public ClockStory Pause(double hour, double? recorded = null) => Add(new ClockFact.Paused(NewId(), At(hour), At(recorded ?? hour), "Vacances"));

    public ClockStory Resume(double hour, double? recorded = null) => Add(new ClockFact.Resumed(NewId(), At(hour), At(recorded ?? hour)));

    public ClockStory Answer(double hour, AnswerKind kind = AnswerKind.MessageDelivered, double? recorded = null) => Answer(At(hour), kind, recorded is { } later ? At(later) : null);

    public ClockStory Answer(Instant at, AnswerKind kind = AnswerKind.MessageDelivered, Instant? recorded = null) => Add(new ClockFact.Answered(NewId(), at, recorded ?? at, kind));

    public ClockStory Reopen(double hour, Guid? answer = null) => Add(new ClockFact.Reopened(NewId(), At(hour), At(hour), answer));

    public ClockStory Void(double hour) => Add(new ClockFact.Voided(NewId(), At(hour), At(hour), VoidReason.NotNeeded));

    public ClockStory Change(double hour, ClockPolicy policy) => Add(new ClockFact.PolicyChanged(NewId(), At(hour), At(hour), policy));

    public ClockStory Limit(double hour, double? limit) => Add(new ClockFact.Limited(NewId(), At(hour), At(hour), limit is { } end ? At(end) : null));

    public ClockStory Correct(double recorded, Guid? removes, Func<ClockStory, ClockStory>? adds = null)
    {
        ClockFact? added = null;
        if (adds is not null)
        {
            adds(this);
            added = facts[^1] with { RecordTime = At(recorded) };
            facts.RemoveAt(facts.Count - 1);
        }

        return Add(new ClockFact.Corrected(NewId(), added?.EffectiveTime ?? At(recorded), At(recorded), removes, added, "advisors/ada", "Appel noté trop tard"));
    }

    public ClockStory Add(ClockFact fact)
    {
        facts.Add(fact);
        return this;
    }

    public Guid Last => facts[^1].Id;

    public Standing? Standing(double hour) => Timeline.StandingAt(At(hour));

    /// <summary>In hours; null when there is none.</summary>
    public double? Deadline => Hours(Timeline.Deadline);

    public double? NextFire => Hours(History.NextFireTime(none));

    /// <summary>"24:start+24:00:00" for each rung that is due and not fired.</summary>
    public IReadOnlyList<string> Due(double hour, params IEnumerable<FiringKey> fired) =>
        [.. History.Due(At(hour), fired.ToHashSet()).Select(due => FormattableString.Invariant($"{Hours(due.Time)} {due.Generation} {due.Rung.Name}"))];

    public static double? Hours(Instant? instant) => instant is { } at ? (at - Beginning).TotalHours : null;

    public Guid NewId() => new(++ids, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);
}
