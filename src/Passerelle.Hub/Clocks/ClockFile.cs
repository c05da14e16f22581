using NodaTime;
using Passerelle.Hub.Clocks.Calendars;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Clocks.Notifications;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Clocks;

/// <summary>A clock with all that is written of it. Pure: it decides, and says which rows are new.</summary>
public sealed class ClockFile
{
    readonly HashSet<FiringKey> fired;
    int events;

    public ClockFile(Clock clock, ClockHistory history, IEnumerable<FiringKey> fired)
    {
        (Clock, History, this.fired) = (clock, history, [.. fired]);
        events = history.Facts.Count;
    }

    /// <summary>A clock that starts now.</summary>
    /// <param name="serves">For the window of a partner: the promise that it serves; null where there is none.</param>
    public static (ClockFile File, ClockEvent Event) Start(
        ClockFamily family, string subject, Guid caseId, string? partnerId, ClockPolicy policy, DateTimeOffset now, OpenPromise? serves = null, string? need = null, string? advisor = null)
    {
        var start = Instant.FromDateTimeOffset(now);
        var file = new ClockFile(Clock.Of(Guid.CreateVersion7(now), family, subject, caseId, partnerId, serves?.Id, need, advisor), ClockHistory.Empty, []);
        // One that was broken while this was on its way limits nobody.
        var limit = serves is { } promise && !(promise.Deadline < start) ? ClockBudget.LimitOf(policy, promise.Standing, promise.Deadline) : null;
        var started = file.Record(new ClockFact.Started(Guid.CreateVersion7(now), start, start, policy, limit), null, null);
        file.Clock.Show(file.History, file.fired, start);
        return (file, started);
    }

    public Clock Clock { get; }

    public ClockHistory History { get; private set; }

    /// <summary>When a fact that is written down now counts as recorded: later than all before it, whatever the clock of the database does, so that they have one order.</summary>
    public Instant RecordTime(Instant now) => History.Facts is [.., var last] ? Instant.Max(now, last.RecordTime + Microseconds.One) : now;

    /// <summary>Why a fact would have no effect; null when it would have one.</summary>
    public AsideReason? WhyAside(ClockFact fact) => History.With(fact).WhyAside(fact.Id);

    /// <summary>What to write down of the window of a partner when the promise that it serves has moved; null when it stays as it is.</summary>
    public ClockFact.Limited? Follow(ClockTimeline promise, Guid id, Instant now) => ClockBudget.Follow(History.Timeline, promise, id, RecordTime(now));

    /// <summary>The event that tells of a fact, once the row is settled.</summary>
    public HubEvent Tell(string type, ClockFact fact) =>
        HubEvent.Of(type, fact.RecordTime.ToDateTimeOffset(), Clock.Subject, Clock.CaseId, Clock.PartnerId, EnumText<Standing>.Of(Clock.State));

    /// <summary>Writes a fact down. The row follows with <see cref="Settle"/>.</summary>
    /// <param name="after">The history with it, where it is known already.</param>
    public ClockEvent Record(ClockFact fact, string? by, string? why, ClockHistory? after = null)
    {
        History = after ?? History.With(fact);
        return ClockEvent.Of(Clock.Id, ++events, fact, by, why);
    }

    /// <summary>Brings the row up to date, and leaves what has come due to the sweep: for work that goes through many.</summary>
    public void Show(Instant now) => Clock.Show(History, fired, now);

    /// <summary>
    /// Fires what is due, and brings the row up to date. Several rungs at once, because nobody swept for a while, are told as one event that names them all. A breach is told when the
    /// clock is overdue: one whose deadline was moved ahead meanwhile is not.
    /// </summary>
    public Settlement Settle(Instant now)
    {
        var due = History.Due(now, fired);
        fired.UnionWith(due.Select(d => d.Key));
        Clock.Show(History, fired, now);
        var isOverdue = Clock.State == Standing.Overdue;
        var told = due.Where(d => isOverdue || !d.Rung.IsBreach).ToList();
        return new Settlement(
            [.. due.Select(d => new ClockFiring(Clock.Id, d.Generation, d.Rung.Name, d.Time.ToDateTimeOffset(), now.ToDateTimeOffset()))],
            told.Count == 0 ? null : Tell(told), [.. Notice.Of(Clock, told, now)]);
    }

    HubEvent Tell(List<DueRung> rungs)
    {
        // The breach first: it is what the rest led to.
        var worst = rungs.FindLast(d => d.Rung.IsBreach) is { Rung.Name: not null } breach ? breach : rungs[^1];
        return HubEvent.Of(
            worst.Rung.IsBreach ? "clock.overdue" : "clock.reminded", worst.Time.ToDateTimeOffset(), Clock.Subject, Clock.CaseId, Clock.PartnerId, string.Join(' ', rungs.Select(d => d.Rung.Name).Distinct()));
    }
}

/// <summary>What came due on a clock: rows to be saved with it.</summary>
/// <param name="Told">The event that tells of it; null when nothing is to be told.</param>
public sealed record Settlement(IReadOnlyList<ClockFiring> Firings, HubEvent? Told, IReadOnlyList<Notice> Notices)
{
    public void AddTo(HubDb db)
    {
        db.ClockFirings.AddRange(Firings);
        if (Told is not null) db.Events.Add(Told);
        db.Notices.AddRange(Notices);
    }
}
