using System.Globalization;
using System.Resources;
using System.Text;

namespace Passerelle.Hub.Clocks.Notifications;

/// <summary>What a notification says, in French, ready to be shown or sent. The sentences are in NotificationText.resx.</summary>
public static class NotificationText
{
    static readonly CultureInfo French = CultureInfo.GetCultureInfo("fr-FR");
    static readonly ResourceManager Texts = new(typeof(NotificationText));
    static readonly TimeZoneInfo Paris = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris");

    /// <param name="named">Those that are told one by one.</param>
    /// <param name="count">Of all clocks.</param>
    /// <param name="missed">Of those that are told later than they should.</param>
    public static (string Title, string Summary) Of(string recipient, IReadOnlyList<NamedClock> named, int count, int missed)
    {
        var who = recipient == Notice.Service ? "Service" : "Partner";
        var summary = new StringBuilder();
        foreach (var clock in named)
        {
            var about = clock.Partner is null ? "Promise" : who == "Partner" ? "Own" : "Window";
            summary.Append("- ").AppendLine(Text($"{about}_{(clock.IsOverdue ? "Overdue" : "Running")}", clock.Case, clock.Partner ?? "", At(clock.StartTime), At(clock.DueTime), clock.Subject));
            foreach (var why in clock.Whys) summary.Append("  ").AppendLine(Text(why));
        }

        if (count > named.Count) summary.AppendLine(Counted("More", count - named.Count));
        if (missed > 0) summary.AppendLine().AppendLine(Counted("Missed", missed));
        return (Counted(who, count), summary.ToString().TrimEnd().ReplaceLineEndings("\n"));
    }

    static string Counted(string key, int count) => Text(count == 1 ? $"{key}_One" : $"{key}_Many", count);

    static string Text(string key, params object[] values) => string.Format(French, Texts.GetString(key, French) ?? throw new MissingManifestResourceException(key), values);

    /// <summary>E.g. <c>dimanche 28 mars 2027 à 19 h 05</c>.</summary>
    static string At(DateTimeOffset time)
    {
        var local = TimeZoneInfo.ConvertTime(time, Paris);
        var text = local.ToString("dddd d MMMM yyyy 'à' H 'h' mm", French);
        // Once a year an hour comes twice.
        return Paris.IsAmbiguousTime(local) ? $"{text} ({Text(Paris.IsDaylightSavingTime(local) ? "SummerTime" : "WinterTime")})" : text;
    }
}

/// <summary>A clock as a notification names it.</summary>
/// <param name="Case">The case's reference; empty where there is none.</param>
/// <param name="Partner">The partner's name; null for a promise.</param>
/// <param name="Rungs">Of all that is told of it.</param>
public sealed record NamedClock(string Subject, string Case, string? Partner, DateTimeOffset StartTime, DateTimeOffset DueTime, bool IsOverdue, string Rungs)
{
    /// <summary>What is told beside the deadline, as the sentences are called.</summary>
    internal IEnumerable<string> Whys => Rungs.Split(' ').Select(rung => rung switch
    {
        Notice.Stranded => "Stranded",
        Notice.Stranding => "Stranding",
        _ when rung.StartsWith(Notice.Away, StringComparison.Ordinal) => "Away",
        _ => "",
    }).Where(why => why.Length > 0).Distinct();
}
