using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Platform;

/// <param name="End">Where a reader is who has read them all, when there are none.</param>
/// <param name="ReadTime">When it was read, by the database's clock.</param>
public sealed record ChangedPage<T>(IReadOnlyList<T> Rows, FeedCursor End, DateTimeOffset ReadTime);

/// <summary>Reads rows in the order of their last change: each carries the transaction and the sequence of it. EventFeed says why the order needs both.</summary>
public static class ChangedRows
{
    /// <param name="behind">The rows behind the cursor and below this transaction, the oldest that still runs; in order.</param>
    /// <exception cref="CursorInvalid">The cursor is ahead of this database: it is of another one, or from before a restore.</exception>
    public static async Task<ChangedPage<T>> ReadChangesAsync<T>(this HubDb db, FeedCursor after, Func<long, IQueryable<T>> behind, CancellationToken ct) where T : class
    {
        // As bigint: EF Core would take an unsigned one for a decimal.
        var (limit, now) = (await db.Database.SqlQuery<Horizon>($"""select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as transaction, hub_now() as time""").ToListAsync(ct))[0];
        if (after.Transaction >= (ulong)limit) throw new CursorInvalid();
        return new ChangedPage<T>(await behind(limit).AsNoTracking().ToListAsync(ct), new FeedCursor((ulong)limit - 1, long.MaxValue), now);
    }

    sealed record Horizon(long Transaction, DateTimeOffset Time);
}
