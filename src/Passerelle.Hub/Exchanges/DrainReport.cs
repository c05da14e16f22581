using Npgsql;
using NpgsqlTypes;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Exchanges;

/// <summary>How the exchanges of one partner drain.</summary>
/// <param name="Oldest">When the oldest that was never delivered was created.</param>
/// <param name="Delivered">In the last hour.</param>
public sealed record Drain(string PartnerId, long Queued, long Held, long Sending, long Undeliverable, DateTimeOffset? Oldest, long Delivered)
{
    public long Waiting => Queued + Held + Sending;

    /// <summary>Until all is delivered, at the pace of the last hour; null where that says nothing.</summary>
    public TimeSpan? Remaining => Waiting > 0 && Delivered > 0 ? TimeSpan.FromSeconds(Waiting * 3600.0 / Delivered) : null;
}

/// <summary>Counts what waits, in the database: the rows stay there however many they are.</summary>
/// <remarks>Deliveries of the last hour are the windows that started in it. Their ids are UUIDv7, hence in the order of time: the primary key finds them, and no index has to be kept for it at each delivery.</remarks>
public sealed class DrainReport(NpgsqlDataSource source)
{
    const string Sql =
        """
        with undelivered as (
            select partner_id, count(*) filter (where state = 'queued' and hold_reason is null) as queued, count(*) filter (where state = 'queued' and hold_reason is not null) as held, count(*) filter (where state = 'sending') as sending, min(create_time) filter (where delivery_time is null) as oldest
            from exchanges where state in ('queued', 'sending') and ($1 is null or partner_id = $1) group by partner_id
        ),
        given_up as (
            select partner_id, count(*) as undeliverable from exchanges where state = 'undeliverable' and ($1 is null or partner_id = $1) group by partner_id
        ),
        delivered as (
            select partner_id, count(*) as delivered from clocks
            where id >= $2 and start_time > $3 and family = 'partner_window' and ($1 is null or partner_id = $1) group by partner_id
        )
        select l.partner_id, l.pause_time is null and l.health = 'up', coalesce(u.queued, 0), coalesce(u.held, 0), coalesce(u.sending, 0), coalesce(g.undeliverable, 0), u.oldest, coalesce(d.delivered, 0)
        from lanes l
        left join undelivered u on u.partner_id = l.partner_id
        left join given_up g on g.partner_id = l.partner_id
        left join delivered d on d.partner_id = l.partner_id
        where u.partner_id is not null or g.partner_id is not null
        order by l.partner_id
        """;

    /// <param name="partnerId">Only this one; null: all that have something waiting or given up.</param>
    public async Task<List<Drain>> ReadAsync(string? partnerId, DateTimeOffset now, CancellationToken ct)
    {
        var hourAgo = now.AddHours(-1).ToUniversalTime();
        await using var command = source.CreateCommand(Sql);
        command.Parameters.Add(new() { Value = (object?)partnerId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = TimeIds.FirstOf(hourAgo) });
        command.Parameters.Add(new() { Value = hourAgo });
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        var drains = new List<Drain>();
        while (await reader.ReadAsync(ct))
        {
            var (open, queued, held) = (reader.GetBoolean(1), reader.GetInt64(2), reader.GetInt64(3));
            drains.Add(new Drain(
                reader.GetString(0), open ? queued : 0, open ? held : queued + held, reader.GetInt64(4), reader.GetInt64(5),
                reader.IsDBNull(6) ? null : reader.GetFieldValue<DateTimeOffset>(6), reader.GetInt64(7)));
        }

        return drains;
    }
}
