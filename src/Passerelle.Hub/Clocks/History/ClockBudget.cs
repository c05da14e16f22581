using NodaTime;

namespace Passerelle.Hub.Clocks.History;

/// <summary>A partner's window never ends after the promise that it serves, unless its policy says so.</summary>
public static class ClockBudget
{
    /// <summary>What a window that starts now is limited to. A promise that is closed, paused or broken limits nobody: a partner that could only be late would learn nothing from it.</summary>
    public static Instant? LimitOf(ClockPolicy policy, ClockTimeline promise, Instant now) => LimitOf(policy, promise.StandingAt(now), promise.Deadline);

    /// <param name="promise">How the promise stands at that moment.</param>
    public static Instant? LimitOf(ClockPolicy policy, Standing? promise, Instant? deadline) => !policy.Terms.MayOutlastPromise && promise == Standing.Running ? deadline : null;

    /// <summary>What to record with an open window when its promise has moved; null when it stays as it is. A promise that ended or was broken leaves the window its limit.</summary>
    public static ClockFact.Limited? Follow(ClockTimeline window, ClockTimeline promise, Guid id, Instant now)
    {
        if (!window.IsOpen || promise.StandingAt(now) is not (Standing.Running or Standing.Paused)) return null;
        var limit = LimitOf(window.Policy!, promise, now);
        return limit == window.Limit ? null : new ClockFact.Limited(id, now, now, limit);
    }
}
