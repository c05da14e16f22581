using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Chains;

namespace Passerelle.Hub.Privacy.Accesses;

/// <summary>Why persons' data is read. The words that callers say are those of the table.</summary>
public enum AccessPurpose { CaseHandling = 1, RightsRequest, Supervision, Incident, TechnicalSupport, Partner }

/// <summary>The fact that somebody read a person's data. Kept apart from the rest, in a schema of its own: it refers to nothing and holds ids only, so that it stays when a person is erased.</summary>
/// <remarks>Nothing ends it yet. Whoever makes old entries end must keep where the rest begins (a sequence and the hash before it, anchored), or the verifier takes them for missing.</remarks>
public sealed class AccessEntry : IChained
{
    public static readonly Chain<AccessEntry> Chain = new("access");

    AccessEntry() { }

    public static AccessEntry Of(AccessNote note, Guid? personId, DateTimeOffset now) => new()
    {
        Time = now,
        PersonId = personId,
        CaseId = note.CaseId,
        Resource = note.Resource,
        Method = note.Method,
        Purpose = note.Purpose,
        CallerId = note.CallerId,
        Actor = note.Actor,
        PartnerId = note.PartnerId,
    };

    public long Sequence { get; private set; }

    public byte[] Hash { get; private set; } = [];

    public DateTimeOffset Time { get; private set; }

    /// <summary>Null: nobody's in particular, as when the log itself is read.</summary>
    public Guid? PersonId { get; private set; }

    public Guid? CaseId { get; private set; }

    /// <summary>What was read, by its name.</summary>
    public string Resource { get; private set; } = "";

    /// <summary>The RPC, without the leading slash.</summary>
    public string Method { get; private set; } = "";

    public AccessPurpose Purpose { get; private set; }

    /// <summary>The credential's owner.</summary>
    public string CallerId { get; private set; } = "";

    /// <summary>On whose behalf the application read, as it said; an id of its own.</summary>
    public string? Actor { get; private set; }

    public string? PartnerId { get; private set; }

    public void Link(long sequence, byte[] hash) => (Sequence, Hash) = (sequence, hash);

    public sealed class Mapping : IEntityTypeConfiguration<AccessEntry>
    {
        public void Configure(EntityTypeBuilder<AccessEntry> builder)
        {
            builder.ToTable("access_entries", "audit", table =>
            {
                table.HasKnownValues<AccessPurpose>("purpose");
                table.HasCheckConstraint("ck_access_entries_partner", "(purpose = 'partner') = (partner_id is not null)");
            });
            builder.IsChained();
            builder.Property(e => e.Purpose).AsText();
            builder.HasIndex(e => new { e.PersonId, e.Sequence });
            builder.HasIndex(e => new { e.CallerId, e.Sequence });
            builder.HasIndex(e => e.Time);
        }
    }
}
