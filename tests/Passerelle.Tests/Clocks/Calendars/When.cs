using NodaTime;
using NodaTime.Text;
using Passerelle.Hub.Clocks.Calendars;

namespace Passerelle.Tests.Clocks.Calendars;

/// <summary>Instants as they are written on a wall in Paris.</summary>
static class When
{
    public static readonly DateTimeZone ParisZone = LocalTimes.Zone("Europe/Paris");

    static readonly LocalDateTimePattern written = LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd HH:mm");

    public static Instant Paris(string local, RepeatedTime repeated = RepeatedTime.Earlier) => written.Parse(local).Value.ToInstant(ParisZone, repeated);

    public static string InParis(this Instant instant) => written.Format(instant.InZone(ParisZone).LocalDateTime);

    /// <summary>"9-12:30 14-18", "8-24".</summary>
    public static IReadOnlyList<Hours> Day(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(interval => interval.Split('-')).Select(ends => new Hours(Time(ends[0]), Time(ends[1])))];

    static LocalTime Time(string text) =>
        text == "24" ? LocalTime.Midnight : LocalTimePattern.CreateWithInvariantCulture(text.Contains(':', StringComparison.Ordinal) ? "H:mm" : "%H").Parse(text).Value;
}
