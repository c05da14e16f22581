using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Privacy;

public enum Purpose { EmploymentReferral = 1 }

/// <summary>A person's permission, for a purpose and a recipient.</summary>
public sealed class Consent
{
    Consent() { }

    public static Consent Record(Guid personId, Guid caseId, Purpose purpose, string? partnerId, string textVersion, DateTimeOffset? expires, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        PersonId = personId,
        CaseId = caseId,
        Purpose = purpose,
        PartnerId = partnerId,
        TextVersion = textVersion,
        CreateTime = now,
        // A CV is kept 24 months at most with consent: the consent does not outlive it.
        ExpireTime = expires ?? now.AddMonths(24),
    };

    public Guid Id { get; private set; }

    public Guid PersonId { get; private set; }

    public Guid CaseId { get; private set; }

    public Purpose Purpose { get; private set; }

    /// <summary>Null: every partner of the kind that the purpose names.</summary>
    public string? PartnerId { get; private set; }

    public string TextVersion { get; private set; } = "";

    public DateTimeOffset CreateTime { get; private set; }

    public DateTimeOffset ExpireTime { get; private set; }

    public DateTimeOffset? WithdrawTime { get; private set; }

    /// <summary>False when it was withdrawn before.</summary>
    public bool Withdraw(DateTimeOffset now)
    {
        if (WithdrawTime is not null) return false;
        WithdrawTime = now;
        return true;
    }

    public sealed class Mapping : IEntityTypeConfiguration<Consent>
    {
        public void Configure(EntityTypeBuilder<Consent> builder)
        {
            builder.ToTable("consents", table =>
            {
                table.HasKnownValues<Purpose>("purpose");
                table.HasCheckConstraint("ck_consents_expire_time", "expire_time > create_time");
            });
            builder.Property(c => c.Id).ValueGeneratedNever();
            builder.Property(c => c.Purpose).AsText();
            builder.HasOne<Partner>().WithMany().HasForeignKey(c => c.PartnerId);
            builder.HasIndex(c => new { c.PersonId, c.Purpose });
        }
    }
}

/// <summary>No live consent of this person for this purpose and recipient.</summary>
public sealed class ConsentMissing(Guid personId, Purpose purpose, string partnerId)
    : Refusal(StatusCode.FailedPrecondition, ErrorReason.ConsentMissing, "The person has not consented to this, or no longer does.",
        ("person", Names.Of(Names.Persons, personId)), ("purpose", EnumText<Purpose>.Of(purpose)), ("partner", Names.OfPartner(partnerId)));

/// <summary>The gate: may this person's data go to this partner for this purpose, now?</summary>
public sealed class ConsentGate(HubDb db)
{
    /// <summary>Of a row of consents, in SQL: it still allows what it allowed. Asked of a row that is locked: a withdrawal comes first and is seen, or waits until it is written down what leaves.</summary>
    public const string IsLive = "withdraw_time is null and expire_time > hub_now()";

    /// <summary>True when a consent once allowed it and has come to its end by itself: nobody withdrew it.</summary>
    public Task<bool> HasLapsedAsync(Guid personId, Purpose purpose, string partnerId, DateTimeOffset now, CancellationToken ct) =>
        db.Consents.AnyAsync(c => c.PersonId == personId && c.Purpose == purpose && (c.PartnerId == null || c.PartnerId == partnerId) && c.WithdrawTime == null && c.ExpireTime <= now, ct);
}
