using Npgsql;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Partners;

/// <summary>Hears of every change of a credential, whoever made it (a trigger tells), forgets on this node what was believed, ends the streams of what is no longer valid, and says so: whoever
/// revokes waits for that (<see cref="CredentialDesk"/>).</summary>
/// <remarks>While its connection is away, and until it is noticed that it is, CallerDirectory.BelievedFor is how long a revoked key goes on here, and how late its streams end.</remarks>
public sealed partial class CredentialWatch(LoneConnections connections, NpgsqlDataSource source, CallerDirectory directory, OpenStreams streams, TimeProvider time, ILogger<CredentialWatch> logger) : BackgroundService
{
    public const string Changed = "passerelle_credentials";
    public const string Heard = "passerelle_credentials_heard";

    /// <summary>Whoever listens holds this lock with others: so they are counted. Any number that nobody else uses.</summary>
    public const long Listeners = 0x5052_4352_4544;

    static readonly TimeSpan TryAgain = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try { await ListenAsync(stoppingToken); }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested) { LogNotTold(e.GetType().Name); }
            catch (Exception) { return; }
            directory.Forget();
            try { await EndRevokedAsync(stoppingToken); }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested) { LogNotTold(e.GetType().Name); }
            await Task.Delay(TryAgain, time, stoppingToken);
        }
    }

    async Task ListenAsync(CancellationToken ct)
    {
        await using var connection = await connections.OpenAsync(ct);
        var told = new Queue<string>();
        connection.Notification += (_, notification) => told.Enqueue(notification.Payload);
        await using (var listen = new NpgsqlCommand($"listen {Changed}; select pg_advisory_lock_shared({Listeners})", connection)) await listen.ExecuteNonQueryAsync(CancellationToken.None);
        // What changed before we listened.
        directory.Forget();
        while (true)
        {
            await EndRevokedAsync(ct);
            if (told.Count == 0) await connection.WaitAsync(CallerDirectory.BelievedFor, ct);
            if (told.Count == 0) continue;
            var changes = told.ToArray();
            told.Clear();
            directory.Forget();
            await EndRevokedAsync(ct);
            await using var heard = new NpgsqlCommand($"select pg_notify('{Heard}', change) from unnest($1) change", connection);
            // With who says it: equal messages of one transaction are one, those of two nodes are two.
            heard.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = Array.ConvertAll(changes, change => $"{change} {connection.ProcessID}") });
            await heard.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    async Task EndRevokedAsync(CancellationToken ct)
    {
        var open = streams.Credentials;
        if (open.Length == 0) return;
        await using var command = source.CreateCommand(
            """
            select held.id from unnest($1) held (id) left join credentials c on c.id = held.id and c.revoke_time is null and (c.expire_time is null or c.expire_time > hub_now())
            where c.id is null
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = open });
        var ended = new HashSet<Guid>();
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        while (await reader.ReadAsync(ct)) ended.Add(reader.GetGuid(0));
        if (ended.Count > 0) streams.End(ended);
    }

    [LoggerMessage(1, LogLevel.Warning, "Changes of credentials cannot be heard ({Kind}): until they can, what was read is believed for 5 seconds")]
    partial void LogNotTold(string kind);
}
