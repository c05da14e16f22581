using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Exchanges;

/// <summary>What an exchange is from its beginning to its end, whatever becomes of it.</summary>
/// <param name="Subject">What it carries, as a resource name: referrals/{uuid}, enrolments/{uuid}.</param>
public sealed record ExchangeHeader(Guid Id, string Kind, string PartnerId, Guid CaseId, string Subject, DateTimeOffset CreateTime)
{
    public string Name => Names.Of(Names.Exchanges, Id);
}

/// <summary>One thing sent to one partner that expects one answer. It holds the subject's id, never its content: what travels is composed at each attempt.</summary>
/// <remarks>Its transitions are ExchangeMachine's; here they take their data along.</remarks>
public sealed class Exchange
{
    public const string Superseded = "SUPERSEDED";

    Exchange() { }

    /// <param name="topic">What a newer exchange of the same kind to the same partner takes the place of, e.g. persons/{uuid}; null: nothing takes its place.</param>
    /// <param name="neverHeld">It does not wait for one of its case that the gate holds.</param>
    public static Exchange Open(string kind, string partnerId, Guid caseId, string subject, string? topic, bool neverHeld, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        Kind = kind,
        PartnerId = partnerId,
        CaseId = caseId,
        Subject = subject,
        Topic = topic,
        NeverHeld = neverHeld,
        State = ExchangeState.Queued,
        CreateTime = now,
        DueTime = now,
    };

    public Guid Id { get; private set; }

    /// <summary>Where it stands among those of the same partner and case: the lowest undelivered one goes first.</summary>
    public long Sequence { get; private set; }

    public string Kind { get; private set; } = "";

    public string PartnerId { get; private set; } = "";

    public Guid CaseId { get; private set; }

    /// <summary>What it carries, as a resource name: referrals/{uuid}, enrolments/{uuid}.</summary>
    public string Subject { get; private set; } = "";

    public string? Topic { get; private set; }

    /// <summary>It goes before what the gate holds; see ExchangeClaims.</summary>
    public bool NeverHeld { get; private set; }

    /// <summary>As stored: a queued one may be held, see StateIn.</summary>
    public ExchangeState State { get; private set; }

    public DateTimeOffset CreateTime { get; private set; }

    /// <summary>When somebody must look at it: the next attempt while queued, the end of the lease while sending.</summary>
    public DateTimeOffset? DueTime { get; private set; }

    /// <summary>Rises at each claim. Who completes an older claim is too late.</summary>
    public int Generation { get; private set; }

    /// <summary>Why the gate keeps it for now, although its lane is open; null: it does not. It stays until it leaves or ends.</summary>
    public string? HoldReason { get; private set; }

    /// <summary>Why nobody will have to answer it, should what is on its way arrive: its ground went when it had left already. Null: somebody will.</summary>
    public string? StopReason { get; private set; }

    /// <summary>Tries that failed since it was queued: the place in the retry schedule.</summary>
    public int Failures { get; private set; }

    /// <summary>Until when it is tried at the least; set by the first failure.</summary>
    public DateTimeOffset? RetryUntil { get; private set; }

    public DateTimeOffset? DeliveryTime { get; private set; }

    public DateTimeOffset? AnswerTime { get; private set; }

    public string? AnswerCode { get; private set; }

    /// <summary>Why it ended without an answer.</summary>
    public string? EndReason { get; private set; }

    public DateTimeOffset? EndTime { get; private set; }

    /// <summary>The newer one that took its place.</summary>
    public Guid? SupersededBy { get; private set; }

    public string Name => Names.Of(Names.Exchanges, Id);

    public ExchangeHeader Header => new(Id, Kind, PartnerId, CaseId, Subject, CreateTime);

    /// <summary>It is still ours to deliver, or to deliver again.</summary>
    public bool IsUndelivered => State is ExchangeState.Queued or ExchangeState.Sending;

    /// <summary>It is delivered once it is known that the partner has it, whichever attempt brought it.</summary>
    public bool AwaitsDelivery => IsUndelivered || State == ExchangeState.Undeliverable;

    /// <summary>The claim of this generation is still the one that counts.</summary>
    public bool IsClaimedBy(int generation) => State == ExchangeState.Sending && Generation == generation;

    /// <summary>As the gate and its partner's lane make it: a queued exchange that the gate keeps, or of a closed lane, is held.</summary>
    public ExchangeState StateIn(Lane lane) => State == ExchangeState.Queued && HoldReasonIn(lane) is not null ? ExchangeState.Held : State;

    /// <summary>Why it is held, as the contract names it; null when it is not.</summary>
    public string? HoldReasonIn(Lane lane) => State == ExchangeState.Queued ? HoldReason ?? lane.HoldReason : null;

    public void Deliver(DateTimeOffset now)
    {
        Move(ExchangeInput.Accept);
        (DeliveryTime, DueTime, HoldReason, EndReason, EndTime) = (DeliveryTime ?? now, null, null, null, null);
    }

    /// <summary>Claimed, and not allowed to leave for now.</summary>
    /// <param name="due">When it is looked at again.</param>
    public void Hold(string reason, DateTimeOffset due)
    {
        Move(ExchangeInput.TryLater);
        (DueTime, HoldReason) = (due, reason);
    }

