using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Clocks.Policies;

public enum PolicyChangeState { Running = 1, Done, Cancelled }

/// <summary>Which clocks: those open under one policy, when the change was ordered; what is set beside must hold too.</summary>
public sealed record PolicySelection(PolicyKey Policy, Guid? ClockId = null, string? PartnerId = null, Guid? CaseId = null);

/// <summary>An order to move clocks to another policy, and how far it has come. Whoever has its lease works on it; how it goes on is in the row, so that a dead worker costs nothing but time.</summary>
public sealed class PolicyChange
{
    PolicyChange() { }

    /// <param name="fromTheStart">As a correction, as though each clock had had the policy from its start. Otherwise the policy is in force from now on, and heals nothing.</param>
    /// <param name="isSimulated">Nothing is changed: what would be is counted.</param>
    /// <param name="selectedCount">How many clocks there are to look at, as it is ordered.</param>
    public static PolicyChange Order(PolicySelection selection, PolicyKey target, bool fromTheStart, bool isSimulated, Ordered order, long selectedCount, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        FromPolicyId = selection.Policy.Id,
        FromPolicyVersion = selection.Policy.Version,
        ClockId = selection.ClockId,
        PartnerId = selection.PartnerId,
        CaseId = selection.CaseId,
        PolicyId = target.Id,
        PolicyVersion = target.Version,
        IsFromStart = fromTheStart,
        IsSimulated = isSimulated,
        By = order.By,
        Why = order.Why,
        State = PolicyChangeState.Running,
        CreateTime = now,
        SelectedCount = selectedCount,
    };

    public Guid Id { get; private set; }

    public string FromPolicyId { get; private set; } = "";

    public int FromPolicyVersion { get; private set; }

    public Guid? ClockId { get; private set; }

    public string? PartnerId { get; private set; }

    public Guid? CaseId { get; private set; }

    public string PolicyId { get; private set; } = "";

    public int PolicyVersion { get; private set; }

    public bool IsFromStart { get; private set; }

    public bool IsSimulated { get; private set; }

    public string By { get; private set; } = "";

    public string Why { get; private set; } = "";

    public PolicyChangeState State { get; private set; }

    public DateTimeOffset CreateTime { get; private set; }

    public DateTimeOffset? EndTime { get; private set; }

    /// <summary>While somebody works on it: until when nobody else takes it.</summary>
    public DateTimeOffset? LeaseEndTime { get; private set; }

    /// <summary>Rises whenever somebody takes it: a worker that was slow writes nothing any more.</summary>
    public int Generation { get; private set; }

    /// <summary>The last clock that this pass has looked at; null at the beginning of one.</summary>
    public Guid? Cursor { get; private set; }

    /// <summary>Clocks that somebody else was changing when this pass came by: another pass is for them.</summary>
    public long MissedCount { get; private set; }

    public long SelectedCount { get; private set; }

    public long ChangedCount { get; private set; }

    /// <summary>On which it would have no effect.</summary>
    public long AsideCount { get; private set; }

    public long MovedCount { get; private set; }

    public long BreachedCount { get; private set; }

    public long HealedCount { get; private set; }

    public string Name => Names.Of(Names.PolicyChanges, Id);

    public PolicySelection Selection => new(new PolicyKey(FromPolicyId, FromPolicyVersion), ClockId, PartnerId, CaseId);

    public PolicyKey Target => new(PolicyId, PolicyVersion);

    /// <summary>What has been changed stays so. Harmless when it is cancelled already.</summary>
    public void Cancel(DateTimeOffset now)
    {
        if (State == PolicyChangeState.Cancelled) return;
        if (State == PolicyChangeState.Done) throw new StateConflict(Name, EnumText<PolicyChangeState>.Of(State), "It is done already.");
        (State, EndTime, LeaseEndTime) = (PolicyChangeState.Cancelled, now, null);
    }

    public sealed class Mapping : IEntityTypeConfiguration<PolicyChange>
    {
        public void Configure(EntityTypeBuilder<PolicyChange> builder)
        {
            builder.ToTable("policy_changes", table =>
            {
                table.HasKnownValues<PolicyChangeState>("state");
                table.HasCheckConstraint("ck_policy_changes_end_time", "(state = 'running') = (end_time is null) and (state = 'running' or lease_end_time is null)");
                table.HasCheckConstraint("ck_policy_changes_policy", "(policy_id, policy_version) <> (from_policy_id, from_policy_version)");
                table.HasCheckConstraint("ck_policy_changes_counts", "breached_count + healed_count <= moved_count and moved_count <= changed_count and (state <> 'done' or missed_count = 0)");
            });
            builder.Property(c => c.Id).ValueGeneratedNever();
            builder.Property(c => c.State).AsText();
            builder.Ignore(c => c.Name).Ignore(c => c.Selection).Ignore(c => c.Target);
            builder.HasOne<PolicyRow>().WithMany().HasForeignKey(c => new { c.PolicyId, c.PolicyVersion });
            builder.HasOne<PolicyRow>().WithMany().HasForeignKey(c => new { c.FromPolicyId, c.FromPolicyVersion });
            builder.HasIndex(c => c.CreateTime).HasFilter("state = 'running'");
        }
    }
}

public enum MoveEffect
{
    Moved = 1,

    /// <summary>It is late by it, or will be at this very moment.</summary>
    Breached,

    /// <summary>It was late, and is not any more.</summary>
    Healed,
}

/// <summary>What a change did to one of the first clocks that it moved.</summary>
/// <param name="DueTimeBefore">Null: it was paused.</param>
/// <param name="DueTimeAfter">Null: it is paused.</param>
public sealed record PolicyChangeMove(Guid ChangeId, Guid ClockId, DateTimeOffset? DueTimeBefore, DateTimeOffset? DueTimeAfter, MoveEffect Effect)
{
    /// <summary>How many are named; all are counted.</summary>
    public const int MostNamed = 100;

    public sealed class Mapping : IEntityTypeConfiguration<PolicyChangeMove>
    {
        public void Configure(EntityTypeBuilder<PolicyChangeMove> builder)
        {
            builder.ToTable("policy_change_moves", table => table.HasKnownValues<MoveEffect>("effect"));
            builder.HasKey(m => new { m.ChangeId, m.ClockId });
            builder.Property(m => m.Effect).AsText();
            builder.HasOne<PolicyChange>().WithMany().HasForeignKey(m => m.ChangeId);
            builder.HasOne<Clock>().WithMany().HasForeignKey(m => m.ClockId);
        }
    }
}
