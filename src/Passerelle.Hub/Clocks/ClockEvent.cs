using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Clocks;

/// <summary>A fact of a clock as a row. Append-only: an attempt to save a change of one is a defect that throws.</summary>
/// <param name="Number">In the order of recording, from 1: the start.</param>
/// <param name="Id">The fact's.</param>
/// <param name="By">Who asked for it; null for what came about by itself.</param>
/// <param name="Payload">What the kind has beside its times, as JSON.</param>
public sealed record ClockEvent(
    Guid ClockId, int Number, Guid Id, ClockFactKind Kind, DateTimeOffset EffectiveTime, DateTimeOffset RecordTime, string? By, string? Why, string Payload)
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static ClockEvent Of(Guid clockId, int number, ClockFact fact, string? by = null, string? why = null) => new(
        clockId, number, fact.Id, fact.FactKind, fact.EffectiveTime.ToDateTimeOffset(), fact.RecordTime.ToDateTimeOffset(), by, why, JsonSerializer.Serialize(Written.Of(fact), Json));

    public Read Open() => new(this, JsonSerializer.Deserialize<Written>(Payload, Json)!);

    /// <summary>An event with its payload read: which policies it takes to understand it, and then what it says.</summary>
    public readonly struct Read
    {
        readonly ClockEvent written;
        readonly Written payload;

        internal Read(ClockEvent written, Written payload) => (this.written, this.payload) = (written, payload);

        public IEnumerable<PolicyKey> Policies => from key in (PolicyKey?[])[payload.PolicyKey, payload.Adds?.Fact.PolicyKey] where key is not null select key.Value;

        /// <param name="policyOf">Its policies are there.</param>
        public ClockFact ToFact(Func<PolicyKey, ClockPolicy> policyOf) => payload.ToFact(
            written.Kind, written.Id, Instant.FromDateTimeOffset(written.EffectiveTime), Instant.FromDateTimeOffset(written.RecordTime), written.By, written.Why, policyOf);
    }

    /// <summary>What the kinds have, each its own part of it.</summary>
    internal sealed record Written
    {
        public string? Policy { get; init; }

        public int? Version { get; init; }

        public DateTimeOffset? Limit { get; init; }

        public string? Answer { get; init; }

        /// <summary>The fact that is taken back, or out.</summary>
        public Guid? Removes { get; init; }

        public string? Reason { get; init; }

        public Guid? Into { get; init; }

        public Added? Adds { get; init; }

        [JsonIgnore]
        public PolicyKey? PolicyKey => Policy is { } id ? new PolicyKey(id, Version!.Value) : null;

        public static Written Of(ClockFact fact) => fact.FactKind switch
        {
            ClockFactKind.Started => With(((ClockFact.Started)fact).Policy) with { Limit = ((ClockFact.Started)fact).Limit?.ToDateTimeOffset() },
            ClockFactKind.PolicyChanged => With(((ClockFact.PolicyChanged)fact).Policy),
            ClockFactKind.Limited => new Written { Limit = ((ClockFact.Limited)fact).Limit?.ToDateTimeOffset() },
            ClockFactKind.Answered => new Written { Answer = EnumText<AnswerKind>.Of(((ClockFact.Answered)fact).Kind) },
            ClockFactKind.Reopened => new Written { Removes = ((ClockFact.Reopened)fact).Answer },
            ClockFactKind.Paused => new Written { Reason = ((ClockFact.Paused)fact).Reason },
            ClockFactKind.Resumed => new Written(),
            ClockFactKind.Voided => new Written { Reason = EnumText<VoidReason>.Of(((ClockFact.Voided)fact).Reason), Into = ((ClockFact.Voided)fact).Into },
            ClockFactKind.Corrected => new Written { Removes = ((ClockFact.Corrected)fact).Removes, Adds = ((ClockFact.Corrected)fact).Adds is { } adds ? Added.Of(adds) : null },
        };

        static Written With(ClockPolicy policy) => new() { Policy = policy.Key.Id, Version = policy.Key.Version };

        public ClockFact ToFact(ClockFactKind kind, Guid id, Instant effective, Instant recorded, string? by, string? why, Func<PolicyKey, ClockPolicy> policyOf) => kind switch
        {
            ClockFactKind.Started => new ClockFact.Started(id, effective, recorded, policyOf(PolicyKey!.Value), LimitInstant),
            ClockFactKind.PolicyChanged => new ClockFact.PolicyChanged(id, effective, recorded, policyOf(PolicyKey!.Value)),
            ClockFactKind.Limited => new ClockFact.Limited(id, effective, recorded, LimitInstant),
            ClockFactKind.Answered => new ClockFact.Answered(id, effective, recorded, EnumText<AnswerKind>.Parse(Answer!)),
            ClockFactKind.Reopened => new ClockFact.Reopened(id, effective, recorded, Removes),
            ClockFactKind.Paused => new ClockFact.Paused(id, effective, recorded, Reason!),
            ClockFactKind.Resumed => new ClockFact.Resumed(id, effective, recorded),
            ClockFactKind.Voided => new ClockFact.Voided(id, effective, recorded, EnumText<VoidReason>.Parse(Reason!), Into),
            ClockFactKind.Corrected => new ClockFact.Corrected(id, effective, recorded, Removes, Adds?.ToFact(recorded, policyOf), by!, why!),
        };

        Instant? LimitInstant => Limit is { } limit ? Instant.FromDateTimeOffset(limit) : null;
    }

    /// <summary>A fact that came with a correction. It was recorded with it.</summary>
    internal sealed record Added(Guid Id, string Kind, DateTimeOffset EffectiveTime, Written Fact)
    {
        public static Added Of(ClockFact fact) => new(fact.Id, EnumText<ClockFactKind>.Of(fact.FactKind), fact.EffectiveTime.ToDateTimeOffset(), Written.Of(fact));

        public ClockFact ToFact(Instant recorded, Func<PolicyKey, ClockPolicy> policyOf) =>
            Fact.ToFact(EnumText<ClockFactKind>.Parse(Kind), Id, Instant.FromDateTimeOffset(EffectiveTime), recorded, null, null, policyOf);
    }

    public sealed class Mapping : IEntityTypeConfiguration<ClockEvent>
    {
        public void Configure(EntityTypeBuilder<ClockEvent> builder)
        {
            builder.ToTable("clock_events", table => table.HasCheckConstraint("ck_clock_events_sound", "clock_event_is_sound(number, kind, effective_time, record_time, by, why, payload)"));
            builder.HasKey(e => new { e.ClockId, e.Number });
            builder.Property(e => e.Kind).AsText();
            builder.Property(e => e.Payload).HasColumnType("jsonb");
            builder.HasOne<Clock>().WithMany().HasForeignKey(e => e.ClockId);
            foreach (var property in builder.Metadata.GetProperties()) property.SetAfterSaveBehavior(PropertySaveBehavior.Throw);
        }
    }
}
