using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Clocks.Notifications;

public enum NotificationState { Waiting = 1, Acknowledged }

/// <summary>One message to one recipient, about any number of clocks. An internal application takes it, shows or sends it, and acknowledges it.</summary>
public sealed class Notification
{
    Notification() { }

    /// <summary>What it says follows when it is known what it takes.</summary>
    public static Notification To(string recipient, DateTimeOffset now) => new() { Id = Guid.CreateVersion7(now), Recipient = recipient, State = NotificationState.Waiting, CreateTime = now };

    public void Say(int clockCount, string title, string summary) => (ClockCount, Title, Summary) = (clockCount, title, summary);

    public Guid Id { get; private set; }

    /// <summary>In the order of writing, together with the transaction: see EventFeed for why.</summary>
    public long Sequence { get; private set; }

    /// <summary>`service` or `partners/{id}`.</summary>
    public string Recipient { get; private set; } = "";

    public NotificationState State { get; private set; }

    public int ClockCount { get; private set; }

    /// <summary>French.</summary>
    public string Title { get; private set; } = "";

    /// <summary>French, several lines.</summary>
    public string Summary { get; private set; } = "";

    public DateTimeOffset CreateTime { get; private set; }

    public DateTimeOffset? AcknowledgeTime { get; private set; }

    public string Name => Names.Of(Names.Notifications, Id);

    /// <summary>Repeating it is harmless.</summary>
    public void Acknowledge(DateTimeOffset now) => (State, AcknowledgeTime) = (NotificationState.Acknowledged, AcknowledgeTime ?? now);

    public sealed class Mapping : IEntityTypeConfiguration<Notification>
    {
        public void Configure(EntityTypeBuilder<Notification> builder)
        {
            builder.ToTable("notifications", table =>
            {
                table.HasKnownValues<NotificationState>("state");
                table.HasCheckConstraint("ck_notifications_acknowledge_time", "(state = 'acknowledged') = (acknowledge_time is not null)");
            });
            builder.Property(n => n.Id).ValueGeneratedNever();
            builder.Property(n => n.State).AsText();
            builder.Property(n => n.Sequence).UseIdentityAlwaysColumn();
            builder.Property<ulong>("transaction_id").HasColumnType("xid8").HasDefaultValueSql("pg_current_xact_id()");
            builder.Ignore(n => n.Name);
            builder.HasIndex("transaction_id", "Sequence").HasFilter("state = 'waiting'");
            builder.HasIndex(n => new { n.Recipient, n.CreateTime });
        }
    }
}
