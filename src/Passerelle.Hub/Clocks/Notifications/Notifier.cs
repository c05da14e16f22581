using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using NodaTime;
using Passerelle.Hub.Clocks.Calendars;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Clocks.Notifications;

/// <summary>Gathers what is to be told: one notification to each recipient, however many rungs it is about, in hours in which people may be told, and none soon after another.</summary>
public sealed partial class Notifier(IDbContextFactory<HubDb> dbs, IOptions<NotificationOptions> options, ChangeSignal changes, ILogger<Notifier> logger)
{
    /// <summary>Clocks that a notification names; it counts the others.</summary>
    const int MostNamed = 20;

    /// <summary>One gathers at a time: two would make two notifications of what belongs in one.</summary>
    const long GatheringLock = 4_800_000;

    readonly WorkingTime hours = options.Value.Hours();

    public async Task GatherAsync(CancellationToken ct)
    {
        while (await GatherOnceAsync(ct)) changes.Pulse();
    }

    /// <returns>True when something was told: more may have come due meanwhile, that another one left to us.</returns>
    async Task<bool> GatherOnceAsync(CancellationToken ct)
    {
        await using var db = await dbs.CreateDbContextAsync(ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (!(await db.Database.SqlQuery<bool>($"""select pg_try_advisory_xact_lock({GatheringLock}) as "Value" """).ToListAsync(ct))[0]) return false;
        var now = await db.NowAsync(ct);
        var recipients = await db.Notices.Where(n => n.State == NoticeState.Queued && n.DueTime <= now).Select(n => n.Recipient).Distinct().ToListAsync(ct);
        var told = 0;
        foreach (var recipient in recipients) told += await TellAsync(db, recipient, now, ct);
        await db.SaveChangesAsync(ct);
        Points.Reach(Points.NotificationSaved);
        await transaction.CommitAsync(ct);
        return told > 0;
    }

    /// <returns>How many notifications: one, or none.</returns>
    async Task<int> TellAsync(HubDb db, string recipient, DateTimeOffset now, CancellationToken ct)
    {
        var due = db.Notices.Where(n => n.State == NoticeState.Queued && n.Recipient == recipient && n.DueTime <= now);
        var last = await db.Notifications.Where(n => n.Recipient == recipient).OrderByDescending(n => n.CreateTime).Select(n => (DateTimeOffset?)n.CreateTime).FirstOrDefaultAsync(ct);
        if (last + options.Value.Gap is { } next && next > now)
        {
            await due.ExecuteUpdateAsync(set => set.SetProperty(n => n.DueTime, next), ct);
            return 0;
        }

        if (NextHours(now) is var open && open > now) await due.Where(n => !n.IsUrgent).ExecuteUpdateAsync(set => set.SetProperty(n => n.DueTime, open), ct);
        // Who has been answered needs no reminder; of a clock that is paused nobody knows the deadline.
        await due.Where(n => !db.Clocks.Any(c => c.Id == n.ClockId && (c.State == Standing.Running || c.State == Standing.Overdue)))
            .ExecuteUpdateAsync(set => set.SetProperty(n => n.State, NoticeState.Dropped), ct);
        if (!await due.AnyAsync(ct)) return 0;
        var notification = Notification.To(recipient, now);
        db.Notifications.Add(notification);
        await db.SaveChangesAsync(ct);
        // What else waits to be told of these clocks is told with it. It tells of what it has taken: notices are being written all the while.
        await db.Notices.Where(n => n.State == NoticeState.Queued && n.Recipient == recipient && due.Any(d => d.ClockId == n.ClockId))
            .ExecuteUpdateAsync(set => set.SetProperty(n => n.State, NoticeState.Told).SetProperty(n => n.NotificationId, notification.Id), ct);
        var taken = db.Notices.Where(n => n.NotificationId == notification.Id);
        var clocks = await taken.Select(n => n.ClockId).Distinct().CountAsync(ct);
        var missed = await taken.Where(n => n.IsMissed).Select(n => n.ClockId).Distinct().CountAsync(ct);
        var (title, summary) = NotificationText.Of(recipient, await NamedAsync(db, notification.Id, now, ct), clocks, missed);
        notification.Say(clocks, title, summary);
        LogTold(notification.Name, recipient, clocks);
        return 1;
    }

    /// <summary>What is overdue for longest comes first. This folder knows that there are cases, and how people call them, not what they are.</summary>
    static Task<List<NamedClock>> NamedAsync(HubDb db, Guid notificationId, DateTimeOffset now, CancellationToken ct) => db.Database.SqlQuery<NamedClock>(
        $"""
        select c.subject, coalesce(s.reference, '') as "case", p.display_name as partner, c.start_time, c.due_time, c.due_time < {now} as is_overdue,
            (select string_agg(n.rungs, ' ') from notices n where n.notification_id = {notificationId} and n.clock_id = c.id) as rungs
        from clocks c
        left join cases s on s.id = c.case_id
        left join partners p on p.id = c.partner_id
        where c.id in (select clock_id from notices where notification_id = {notificationId})
        order by c.due_time, c.id limit {MostNamed}
        """).ToListAsync(ct);

    /// <summary>The first moment from now on at which people may be told.</summary>
    DateTimeOffset NextHours(DateTimeOffset now)
    {
        var instant = Instant.FromDateTimeOffset(now);
        return hours.Counts(instant) ? now : (hours.Add(instant, Microseconds.One) - Microseconds.One).ToDateTimeOffset();
    }

    [LoggerMessage(1, LogLevel.Information, "{Notification} tells {Recipient} of {Clocks} clocks")]
    partial void LogTold(string notification, string recipient, int clocks);
}
