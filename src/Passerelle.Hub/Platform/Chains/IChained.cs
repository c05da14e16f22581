using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Passerelle.Hub.Platform.Chains;

/// <summary>An entry that is only ever added, each bound to the one before it by its hash. Every column of its table goes into the hash.</summary>
public interface IChained
{
    /// <summary>1, 2, 3 and so on, without a gap: assigned when it is appended.</summary>
    long Sequence { get; }

    /// <summary>SHA-256 of the hash before it, its sequence and its columns.</summary>
    byte[] Hash { get; }

    /// <summary>When it was written, by the database's clock.</summary>
    DateTimeOffset Time { get; }

    /// <summary>Called by Chain.AppendAsync, once.</summary>
    void Link(long sequence, byte[] hash);
}

public static class ChainedMapping
{
    /// <summary>The sequence is the key. That the rows cannot be changed is a trigger's to see to, see ChainTriggers.</summary>
    public static void IsChained<TEntry>(this EntityTypeBuilder<TEntry> builder) where TEntry : class, IChained
    {
        builder.HasKey(nameof(IChained.Sequence));
        builder.Property<long>(nameof(IChained.Sequence)).ValueGeneratedNever();
        var table = builder.Metadata.GetTableName();
        builder.ToTable(t => t.HasCheckConstraint($"ck_{table}_link", "sequence > 0 and octet_length(hash) = 32"));
    }
}
