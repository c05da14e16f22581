using System.Globalization;
using System.Text;
using Google.Protobuf.WellKnownTypes;

namespace Passerelle.Cli;

/// <summary>Instants and spans as people in France write them, in the time of Paris whatever the machine's is.</summary>
internal static class FrenchTime
{
    private static readonly TimeZoneInfo Paris = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris");

    /// <summary>E.g. <c>vendredi 6 mars 2026 à 18 h 05</c>.</summary>
    public static string Long(Timestamp? time) => Format(time, "dddd d MMMM yyyy 'à' H 'h' mm");

    /// <summary>E.g. <c>06/03/2026 18:05</c>.</summary>
    public static string Short(Timestamp? time) => Format(time, "dd/MM/yyyy HH:mm");

    /// <summary>E.g. <c>2 j 3 h</c>, <c>3 h 05</c> or <c>5 min</c>; never negative.</summary>
    public static string Span(TimeSpan span)
    {
        // Up: "0 min left" would be read as too late while it is not.
        var minutes = (long)Math.Ceiling(span.Duration().TotalMinutes);
        var text = new StringBuilder();
        if (minutes >= 48 * 60)
            return text.Append(minutes / (24 * 60)).Append(" j ").Append(minutes / 60 % 24).Append(" h").ToString();
        if (minutes >= 60)
            return text.Append(minutes / 60).Append(" h ").Append((minutes % 60).ToString("00", Sentences.French)).ToString();
        return text.Append(minutes).Append(" min").ToString();
    }

    /// <summary>To the last digit, e.g. <c>2 j 3 h</c>, <c>47 h 05 min</c> or <c>1 min 0,123457 s</c>: what is to be added up.</summary>
    public static string Length(TimeSpan span)
    {
        if (span == TimeSpan.Zero)
            return "0 s";
        var parts = new List<string>();
        if (span.Days > 1)
            parts.Add($"{span.Days} j");
        var hours = span.Days > 1 ? span.Hours : (int)span.TotalHours;
        if (hours > 0)
            parts.Add($"{hours} h");
        if (span.Minutes > 0)
            parts.Add($"{span.Minutes} min");
        var seconds = span.Ticks % TimeSpan.TicksPerMinute / (decimal)TimeSpan.TicksPerSecond;
        if (seconds > 0)
            parts.Add(seconds.ToString("0.######", Sentences.French) + " s");
        return string.Join(' ', parts);
    }

    /// <summary>E.g. <c>0,5 s</c>.</summary>
    public static string Seconds(TimeSpan span) => span.TotalSeconds.ToString("0.#", Sentences.French) + " s";

    /// <summary>E.g. <c>12 ms</c> or <c>1,5 s</c>.</summary>
    public static string Milliseconds(TimeSpan span) =>
        span < TimeSpan.FromSeconds(1) ? ((long)Math.Ceiling(span.TotalMilliseconds)).ToString(Sentences.French) + " ms" : Seconds(span);

    /// <summary>A date (<c>2026-03-06</c> or <c>06/03/2026</c>: its beginning), or a date with a time; without an offset it is the time of Paris.</summary>
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        string[] local = ["yyyy-MM-dd", "dd/MM/yyyy", "yyyy-MM-dd HH:mm", "dd/MM/yyyy HH:mm", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"];
        if (DateTime.TryParseExact(text, local, CultureInfo.InvariantCulture, DateTimeStyles.None, out var wall))
        {
            // What the clocks skip in spring is the moment that they skip to.
            time = new DateTimeOffset(wall, Paris.GetUtcOffset(wall)).ToUniversalTime();
            return true;
        }
        string[] absolute = ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];
        return DateTimeOffset.TryParseExact(text, absolute, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out time);
    }

    private static string Format(Timestamp? time, string format)
    {
        if (time is null)
            return "—";
        var local = TimeZoneInfo.ConvertTime(time.ToDateTimeOffset(), Paris);
        var text = local.ToString(format, Sentences.French);
        // Once a year an hour comes twice.
        return Paris.IsAmbiguousTime(local) ? text + ' ' + Sentences.Get(Paris.IsDaylightSavingTime(local) ? "SummerTime" : "WinterTime") : text;
    }
}
