using System.Globalization;
using System.Resources;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>The French of a day of visits. Its sentences are in VisitText.resx; times are by the wall in France.</summary>
static class VisitText
{
    /// <summary>Where all visits are: its name is TZDB's.</summary>
    public const string Zone = "Europe/Paris";

    static readonly CultureInfo French = CultureInfo.GetCultureInfo("fr-FR");
    static readonly ResourceManager Texts = new(typeof(VisitText));
    static readonly TimeZoneInfo Paris = TimeZoneInfo.FindSystemTimeZoneById(Zone);

    public static string Text(string key, params ReadOnlySpan<object?> values) => string.Format(French, Texts.GetString(key, French) ?? throw new MissingManifestResourceException(key), values);

    public static DateTime Local(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, Paris).DateTime;

    /// <summary>"9 h 05".</summary>
    public static string Time(DateTimeOffset time) => Local(time).ToString("H' h 'mm", French);

    /// <summary>"samedi 1er mai 2027".</summary>
    public static string Date(DateOnly date) => date.ToString(date.Day == 1 ? "dddd 1'er' MMMM yyyy" : "dddd d MMMM yyyy", French);

    /// <summary>"25 min", "1 h 05".</summary>
    public static string Span(TimeSpan span) => (int)Math.Ceiling(span.TotalMinutes) switch
    {
        < 60 and var minutes => Text("Minutes", minutes),
        var minutes => Text("HoursMinutes", minutes / 60, minutes % 60),
    };
}
