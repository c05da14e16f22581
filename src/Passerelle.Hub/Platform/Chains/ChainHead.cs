using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
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

    /// <summary>Waits for whoever appends to it.</summary>
    public static async Task<ChainHead> LockAsync(HubDb db, string chain, CancellationToken ct)
    {
        if (db.ChangeTracker.Entries<ChainHead>().FirstOrDefault(e => e.Entity.Name == chain) is { } known)
        {
            // Not saved yet: this transaction has it.
            if (known.State == EntityState.Modified) return known.Entity;
            known.State = EntityState.Detached;
        }

        if (await FindAsync() is { } head) return head;
        // The first entry of all. Two at once: one makes it, both wait for its row.
        await db.Database.ExecuteSqlAsync($"insert into chains (name, sequence, hash) values ({chain}, 0, {Root(chain)}) on conflict do nothing", ct);
        return await FindAsync() ?? throw new InvalidOperationException("A chain's head that was there is gone.");

        async Task<ChainHead?> FindAsync() => (await db.Chains.FromSql($"select * from chains where name = {chain} for update").ToListAsync(ct)).SingleOrDefault();
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
