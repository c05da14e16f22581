using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Privacy;

/// <summary>A person's own key, wrapped by a master key. Destroying the row makes everything sealed with it unreadable, in backups too: those that are kept hold no keys, see README.md.</summary>
public sealed class PersonKey
{
    public static readonly MasterSealed AtRest = new($"{MasterSealed.Schema}.person_keys", "person_id", "wrapped");

    public Guid PersonId { get; init; }

    /// <summary>The case that the person belongs to.</summary>
    public Guid CaseId { get; init; }

    public byte[] Wrapped { get; init; } = [];

    public DateTimeOffset CreateTime { get; init; }

    public sealed class Mapping : IEntityTypeConfiguration<PersonKey>
    {
        public void Configure(EntityTypeBuilder<PersonKey> builder)
        {
            builder.ToTable("person_keys", MasterSealed.Schema);
            builder.HasKey(k => k.PersonId);
            builder.Property(k => k.PersonId).ValueGeneratedNever();
            builder.ShowsMasterOf(AtRest);
        }
    }
}

/// <summary>A person whose key was destroyed. Should the key come back with an older backup, it is destroyed again: see Vault.BuryAsync.</summary>
public sealed record DestroyedKey(Guid PersonId, DateTimeOffset Time)
{
    public sealed class Mapping : IEntityTypeConfiguration<DestroyedKey>
    {
        public void Configure(EntityTypeBuilder<DestroyedKey> builder)
        {
            builder.ToTable("destroyed", MasterSealed.Schema);
            builder.HasKey(d => d.PersonId);
            builder.Property(d => d.PersonId).ValueGeneratedNever();
        }
    }
}
