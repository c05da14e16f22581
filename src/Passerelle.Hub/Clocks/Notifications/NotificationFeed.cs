using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Clocks.Notifications;

/// <param name="End">Where a reader is who has read them all.</param>
/// <param name="ReadTime">By the database's clock.</param>
public sealed record NotificationPage(IReadOnlyList<(FeedCursor Cursor, Notification Notification)> Notifications, FeedCursor End, DateTimeOffset ReadTime);

/// <summary>Notifications that wait, in the order of <see cref="EventFeed"/> and for its reason: no reader passes one that commits later.</summary>
public sealed class NotificationFeed(NpgsqlDataSource source, IDbContextFactory<HubDb> dbs)
{
    const int AtOnce = 50;

    /// <exception cref="CursorInvalid">The cursor is ahead of this database.</exception>
    public async Task<NotificationPage> ReadAsync(string? recipient, FeedCursor after, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            select h.horizon, h.now, n.transaction_id, n.sequence, n.id
            from (select pg_snapshot_xmin(pg_current_snapshot()) as horizon, hub_now() as now) h
            left join lateral (
                select id, transaction_id, sequence from notifications
                where state = 'waiting' and (transaction_id, sequence) > ($1, $2) and transaction_id < h.horizon and ($3 is null or recipient = $3)
                order by transaction_id, sequence limit $4
            ) n on true
            order by n.transaction_id, n.sequence
            """);
        command.Parameters.Add(new() { Value = after.Transaction, NpgsqlDbType = NpgsqlDbType.Xid8 });
        command.Parameters.Add(new() { Value = after.Sequence });
        command.Parameters.Add(new() { Value = (object?)recipient ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (long)AtOnce });
        var found = new List<(FeedCursor Cursor, Guid Id)>();
        var (horizon, now) = (0UL, default(DateTimeOffset));
        await using (var reader = await command.ExecuteReaderAsync(CancellationToken.None))
        {
            while (await reader.ReadAsync(ct))
            {
                (horizon, now) = (reader.GetFieldValue<ulong>(0), reader.GetFieldValue<DateTimeOffset>(1));
                if (!reader.IsDBNull(2)) found.Add((new FeedCursor(reader.GetFieldValue<ulong>(2), reader.GetInt64(3)), reader.GetGuid(4)));
            }
        }

        if (after.Transaction > horizon) throw new CursorInvalid();
        var end = found.Count == AtOnce ? found[^1].Cursor : new FeedCursor(horizon, 0);
        if (found.Count == 0) return new NotificationPage([], end, now);
        await using var db = await dbs.CreateDbContextAsync(ct);
        var ids = found.ConvertAll(f => f.Id);
        var notifications = await db.Notifications.AsNoTracking().Where(n => ids.Contains(n.Id)).ToDictionaryAsync(n => n.Id, ct);
        return new NotificationPage([.. found.Select(f => (f.Cursor, notifications[f.Id]))], end, now);
    }
}
