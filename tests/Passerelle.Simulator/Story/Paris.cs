using System.Globalization;
using Google.Protobuf.WellKnownTypes;

namespace Passerelle.Simulator.Story;

/// <summary>Instants as the household reads them off its wall.</summary>
static class Paris
{
    // Without a time zone database on the machine the story goes on in UTC, and says so.
    static readonly TimeZoneInfo Zone = TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Paris", out var paris) ? paris : TimeZoneInfo.Utc;

    /// <summary>E.g. `Sunday 20 September 2026 18:05 (Europe/Paris)`.</summary>
    public static string Moment(Timestamp? time) => Format(time, "dddd d MMMM yyyy HH:mm") + $" ({Zone.Id})";

    /// <summary>E.g. `20 Sep 18:05:09`.</summary>
    public static string Short(Timestamp? time) => Format(time, "d MMM HH:mm:ss");

    public static string Clock(Timestamp? time) => Format(time, "HH:mm:ss");

    public static int HourOf(Timestamp time) => TimeZoneInfo.ConvertTime(time.ToDateTimeOffset(), Zone).Hour;

    /// <summary>An hour of the day on which an instant lies.</summary>
    public static DateTimeOffset Morning(DateTimeOffset day, int hour)
    {
        var local = TimeZoneInfo.ConvertTime(day, Zone).Date.AddHours(hour);
        return new DateTimeOffset(local, Zone.GetUtcOffset(local));
    }

    static string Format(Timestamp? time, string format) =>
        time is null ? "-" : TimeZoneInfo.ConvertTime(time.ToDateTimeOffset(), Zone).ToString(format, CultureInfo.InvariantCulture);
}
