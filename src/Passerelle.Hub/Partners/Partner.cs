using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Partners;

public enum PartnerKind { Employment = 1, Housing, Schooling, Discovery, Leisure }

public enum DeliveryMode { Push = 1, Pull }

/// <summary>An outside organisation, of one kind.</summary>
public sealed class Partner
{
    Partner() { }

    public static Partner Register(string id, string displayName, PartnerKind kind, Uri? pushAddress, DateTimeOffset now) => new()
    {
        Id = id,
        DisplayName = displayName,
        Kind = kind,
        Delivery = pushAddress is null ? DeliveryMode.Pull : DeliveryMode.Push,
        PushAddress = pushAddress?.ToString(),
        CreateTime = now,
        Lane = Lane.Of(id, now),
    };

    /// <summary>Chosen by people: 3 to 40 of a-z, 0-9 and the hyphen.</summary>
    public string Id { get; private set; } = "";

    public string DisplayName { get; private set; } = "";

    public PartnerKind Kind { get; private set; }

    public DeliveryMode Delivery { get; private set; }

    public string? PushAddress { get; private set; }

    /// <summary>PEM of the authorities that the server's certificate may come from, and no other; null: those that this machine trusts.</summary>
    public string? PushAuthority { get; private set; }

    /// <summary>A file of its listings is expected at least so often; null: whenever it likes.</summary>
    public TimeSpan? FeedInterval { get; private set; }

    public DateTimeOffset CreateTime { get; private set; }

    /// <summary>The way to it. Read it with Include.</summary>
    public Lane Lane { get; private set; } = null!;

    /// <summary>Another way is a new start: what was known of the old one's health says nothing of it. A partner that pulls is always healthy.</summary>
    /// <param name="address">Of its server; null: it pulls.</param>
    public void ReceiveAt(Uri? address, DateTimeOffset now)
    {
        if (PushAddress == address?.ToString()) return;
        (Delivery, PushAddress) = address is null ? (DeliveryMode.Pull, null) : (DeliveryMode.Push, address.ToString());
        Lane.Reached();
        Lane.StandInLine(now);
    }

    /// <summary>Trusts these authorities only at the partner's server; null goes back to the machine's. A partner that pulls keeps them for when it changes back.</summary>
    public void PinAuthority(string? pem) => PushAuthority = pem;

    /// <summary>Null: whenever it likes.</summary>
    public void ExpectFeed(TimeSpan? interval) => FeedInterval = interval;

    public sealed class Mapping : IEntityTypeConfiguration<Partner>
    {
        public void Configure(EntityTypeBuilder<Partner> builder)
        {
            builder.ToTable("partners", table =>
            {
                table.HasKnownValues<PartnerKind>("kind");
                table.HasKnownValues<DeliveryMode>("delivery");
                table.HasCheckConstraint("ck_partners_id", "id ~ '^[a-z0-9-]{3,40}$'");
                table.HasCheckConstraint("ck_partners_feed_interval", "feed_interval > interval '0'");
                table.HasCheckConstraint("ck_partners_push_address", "(delivery = 'push') = (push_address is not null)");
            });
            builder.Property(p => p.Kind).AsText();
            builder.Property(p => p.Delivery).AsText();
            builder.HasOne(p => p.Lane).WithOne().HasForeignKey<Lane>(l => l.PartnerId);
        }
    }
}
