using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql;

namespace Passerelle.Hub.Platform;

/// <summary>A random secret of this hub's own, made on first use and wrapped with the master key. What is derived from it stays the same however often the master key changes.</summary>
public sealed class HubSecret(NpgsqlDataSource source, MasterKeys master)
{
    public static readonly MasterSealed AtRest = new($"{MasterSealed.Schema}.secrets", "id", "wrapped");

    /// <summary>There is one.</summary>
    static readonly Guid Only = new("00000000-0000-7000-8000-000000000001");

    byte[]? secret;

    /// <param name="purpose">Different purposes get keys that say nothing of each other.</param>
    public async ValueTask<byte[]> DeriveAsync(string purpose, CancellationToken ct) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret ??= await ReadAsync(ct), outputLength: 32, info: Encoding.UTF8.GetBytes("passerelle " + purpose));

    /// <remarks>Several that begin at once, on any number of nodes: the first that is written is everyone's.</remarks>
    async Task<byte[]> ReadAsync(CancellationToken ct)
    {
        await using (var read = source.CreateCommand("select wrapped from vault.secrets where id = $1"))
        {
            read.Parameters.Add(new() { Value = Only });
            if (await read.ExecuteScalarAsync(CancellationToken.None) is byte[] wrapped) return master.Unwrap(wrapped, AtRest.Place(Only));
        }

        await using (var write = source.CreateCommand("insert into vault.secrets (id, wrapped, create_time) values ($1, $2, hub_now()) on conflict do nothing"))
        {
            write.Parameters.Add(new() { Value = Only });
            write.Parameters.Add(new() { Value = master.Wrap(RandomNumberGenerator.GetBytes(32), AtRest.Place(Only)) });
            await write.ExecuteNonQueryAsync(CancellationToken.None);
        }

        return await ReadAsync(ct);
    }
}

/// <summary>See HubSecret.</summary>
public sealed record HubSecretRow(Guid Id, byte[] Wrapped, DateTimeOffset CreateTime)
{
    public sealed class Mapping : IEntityTypeConfiguration<HubSecretRow>
    {
        public void Configure(EntityTypeBuilder<HubSecretRow> builder)
        {
            builder.ToTable("secrets", MasterSealed.Schema);
            builder.Property(s => s.Id).ValueGeneratedNever();
            builder.ShowsMasterOf(HubSecret.AtRest);
        }
    }
}
