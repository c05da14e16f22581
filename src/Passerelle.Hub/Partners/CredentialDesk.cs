using System.Diagnostics;
using Npgsql;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Partners;

/// <param name="Listening">Nodes that listened when it was done.</param>
/// <param name="Heard">Those of them that have said that they believe it no more.</param>
public sealed record CredentialChange(Guid Id, string Owner, int Listening, int Heard);

/// <summary>What operators do to a credential that is in use. When it returns, every node that listens has heard of it; one that has not said so within 5 seconds believes nothing any more that it knew before.</summary>
public sealed class CredentialDesk(LoneConnections connections)
{
    /// <returns>Null when there is no such credential.</returns>
    public Task<CredentialChange?> RevokeAsync(Guid id, CancellationToken ct) => ChangeAsync("revoke_time = coalesce(revoke_time, hub_now())", id, TimeSpan.Zero, ct);

    /// <summary>It ends after so long, or when it was to end anyway: until then the one that takes its place works beside it.</summary>
    /// <returns>Null when there is no such credential.</returns>
    public Task<CredentialChange?> ExpireAsync(Guid id, TimeSpan after, CancellationToken ct) => ChangeAsync("expire_time = least(expire_time, hub_now() + $2)", id, after, ct);

    async Task<CredentialChange?> ChangeAsync(string change, Guid id, TimeSpan after, CancellationToken ct)
    {
        await using var connection = await connections.OpenAsync(ct);
        var heard = new HashSet<string>();
        connection.Notification += (_, notification) => heard.Add(notification.Payload);
        await using (var listen = new NpgsqlCommand($"listen {CredentialWatch.Heard}", connection)) await listen.ExecuteNonQueryAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(
            $"""
            update credentials set {change} where id = $1
            returning owner, pg_current_xact_id()::text, $2::interval,
                (select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
                    and ((classid::bigint << 32) | objid::bigint) = {CredentialWatch.Listeners} and mode = 'ShareLock' and granted)
            """, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = after });
        string owner, transaction;
        int listening;
        await using (var reader = await command.ExecuteReaderAsync(CancellationToken.None))
        {
            if (!await reader.ReadAsync(ct)) return null;
            (owner, transaction, listening) = (reader.GetString(0), reader.GetString(1), (int)reader.GetInt64(3));
        }

        var asked = Stopwatch.GetTimestamp();
        int Count() => heard.Count(payload => payload.StartsWith(transaction + " ", StringComparison.Ordinal));
        while (Count() < listening && CallerDirectory.BelievedFor - Stopwatch.GetElapsedTime(asked) is { Ticks: > 0 } patience) await connection.WaitAsync(patience, ct);
        return new CredentialChange(id, owner, listening, Count());
    }
}
