using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Housing;

public enum ListingState { OnMarket = 1, Withdrawn }

/// <summary>A property for sale or rent, as the agency's last feed says. Only feeds write it, see <see cref="ListingMerge"/>; what its
/// columns mean is said at <see cref="ListingDraft"/>.</summary>
public sealed class Listing
{
    Listing() { }

    public Guid Id { get; private set; }

    public string PartnerId { get; private set; } = "";

    public string Agency { get; private set; } = "";

    public string TechnicalId { get; private set; } = "";

    public ListingState State { get; private set; }

    public string? Reference { get; private set; }

    public Transaction Transaction { get; private set; }

    public PropertyType PropertyType { get; private set; }

    public string PropertyTypeText { get; private set; } = "";

    public string? Postcode { get; private set; }

    public string? City { get; private set; }

    public string? Country { get; private set; }

    public long PriceCents { get; private set; }

    public long? PriceWithoutFeesCents { get; private set; }

    public bool PriceHidden { get; private set; }

    public bool? RentIncludesCharges { get; private set; }

    public long? ChargesCents { get; private set; }

    public decimal? FeesPercent { get; private set; }

    public long? FeesCents { get; private set; }

    public FeesPayer? FeesPayer { get; private set; }

    public long? DepositCents { get; private set; }

    public decimal? Surface { get; private set; }

    public decimal? LandSurface { get; private set; }

    public int? Rooms { get; private set; }

    public int? Bedrooms { get; private set; }

    public int? Floor { get; private set; }

    public bool? Furnished { get; private set; }

    public int? YearBuilt { get; private set; }

    public string? Title { get; private set; }

    public string? Description { get; private set; }

    public DateOnly? AvailableFrom { get; private set; }

    public EnergyClass? EnergyClass { get; private set; }

    public decimal? EnergyUse { get; private set; }

    public EnergyClass? GhgClass { get; private set; }

    public decimal? GhgEmission { get; private set; }

    public DateOnly? DiagnosisDate { get; private set; }

    public string? DiagnosisVersion { get; private set; }

    public decimal? Latitude { get; private set; }

    public decimal? Longitude { get; private set; }

    public string[] Photos { get; private set; } = [];

    public string? VirtualTour { get; private set; }

    public ListingDetails Details { get; private set; } = ListingDetails.None;

    /// <summary>Of the draft that it was made from: an equal one is no change.</summary>
    public byte[] ContentHash { get; private set; } = [];

    public DateTimeOffset CreateTime { get; private set; }

    public DateTimeOffset UpdateTime { get; private set; }

    /// <summary>Which transaction changed it last: with the sequence, its place in the watch. EventFeed says why the order needs it.</summary>
    public ulong ChangedTransaction { get; private set; }

    public long ChangedSequence { get; private set; }

    public sealed class Mapping : IEntityTypeConfiguration<Listing>
    {
        public void Configure(EntityTypeBuilder<Listing> builder)
        {
            builder.ToTable("listings", table =>
            {
                table.HasKnownValues<ListingState>("state");
                table.HasKnownValues<Transaction>("transaction");
                table.HasKnownValues<PropertyType>("property_type");
                table.HasKnownValues<FeesPayer>("fees_payer");
                table.HasKnownValues<EnergyClass>("energy_class");
                table.HasKnownValues<EnergyClass>("ghg_class");
                table.HasCheckConstraint("ck_listings_identity", "agency <> '' and technical_id <> ''");
                table.HasCheckConstraint("ck_listings_price_cents", "price_cents > 0");
                table.HasCheckConstraint("ck_listings_fees", "fees_percent is null or fees_cents is null");
                table.HasCheckConstraint("ck_listings_position", "(latitude is null) = (longitude is null)");
                table.HasCheckConstraint("ck_listings_content_hash", "octet_length(content_hash) = 32");
                table.HasCheckConstraint("ck_listings_update_time", "update_time >= create_time");
            });
            builder.Property(l => l.Id).ValueGeneratedNever();
            builder.Property(l => l.State).AsText();
            builder.Property(l => l.Transaction).AsText();
            builder.Property(l => l.PropertyType).AsText();
            builder.Property(l => l.FeesPayer).AsText();
            builder.Property(l => l.EnergyClass).AsText();
            builder.Property(l => l.GhgClass).AsText();
            builder.Property(l => l.Details).HasColumnType("jsonb").HasConversion(d => Encoding.UTF8.GetString(d.ToJson()), json => ListingDetails.FromJson(json));
            builder.Property(l => l.ChangedTransaction).HasColumnType("xid8").HasDefaultValueSql("pg_current_xact_id()");
            builder.Property(l => l.ChangedSequence).UseIdentityByDefaultColumn();
            builder.HasOne<Partner>().WithMany().HasForeignKey(l => l.PartnerId);
            // Each one costs every import: identity, the watch, the list.
            builder.HasIndex(l => new { l.PartnerId, l.Agency, l.TechnicalId }).IsUnique();
            // Not unique, though it is: a change of what a unique index covers waits for whoever has just referred to the row, and imports wait for nobody.
            builder.HasIndex(l => new { l.ChangedTransaction, l.ChangedSequence });
            builder.HasIndex(l => new { l.PartnerId, l.Id }).HasFilter("state = 'on_market'");
            builder.HasIndex(l => new { l.Postcode, l.Id }).HasFilter("state = 'on_market'");
        }
    }
}
