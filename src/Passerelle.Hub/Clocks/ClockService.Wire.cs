using NodaTime;
using Passerelle.Hub.Clocks.Calendars;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Wire = Passerelle.Contracts.Clocks.V1;

namespace Passerelle.Hub.Clocks;

/// <summary>Clocks as the contract has them.</summary>
public sealed partial class ClockService
{
    public static Wire.Clock ToWire(Clock clock) => new()
    {
        Name = clock.Name,
        Family = (Wire.Clock.Types.Family)clock.Family,
        Subject = clock.Subject,
        State = ToWire(clock.State),
        StartTime = clock.StartTime.ToWire(),
        DueTime = clock.DueTime.ToWire(),
        AnswerTime = clock.AnswerTime.ToWire(),
        OverdueNoticeTime = clock.OverdueNoticeTime.ToWire(),
        Policy = clock.Policy.ToString(),
    };

    static Wire.Clock.Types.State ToWire(Standing standing) => standing switch
    {
        Standing.Running => Wire.Clock.Types.State.Running,
        Standing.Paused => Wire.Clock.Types.State.Paused,
        Standing.Overdue => Wire.Clock.Types.State.Overdue,
        Standing.Met => Wire.Clock.Types.State.Met,
        Standing.Missed => Wire.Clock.Types.State.Missed,
        Standing.Voided => Wire.Clock.Types.State.Voided,
    };

    static Standing? StateOf(Wire.Clock.Types.State state) => state switch
    {
        Wire.Clock.Types.State.Unspecified => null,
        Wire.Clock.Types.State.Running => Standing.Running,
        Wire.Clock.Types.State.Paused => Standing.Paused,
        Wire.Clock.Types.State.Overdue => Standing.Overdue,
        Wire.Clock.Types.State.Met => Standing.Met,
        Wire.Clock.Types.State.Missed => Standing.Missed,
        Wire.Clock.Types.State.Voided => Standing.Voided,
    };

    static Wire.ClockInterval ToWire(ExplainedSpan explained) => new()
    {
        StartTime = explained.Span.From.ToWire(),
        EndTime = explained.Span.To.ToWire(),
        Counts = explained.Span.Counts,
        Rule = RuleOf(explained.Span.Rule),
        Detail = explained.Span.Detail ?? "",
        Policy = explained.Policy.ToString(),
    };

    static Wire.ClockInterval.Types.Rule RuleOf(SpanRule rule) => rule switch
    {
        SpanRule.Elapsed => Wire.ClockInterval.Types.Rule.Elapsed,
        SpanRule.WorkingHours => Wire.ClockInterval.Types.Rule.WorkingHours,
        SpanRule.OutsideHours => Wire.ClockInterval.Types.Rule.OutsideHours,
        SpanRule.Weekend => Wire.ClockInterval.Types.Rule.Weekend,
        SpanRule.Holiday => Wire.ClockInterval.Types.Rule.Holiday,
        SpanRule.Exception => Wire.ClockInterval.Types.Rule.Exception,
        SpanRule.ExceptionHours => Wire.ClockInterval.Types.Rule.ExceptionHours,
        SpanRule.Paused => Wire.ClockInterval.Types.Rule.Paused,
    };

    static Google.Protobuf.WellKnownTypes.Duration ToWire(Duration duration)
    {
        var nanoseconds = duration.ToInt64Nanoseconds();
        return new() { Seconds = nanoseconds / 1_000_000_000, Nanos = (int)(nanoseconds % 1_000_000_000) };
    }

    /// <summary>Who asked and why is between the service's own people: a partner reads that something happened, and when.</summary>
    static IEnumerable<Wire.ClockEvent> ToWire(IReadOnlyList<ClockEvent> events, ClockHistory history, Caller caller)
    {
        // What a correction put in goes by the number of the correction.
        var facts = history.Facts;
        var numbers = facts.Index().ToDictionary(f => f.Item.Id, f => f.Index + 1);
        foreach (var (index, fact) in facts.Index())
            if (fact is ClockFact.Corrected { Adds: { } added }) numbers.TryAdd(added.Id, index + 1);
        foreach (var (written, fact) in events.Zip(facts))
        {
            var wire = ToWire(fact, history, numbers);
            wire.Number = written.Number;
            if (caller.PartnerId is null) (wire.By, wire.Why) = (written.By ?? "", written.Why ?? "");
            yield return wire;
        }
    }

    static Wire.ClockEvent ToWire(ClockFact fact, ClockHistory history, Dictionary<Guid, int> numbers)
    {
        var wire = new Wire.ClockEvent
        {
            Number = numbers[fact.Id],
            Kind = (Wire.ClockEvent.Types.Kind)fact.FactKind,
            EffectiveTime = fact.EffectiveTime.ToWire(),
            RecordTime = fact.RecordTime.ToWire(),
            SetAside = history.WhyAside(fact.Id) is { } aside ? EnumText<AsideReason>.Of(aside) : "",
        };
        switch (fact)
        {
            case ClockFact.Started started:
                (wire.Policy, wire.LimitTime) = (started.Policy.Key.ToString(), started.Limit?.ToWire());
                break;
            case ClockFact.PolicyChanged changed:
                wire.Policy = changed.Policy.Key.ToString();
                break;
            case ClockFact.Limited limited:
                wire.LimitTime = limited.Limit?.ToWire();
                break;
            case ClockFact.Answered answered:
                wire.AnswerKind = (Wire.ClockEvent.Types.AnswerKind)answered.Kind;
                break;
            case ClockFact.Corrected corrected:
                wire.RemovedNumber = corrected.Removes is { } removed ? numbers.GetValueOrDefault(removed) : 0;
                wire.Added = corrected.Adds is { } added ? ToWire(added, history, numbers) : null;
                break;
        }

        return wire;
    }
}

static class WireInstants
{
    public static Google.Protobuf.WellKnownTypes.Timestamp ToWire(this Instant instant) => instant.ToDateTimeOffset().ToWire();
}
