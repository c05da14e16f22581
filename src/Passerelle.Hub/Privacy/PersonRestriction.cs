using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Privacy;

/// <summary>Why a person's data stays where it is. Of several, the last one decides.</summary>
public enum RestrictionReason
{
    /// <summary>It is neither read nor sent, for whatever purpose, until that is lifted (GDPR, article 18). What comes in meanwhile is sealed and kept.</summary>
    Restricted = 1,

    /// <summary>The person objects to a purpose, and nobody has decided yet (article 18(1)(d)).</summary>
    ObjectionPending,

    /// <summary>The person objected to a purpose, and was right (article 21).</summary>
    ObjectionUpheld,
}

/// <summary>That a person's data stays where it is.</summary>
/// <param name="Scope">A purpose, or Everything.</param>
public sealed record PersonRestriction(Guid PersonId, string Scope, RestrictionReason Reason, DateTimeOffset Time)
{
    public const string Everything = "everything";

    public static PersonRestriction Of(Guid personId, Purpose purpose, RestrictionReason reason, DateTimeOffset now) => new(personId, EnumText<Purpose>.Of(purpose), reason, now);

    public sealed class Mapping : IEntityTypeConfiguration<PersonRestriction>
    {
        public void Configure(EntityTypeBuilder<PersonRestriction> builder)
        {
            builder.ToTable("person_restrictions", table =>
            {
                table.HasKnownValues<RestrictionReason>("reason");
                table.HasCheckConstraint("ck_person_restrictions_scope", $"case when reason = 'restricted' then scope = '{Everything}' else scope in ({EnumText<Purpose>.SqlList}) end");
            });
            builder.HasKey(r => new { r.PersonId, r.Scope });
            builder.Property(r => r.Reason).AsText();
        }
    }
}

/// <summary>It is there, and nobody may read it for now.</summary>
public sealed class PersonRestricted(Guid personId)
    : Refusal(StatusCode.FailedPrecondition, ErrorReason.PersonRestricted, "The person's data is restricted.", ("person", Names.Of(Names.Persons, personId)));
