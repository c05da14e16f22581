using Passerelle.Hub.Clocks;
using Passerelle.Hub.Partners;

namespace Passerelle.Hub.Exchanges;

/// <summary>What an exchange waits for; the contract (ExplainExchange) says what each means.</summary>
public enum WaitsFor { Nothing = 1, NextAttempt, EarlierExchange, PartnerResumed, PartnerRecovery, Capacity, Receipt, Pull, Answer, Operator, Clearance }

/// <summary>What stands around an exchange, as one snapshot shows it.</summary>
/// <param name="Earlier">The first undelivered exchange of the same partner and case, when it is not this one.</param>
/// <param name="Window">The partner's clock; null before delivery.</param>
/// <param name="InFlight">How many exchanges are on their way to the partner.</param>
public sealed record Surroundings(Lane Lane, DeliveryMode Delivery, Guid? Earlier, Clock? Window, int InFlight);

/// <summary>Why an exchange has not been answered, what happens next, and when. Nothing is decided here: it says what the kernel is going to do.</summary>
/// <param name="NextTime">When something happens by itself; null when nothing will, or nobody can know.</param>
/// <param name="Blocking">The exchange that must leave first.</param>
/// <param name="RemainingAttempts">What the schedule has left at the least: its last wait repeats until the time to give up.</param>
public sealed record Explanation(WaitsFor WaitsFor, DateTimeOffset? NextTime, Guid? Blocking, int RemainingAttempts, DateTimeOffset? GiveUpTime)
{
    public static Explanation Of(Exchange exchange, Surroundings around, DeliveryOptions delivery, LaneOptions lanes, DateTimeOffset now)
    {
        var (waitsFor, next) = Waits(exchange, around, lanes, now);
        return new Explanation(
            waitsFor, next, waitsFor == WaitsFor.EarlierExchange ? around.Earlier : null,
            exchange.IsUndelivered ? Math.Max(1, delivery.RetrySchedule.Length + 1 - exchange.Failures) : 0,
            exchange.IsUndelivered && exchange.DeliveryTime is null ? GivesUpAtTheLatest(exchange, delivery, now) : null);
    }

    static (WaitsFor, DateTimeOffset?) Waits(Exchange exchange, Surroundings around, LaneOptions lanes, DateTimeOffset now) => exchange.State switch
    {
        ExchangeState.Answered or ExchangeState.Withdrawn or ExchangeState.Expired => (WaitsFor.Nothing, null),
        ExchangeState.Undeliverable => (WaitsFor.Operator, null),
        // Once the window is overdue nothing happens by itself any more.
        ExchangeState.AwaitingAnswer => (WaitsFor.Answer, around.Window is { } window && window.DueTime > now ? window.DueTime : null),
        ExchangeState.Sending when exchange.DueTime > now => (WaitsFor.Receipt, exchange.DueTime),
        // A lease that is over makes it as good as queued.
        ExchangeState.Sending or ExchangeState.Queued or ExchangeState.Held => InLane(exchange, around, lanes, now),
    };

    static (WaitsFor, DateTimeOffset?) InLane(Exchange exchange, Surroundings around, LaneOptions lanes, DateTimeOffset now)
    {
        var lane = around.Lane;
        if (lane.IsPaused) return (WaitsFor.PartnerResumed, null);
        if (!lane.IsOpen) return (WaitsFor.PartnerRecovery, lane.ProbeTime);
        if (around.Earlier is not null) return (WaitsFor.EarlierExchange, null);
        if (exchange.HoldReason is not null) return (WaitsFor.Clearance, exchange.DueTime > now ? exchange.DueTime : null);
        if (around.Delivery == DeliveryMode.Pull) return (WaitsFor.Pull, exchange.DueTime > now ? exchange.DueTime : null);
        if (exchange.DueTime > now) return (WaitsFor.NextAttempt, exchange.DueTime);
        if (around.InFlight >= (lane.MaxInFlight ?? lanes.MaxInFlight)) return (WaitsFor.Capacity, null);
        return AllowedAgain(lane, lanes, now) is { } time ? (WaitsFor.Capacity, time) : (WaitsFor.NextAttempt, exchange.DueTime);
    }

    /// <summary>When a lane that has used up its rate may send again; null when it may now. The claim refills it ten times a second.</summary>
    static DateTimeOffset? AllowedAgain(Lane lane, LaneOptions lanes, DateTimeOffset now)
    {
        if ((lane.MaxPerSecond ?? lanes.MaxPerSecond) is not (> 0 and var rate)) return null;
        var steps = Math.Max(0, (long)Math.Ceiling((1 - lane.Tokens) * 10 / rate));
        var time = lane.RefillTime + steps * TimeSpan.FromMilliseconds(100);
        return time > now ? time : null;
    }

    /// <summary>When every wait is drawn as long as it can be, and the last one began just before the time to give up.</summary>
    static DateTimeOffset GivesUpAtTheLatest(Exchange exchange, DeliveryOptions delivery, DateTimeOffset now)
    {
        var next = exchange.DueTime is { } due && due > now ? due : now;
        var schedule = delivery.RetrySchedule;
        var scheduled = schedule.Skip(exchange.Failures).Aggregate(next, (time, wait) => time + wait);
        var until = (exchange.RetryUntil ?? next + delivery.GiveUpAfter) + (schedule is [.., var last] ? last : TimeSpan.Zero);
        return scheduled > until ? scheduled : until;
    }
}
