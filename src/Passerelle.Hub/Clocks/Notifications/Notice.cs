using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Clocks.Notifications;

public enum NoticeState
{
    /// <summary>To be told as soon as it may.</summary>
    Queued = 1,

    /// <summary>In a notification.</summary>
    Told,

    /// <summary>Nothing is left to tell: the clock was stopped before.</summary>
    Dropped,
}

/// <summary>That somebody is to be told of rungs of a clock: written with the firing, gathered into a <see cref="Notification"/>.</summary>
public sealed class Notice
{
    /// <summary>The recipient that is not a partner.</summary>
    public const string Service = "service";

    /// <summary>Beside the rungs of its policy, a promise may have to be told of for these.</summary>
    public const string Stranded = "stranded", Stranding = "stranding", Away = "away@";

    /// <summary>A rung that is told so much after its time was missed.</summary>
    static readonly Duration MissedAfter = Duration.FromMinutes(5);

    Notice() { }

    /// <summary>One for each recipient of what came due at once.</summary>
    public static IEnumerable<Notice> Of(Clock clock, IReadOnlyList<DueRung> rungs, Instant now) =>
        from rung in rungs
        from recipient in RecipientsOf(clock, rung.Rung.To)
        group rung by recipient into told
        select new Notice
        {
            Id = Guid.CreateVersion7(now.ToDateTimeOffset()),
            ClockId = clock.Id,
            Recipient = told.Key,
            Rungs = string.Join(' ', told.Select(d => d.Rung.Name).Distinct()),
            IsUrgent = told.Any(d => d.Rung.BreaksQuietHours),
            IsMissed = told.Any(d => now - d.Time >= MissedAfter),
            State = NoticeState.Queued,
            DueTime = now.ToDateTimeOffset(),
        };

    /// <summary>That the service must know something of a promise, beside what its rungs tell.</summary>
    /// <param name="why">Stranded, Stranding, or Away and since when.</param>
    /// <param name="isUrgent">Once the service has left, it is too late.</param>
    public static Notice ForService(Guid promiseId, string why, bool isUrgent, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now), ClockId = promiseId, Recipient = Service, Rungs = why, IsUrgent = isUrgent, State = NoticeState.Queued, DueTime = now,
    };

    static IEnumerable<string> RecipientsOf(Clock clock, RungRecipient to) => clock.PartnerId is not { } partner ? [Service] : to switch
    {
        RungRecipient.Everyone => [Service, Names.OfPartner(partner)],
        RungRecipient.Service => [Service],
        RungRecipient.Partner => [Names.OfPartner(partner)],
    };

    public Guid Id { get; private set; }

    public Guid ClockId { get; private set; }

    /// <summary>`service` or `partners/{id}`.</summary>
    public string Recipient { get; private set; } = "";

    /// <summary>The rungs' names, oldest first; or why else it is to be told of.</summary>
    public string Rungs { get; private set; } = "";

    /// <summary>Goes out in quiet hours too.</summary>
    public bool IsUrgent { get; private set; }

    /// <summary>It comes later than it should: nobody swept, or the past was set right.</summary>
    public bool IsMissed { get; private set; }

    public NoticeState State { get; private set; }

    /// <summary>When it may go out. In quiet hours, and soon after another notification, it is put off.</summary>
    public DateTimeOffset DueTime { get; private set; }

    public Guid? NotificationId { get; private set; }

    public sealed class Mapping : IEntityTypeConfiguration<Notice>
    {
        public void Configure(EntityTypeBuilder<Notice> builder)
        {
            builder.ToTable("notices", table =>
            {
                table.HasKnownValues<NoticeState>("state");
                table.HasCheckConstraint("ck_notices_notification", "(state = 'told') = (notification_id is not null)");
            });
            builder.Property(n => n.Id).ValueGeneratedNever();
            builder.Property(n => n.State).AsText();
            builder.HasOne<Clock>().WithMany().HasForeignKey(n => n.ClockId);
            builder.HasOne<Notification>().WithMany().HasForeignKey(n => n.NotificationId);
            builder.HasIndex(n => new { n.DueTime, n.Recipient }).HasFilter("state = 'queued'");
            builder.HasIndex(n => n.NotificationId).HasFilter("notification_id is not null");
            builder.HasIndex(n => n.ClockId);
        }
    }
}
