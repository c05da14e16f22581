using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Housing;

/// <summary>Has something to do when listings changed, in its own time: no import waits for it.</summary>
public interface IListingFollower
{
    /// <summary>Of the row that keeps where it is; must never change.</summary>
    static abstract string Name { get; }

    /// <summary>Does it, within the transaction that also notes that it is done. What is left in the context is saved.</summary>
    /// <param name="changed">As they stand now, in the order of their last change. One that changes meanwhile comes again.</param>
    Task FollowAsync(IReadOnlyList<Listing> changed, CancellationToken ct);
}

/// <summary>Says on this node, after a commit, that listings or what became of them changed: those who watch or follow them look at once.</summary>
public delegate void ListingsChanged();

/// <summary>How far somebody has followed the listings.</summary>
public sealed class ListingFollower
{
    ListingFollower() { }

    public string Name { get; private set; } = "";

    /// <summary>With the sequence: the change that was followed last. EventFeed says why the order needs both.</summary>
    public ulong ChangedTransaction { get; private set; }

    public long ChangedSequence { get; private set; }

    /// <summary>When it may go on: at once, or some time after it failed.</summary>
    public DateTimeOffset DueTime { get; private set; }

    public void MoveTo(Listing last, DateTimeOffset now) => (ChangedTransaction, ChangedSequence, DueTime) = (last.ChangedTransaction, last.ChangedSequence, now);

    public sealed class Mapping : IEntityTypeConfiguration<ListingFollower>
    {
        public void Configure(EntityTypeBuilder<ListingFollower> builder)
        {
            builder.ToTable("listing_followers");
            builder.HasKey(f => f.Name);
            builder.Property(f => f.ChangedTransaction).HasColumnType("xid8").HasDefaultValueSql("'0'::xid8");
            builder.Property(f => f.ChangedSequence).HasDefaultValue(0L);
            builder.Property(f => f.DueTime).HasDefaultValueSql("hub_now()");
        }
    }
}

/// <summary>Takes a follower past the listings that changed, batch by batch: none is left out, and none that did not change again comes twice, on however many nodes it runs.
/// Each follower is a work of its own, so that one that is slow, or fails, holds up no other.</summary>
public sealed partial class FollowListings<TFollower>(NpgsqlDataSource source, IServiceScopeFactory scopes, ChangeSignal changes, ILogger<FollowListings<TFollower>> logger) : IDueWork
    where TFollower : class, IListingFollower
{
    /// <summary>A transaction that lasts holds up everybody who reads changes: small enough to be done within a second.</summary>
    const int BatchSize = 500;

    static readonly TimeSpan RestAfterFailure = TimeSpan.FromMinutes(1);

    /// <summary>For what no nudge told of: an import on a node that died, or one that another transaction was still older than.</summary>
    public TimeSpan LookEvery => TimeSpan.FromSeconds(30);

    public string SweepCron => "*/10 * * * *";

    public async Task<TimeSpan?> OldestDueAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            select hub_now() - greatest(l.update_time, f.due_time)
            from (select $1 as name) n left join listing_followers f using (name)
            cross join lateral (
                select update_time from listings
                where (changed_transaction, changed_sequence) > (coalesce(f.changed_transaction, '0'::xid8), coalesce(f.changed_sequence, 0))
                  and changed_transaction < pg_snapshot_xmin(pg_current_snapshot())
                order by changed_transaction, changed_sequence limit 1
            ) l
            """);
        command.Parameters.Add(new() { Value = TFollower.Name });
        return await command.ExecuteScalarAsync(CancellationToken.None) as TimeSpan?;
    }

    public async Task RunAsync(CancellationToken ct)
    {
        await ExecuteAsync("insert into listing_followers (name) values ($1) on conflict do nothing");
        // A restored database counts its transactions anew: whatever changes from now on would be behind.
        await ExecuteAsync("update listing_followers set changed_transaction = '0', changed_sequence = 0 where name = $1 and changed_transaction > pg_snapshot_xmax(pg_current_snapshot())");
        try
        {
            while (await FollowAsync(ct)) changes.Pulse();
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            LogNotFollowed(e, TFollower.Name);
            await ExecuteAsync("update listing_followers set due_time = hub_now() + $2 where name = $1", RestAfterFailure);
        }
    }

    /// <returns>False when there is nothing more to do here: all is followed, or another node is at it.</returns>
    async Task<bool> FollowAsync(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<HubDb>();
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var mine = await db.ListingFollowers.FromSql($"select * from listing_followers where name = {TFollower.Name} and due_time <= hub_now() for update skip locked").ToListAsync(ct);
        if (mine is not [var follower]) return false;
        // The lock comes first: this statement sees all that was committed before it.
        var changed = await db.Listings.FromSql(
            $"""
            select * from listings
            where (changed_transaction, changed_sequence) > ({(long)follower.ChangedTransaction}::text::xid8, {follower.ChangedSequence})
              and changed_transaction < pg_snapshot_xmin(pg_current_snapshot())
            order by changed_transaction, changed_sequence limit {BatchSize}
            """).AsNoTracking().ToListAsync(ct);
        if (changed.Count == 0) return false;
        await scope.ServiceProvider.GetRequiredService<TFollower>().FollowAsync(changed, ct);
        follower.MoveTo(changed[^1], await db.NowAsync(ct));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = source.CreateCommand(sql);
        foreach (var value in values.Prepend(TFollower.Name)) command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    [LoggerMessage(1, LogLevel.Error, "Follower {Name} of the listings failed; the same listings come again when it has rested")]
    partial void LogNotFollowed(Exception exception, string name);
}
