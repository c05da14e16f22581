using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Clocks.Policies;

/// <summary>Works off the orders to move clocks to another policy, one after the other, in batches; a simulation is the same without the writing.</summary>
/// <remarks>
/// A batch is read and decided without a lock, and written by one statement that takes only what is still as it was read: see <see cref="PolicyChangeBatch"/>. Clocks that others were changing
/// at that moment are taken by another pass over the selection, until none is left; those that have moved are not in it any more. While one batch is written the next one is read.
/// </remarks>
public sealed partial class ChangePolicies(IDbContextFactory<HubDb> dbs, ClockPolicies policies, ChangeSignal changes, TimeProvider time, ILogger<ChangePolicies> logger) : IDueWork
{
    /// <summary>For so long a batch may keep others from its clocks; the size of the batches follows from it.</summary>
    static readonly TimeSpan WriteWithin = TimeSpan.FromMilliseconds(20);

    const int SmallestBatch = 100;
    const int LargestBatch = 1000;

    /// <summary>Between two passes: whoever has a clock that was missed shall be done with it.</summary>
    static readonly TimeSpan PassEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>An order nudges; this finds what a node left behind.</summary>
    public TimeSpan LookEvery => TimeSpan.FromSeconds(10);

    public string SweepCron => "*/10 * * * *";

    public async Task RunAsync(CancellationToken ct)
    {
        while (await TakeAsync(ct) is { } change)
        {
            var started = time.GetTimestamp();
            while (await PassAsync(change, ct) is { } next)
            {
                change = next;
                if (change.State != PolicyChangeState.Running) break;
                await Task.Delay(PassEvery, time, ct);
            }

            LogEnded(change.Name, EnumText<PolicyChangeState>.Of(change.State), change.ChangedCount, time.GetElapsedTime(started).TotalSeconds);
        }
    }

    public async Task<TimeSpan?> OldestDueAsync(CancellationToken ct)
    {
        await using var db = await dbs.CreateDbContextAsync(ct);
        return (await db.Database.SqlQuery<TimeSpan?>(
            $"""
            select hub_now() - min(greatest(create_time, lease_end_time)) as "Value" from policy_changes where state = 'running' and coalesce(lease_end_time, create_time) <= (select hub_now())
            """).ToListAsync(ct))[0];
    }

    /// <returns>The oldest that nobody works on; null when there is none.</returns>
    async Task<PolicyChange?> TakeAsync(CancellationToken ct)
    {
        await using var db = await dbs.CreateDbContextAsync(ct);
        return (await db.PolicyChanges.FromSql(
            $"""
            update policy_changes set generation = generation + 1, lease_end_time = hub_now() + {PolicyChangeBatch.Lease}
            where id = (
                select id from policy_changes where state = 'running' and coalesce(lease_end_time, create_time) <= (select hub_now())
                order by create_time limit 1 for update skip locked
            )
            returning *
            """).AsNoTracking().ToListAsync(ct)).SingleOrDefault();
    }

    /// <summary>Once through the selection, or from where it was left.</summary>
    /// <returns>The order after it; null when it is not ours any more, or was cancelled.</returns>
    async Task<PolicyChange?> PassAsync(PolicyChange change, CancellationToken ct)
    {
        var size = SmallestBatch;
        var named = await NamedAsync(change, ct);
        var reading = ReadAsync(change, change.Cursor, size, ct);
        try
        {
            while (await reading is { IsEmpty: false } batch)
            {
                Points.Reach(Points.PolicyBatchRead);
                reading = ReadAsync(change, batch.Last, size, ct);
                var started = time.GetTimestamp();
                await using var db = await dbs.CreateDbContextAsync(ct);
                if (!await batch.WriteAsync(db, PolicyChangeMove.MostNamed - named, ct)) return null;
                Points.Reach(Points.PolicyBatchWritten);
                changes.Pulse();
                named += batch.MovedCount;
                // Towards the time that it may take, twice as many at the most: one slow disk write says little.
                size = (int)Math.Clamp(size * Math.Clamp(WriteWithin / time.GetElapsedTime(started), 0.5, 2), SmallestBatch, LargestBatch);
            }
        }
        finally
        {
            await Task.WhenAny(reading);
        }

        return await EndPassAsync(change, ct);
    }

    async Task<PolicyChangeBatch> ReadAsync(PolicyChange change, Guid? after, int size, CancellationToken ct)
    {
        await using var db = await dbs.CreateDbContextAsync(ct);
        return await PolicyChangeBatch.ReadAsync(db, policies, change, after, size, ct);
    }

    async Task<int> NamedAsync(PolicyChange change, CancellationToken ct)
    {
        await using var db = await dbs.CreateDbContextAsync(ct);
        return await db.PolicyChangeMoves.CountAsync(m => m.ChangeId == change.Id, ct);
    }

    /// <summary>Done, unless clocks were missed: they are looked for from the beginning.</summary>
    async Task<PolicyChange?> EndPassAsync(PolicyChange change, CancellationToken ct)
    {
        await using var db = await dbs.CreateDbContextAsync(ct);
        return (await db.PolicyChanges.FromSql(
            $"""
            update policy_changes set
                state = case when missed_count = 0 then 'done' else 'running' end, end_time = case when missed_count = 0 then hub_now() end,
                lease_end_time = case when missed_count > 0 then hub_now() + {PolicyChangeBatch.Lease} end,
                cursor = case when missed_count = 0 then cursor end, aside_count = case when missed_count = 0 then aside_count else 0 end, missed_count = 0
            where id = {change.Id} and generation = {change.Generation} and state = 'running'
            returning *
            """).AsNoTracking().ToListAsync(ct)).SingleOrDefault();
    }

    [LoggerMessage(1, LogLevel.Information, "{Change} is {State}: {Count} clocks changed, {Seconds:0.0} s since it was taken here")]
    partial void LogEnded(string change, string state, long count, double seconds);
}
