using Microsoft.EntityFrameworkCore;
using NodaTime;
using Passerelle.Hub.Clocks.Notifications;
using Passerelle.Hub.Clocks.Policies;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Clocks;

/// <summary>
/// Fires what is due on the clocks: reminders, and the breach at the deadline. Each rung fires once, in the transaction that tells of it; what is then to be told goes out together.
/// Any number of sweepers share the work: a clock is fired by whoever locks its row. Only the database's clock decides what is due.
/// </summary>
public sealed partial class FireClocks(IDbContextFactory<HubDb> dbs, ClockPolicies policies, Notifier notifier, ChangeSignal changes, TimeProvider time, ILogger<FireClocks> logger) : IDueWork
{
    /// <summary>Few enough for who waits behind a batch, many enough to share its round trips.</summary>
    const int BatchSize = 200;

    /// <summary>
    /// The clocks that are due, the longest due first. They are found in the index alone; rows are read as they are locked. A clock that is being answered right now is locked: it is left
    /// out, and no longer due when the lock is gone. The limit is written out: planned for any limit it would cost so much that PostgreSQL compiles it first.
    /// </summary>
    public static readonly string DueSql =
        $"""
        select c.* from (select id from clocks where next_fire_time < (select hub_now()) order by next_fire_time) due
        cross join lateral (select * from clocks where id = due.id and next_fire_time < (select hub_now()) for update skip locked) c
        limit {BatchSize}
        """;

    /// <summary>How long a clock that cannot be read is left alone: as long as somebody may need to set it right.</summary>
    static readonly TimeSpan UnreadableRetry = TimeSpan.FromMinutes(10);

    public TimeSpan LookEvery => TimeSpan.FromSeconds(3);

    public async Task RunAsync(CancellationToken ct)
    {
        while (true)
        {
            var began = time.GetTimestamp();
            if (await FireBatchAsync(ct) < BatchSize) break;
            // Thousands are due at once: a third of the time is for who else wants something of the database.
            await Task.Delay(time.GetElapsedTime(began) / 2, time, ct);
        }

        await notifier.GatherAsync(ct);
    }

    /// <remarks>A rung is due once its time has passed, a notice when it has come.</remarks>
    public async Task<TimeSpan?> OldestDueAsync(CancellationToken ct)
    {
        await using var db = await dbs.CreateDbContextAsync(ct);
        return (await db.Database.SqlQuery<TimeSpan?>(
            $"""
            select hub_now() - least((select min(next_fire_time) from clocks) + interval '1 microsecond', (select min(due_time) from notices where state = 'queued')) as "Value"
            """).ToListAsync(ct))[0];
    }

    /// <returns>How many were due.</returns>
    async Task<int> FireBatchAsync(CancellationToken ct)
    {
        Points.Reach(Points.FireBegins);
        var taken = new List<Clock>();
        try
        {
            await FireAsync(db => db.Clocks.FromSqlRaw(DueSql), taken, ct);
        }
        catch (Exception e) when (taken.Count > 0 && !ErrorInterceptor.IsStorageOutage(e) && !ct.IsCancellationRequested)
        {
            // One clock's trouble is not the others'.
            foreach (var clock in taken) await FireAloneAsync(clock, ct);
        }

        return taken.Count;
    }

    async Task FireAloneAsync(Clock clock, CancellationToken ct)
    {
        try
        {
            await FireAsync(db => db.Clocks.FromSql($"select * from clocks where id = {clock.Id} and next_fire_time < (select hub_now()) for update skip locked"), [], ct);
        }
        catch (Exception e) when (!ErrorInterceptor.IsStorageOutage(e) && !ct.IsCancellationRequested)
        {
            LogUnreadable(e, clock.Name);
            await using var db = await dbs.CreateDbContextAsync(ct);
            await db.Database.ExecuteSqlAsync(
                $"""
                update clocks set unreadable_time = coalesce(unreadable_time, hub_now()), next_fire_time = hub_now() + {UnreadableRetry}
                where id = {clock.Id} and next_fire_time < (select hub_now())
                """, ct);
        }
    }

    async Task FireAsync(Func<HubDb, IQueryable<Clock>> due, List<Clock> taken, CancellationToken ct)
    {
        await using var db = await dbs.CreateDbContextAsync(ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        taken.AddRange(await due(db).ToListAsync(ct));
        if (taken.Count == 0) return;
        Points.Reach(Points.FireTaken);
        var now = Instant.FromDateTimeOffset(await db.NowAsync(ct));
        var fired = 0;
        foreach (var file in await ClockFiles.ReadAsync(db, policies, taken, ct))
        {
            var settled = file.Settle(now);
            settled.AddTo(db);
            fired += settled.Firings.Count;
        }

        await db.SaveInBulkAsync(ct);
        Points.Reach(Points.FireSaved);
        await transaction.CommitAsync(ct);
        Points.Reach(Points.Fired);
        LogFired(taken.Count, fired);
        changes.Pulse();
    }

    [LoggerMessage(1, LogLevel.Information, "Of {Clocks} clocks, {Rungs} rungs fired")]
    partial void LogFired(int clocks, int rungs);

    [LoggerMessage(2, LogLevel.Error, "{Clock} cannot be fired; it is tried again later")]
    partial void LogUnreadable(Exception exception, string clock);
}
