using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Housing;

public enum HeldListingState
{
    /// <summary>On the market until somebody decides.</summary>
    Held = 1,

    /// <summary>It left the market by the decision.</summary>
    Withdrawn,

    /// <summary>It stayed by the decision, or because it had changed meanwhile.</summary>
    Kept,

    /// <summary>A newer feed of its agency has said what is to be said of it.</summary>
    Settled,
}

/// <summary>A listing that a feed no longer held when it lost too many at once. <see cref="FeedHolds"/> writes it.</summary>
public sealed class HeldListing
{
    HeldListing() { }

    public Guid ReportId { get; private set; }

    public Guid ListingId { get; private set; }

    public string PartnerId { get; private set; } = "";

    /// <summary>The listing's own, at that time: with another one it has changed since.</summary>
    public long ChangedSequence { get; private set; }

    public HeldListingState State { get; private set; }

    public sealed class Mapping : IEntityTypeConfiguration<HeldListing>
    {
        public void Configure(EntityTypeBuilder<HeldListing> builder)
        {
            builder.ToTable("held_listings", table => table.HasKnownValues<HeldListingState>("state"));
            builder.HasKey(h => new { h.ReportId, h.ListingId });
            builder.Property(h => h.State).AsText();
            builder.HasOne<ImportReport>().WithMany().HasForeignKey(h => h.ReportId);
            builder.HasOne<Listing>().WithMany().HasForeignKey(h => h.ListingId);
            builder.HasOne<Partner>().WithMany().HasForeignKey(h => h.PartnerId);
            // A listing is held once at most.
            builder.HasIndex(h => h.ListingId).IsUnique().HasFilter("state = 'held'");
            builder.HasIndex(h => h.PartnerId).HasFilter("state = 'held'");
        }
    }
}
