using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Housing.Homes;

/// <summary>A home to live in, whoever lists it. Every listing on the market is in one, mostly alone.</summary>
public sealed class Home
{
    Home() { }

    public static Home Register(DateTimeOffset now) => new() { Id = Guid.CreateVersion7(now), CreateTime = now, UpdateTime = now };

    public Guid Id { get; private set; }

    public string Name => Names.Of(Names.Homes, Id);

    public Transaction Transaction { get; private set; }

    public string? Postcode { get; private set; }

    /// <summary>On the market.</summary>
    public int ListingCount { get; private set; }

    /// <summary>The home that it turned out to be.</summary>
    public Guid? MergedIntoId { get; private set; }

    public DateTimeOffset CreateTime { get; private set; }

    public DateTimeOffset UpdateTime { get; private set; }

    /// <param name="listings">Those on the market that it has now; at least one.</param>
    public void Consist(IReadOnlyList<HomeListing> listings, DateTimeOffset now)
    {
        (Transaction, Postcode, ListingCount, MergedIntoId) = (listings[0].Transaction, listings[0].Postcode, listings.Count, null);
        UpdateTime = now;
    }

    /// <param name="mergedInto">Where what it had on the market is now; null: it has left the market.</param>
    public void Empty(Guid? mergedInto, DateTimeOffset now) => (ListingCount, MergedIntoId, UpdateTime) = (0, mergedInto, now);

    public sealed class Mapping : IEntityTypeConfiguration<Home>
    {
        public void Configure(EntityTypeBuilder<Home> builder)
        {
            builder.ToTable("homes", table =>
            {
                table.HasKnownValues<Transaction>("transaction");
                table.HasCheckConstraint("ck_homes_merged_into_id", "merged_into_id is null or (listing_count = 0 and merged_into_id <> id)");
            });
            builder.Property(h => h.Id).ValueGeneratedNever();
            builder.Property(h => h.Transaction).AsText();
            builder.HasOne<Home>().WithMany().HasForeignKey(h => h.MergedIntoId);
            builder.HasIndex(h => new { h.Postcode, h.Id }).HasFilter("listing_count > 0");
            builder.HasIndex(h => h.MergedIntoId).HasFilter("merged_into_id is not null");
        }
    }
}

/// <summary>Which home a listing is of, and what its candidates are looked for by. It stays when the listing leaves the market, and is where it was when it comes back.</summary>
public sealed class HomeListing
{
    HomeListing() { }

    public static HomeListing Of(Listing listing) => new() { ListingId = listing.Id };

    public Guid ListingId { get; private set; }

    /// <summary>Null only within the transaction that finds it.</summary>
    public Guid? HomeId { get; private set; }

    public Transaction Transaction { get; private set; }

    public string? Postcode { get; private set; }

    /// <summary>Square metres: the surface, or that of the land where there is no other.</summary>
    public decimal? Size { get; private set; }

    public long PriceCents { get; private set; }

    public DateTimeOffset? JoinTime { get; private set; }

    /// <summary>When it was found to be off the market.</summary>
    public DateTimeOffset? LeaveTime { get; private set; }

    public void Take(Listing listing, DateTimeOffset now)
    {
        (Transaction, Postcode, PriceCents) = (listing.Transaction, listing.Postcode, listing.PriceCents);
        Size = listing.Surface is > 0 ? listing.Surface : listing.LandSurface is > 0 ? listing.LandSurface : null;
        LeaveTime = listing.State == ListingState.OnMarket ? null : LeaveTime ?? now;
    }

    public void Join(Guid homeId, DateTimeOffset now)
    {
        if (HomeId == homeId) return;
        (HomeId, JoinTime) = (homeId, now);
    }

    public sealed class Mapping : IEntityTypeConfiguration<HomeListing>
    {
        public void Configure(EntityTypeBuilder<HomeListing> builder)
        {
            builder.ToTable("home_listings", table => table.HasKnownValues<Transaction>("transaction"));
            builder.HasKey(l => l.ListingId);
            builder.Property(l => l.ListingId).ValueGeneratedNever();
            builder.Property(l => l.Transaction).AsText();
            builder.HasOne<Listing>().WithMany().HasForeignKey(l => l.ListingId);
            builder.HasOne<Home>().WithMany().HasForeignKey(l => l.HomeId);
            // Those next in size, in both directions: never a comparison of all with all.
            builder.HasIndex(l => new { l.Postcode, l.Transaction, l.Size, l.ListingId }).HasFilter("leave_time is null");
        }
    }
}

/// <summary>Two listings on the market that are like enough to be one home. Why is not kept: it is said anew from the two, see <see cref="Likeness"/>.</summary>
public sealed class HomeLink
{
    HomeLink() { }

    public static HomeLink Of(Guid first, Guid second, double score)
    {
        var pair = HomeGroups.PairOf(first, second);
        return new() { FirstId = pair.First, SecondId = pair.Second, Score = score };
    }

    public Guid FirstId { get; private set; }

    public Guid SecondId { get; private set; }

    public double Score { get; private set; }

    public sealed class Mapping : IEntityTypeConfiguration<HomeLink>
    {
        public void Configure(EntityTypeBuilder<HomeLink> builder)
        {
            builder.ToTable("home_links", table =>
            {
                table.HasCheckConstraint("ck_home_links_pair", "first_id < second_id");
                table.HasCheckConstraint("ck_home_links_score", "score > 0 and score <= 1");
            });
            builder.HasKey(l => new { l.FirstId, l.SecondId });
            builder.HasOne<HomeListing>().WithMany().HasForeignKey(l => l.FirstId);
            builder.HasOne<HomeListing>().WithMany().HasForeignKey(l => l.SecondId);
            builder.HasIndex(l => l.SecondId);
        }
    }
}

/// <summary>What a person said of two listings: stronger than any likeness, until somebody says otherwise.</summary>
public sealed class HomeDecision
{
    HomeDecision() { }

    public static HomeDecision Of(Guid first, Guid second)
    {
        var pair = HomeGroups.PairOf(first, second);
        return new() { FirstId = pair.First, SecondId = pair.Second };
    }

    public Guid FirstId { get; private set; }

    public Guid SecondId { get; private set; }

    public bool AreSame { get; private set; }

    public string Why { get; private set; } = "";

    /// <summary>As the deciding application knows them.</summary>
    public string By { get; private set; } = "";

    public DateTimeOffset DecideTime { get; private set; }

    public void Decide(bool areSame, string why, string by, DateTimeOffset now) => (AreSame, Why, By, DecideTime) = (areSame, why, by, now);

    public sealed class Mapping : IEntityTypeConfiguration<HomeDecision>
    {
        public void Configure(EntityTypeBuilder<HomeDecision> builder)
        {
            builder.ToTable("home_decisions", table => table.HasCheckConstraint("ck_home_decisions_pair", "first_id < second_id"));
            builder.HasKey(d => new { d.FirstId, d.SecondId });
            builder.HasOne<Listing>().WithMany().HasForeignKey(d => d.FirstId);
            builder.HasOne<Listing>().WithMany().HasForeignKey(d => d.SecondId);
            builder.HasIndex(d => d.SecondId);
        }
    }
}
