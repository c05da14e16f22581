using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Clocks;

public enum ClockFamily { Promise = 1, PartnerWindow }

public enum ClockState { Running = 1, Overdue, Met, Missed, Voided }

public enum ClockEventKind { Started = 1, Answered, Voided }

/// <summary>What counts the 48 hours: elapsed time on the instant line. The row is the fold of its events.</summary>
public sealed class Clock
{
    readonly List<ClockEvent> events = [];

    Clock() { }

    /// <param name="subject">The resource to be answered: requests/{uuid} or exchanges/{uuid}.</param>
    public static Clock Start(ClockFamily family, string subject, Guid caseId, string? partnerId, ResponseOptions options, DateTimeOffset now)
    {
        var clock = new Clock
        {
            Id = Guid.CreateVersion7(now),
            Family = family,
            Subject = subject,
            CaseId = caseId,
            PartnerId = partnerId,
            State = ClockState.Running,
            StartTime = now,
            DueTime = now + options.Window,
            Generation = 1,
        };
        clock.NextFireTime = clock.RungsAfter(now, options).First().Time;
        clock.Record(ClockEventKind.Started, now);
        return clock;
    }

    public Guid Id { get; private set; }

    public ClockFamily Family { get; private set; }

    public string Subject { get; private set; } = "";

    public Guid CaseId { get; private set; }

    public string? PartnerId { get; private set; }

    public ClockState State { get; private set; }

    public DateTimeOffset StartTime { get; private set; }

    public DateTimeOffset DueTime { get; private set; }

    /// <summary>When the next rung is due; null once nothing is left to fire.</summary>
    public DateTimeOffset? NextFireTime { get; private set; }

    /// <summary>Rises whenever the deadline moves: a rung fires once per generation.</summary>
    public int Generation { get; private set; }

    public DateTimeOffset? AnswerTime { get; private set; }

    /// <summary>When the hub noticed that the deadline had passed. The breach itself is at the deadline.</summary>
    public DateTimeOffset? OverdueNoticeTime { get; private set; }

    public IReadOnlyList<ClockEvent> Events => events;

    public bool IsOpen => State is ClockState.Running or ClockState.Overdue;

    /// <summary>At the deadline it is met, one microsecond later it is missed, whether or not the sweep has been by.</summary>
    public void Answer(DateTimeOffset now)
    {
        if (!IsOpen) return;
        State = now <= DueTime ? ClockState.Met : ClockState.Missed;
        (AnswerTime, NextFireTime) = (now, null);
        Record(ClockEventKind.Answered, now);
    }

    /// <summary>What it served ended without needing an answer.</summary>
    public void Void(DateTimeOffset now)
    {
        if (!IsOpen) return;
        (State, NextFireTime) = (ClockState.Voided, null);
        Record(ClockEventKind.Voided, now);
    }

    /// <summary>Fires every rung whose time has come and that has not fired, and moves on to the next.</summary>
    public IReadOnlyList<Rung> Fire(DateTimeOffset now, ResponseOptions options)
    {
        if (!IsOpen || NextFireTime is not { } next) return [];
        var ahead = RungsAfter(next - TimeSpan.FromMicroseconds(1), options).ToList();
        // Exactly at the deadline an answer would still be in time: the breach fires after it.
        var due = ahead.TakeWhile(r => r.IsBreach ? r.Time < now : r.Time <= now).ToList();
        NextFireTime = due.Count < ahead.Count ? ahead[due.Count].Time : null;
        if (due.Any(r => r.IsBreach)) (State, OverdueNoticeTime) = (ClockState.Overdue, now);
        return due;
    }

    IEnumerable<Rung> RungsAfter(DateTimeOffset instant, ResponseOptions options) =>
        options.Reminders.Where(r => r < options.Window).Order()
            .Select(r => new Rung(((int)r.TotalMinutes).ToString(System.Globalization.CultureInfo.InvariantCulture) + "m", StartTime + r, IsBreach: false))
            .Append(new Rung(Rung.Breach, DueTime, IsBreach: true))
            .Where(r => r.Time > instant);

    void Record(ClockEventKind kind, DateTimeOffset now) => events.Add(new ClockEvent(Id, events.Count + 1, kind, now, now));

    public sealed class Mapping : IEntityTypeConfiguration<Clock>
    {
        public void Configure(EntityTypeBuilder<Clock> builder)
        {
            builder.ToTable("clocks", table =>
            {
                table.HasKnownValues<ClockFamily>("family");
                table.HasKnownValues<ClockState>("state");
                table.HasCheckConstraint("ck_clocks_answer_time", "(state in ('met', 'missed')) = (answer_time is not null)");
                table.HasCheckConstraint("ck_clocks_verdict", "case state when 'met' then answer_time <= due_time when 'missed' then answer_time > due_time else true end");
                table.HasCheckConstraint("ck_clocks_next_fire_time", "case state when 'running' then next_fire_time is not null else next_fire_time is null end");
            });
            builder.Property(c => c.Id).ValueGeneratedNever();
            builder.Property(c => c.Family).AsText();
            builder.Property(c => c.State).AsText();
            builder.HasIndex(c => c.Subject).IsUnique();
            builder.HasIndex(c => c.CaseId);
            builder.HasIndex(c => c.NextFireTime).HasFilter("next_fire_time is not null");
            builder.HasMany(c => c.Events).WithOne().HasForeignKey(e => e.ClockId);
            builder.Navigation(c => c.Events).HasField("events");
        }
    }
}

/// <summary>A time on the way to the deadline at which somebody is told.</summary>
public readonly record struct Rung(string Name, DateTimeOffset Time, bool IsBreach)
{
    public const string Breach = "breach";
}

/// <summary>What happened to a clock. Append-only; the time it took effect and the time it was recorded are kept apart.</summary>
public sealed record ClockEvent(Guid ClockId, int Number, ClockEventKind Kind, DateTimeOffset EffectiveTime, DateTimeOffset RecordTime)
{
    public sealed class Mapping : IEntityTypeConfiguration<ClockEvent>
    {
        public void Configure(EntityTypeBuilder<ClockEvent> builder)
        {
            builder.ToTable("clock_events", table => table.HasKnownValues<ClockEventKind>("kind"));
            builder.HasKey(e => new { e.ClockId, e.Number });
            builder.Property(e => e.Kind).AsText();
        }
    }
}

/// <summary>That a rung fired. Its key is what makes it fire once.</summary>
public sealed record ClockFiring(Guid ClockId, int Generation, string Rung, DateTimeOffset DueTime, DateTimeOffset FireTime)
{
    public sealed class Mapping : IEntityTypeConfiguration<ClockFiring>
    {
        public void Configure(EntityTypeBuilder<ClockFiring> builder)
        {
            builder.ToTable("clock_firings");
            builder.HasKey(f => new { f.ClockId, f.Generation, f.Rung });
            builder.HasOne<Clock>().WithMany().HasForeignKey(f => f.ClockId);
        }
    }
}
