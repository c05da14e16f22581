using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Platform.Chains;

/// <summary>Where a chain ends. Whoever appends holds its row until they commit, so that entries come one after the other.</summary>
public sealed class ChainHead
{
    ChainHead() { }

    public string Name { get; private set; } = "";

    /// <summary>Of the last entry; 0 while there is none.</summary>
    public long Sequence { get; private set; }

    /// <summary>Of the last entry; while there is none, what the first one follows on.</summary>
    public byte[] Hash { get; private set; } = [];

    /// <summary>What the first entry of a chain follows on: its name's digest, so that no entry fits into another chain.</summary>
    public static byte[] Root(string chain) => SHA256.HashData(Encoding.UTF8.GetBytes(chain));

    public void Advance(long sequence, byte[] hash) => (Sequence, Hash) = (sequence, hash);

    /// <summary>Waits for whoever appends to it. It is written back when the context is saved.</summary>
    /// <returns>The head, and the database's time once it is ours.</returns>
    public static async Task<(ChainHead Head, DateTimeOffset Now)> LockAsync(HubDb db, string chain, CancellationToken ct)
    {
        if (db.ChangeTracker.Entries<ChainHead>().FirstOrDefault(e => e.Entity.Name == chain) is { } known)
        {
            // Not saved yet: this transaction has it.
            if (known.State == EntityState.Modified) return (known.Entity, await db.NowAsync(ct));
            known.State = EntityState.Detached;
        }

        if (await FindAsync(db, chain, ct) is { } found) return found;
        // The first entry of all. Two at once: one makes it, both wait for its row.
        await db.Database.ExecuteSqlAsync($"insert into chains (name, sequence, hash) values ({chain}, 0, {Root(chain)}) on conflict do nothing", ct);
        return await FindAsync(db, chain, ct) ?? throw new InvalidOperationException("A chain's head that was there is gone.");
    }

    /// <summary>Straight to the driver: asked for with every read of a person's data.</summary>
    static async Task<(ChainHead Head, DateTimeOffset Now)?> FindAsync(HubDb db, string chain, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select sequence, hash, hub_now() from chains where name = $1 for update", (NpgsqlConnection)db.Database.GetDbConnection());
        command.Parameters.Add(new() { Value = chain });
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        if (!await reader.ReadAsync(ct)) return null;
        var head = new ChainHead { Name = chain, Sequence = reader.GetInt64(0), Hash = reader.GetFieldValue<byte[]>(1) };
        db.Attach(head);
        return (head, reader.GetFieldValue<DateTimeOffset>(2));
    }

    public sealed class Mapping : IEntityTypeConfiguration<ChainHead>
    {
        public void Configure(EntityTypeBuilder<ChainHead> builder)
        {
            builder.ToTable("chains", table => table.HasCheckConstraint("ck_chains_head", "sequence >= 0 and octet_length(hash) = 32"));
            builder.HasKey(h => h.Name);
            // Held by its lock; should somebody append without it, the save fails rather than the chain.
            builder.Property(h => h.Sequence).IsConcurrencyToken();
        }
    }
}
