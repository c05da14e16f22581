using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Exchanges;

public enum ExchangeState { Queued = 1, Held, Sending, AwaitingAnswer, Answered, Undeliverable, Withdrawn, Expired }

/// <summary>One thing sent to one partner that expects one answer. It holds the subject's id, never its content: what travels is composed at each attempt.</summary>
/// <remarks>
/// queued --claim--> sending --accepted--> awaiting_answer --answer--> answered
///   ^                  |--not yet--> queued (later), or undeliverable when the schedule has run out
///   |                  |--refused--> undeliverable
///   |                  |--not cleared--> withdrawn
///   +--lease over------+
/// A partner may answer what we do not know to be delivered: while its acceptance is still being written down, or after a call that failed on the way back.
/// </remarks>
public sealed class Exchange
{
    Exchange() { }

    public static Exchange Open(string kind, string partnerId, Guid caseId, string subject, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        Kind = kind,
        PartnerId = partnerId,
        CaseId = caseId,
        Subject = subject,
        State = ExchangeState.Queued,
        CreateTime = now,
        DueTime = now,
    };

    public Guid Id { get; private set; }

    public string Kind { get; private set; } = "";

    public string PartnerId { get; private set; } = "";

    public Guid CaseId { get; private set; }

    /// <summary>What it carries, as a resource name: referrals/{uuid}, enrolments/{uuid}.</summary>
    public string Subject { get; private set; } = "";

    public ExchangeState State { get; private set; }

    public DateTimeOffset CreateTime { get; private set; }

    /// <summary>When somebody must look at it: the next attempt while queued, the end of the lease while sending.</summary>
    public DateTimeOffset? DueTime { get; private set; }

    /// <summary>Rises at each claim. Who completes an older claim is too late.</summary>
    public int Generation { get; private set; }

    /// <summary>Tries that failed since it was queued: the place in the retry schedule.</summary>
    public int Failures { get; private set; }

    public DateTimeOffset? DeliveryTime { get; private set; }

    public DateTimeOffset? AnswerTime { get; private set; }

    public string? AnswerCode { get; private set; }

    public string? EndReason { get; private set; }

    public string Name => Names.Of(Names.Exchanges, Id);

    /// <summary>It is still ours to deliver.</summary>
    public bool IsUndelivered => State is ExchangeState.Queued or ExchangeState.Held or ExchangeState.Sending;

    /// <summary>The claim of this generation is still the one that counts.</summary>
    public bool IsClaimedBy(int generation) => State == ExchangeState.Sending && Generation == generation;

    public void Deliver(DateTimeOffset now) => (State, DeliveryTime, DueTime) = (ExchangeState.AwaitingAnswer, now, null);

    public void TryLater(DateTimeOffset due)
    {
        Failures++;
        (State, DueTime) = (ExchangeState.Queued, due);
    }

    public void GiveUp(string reason)
    {
        Failures++;
        (State, DueTime, EndReason) = (ExchangeState.Undeliverable, null, reason);
    }

    public void Withdraw(string reason) => (State, DueTime, EndReason) = (ExchangeState.Withdrawn, null, reason);

    public void RequireAwaitingAnswer()
    {
        if (State != ExchangeState.AwaitingAnswer) throw new StateConflict(Name, EnumText<ExchangeState>.Of(State), "The exchange does not wait for an answer.");
    }

    public void Answer(string code, DateTimeOffset now)
    {
        RequireAwaitingAnswer();
        (State, AnswerTime, AnswerCode) = (ExchangeState.Answered, now, code);
    }

    public sealed class Mapping : IEntityTypeConfiguration<Exchange>
    {
        public void Configure(EntityTypeBuilder<Exchange> builder)
        {
            builder.ToTable("exchanges", table =>
            {
                table.HasKnownValues<ExchangeState>("state");
                table.HasCheckConstraint("ck_exchanges_due_time", "(state in ('queued', 'sending')) = (due_time is not null) or state = 'held'");
                table.HasCheckConstraint("ck_exchanges_delivery_time", "(state in ('awaiting_answer', 'answered')) = (delivery_time is not null)");
                table.HasCheckConstraint("ck_exchanges_answer_time", "(state = 'answered') = (answer_time is not null) and (state = 'answered') = (answer_code is not null)");
                table.HasCheckConstraint("ck_exchanges_end_reason", "(state in ('undeliverable', 'withdrawn', 'expired')) = (end_reason is not null)");
            });
            builder.Property(e => e.Id).ValueGeneratedNever();
            builder.Property(e => e.State).AsText();
            builder.Ignore(e => e.Name);
            builder.HasOne<Partner>().WithMany().HasForeignKey(e => e.PartnerId);
            builder.HasIndex(e => e.DueTime).HasFilter("state in ('queued', 'sending')");
            builder.HasIndex(e => new { e.PartnerId, e.DueTime }).HasFilter("state in ('queued', 'sending')");
            builder.HasIndex(e => new { e.PartnerId, e.Id });
            builder.HasIndex(e => e.CaseId);
            builder.HasIndex(e => e.Subject);
        }
    }
}

public enum AttemptOutcome { Unknown = 1, Accepted, NotYet, Refused }

public enum Transport { Push = 1, Pull }

/// <summary>One try at delivering an exchange. It is written before anything is sent.</summary>
public sealed class Attempt
{
    Attempt() { }

    public static Attempt Begin(Guid exchangeId, int number, Transport transport, int size, byte[] sha256, DateTimeOffset now) => new()
    {
        ExchangeId = exchangeId,
        Number = number,
        Transport = transport,
        Outcome = AttemptOutcome.Unknown,
        StartTime = now,
        Size = size,
        Sha256 = sha256,
    };

    public Guid ExchangeId { get; private set; }

    /// <summary>The generation of the claim that it belongs to.</summary>
    public int Number { get; private set; }

    public Transport Transport { get; private set; }

    public AttemptOutcome Outcome { get; private set; }

    public DateTimeOffset StartTime { get; private set; }

    public DateTimeOffset? EndTime { get; private set; }

    public int Size { get; private set; }

    public byte[] Sha256 { get; private set; } = [];

    /// <summary>A canonical code or a word of ours; never the partner's text, which may quote what it got.</summary>
    public string? Error { get; private set; }

    public void End(AttemptOutcome outcome, string? error, DateTimeOffset now) => (Outcome, Error, EndTime) = (outcome, error, now);

    public sealed class Mapping : IEntityTypeConfiguration<Attempt>
    {
        public void Configure(EntityTypeBuilder<Attempt> builder)
        {
            builder.ToTable("attempts", table =>
            {
                table.HasKnownValues<AttemptOutcome>("outcome");
                table.HasKnownValues<Transport>("transport");
                table.HasCheckConstraint("ck_attempts_end_time", "(outcome = 'unknown') = (end_time is null)");
            });
            builder.HasKey(a => new { a.ExchangeId, a.Number });
            builder.Property(a => a.Outcome).AsText();
            builder.Property(a => a.Transport).AsText();
            builder.HasOne<Exchange>().WithMany().HasForeignKey(a => a.ExchangeId);
        }
    }
}
