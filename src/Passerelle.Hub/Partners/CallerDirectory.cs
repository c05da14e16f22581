using System.Collections.Concurrent;
using System.Security.Cryptography;
using Grpc.Core;
using Npgsql;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Partners;

/// <summary>Who holds a key or a certificate. What was read is believed for a few seconds, so that a status call costs one query, not two;
/// a revoked key therefore works that much longer at most.</summary>
public sealed class CallerDirectory(NpgsqlDataSource source, TimeProvider time)
{
    static readonly TimeSpan BelievedFor = TimeSpan.FromSeconds(5);
    const int MaxBelieved = 10_000;

    readonly ConcurrentDictionary<(CredentialKind Kind, string Hash), Believed> believed = new();

    public async ValueTask<Caller> FindAsync(ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var header = http.Request.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return Credential.TryRead(header["Bearer ".Length..].Trim(), out _, out var hash)
                ? await FindAsync(CredentialKind.ApiKey, hash, context.CancellationToken)
                : throw new CredentialsInvalid();
        if (header.Length > 0) throw new CredentialsInvalid();
        if (http.Connection.ClientCertificate is { } certificate)
            return await FindAsync(CredentialKind.Certificate, certificate.GetCertHash(HashAlgorithmName.SHA256), context.CancellationToken);
        throw new CredentialsMissing();
    }

    async ValueTask<Caller> FindAsync(CredentialKind kind, byte[] hash, CancellationToken ct)
    {
        var key = (kind, Convert.ToHexString(hash));
        if (believed.TryGetValue(key, out var known) && time.GetElapsedTime(known.Since) < BelievedFor) return known.Caller ?? throw new CredentialsInvalid();
        // Wrong keys are remembered too: a bound keeps whoever guesses from filling the memory.
        if (believed.Count >= MaxBelieved) believed.Clear();
        var read = await ReadAsync(kind, hash, ct);
        believed[key] = new Believed(read, time.GetTimestamp());
        return read ?? throw new CredentialsInvalid();
    }

    async Task<Caller?> ReadAsync(CredentialKind kind, byte[] hash, CancellationToken ct)
    {
        // The lookup is by the whole SHA-256 of a 256-bit secret: there is nothing to learn from how long it takes.
        await using var command = source.CreateCommand(
            """
            select owner, partner_id, scopes from credentials
            where kind = $1 and hash = $2 and revoke_time is null and (expire_time is null or expire_time > hub_now())
            """);
        command.Parameters.Add(new() { Value = Persistence.EnumText<CredentialKind>.Of(kind) });
        command.Parameters.Add(new() { Value = hash });
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        if (!await reader.ReadAsync(ct)) return null;
        return new Caller(reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetFieldValue<string[]>(2).ToHashSet());
    }

    sealed record Believed(Caller? Caller, long Since);
}
