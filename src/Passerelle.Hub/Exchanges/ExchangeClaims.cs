using Npgsql;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Exchanges;

/// <summary>An exchange that is ours until the lease ends, or a higher generation is seen.</summary>
public sealed record Claim(Guid ExchangeId, int Generation, Uri? PushAddress);

/// <summary>Takes due exchanges under a lease. Two workers never take one row: SKIP LOCKED; a dead worker's row comes back when its lease is over.</summary>
public sealed class ExchangeClaims(NpgsqlDataSource source)
{
    /// <param name="partnerId">Only this partner's; null takes from everybody.</param>
    public async Task<List<Claim>> TakeAsync(DeliveryMode mode, string? partnerId, TimeSpan lease, int limit, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            update exchanges e
            set state = 'sending', generation = e.generation + 1, due_time = hub_now() + $3
            from (
                select x.id, p.push_address
                from exchanges x join partners p on p.id = x.partner_id
                where x.state in ('queued', 'sending') and x.due_time <= (select hub_now())
                  and p.delivery = $1 and not p.paused and ($2::text is null or p.id = $2)
                order by x.due_time, x.id
                limit $4
                for update of x skip locked
            ) due
            where e.id = due.id
            returning e.id, e.generation, due.push_address
            """);
        command.Parameters.Add(new() { Value = EnumText<DeliveryMode>.Of(mode) });
        command.Parameters.Add(new() { Value = (object?)partnerId ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = lease });
        command.Parameters.Add(new() { Value = limit });
        Points.Reach(Points.ClaimBegins);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var claims = new List<Claim>();
        while (await reader.ReadAsync(ct))
            claims.Add(new Claim(reader.GetGuid(0), reader.GetInt32(1), reader.IsDBNull(2) ? null : new Uri(reader.GetString(2))));
        await reader.CloseAsync();
        if (claims.Count > 0) Points.Reach(Points.Claimed);
        return claims;
    }

    /// <summary>For how long the oldest due exchange of partners that are served by push has waited.</summary>
    public async Task<TimeSpan?> OldestDueAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            select hub_now() - min(x.due_time) from exchanges x join partners p on p.id = x.partner_id
            where x.state in ('queued', 'sending') and x.due_time <= (select hub_now()) and p.delivery = 'push' and not p.paused
            """);
        return await command.ExecuteScalarAsync(ct) as TimeSpan?;
    }
}
