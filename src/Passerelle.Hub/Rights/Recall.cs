using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Hub.Rights;

public enum RecallReason { Withdrawn = 1, Rectified, Erased }

/// <summary>What a recipient did; the contract says on what article each rests.</summary>
public enum RecallOutcome { Done = 1, NotHeld, KeptByLaw, KeptForClaims }

/// <summary>That whoever got a person's data is asked to let it go, or to put it right. Holds nothing personal.</summary>
public sealed class Recall
{
    readonly List<RecallNotice> notices = [];

    Recall() { }

    public static Recall Open(RecallReason reason, Guid personId, Guid caseId, Guid? consentId, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now), Reason = reason, PersonId = personId, CaseId = caseId, ConsentId = consentId, CreateTime = now,
    };

    public Guid Id { get; private set; }

    public RecallReason Reason { get; private set; }

    public Guid PersonId { get; private set; }

    public Guid CaseId { get; private set; }

    /// <summary>The one that was withdrawn.</summary>
    public Guid? ConsentId { get; private set; }

    public DateTimeOffset CreateTime { get; private set; }

    /// <summary>When the last recipient had answered.</summary>
    public DateTimeOffset? CloseTime { get; private set; }

    public IReadOnlyList<RecallNotice> Notices => notices;

    public string Name => Names.Of(Names.Recalls, Id);

    public void Tell(RecallNotice notice) => notices.Add(notice);

    /// <returns>True when the last answer has just come.</returns>
    public bool CloseWhenAnswered(DateTimeOffset now)
    {
        if (CloseTime is not null || notices.Exists(n => n.AnswerTime is null)) return false;
        CloseTime = now;
        return true;
    }

    /// <param name="deliveries">When each exchange was delivered.</param>
    public Wire.Recall ToWire(IReadOnlyDictionary<Guid, DateTimeOffset?> deliveries)
    {
        var wire = new Wire.Recall
        {
            Name = Name,
            Person = Names.Of(Names.Persons, PersonId),
            Case = Names.Of(Names.Cases, CaseId),
            Reason = (Wire.RecallReason)Reason,
            Consent = ConsentId is { } consent ? Names.Of(Names.Consents, consent) : "",
            CreateTime = CreateTime.ToWire(),
            CloseTime = CloseTime.ToWire(),
        };
        wire.Recipients.AddRange(notices.OrderBy(n => n.PartnerId, StringComparer.Ordinal).Select(n => n.ToWire(deliveries.GetValueOrDefault(n.ExchangeId))));
        return wire;
    }

    public sealed class Mapping : IEntityTypeConfiguration<Recall>
    {
        public void Configure(EntityTypeBuilder<Recall> builder)
        {
            builder.ToTable("recalls", table =>
            {
                table.HasKnownValues<RecallReason>("reason");
                table.HasCheckConstraint("ck_recalls_consent_id", "(reason = 'withdrawn') = (consent_id is not null)");
            });
            builder.Property(r => r.Id).ValueGeneratedNever();
            builder.Property(r => r.Reason).AsText();
            builder.Ignore(r => r.Name);
            builder.HasOne<Person>().WithMany().HasForeignKey(r => r.PersonId);
            builder.HasOne<Case>().WithMany().HasForeignKey(r => r.CaseId);
            builder.HasOne<Consent>().WithMany().HasForeignKey(r => r.ConsentId);
            builder.HasMany(r => r.Notices).WithOne().HasForeignKey(n => n.RecallId);
            builder.Navigation(r => r.Notices).HasField("notices");
            builder.HasIndex(r => new { r.PersonId, r.Id });
            builder.HasIndex(r => r.Id, "ix_recalls_open").HasFilter("close_time is null");
        }
    }
}

/// <summary>One recipient's part of a recall: its own exchange, its own answer.</summary>
public sealed class RecallNotice
{
    /// <summary>Counted from the recall, told or not: a recipient that cannot be reached is no excuse.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromHours(48);

    RecallNotice() { }

    /// <param name="exchange">Opened with this notice as its subject.</param>
    public static RecallNotice To(Guid id, Recall recall, Exchange exchange) => new()
    {
        Id = id, RecallId = recall.Id, PartnerId = exchange.PartnerId, ExchangeId = exchange.Id, DueTime = recall.CreateTime + AnswerWithin,
    };

    public Guid Id { get; private set; }

    public Guid RecallId { get; private set; }

    public string PartnerId { get; private set; } = "";

    public Guid ExchangeId { get; private set; }

    public DateTimeOffset DueTime { get; private set; }

    public DateTimeOffset? AnswerTime { get; private set; }

    public RecallOutcome? Outcome { get; private set; }

    /// <summary>When nobody had answered in time, and an operator was told.</summary>
    public DateTimeOffset? EscalateTime { get; private set; }

    public string Name => NameOf(Id);

    public static string NameOf(Guid id) => Names.Of(Names.RecallNotices, id);

    public void RequireUnanswered()
    {
        if (AnswerTime is not null) throw new StateConflict(Name, "answered", "The recall has been answered already.");
    }

    public void Answer(RecallOutcome outcome, DateTimeOffset now)
    {
        RequireUnanswered();
        (Outcome, AnswerTime) = (outcome, now);
    }

    public void Escalate(DateTimeOffset now) => EscalateTime ??= now;

    public Wire.Recall.Types.Recipient ToWire(DateTimeOffset? delivered) => new()
    {
        Name = Name,
        Partner = Names.OfPartner(PartnerId),
        Exchange = Names.Of(Names.Exchanges, ExchangeId),
        DeliveryTime = delivered.ToWire(),
        DueTime = DueTime.ToWire(),
        AnswerTime = AnswerTime.ToWire(),
        Outcome = (Wire.RecallOutcome)(Outcome ?? 0),
        EscalateTime = EscalateTime.ToWire(),
    };

    public sealed class Mapping : IEntityTypeConfiguration<RecallNotice>
    {
        public void Configure(EntityTypeBuilder<RecallNotice> builder)
        {
            builder.ToTable("recall_notices", table =>
            {
                table.HasKnownValues<RecallOutcome>("outcome");
                table.HasCheckConstraint("ck_recall_notices_answer", "(answer_time is null) = (outcome is null)");
            });
            builder.Property(n => n.Id).ValueGeneratedNever();
            builder.Property(n => n.Outcome).AsText();
            builder.Ignore(n => n.Name);
            builder.HasOne<Partner>().WithMany().HasForeignKey(n => n.PartnerId);
            builder.HasOne<Exchange>().WithOne().HasForeignKey<RecallNotice>(n => n.ExchangeId);
            builder.HasIndex(n => new { n.RecallId, n.PartnerId }).IsUnique();
            builder.HasIndex(n => n.DueTime).HasFilter("answer_time is null and escalate_time is null");
            builder.HasIndex(n => n.Id, "ix_recall_notices_escalated").HasFilter("answer_time is null and escalate_time is not null");
        }
    }
}
