using Microsoft.EntityFrameworkCore;
using NodaTime;
using Passerelle.Hub.Clocks.Policies;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Clocks;

/// <summary>Fires what is due on the clocks: reminders, and the breach at the deadline. Each rung fires once, in the transaction that tells of it.</summary>
public sealed partial class FireClocks(IDbContextFactory<HubDb> dbs, ClockPolicies policies, ChangeSignal changes, ILogger<FireClocks> logger) : IDueWork
{
    const int BatchSize = 200;

    public async Task RunAsync(CancellationToken ct)
    {
        while (await FireBatchAsync(ct) == BatchSize) ct.ThrowIfCancellationRequested();
    }

    public async Task<TimeSpan?> OldestDueAsync(CancellationToken ct)
    {
        await using var db = await dbs.CreateDbContextAsync(ct);
        return (await db.Database.SqlQuery<TimeSpan?>(
            $"""select hub_now() - min(next_fire_time) as "Value" from clocks where next_fire_time < (select hub_now())""").ToListAsync(ct))[0];
    }

    async Task<int> FireBatchAsync(CancellationToken ct)
    {
        await using var db = await dbs.CreateDbContextAsync(ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // Clocks that are being answered right now are locked: they are left out, and no longer due when the lock is gone.
        var due = await db.Clocks.FromSql(
            $"""
            select * from clocks where next_fire_time < (select hub_now())
            order by next_fire_time limit {BatchSize} for update skip locked
            """).ToListAsync(ct);
        if (due.Count == 0) return 0;
        var now = Instant.FromDateTimeOffset(await db.NowAsync(ct));
        foreach (var file in await ClockFiles.ReadAsync(db, policies, due, ct))
        {
            var (firings, told) = file.Settle(now);
            db.ClockFirings.AddRange(firings);
            if (told is not null) db.Events.Add(told);
            foreach (var firing in firings) LogFired(file.Clock.Name, firing.Rung);
        }

        await db.SaveInBulkAsync(ct);
        await transaction.CommitAsync(ct);
        changes.Pulse();
        return due.Count;
    }

    [LoggerMessage(1, LogLevel.Information, "{Clock} fired {Rung}")]
    partial void LogFired(string clock, string rung);
}
