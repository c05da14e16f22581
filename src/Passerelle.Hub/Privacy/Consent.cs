using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Privacy;

/// <summary>How a person says that they consent, or do not any more.</summary>
public enum ConsentMethod { Online = 1, Written, SignedForm, Spoken }

/// <summary>What a person allows, for whom, and by whose word.</summary>
/// <param name="PersonId">Whose data it is about.</param>
/// <param name="PartnerId">The one partner that may receive; null: every partner of a kind.</param>
/// <param name="RecipientKind">The named category of recipients, where it is not one partner.</param>
/// <param name="GivenBy">The person, or holders of parental authority.</param>
/// <param name="GivenElsewhere">A holder of parental authority who is not of the household gave it too.</param>
public sealed record ConsentGiven(
    Guid PersonId, Guid CaseId, Purpose Purpose, string? PartnerId, PartnerKind? RecipientKind, string TextVersion, IReadOnlyList<Guid> GivenBy, bool GivenElsewhere,
    ConsentMethod Method, DateTimeOffset GiveTime, DateTimeOffset ExpireTime);

/// <summary>A person's permission, for a purpose and a recipient: what the entries of the ledger about it come to.</summary>
public sealed class Consent
{
    Consent() { }

    /// <summary>A CV is kept 24 months at most with consent: no consent outlives that.</summary>
    public static DateTimeOffset LongestFrom(DateTimeOffset now) => now.AddMonths(24);

    public static Consent Record(ConsentGiven given, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        PersonId = given.PersonId,
        CaseId = given.CaseId,
        Purpose = given.Purpose,
        PartnerId = given.PartnerId,
        RecipientKind = given.RecipientKind,
        TextVersion = given.TextVersion,
        GivenBy = [.. given.GivenBy],
        GivenElsewhere = given.GivenElsewhere,
        Method = given.Method,
        GiveTime = given.GiveTime,
        CreateTime = now,
        ExpireTime = given.ExpireTime,
    };

    /// <summary>Of a row of consents, in SQL: it still allows what it allowed. Asked of a row that is locked: a withdrawal comes first and is seen, or waits until it is written down what leaves.</summary>
    public const string IsLive = "withdraw_time is null and expire_time > hub_now()";

    public Guid Id { get; private set; }

    public Guid PersonId { get; private set; }

    public Guid CaseId { get; private set; }

    public Purpose Purpose { get; private set; }

    public string? PartnerId { get; private set; }

    public PartnerKind? RecipientKind { get; private set; }

    public string TextVersion { get; private set; } = "";

    public Guid[] GivenBy { get; private set; } = [];

    public bool GivenElsewhere { get; private set; }

    public ConsentMethod Method { get; private set; }

    public DateTimeOffset GiveTime { get; private set; }

    public DateTimeOffset CreateTime { get; private set; }

    public DateTimeOffset ExpireTime { get; private set; }

    public DateTimeOffset? WithdrawTime { get; private set; }

    public string Name => Names.Of(Names.Consents, Id);

    /// <summary>One once allowed it and has come to its end by itself: nobody withdrew it.</summary>
    public static Task<bool> HasLapsedAsync(HubDb db, Guid personId, Purpose purpose, string partnerId, DateTimeOffset now, CancellationToken ct) => db.Consents.AnyAsync(
        c => c.PersonId == personId && c.Purpose == purpose && c.WithdrawTime == null && c.ExpireTime <= now
            && (c.PartnerId == partnerId || db.Partners.Any(p => p.Id == partnerId && p.Kind == c.RecipientKind)), ct);

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
                table.HasKnownValues<PartnerKind>("recipient_kind");
                table.HasKnownValues<ConsentMethod>("method");
                table.HasCheckConstraint("ck_consents_recipient", "(partner_id is null) = (recipient_kind is not null)");
                table.HasCheckConstraint("ck_consents_given_by", "cardinality(given_by) > 0");
                table.HasCheckConstraint("ck_consents_times", "give_time <= create_time and expire_time > create_time");
            });
            builder.Property(c => c.Id).ValueGeneratedNever();
            builder.Property(c => c.Purpose).AsText();
            builder.Property(c => c.RecipientKind).AsText();
            builder.Property(c => c.Method).AsText();
            builder.Ignore(c => c.Name);
            builder.HasOne<Partner>().WithMany().HasForeignKey(c => c.PartnerId);
            builder.HasIndex(c => new { c.PersonId, c.Purpose });
        }
    }
}

/// <summary>No live consent of this person for this purpose and recipient.</summary>
public sealed class ConsentMissing(Guid personId, Purpose purpose, string partnerId)
    : Refusal(StatusCode.FailedPrecondition, ErrorReason.ConsentMissing, "The person has not consented to this, or no longer does.",
        ("person", Names.Of(Names.Persons, personId)), ("purpose", EnumText<Purpose>.Of(purpose)), ("partner", Names.OfPartner(partnerId)));
