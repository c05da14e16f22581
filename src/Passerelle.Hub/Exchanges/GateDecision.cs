using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Hub.Exchanges;

public enum VerdictKind { Allowed = 1, Refused, Lapsed, Held }

/// <summary>What the gate decided before an attempt, and why. It is kept beside the attempt; one that was not allowed has no attempt.</summary>
public sealed class GateDecision
{
    GateDecision() { }

    /// <summary>One that keeps an exchange from leaving. Departures writes the others down, with their attempts.</summary>
    public static GateDecision NotAllowed(Claim claim, Verdict why, DateTimeOffset now)
    {
        var (kind, reason) = Of(why);
        return new GateDecision { ExchangeId = claim.ExchangeId, Number = claim.Generation, Verdict = kind, Reason = reason, Time = now };
    }

    public Guid ExchangeId { get; private set; }

    /// <summary>That of the claim, and of the attempt when there was one.</summary>
    public int Number { get; private set; }

    public VerdictKind Verdict { get; private set; }

    /// <summary>A reason's name; null when it was allowed.</summary>
    public string? Reason { get; private set; }

    public Purpose? Purpose { get; private set; }

    public int? PurposeVersion { get; private set; }

    public Ground? Ground { get; private set; }

    public Guid? ConsentId { get; private set; }

    public Guid? AgreementId { get; private set; }

    /// <summary>With commas between them.</summary>
    public string? Categories { get; private set; }

    public DateTimeOffset Time { get; private set; }

    public Wire.GateDecision ToWire()
    {
        var wire = new Wire.GateDecision
        {
            Number = Number,
            Time = Time.ToWire(),
            Verdict = (Wire.GateDecision.Types.Verdict)Verdict,
            Reason = Reason ?? "",
            Purpose = (Contracts.Privacy.V1.Purpose)(Purpose ?? 0),
            PurposeVersion = PurposeVersion ?? 0,
            Ground = (Contracts.Privacy.V1.Disclosure.Types.Ground)(Ground ?? 0),
            Consent = ConsentId is { } consent ? Names.Of(Names.Consents, consent) : "",
            Agreement = AgreementId is { } agreement ? Names.Of(Names.Agreements, agreement) : "",
        };
        wire.Categories.AddRange(DataCategories.Read(Categories).Select(c => (Contracts.Common.V1.DataCategory)c));
        return wire;
    }

    static (VerdictKind Kind, string Reason) Of(Verdict why) => why switch
    {
        Privacy.Verdict.Refused refused => (VerdictKind.Refused, refused.Reason),
        Privacy.Verdict.Lapsed lapsed => (VerdictKind.Lapsed, lapsed.Reason),
        Privacy.Verdict.Held held => (VerdictKind.Held, held.Reason),
        Privacy.Verdict.Allowed => throw new ArgumentException("It was allowed.", nameof(why)),
        _ => throw new ArgumentOutOfRangeException(nameof(why)),
    };

    public sealed class Mapping : IEntityTypeConfiguration<GateDecision>
    {
        public void Configure(EntityTypeBuilder<GateDecision> builder)
        {
            // Consents and agreements are named without foreign keys: thousands of decisions a second would all lock the few agreements, and neither is ever removed.
            builder.ToTable("gate_decisions", table => table.HasCheckConstraint(
                "ck_gate_decisions_sound",
                """
                case verdict
                    when 'allowed' then reason is null and purpose is not null and purpose_version is not null and ground is not null and categories is not null and (ground = 'consent') = (consent_id is not null)
                    when 'refused' then reason is not null when 'lapsed' then reason is not null when 'held' then reason is not null
                    else false
                end
                """));
            builder.HasKey(d => new { d.ExchangeId, d.Number });
            builder.Property(d => d.Verdict).AsText();
            builder.Property(d => d.Purpose).AsText();
            builder.Property(d => d.Ground).AsText();
            builder.HasOne<Exchange>().WithMany().HasForeignKey(d => d.ExchangeId);
        }
    }
}
