using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>Asking until each visit has a slot, held until nothing stands in the way, then confirmed as a whole; or released as a whole.</summary>
public enum VisitDayState { Asking = 1, Held, Confirmed, Released }

/// <summary>A household's day of visits. Where it starts from is sealed with the contact's key.</summary>
public sealed class VisitDay
{
    const string BaseColumn = "visit_days.base";

    readonly List<VisitRequest> visits = [];

    VisitDay() { }

    /// <param name="contact">Whom the agencies will expect.</param>
    public static VisitDay Plan(Guid id, Person contact, DateOnly date, TimeSpanRange hours, Wire.VisitBase start, int minimum, PersonCipher cipher, DateTimeOffset now) => new()
    {
        Id = id,
        CaseId = contact.CaseId,
        PersonId = contact.Id,
        Date = date,
        StartTime = hours.Start,
        EndTime = hours.End,
        Base = cipher.SealMessage(start, BaseColumn, id),
        MinimumVisits = minimum,
        State = VisitDayState.Asking,
        Revision = 1,
        CreateTime = now,
        ReviseTime = now,
    };

    public Guid Id { get; private set; }

    public Guid CaseId { get; private set; }

    /// <summary>The contact.</summary>
    public Guid PersonId { get; private set; }

    /// <summary>In France.</summary>
    public DateOnly Date { get; private set; }

    public DateTimeOffset StartTime { get; private set; }

    public DateTimeOffset EndTime { get; private set; }

    public byte[] Base { get; private set; } = [];

    public int MinimumVisits { get; private set; }

    public VisitDayState State { get; private set; }

    public int Revision { get; private set; }

    public DateTimeOffset CreateTime { get; private set; }

    /// <summary>When it became this revision.</summary>
    public DateTimeOffset ReviseTime { get; private set; }

    public DateTimeOffset? ConfirmTime { get; private set; }

    public string? ReleaseReason { get; private set; }

    public IReadOnlyList<VisitRequest> Visits => visits;

    public string Name => Names.Of(Names.VisitDays, Id);

    public TimeSpanRange Hours => new(StartTime, EndTime);

    public void Add(VisitRequest visit) => visits.Add(visit);

    /// <summary>It is another day: a visit was lost, moved or is asked for again.</summary>
    public void Revise(DateTimeOffset now) => (Revision, ReviseTime) = (Revision + 1, now);

    /// <summary>A slot is sought again; those that there are stay held.</summary>
    public void Ask()
    {
        RequireLive();
        (State, ConfirmTime) = (VisitDayState.Asking, null);
    }

    public void Hold()
    {
        if (State != VisitDayState.Asking) throw Conflict("Only what is asked for becomes held.");
        State = VisitDayState.Held;
    }

    public void Confirm(DateTimeOffset now)
    {
        if (State != VisitDayState.Held) throw Conflict("Only what is held becomes confirmed.");
        (State, ConfirmTime) = (VisitDayState.Confirmed, now);
    }

    public void Release(string reason)
    {
        RequireLive();
        (State, ReleaseReason, ConfirmTime) = (VisitDayState.Released, reason, null);
    }

    public void RequireLive()
    {
        if (State == VisitDayState.Released) throw Conflict("The day of visits has been released.");
    }

    public StateConflict Conflict(string message) => new(Name, EnumText<VisitDayState>.Of(State), message);

    public Wire.VisitBase OpenBase(PersonCipher cipher) => cipher.OpenMessage<Wire.VisitBase>(Base, BaseColumn, Id);

    public sealed class Mapping : IEntityTypeConfiguration<VisitDay>
    {
        public void Configure(EntityTypeBuilder<VisitDay> builder)
        {
            // That no visit of a day is confirmed unless all are is the trigger visit_day_is_whole's to hold, and that no two overlap a constraint's: see the migration VisitSlots.
            builder.ToTable("visit_days", table =>
            {
                table.HasKnownValues<VisitDayState>("state");
                table.HasCheckConstraint("ck_visit_days_hours", "end_time > start_time and date = (start_time at time zone 'Europe/Paris')::date");
                table.HasCheckConstraint("ck_visit_days_counts", "minimum_visits > 0 and revision > 0 and revise_time >= create_time");
                table.HasCheckConstraint("ck_visit_days_confirmed", "(state = 'confirmed') = (confirm_time is not null)");
                table.HasCheckConstraint("ck_visit_days_released", "(state = 'released') = (release_reason is not null)");
            });
            builder.Property(d => d.Id).ValueGeneratedNever();
            builder.Property(d => d.State).AsText();
            builder.Ignore(d => d.Name).Ignore(d => d.Hours);
            builder.HasOne<Case>().WithMany().HasForeignKey(d => d.CaseId);
            builder.HasOne<Person>().WithMany().HasForeignKey(d => d.PersonId);
            builder.HasMany(d => d.Visits).WithOne().HasForeignKey(r => r.DayId);
            builder.Navigation(d => d.Visits).HasField("visits");
            builder.HasIndex(d => new { d.CaseId, d.Date }).IsUnique().HasFilter("state <> 'released'");
            builder.HasIndex(d => new { d.CaseId, d.Id });
            builder.HasIndex(d => new { d.State, d.Id });
            // Those that somebody may have to settle.
            builder.HasIndex(d => d.EndTime, "ix_visit_days_live").HasFilter("state <> 'released'");
        }
    }
}
