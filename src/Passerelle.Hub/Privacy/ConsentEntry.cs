using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Chains;
using Wire = Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Hub.Privacy;

public enum ConsentEntryKind { Given = 1, Withdrawn }

/// <summary>One entry of the consent ledger: that a consent was given, or withdrawn, by whom, how and when. It says all that was said, so that the ledger stands without the consents' rows.</summary>
public sealed class ConsentEntry : IChained
{
    public static readonly Chain<ConsentEntry> Ledger = new(
        "consents",
        """
        select 'consents/' || c.id as "Value" from consents c
        left join consent_entries given on given.consent_id = c.id and given.kind = 'given'
        left join consent_entries withdrawn on withdrawn.consent_id = c.id and withdrawn.kind = 'withdrawn'
        where (c.person_id, c.purpose, c.partner_id, c.recipient_kind, c.text_version, c.given_by::text[], c.given_elsewhere, c.method, c.give_time, c.expire_time, c.create_time, c.withdraw_time)
            is distinct from (given.person_id, given.purpose, given.partner_id, given.recipient_kind, given.text_version, given.by, given.given_elsewhere, given.method, given.effective_time,
                given.expire_time, given.time, withdrawn.time)
        order by c.id
        """);

    ConsentEntry() { }

    /// <param name="recorder">The application that says so.</param>
    public static ConsentEntry Given(Consent consent, string recorder) => Of(consent, ConsentEntryKind.Given, consent.GivenBy, consent.Method, consent.GiveTime, recorder, consent.CreateTime);

    public static ConsentEntry Withdrawn(Consent consent, Guid by, ConsentMethod? method, string recorder, DateTimeOffset now) => Of(consent, ConsentEntryKind.Withdrawn, [by], method, now, recorder, now);

    static ConsentEntry Of(Consent consent, ConsentEntryKind kind, IEnumerable<Guid> by, ConsentMethod? method, DateTimeOffset effective, string recorder, DateTimeOffset now) => new()
    {
        ConsentId = consent.Id,
        Kind = kind,
        PersonId = consent.PersonId,
        Purpose = consent.Purpose,
        PartnerId = consent.PartnerId,
        RecipientKind = consent.RecipientKind,
        TextVersion = consent.TextVersion,
        By = [.. by.Select(p => p.ToString("D"))],
        GivenElsewhere = consent.GivenElsewhere,
        Method = method,
        EffectiveTime = effective,
        ExpireTime = consent.ExpireTime,
        Recorder = recorder,
        Time = now,
    };

    public long Sequence { get; private set; }

    public byte[] Hash { get; private set; } = [];

    public Guid ConsentId { get; private set; }

    public ConsentEntryKind Kind { get; private set; }

    public Guid PersonId { get; private set; }

    public Purpose Purpose { get; private set; }

    public string? PartnerId { get; private set; }

    public PartnerKind? RecipientKind { get; private set; }

    public string TextVersion { get; private set; } = "";

    /// <summary>Ids of persons.</summary>
    public string[] By { get; private set; } = [];

    public bool GivenElsewhere { get; private set; }

    /// <summary>Null where a withdrawal does not say.</summary>
    public ConsentMethod? Method { get; private set; }

    public DateTimeOffset EffectiveTime { get; private set; }

    public DateTimeOffset ExpireTime { get; private set; }

    public string Recorder { get; private set; } = "";

    public DateTimeOffset Time { get; private set; }

    public void Link(long sequence, byte[] hash) => (Sequence, Hash) = (sequence, hash);

    public Wire.ConsentEntry ToWire()
    {
        var wire = new Wire.ConsentEntry
        {
            Sequence = Sequence,
            Kind = (Wire.ConsentEntry.Types.Kind)Kind,
            Time = Time.ToWire(),
            EffectiveTime = EffectiveTime.ToWire(),
            Method = (Wire.Consent.Types.Method)(Method ?? 0),
            Recorder = Recorder,
            Hash = Google.Protobuf.ByteString.CopyFrom(Hash),
        };
        wire.By.AddRange(By.Select(id => $"{Names.Persons}/{id}"));
        return wire;
    }

    public sealed class Mapping : IEntityTypeConfiguration<ConsentEntry>
    {
        public void Configure(EntityTypeBuilder<ConsentEntry> builder)
        {
            builder.ToTable("consent_entries", table =>
            {
                table.HasKnownValues<ConsentEntryKind>("kind");
                table.HasKnownValues<Purpose>("purpose");
                table.HasKnownValues<PartnerKind>("recipient_kind");
                table.HasKnownValues<ConsentMethod>("method");
                table.HasCheckConstraint("ck_consent_entries_method", "kind = 'withdrawn' or method is not null");
            });
            builder.IsChained();
            builder.Property(e => e.Kind).AsText();
            builder.Property(e => e.Purpose).AsText();
            builder.Property(e => e.RecipientKind).AsText();
            builder.Property(e => e.Method).AsText();
            builder.HasIndex(e => new { e.ConsentId, e.Kind }).IsUnique();
            builder.HasOne<Consent>().WithMany().HasForeignKey(e => e.ConsentId);
        }
    }
}
