using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Privacy;

/// <summary>What a person can be looked for by.</summary>
public enum LookupField { Email = 1, Phone }

/// <summary>Leads from a contact to a person, without holding the contact: see PersonLookups.</summary>
public sealed record PersonLookup(Guid PersonId, LookupField Field, byte[] Token)
{
    public sealed class Mapping : IEntityTypeConfiguration<PersonLookup>
    {
        public void Configure(EntityTypeBuilder<PersonLookup> builder)
        {
            builder.ToTable("person_lookups", MasterSealed.Schema, table =>
            {
                table.HasKnownValues<LookupField>("field");
                table.HasCheckConstraint("ck_person_lookups_token", $"octet_length(token) = {PersonLookups.TokenSize}");
            });
            builder.HasKey(l => new { l.PersonId, l.Field });
            builder.Property(l => l.Field).AsText();
            builder.HasOne<PersonKey>().WithMany().HasForeignKey(l => l.PersonId);
            builder.HasIndex(l => new { l.Field, l.Token });
        }
    }
}
