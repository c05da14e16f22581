using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Clocks;

public enum ClockFamily { Promise = 1, PartnerWindow, LegalTerm }

/// <summary>A clock's row: what its events come to (<see cref="ClockHistory"/>), so that lists and the sweep need not fold them.</summary>
public sealed class Clock
{
    Clock() { }

    /// <param name="subject">The resource to be answered: requests/{uuid} or exchanges/{uuid}.</param>
    public static Clock Of(
        Guid id, ClockFamily family, string subject, Guid caseId, string? partnerId, Guid? promiseId = null, string? need = null, string? advisor = null) =>
        new() { Id = id, Family = family, Subject = subject, CaseId = caseId, PartnerId = partnerId, PromiseId = promiseId, Need = need, Advisor = advisor };

    public Guid Id { get; private set; }

    public ClockFamily Family { get; private set; }

    public string Subject { get; private set; } = "";

    public Guid CaseId { get; private set; }

    public string? PartnerId { get; private set; }

    /// <summary>The promise that a partner's window serves: of those of its case that were open when it started, the one that was due first. Null: there was none.</summary>
    public Guid? PromiseId { get; private set; }

    /// <summary>Of a promise, what the household needs: "housing". Of a window, the kind of its partner says it.</summary>
    public string? Need { get; private set; }

    /// <summary>Of a promise, who was to answer when it started; null: nobody was named.</summary>
    public string? Advisor { get; private set; }

    /// <summary>As it was when something was last written of it: that a deadline has passed is noticed by the sweep.</summary>
    public Standing State { get; private set; }

    public DateTimeOffset StartTime { get; private set; }

    /// <summary>Null while it is paused: nobody knows.</summary>
    public DateTimeOffset? DueTime { get; private set; }

    /// <summary>When the next rung is due; null once nothing is left to fire.</summary>
    public DateTimeOffset? NextFireTime { get; private set; }

    /// <summary>Rises whenever the deadline moves: a rung fires once per generation.</summary>
    public int Generation { get; private set; }

    public DateTimeOffset? AnswerTime { get; private set; }

    /// <summary>When the hub noticed that the deadline had passed. The breach itself is at the deadline.</summary>
    public DateTimeOffset? OverdueNoticeTime { get; private set; }

    /// <summary>Since when what is written of it cannot be read, and hence not fired; the sweep tries again from time to time.</summary>
    public DateTimeOffset? UnreadableTime { get; private set; }

    /// <summary>Since when the window of a partner has lapsed and nobody has seen to what comes next; null otherwise. An answer, however late, leaves nothing to see to.</summary>
    public DateTimeOffset? LapseTime { get; private set; }

    public string PolicyId { get; private set; } = "";

    public int PolicyVersion { get; private set; }

    public string Name => Names.Of(Names.Clocks, Id);

    public PolicyKey Policy => new(PolicyId, PolicyVersion);

    public bool IsOpen => State is Standing.Running or Standing.Paused or Standing.Overdue;

    /// <summary>Becomes what the history comes to at a moment.</summary>
    public void Show(ClockHistory history, IReadOnlySet<FiringKey> fired, Instant now)
    {
        var snapshot = history.Snapshot(now, fired) ?? throw new InvalidOperationException($"{Name} has not started.");
        State = snapshot.Standing;
        StartTime = snapshot.StartTime.ToDateTimeOffset();
        DueTime = snapshot.Deadline?.ToDateTimeOffset();
        NextFireTime = snapshot.NextFireTime?.ToDateTimeOffset();
        Generation = snapshot.Generation;
        AnswerTime = snapshot.AnswerTime?.ToDateTimeOffset();
        (PolicyId, PolicyVersion) = history.Timeline.Policy!.Key;
        UnreadableTime = null;
        // What was noticed of an earlier deadline says nothing of this one.
        var noticed = OverdueNoticeTime > DueTime ? OverdueNoticeTime : null;
        LapseTime = (State, Family) is (Standing.Overdue, ClockFamily.PartnerWindow) ? (noticed is null ? now.ToDateTimeOffset() : LapseTime) : null;
        OverdueNoticeTime = State switch
        {
            Standing.Overdue => noticed ?? now.ToDateTimeOffset(),
            Standing.Missed => noticed,
            Standing.Running or Standing.Paused or Standing.Met or Standing.Voided => null,
        };
    }

    /// <summary>Of a partner's window: the promise that it serves was merged into another.</summary>
    public void Serve(Guid promiseId) => PromiseId = promiseId;

    /// <summary>What comes after the lapse has been seen to.</summary>
    public void FollowLapse() => LapseTime = null;

    /// <summary>A copy that shows what was known at a moment of the past.</summary>
    public Clock AsOf(ClockHistory history, Instant moment)
    {
        var copy = (Clock)MemberwiseClone();
        copy.Show(history, new HashSet<FiringKey>(), moment);
        copy.OverdueNoticeTime = OverdueNoticeTime is { } noticed && noticed <= moment.ToDateTimeOffset() ? noticed : null;
        return copy;
    }

    public sealed class Mapping : IEntityTypeConfiguration<Clock>
    {
        public void Configure(EntityTypeBuilder<Clock> builder)
        {
            // What each state must and must not have: see the migration Functions.
            builder.ToTable("clocks", table => table.HasCheckConstraint(
                "ck_clocks_sound", "clock_is_sound(family, state, due_time, next_fire_time, generation, answer_time, overdue_notice_time)"));
            builder.Property(c => c.Id).ValueGeneratedNever();
            builder.Property(c => c.Family).AsText();
            builder.Property(c => c.State).AsText();
            builder.Ignore(c => c.Name).Ignore(c => c.Policy).Ignore(c => c.IsOpen);
            builder.HasIndex(c => c.Subject).IsUnique();
            builder.HasIndex(c => c.CaseId);
            // With the id, so that the sweep finds what is due without looking at a row.
            builder.HasIndex(c => c.NextFireTime).IncludeProperties(c => c.Id).HasFilter("next_fire_time is not null");
            builder.HasIndex(c => c.UnreadableTime).HasFilter("unreadable_time is not null");
            builder.HasIndex(c => c.LapseTime).HasFilter("lapse_time is not null");
            // Lists, newest first. Those that run are among the newest, and of the others nearly all are met: both are found on the way.
            builder.HasIndex(c => new { c.State, c.Id }).HasFilter("state in ('paused', 'overdue', 'missed', 'voided')");
            builder.HasIndex(c => new { c.PartnerId, c.Id }).HasFilter("partner_id is not null");
            // Whose windows must move with it. No foreign key: starting a window would wait for whoever changes its promise twice.
            builder.HasIndex(c => c.PromiseId).HasFilter("promise_id is not null");
            // What a change of policy goes through.
            builder.HasIndex(c => new { c.PolicyId, c.PolicyVersion, c.Id }).HasFilter("state in ('running', 'paused', 'overdue')");
            // Who breaks while everyone is away.
            builder.HasIndex(c => c.DueTime).HasFilter("family = 'promise' and state = 'running'");
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
