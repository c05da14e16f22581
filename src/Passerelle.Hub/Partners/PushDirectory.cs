using System.Collections.Concurrent;
using Npgsql;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Partners;

/// <summary>How a partner is pushed to.</summary>
/// <param name="Authority">PEM of the only authorities that its server's certificate may come from; null for the machine's.</param>
/// <param name="ReadTime">The database's time when this was read.</param>
public sealed record PushSettings(Uri Address, string? Authority, IReadOnlyList<PayloadSigner> Signers, DateTimeOffset ReadTime);

/// <summary>How partners are pushed to, read from the registry and believed for a few seconds: a new address, authority or signing key works at most that much later on every node,
/// and an expired key signs that much longer.</summary>
public sealed class PushDirectory(NpgsqlDataSource source, MasterKeys master, TimeProvider time)
{
    static readonly TimeSpan BelievedFor = TimeSpan.FromSeconds(5);

    readonly ConcurrentDictionary<string, Believed> believed = new();

    /// <returns>The settings, and the database's time now: a signature carries it, whatever this node's clock says. Null when the partner does not receive by push.</returns>
    public async Task<(PushSettings Settings, DateTimeOffset Now)?> FindAsync(string partnerId, CancellationToken ct)
    {
        while (true)
        {
            var known = believed.GetValueOrDefault(partnerId);
            if (known is null || time.GetElapsedTime(known.Since) >= BelievedFor || known.Settings.IsFaulted)
            {
                // Many are sent to one partner at once: one of them reads, for all; a caller that gives up does not take it from the others.
                var before = known is { Settings.IsCompletedSuccessfully: true } ? await known.Settings : null;
                var started = new Believed(time.GetTimestamp(), new Lazy<Task<PushSettings?>>(() => ReadAsync(partnerId, before)));
                if (known is null ? !believed.TryAdd(partnerId, started) : !believed.TryUpdate(partnerId, started, known)) continue;
                known = started;
            }

            return await known.Settings.WaitAsync(ct) is { } settings ? (settings, settings.ReadTime + time.GetElapsedTime(known.Since)) : null;
        }
    }

    async Task<PushSettings?> ReadAsync(string partnerId, PushSettings? before)
    {
        await using var command = source.CreateCommand(
            """
            select p.push_address, p.push_authority, hub_now(), k.id, k.kind, k.secret
            from partners p left join signing_keys k on k.partner_id = p.id and (k.expire_time is null or k.expire_time > hub_now())
            where p.id = $1 and p.delivery = 'push'
            order by k.create_time, k.id
            """);
        command.Parameters.Add(new() { Value = partnerId });
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        PushSettings? settings = null;
        var signers = new List<PayloadSigner>();
        while (await reader.ReadAsync())
        {
            settings ??= new PushSettings(new Uri(reader.GetString(0)), reader.IsDBNull(1) ? null : reader.GetString(1), signers, reader.GetFieldValue<DateTimeOffset>(2));
            if (!reader.IsDBNull(3)) signers.Add(Signer(reader.GetGuid(3), reader.GetString(4), reader.GetFieldValue<byte[]>(5)));
        }

        return settings;

        PayloadSigner Signer(Guid id, string kind, byte[] secret) =>
            before?.Signers.FirstOrDefault(s => s.Id == id) ?? PayloadSigner.Open(id, EnumText<SigningKeyKind>.Parse(kind), SigningKey.Open(secret, id, master));
    }

    /// <param name="reading">Begins with the first that asks for it, after it has won its place.</param>
    sealed class Believed(long since, Lazy<Task<PushSettings?>> reading)
    {
        public long Since => since;

        public Task<PushSettings?> Settings => reading.Value;
    }
}
