using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Wire = Passerelle.Contracts.Employment.V1;

namespace Passerelle.Hub.Employment;

public enum OfferState { Open = 1, Withdrawn }

/// <summary>A job offer of a partner. It is about a job, not about a person, and belongs to no case.</summary>
public sealed class Offer
{
    Offer() { }

    public static Offer Post(string partnerId, OfferContent content, DateTimeOffset now)
    {
        var offer = new Offer { Id = Guid.CreateVersion7(now), PartnerId = partnerId, Reference = content.Reference, CreateTime = now };
        offer.Set(content, now);
        return offer;
    }

    public Guid Id { get; private set; }

    public string PartnerId { get; private set; } = "";

    /// <summary>The partner's own, unique for the partner.</summary>
    public string Reference { get; private set; } = "";

    public string Title { get; private set; } = "";

    public string Description { get; private set; } = "";

    public string? Employer { get; private set; }

    public string? RomeCode { get; private set; }

    public OfferContract Contract { get; private set; }

    public string CommuneCode { get; private set; } = "";

    public decimal? SalaryMin { get; private set; }

    public decimal? SalaryMax { get; private set; }

    public double? WeeklyHours { get; private set; }

    public DateOnly? StartDate { get; private set; }

    public string? ApplyUri { get; private set; }

    public OfferState State { get; private set; }

    public byte[] ContentHash { get; private set; } = [];

    /// <summary>Of the last change, and rising with time (UUIDv7): lists are ordered by it, newest change first.</summary>
    public Guid Revision { get; private set; }

    public DateTimeOffset CreateTime { get; private set; }

    public DateTimeOffset UpdateTime { get; private set; }

    /// <summary>The partner sends it again. One that was withdrawn is open again.</summary>
    /// <returns>False when nothing changes.</returns>
    public bool Replace(OfferContent content, DateTimeOffset now)
    {
        if (State == OfferState.Open && ContentHash.AsSpan().SequenceEqual(content.Hash())) return false;
        Set(content, now);
        return true;
    }

    public void Withdraw(DateTimeOffset now)
    {
        if (State == OfferState.Withdrawn) return;
        State = OfferState.Withdrawn;
        Touch(now);
    }

    public Wire.Offer ToWire()
    {
        var wire = new OfferContent(
            Reference, Title, Description, Employer, RomeCode, Contract, CommuneCode, SalaryMin, SalaryMax, WeeklyHours, StartDate, ApplyUri).ToWire();
        (wire.Name, wire.Partner, wire.State) = (Names.Of(Names.Offers, Id), Names.OfPartner(PartnerId), (Wire.Offer.Types.State)State);
        (wire.CreateTime, wire.UpdateTime) = (CreateTime.ToWire(), UpdateTime.ToWire());
        return wire;
    }

    void Set(OfferContent content, DateTimeOffset now)
    {
        (Title, Description, Employer) = (content.Title, content.Description, content.Employer);
        (RomeCode, Contract, CommuneCode) = (content.RomeCode, content.Contract, content.CommuneCode);
        (SalaryMin, SalaryMax, WeeklyHours) = (content.SalaryMin, content.SalaryMax, content.WeeklyHours);
        (StartDate, ApplyUri) = (content.StartDate, content.ApplyUri);
        (State, ContentHash) = (OfferState.Open, content.Hash());
        Touch(now);
    }

    void Touch(DateTimeOffset now) => (UpdateTime, Revision) = (now, Guid.CreateVersion7(now));

    public sealed class Mapping : IEntityTypeConfiguration<Offer>
    {
        public void Configure(EntityTypeBuilder<Offer> builder)
        {
            builder.ToTable("offers", table =>
            {
                table.HasKnownValues<OfferState>("state");
                table.HasKnownValues<OfferContract>("contract");
                table.HasCheckConstraint("ck_offers_reference", $"char_length(reference) between 1 and {OfferContent.MaxReference}");
                table.HasCheckConstraint("ck_offers_rome_code", "rome_code ~ '^[A-N][0-9]{4}$'");
                table.HasCheckConstraint("ck_offers_commune_code", "commune_code ~ '^[0-9][0-9AB][0-9]{3}$'");
                table.HasCheckConstraint("ck_offers_salary", "(salary_min is null) = (salary_max is null) and salary_min >= 0 and salary_max >= salary_min");
                table.HasCheckConstraint("ck_offers_weekly_hours", "weekly_hours > 0 and weekly_hours <= 60");
                table.HasCheckConstraint("ck_offers_apply_uri", "apply_uri ~* '^https://'");
                table.HasCheckConstraint("ck_offers_content_hash", "octet_length(content_hash) = 32");
                table.HasCheckConstraint("ck_offers_update_time", "update_time >= create_time");
            });
            builder.Property(o => o.Id).ValueGeneratedNever();
            builder.Property(o => o.State).AsText();
            builder.Property(o => o.Contract).AsText();
            builder.HasOne<Partner>().WithMany().HasForeignKey(o => o.PartnerId);
            builder.HasIndex(o => new { o.PartnerId, o.Reference }).IsUnique();
            builder.HasIndex(o => o.Revision).HasFilter("state = 'open'");
            builder.HasIndex(o => new { o.CommuneCode, o.Revision }).HasFilter("state = 'open'");
            builder.HasIndex(o => new { o.PartnerId, o.Revision }).HasFilter("state = 'open'");
        }
    }
}
