using NodaTime;

namespace Passerelle.Hub.Clocks.History;

/// <summary>A stretch of a clock's life under one policy, running or paused. It lasts until the next one begins; the last one is open.</summary>
/// <param name="CountedBefore">What had been counted when it began.</param>
public sealed record Leg(Instant From, ClockPolicy Policy, bool IsPaused, Duration CountedBefore, Leg? Before)
{
    /// <summary>What has been counted at an instant of this leg.</summary>
    public Duration CountedAt(Instant instant) => IsPaused ? CountedBefore : CountedBefore + Policy.Calendar.Elapsed(From, instant);

    /// <summary>When the window is used up. A policy that came into force too late for its own window is over at once, never in the past. Null while paused, for nobody knows.</summary>
    public Instant? WindowEnd => IsPaused ? null : Policy.Calendar.Add(From, Duration.Max(Duration.Zero, Policy.Window - CountedBefore));

    public Leg Next(Instant at, ClockPolicy policy, bool paused) => new(at, policy, paused, CountedAt(at), this);
}
