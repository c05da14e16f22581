using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Npgsql;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Partners;

/// <summary>Who a credential is.</summary>
/// <param name="Networks">Where from it may be used; empty: from anywhere.</param>
/// <param name="Lasts">How long it, or the certificate that was shown, goes on from now; null: without end.</param>
/// <param name="Knowledge">Which state of the credentials it was read in.</param>
public sealed record Holder(Caller Caller, Guid CredentialId, IPNetwork[] Networks, TimeSpan? Lasts, long Knowledge);

/// <summary>Who holds a key or a certificate. What was read is believed for a few seconds, so that a status call costs one query, not two. Nothing is believed any more as soon as any credential
/// changes (<see cref="CredentialWatch"/>): those seconds are only how long a node goes on that cannot be told.</summary>
public sealed class CallerDirectory(NpgsqlDataSource source, CallLimits limits, TimeProvider time)
{
    public static readonly TimeSpan BelievedFor = TimeSpan.FromSeconds(5);

    const int MostRefused = 10_000;

    readonly ConcurrentDictionary<(CredentialKind Kind, string Hash), Believed> believed = new();
    readonly ConcurrentDictionary<(CredentialKind Kind, string Hash), Refused> refused = new();
    long knowledge;

    /// <summary>Rises whenever what was known is forgotten.</summary>
    public long Knowledge => Volatile.Read(ref knowledge);

    /// <summary>From here on nothing is believed that was read before.</summary>
    public void Forget() => Interlocked.Increment(ref knowledge);

    public async ValueTask<Holder> FindAsync(ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var header = http.Request.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return Credential.TryRead(header["Bearer ".Length..].Trim(), out _, out var hash)
                ? await FindAsync(CredentialKind.ApiKey, hash, http.Connection.RemoteIpAddress, context.CancellationToken)
                : throw new CredentialsInvalid();
        if (header.Length > 0) throw new CredentialsInvalid();
        if (http.Connection.ClientCertificate is { } certificate) return await FindAsync(certificate, http.Connection.RemoteIpAddress, context.CancellationToken);
        throw new CredentialsMissing();
    }

    /// <summary>Its chain was checked when the connection was made, which may be long ago: whether it is still valid is asked of every call.</summary>
    async ValueTask<Holder> FindAsync(X509Certificate2 certificate, IPAddress? from, CancellationToken ct)
    {
        var left = certificate.NotAfter.ToUniversalTime() - time.GetUtcNow();
        if (left <= TimeSpan.Zero) throw new CredentialsInvalid();
        var holder = await FindAsync(CredentialKind.Certificate, certificate.GetCertHash(HashAlgorithmName.SHA256), from, ct);
        return holder with { Lasts = holder.Lasts < left ? holder.Lasts : left };
    }

    async ValueTask<Holder> FindAsync(CredentialKind kind, byte[] hash, IPAddress? from, CancellationToken ct)
    {
        var holder = await FindAsync((kind, Convert.ToHexString(hash)), hash, from, ct);
        return IsFrom(from, holder.Networks) ? holder : throw new CredentialsInvalid();
    }

    async ValueTask<Holder> FindAsync((CredentialKind Kind, string Hash) key, byte[] hash, IPAddress? from, CancellationToken ct)
    {
        // Taken before the look: what changes meanwhile makes what was read worthless.
        var now = Knowledge;
        var known = believed.TryGetValue(key, out var before);
        if (known && before!.Holder.Knowledge == now && time.GetElapsedTime(before.Since) is var age && age < BelievedFor && !(before.Holder.Lasts <= age)) return before.Left(age);
        if (refused.TryGetValue(key, out var wrong) && wrong.Knowledge == now && time.GetElapsedTime(wrong.Since) < BelievedFor) throw new CredentialsInvalid();
        // Who guesses has every guess looked up, but not as many as he likes; whoever was known is not kept out by it.
        if (!known) limits.CountStranger(from);
        var since = time.GetTimestamp();
        if (await ReadAsync(key.Kind, hash, now, ct) is { } holder)
        {
            believed[key] = new Believed(holder, since);
            return holder;
        }

        believed.TryRemove(key, out _);
        // A bound keeps whoever guesses from filling the memory.
        if (refused.Count >= MostRefused) refused.Clear();
        refused[key] = new Refused(now, since);
        throw new CredentialsInvalid();
    }

    async Task<Holder?> ReadAsync(CredentialKind kind, byte[] hash, long now, CancellationToken ct)
    {
        // The lookup is by the whole SHA-256 of a 256-bit secret: there is nothing to learn from how long it takes.
        await using var command = source.CreateCommand(
            """
            select id, owner, partner_id, scopes, networks, expire_time - hub_now() from credentials
            where kind = $1 and hash = $2 and revoke_time is null and (expire_time is null or expire_time > hub_now())
            """);
        command.Parameters.Add(new() { Value = EnumText<CredentialKind>.Of(kind) });
        command.Parameters.Add(new() { Value = hash });
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        if (!await reader.ReadAsync(ct)) return null;
        return new Holder(
            new Caller(reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2), reader.GetFieldValue<string[]>(3).ToHashSet()), reader.GetGuid(0),
            Array.ConvertAll(reader.GetFieldValue<string[]>(4), IPNetwork.Parse), reader.IsDBNull(5) ? null : reader.GetFieldValue<TimeSpan>(5), now);
    }

    static bool IsFrom(IPAddress? address, IPNetwork[] networks)
    {
        if (networks.Length == 0) return true;
        if (address is null) return false;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return Array.Exists(networks, network => network.Contains(address));
    }

    sealed record Believed(Holder Holder, long Since)
    {
        public Holder Left(TimeSpan age) => Holder.Lasts is { } lasts ? Holder with { Lasts = lasts - age } : Holder;
    }

    readonly record struct Refused(long Knowledge, long Since);
}