    /// <summary>What held it is over: it is looked at at once.</summary>
    public void Release(DateTimeOffset now)
    {
        if (State == ExchangeState.Queued && HoldReason is not null) (DueTime, HoldReason) = (now, null);
    }

    /// <param name="counts">False when the trouble is the partner's, not this exchange's: the schedule stays where it is.</param>
    public void TryLater(DateTimeOffset due, DateTimeOffset retryUntil, bool counts)
    {
        Move(ExchangeInput.TryLater);
        if (counts) Failures++;
        (DueTime, RetryUntil, HoldReason, StopReason) = (due, RetryUntil ?? retryUntil, null, null);
    }

    public void GiveUp(string reason, DateTimeOffset now)
    {
        Failures++;
        (DueTime, HoldReason) = (null, null);
        if (DeliveryTime is not null)
        {
            Move(ExchangeInput.LeaveDelivered);
            return;
        }

        Move(ExchangeInput.GiveUp);
        (EndReason, EndTime) = (reason, now);
    }

    public void Withdraw(string reason, DateTimeOffset now)
    {
        if (State == ExchangeState.Withdrawn) return;
        Move(ExchangeInput.Withdraw);
        (DueTime, HoldReason, EndReason, EndTime) = (null, null, reason, now);
    }

    /// <summary>What is on its way cannot be stopped any more; nothing is expected of whoever gets it.</summary>
    public void StopOnArrival(string reason) => StopReason = reason;

    /// <summary>A newer one about the same takes its place.</summary>
    public void Supersede(Guid newer, DateTimeOffset now)
    {
        Withdraw(Superseded, now);
        SupersededBy = newer;
    }

    public void Expire(string reason, DateTimeOffset now)
    {
        Move(ExchangeInput.Expire);
        (DueTime, HoldReason, EndReason, EndTime) = (null, null, reason, now);
    }

    /// <summary>Due at once, at the start of its schedule. What is on its way already is left alone.</summary>
    public void Redeliver(DateTimeOffset now)
    {
        Move(ExchangeInput.Redeliver);
        if (State == ExchangeState.Sending) return;
        (DueTime, Failures, RetryUntil, EndReason, EndTime, StopReason) = (now, 0, null, null, null, null);
    }

    public void Answer(string code, DateTimeOffset now)
    {
        Move(ExchangeInput.Answer);
        if (AnswerTime is not null) throw Conflict("The exchange has been answered already.");
        (AnswerTime, AnswerCode) = (now, code);
    }

    void Move(ExchangeInput input) => State = ExchangeMachine.Next(State, input) ?? throw Conflict(input switch
    {
        ExchangeInput.Answer => "The exchange does not wait for an answer.",
        ExchangeInput.Redeliver => "The exchange has ended: it is not sent again.",
        ExchangeInput.Withdraw => "The exchange has ended already.",
        ExchangeInput.Accept => "The exchange is not on its way to you.",
        ExchangeInput.Claim or ExchangeInput.Hold or ExchangeInput.Release or ExchangeInput.TryLater or ExchangeInput.GiveUp or ExchangeInput.LeaveDelivered or ExchangeInput.Expire
            => "The exchange is not under way.",
    });

    StateConflict Conflict(string sentence) => new(Name, EnumText<ExchangeState>.Of(State), sentence);

    public sealed class Mapping : IEntityTypeConfiguration<Exchange>
    {
        public void Configure(EntityTypeBuilder<Exchange> builder)
        {
            // What each state must and must not have; held is not stored. See the migration Functions.
            builder.ToTable("exchanges", table => table.HasCheckConstraint(
                "ck_exchanges_sound", "exchange_is_sound(state, due_time, delivery_time, answer_time, answer_code, end_reason, end_time, superseded_by)"));
            builder.Property(e => e.Id).ValueGeneratedNever();
            builder.Property(e => e.State).AsText();
            // What a new agreement lets go.
            builder.HasIndex(e => e.PartnerId, "ix_exchanges_held").HasFilter("hold_reason is not null");
            builder.Ignore(e => e.Name).Ignore(e => e.Header);
            builder.HasOne<Partner>().WithMany().HasForeignKey(e => e.PartnerId);
            builder.Property(e => e.Sequence).UseIdentityAlwaysColumn();
            // What a claim looks at: one lane, by due time.
            builder.HasIndex(e => new { e.PartnerId, e.DueTime, e.Sequence }).HasFilter("state in ('queued', 'sending')");
            // Who is on the way, and who comes before whom.
            builder.HasIndex(e => new { e.PartnerId, e.CaseId, e.Sequence }).HasFilter("state in ('queued', 'sending')");
            builder.HasIndex(e => new { e.PartnerId, e.DueTime }, "ix_exchanges_sending").HasFilter("state = 'sending'");
            builder.HasIndex(e => new { e.PartnerId, e.Topic }).HasFilter("state = 'queued' and topic is not null");
            // What a replay pages through, of one partner or of all.
            builder.HasIndex(e => new { e.PartnerId, e.EndTime, e.Id }).HasFilter("state = 'undeliverable'");
            builder.HasIndex(e => new { e.EndTime, e.Id }).HasFilter("state = 'undeliverable'");
            builder.HasIndex(e => new { e.PartnerId, e.Id });
            builder.HasIndex(e => e.CaseId);
        }
    }
}
