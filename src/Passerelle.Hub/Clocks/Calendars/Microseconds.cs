using NodaTime;

namespace Passerelle.Hub.Clocks.Calendars;

/// <summary>
/// PostgreSQL keeps whole microseconds. So do clocks, or a verdict could change between deciding and reading back. What is finer is cut off, towards the past: an
/// answer in the microsecond of the deadline is in time.
/// </summary>
public static class Microseconds
{
    const long TicksEach = NodaConstants.TicksPerMillisecond / 1000;

    public static readonly Duration One = Duration.FromTicks(TicksEach);

    public static Instant Whole(Instant instant) => Instant.FromUnixTimeTicks(Floor(instant.ToUnixTimeTicks()));

    public static Duration Whole(Duration duration) => Duration.FromTicks(Floor(duration.BclCompatibleTicks));

    /// <summary>A share of a window, in whole microseconds.</summary>
    public static Duration Percent(this Duration window, int percent) => Whole(window * percent / 100);

    static long Floor(long ticks) => ticks - (((ticks % TicksEach) + TicksEach) % TicksEach);
}
