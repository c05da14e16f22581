using System.Globalization;
using System.Text.RegularExpressions;
using NodaTime;
using NodaTime.TimeZones;

namespace Passerelle.Hub.Feeds;

/// <summary>When a file was made, as its name or its archive says. Both show the clock on a wall in France; of an hour that comes twice the earlier is meant.</summary>
public static partial class FeedStamp
{
    static readonly DateTimeZone Paris = DateTimeZoneProviders.Tzdb["Europe/Paris"];

    /// <summary>What ZIP writes where nobody said: its calendar begins here.</summary>
    static readonly DateTime BeginningOfZip = new(1980, 1, 1);

    /// <param name="fileName">Such as `Annonces_20260313-1602.csv`, `2026-03-13_16h02.zip`, `export-20260313.zip` (from its midnight).</param>
    /// <returns>Null when no part of the name is a date.</returns>
    public static DateTimeOffset? OfName(string fileName)
    {
        foreach (Match stamp in Stamp().Matches(fileName))
        {
            if (Part(1) is >= 1 and <= 12 and var month && Part(2) is >= 1 and var day && day <= DateTime.DaysInMonth(Year(), month)
                && Part(3) is < 24 and var hour && Part(4) is < 60 and var minute && Part(5) is < 60 and var second)
                return Instant(new DateTime(Year(), month, day, hour, minute, second));

            int Year() => int.Parse(stamp.Groups["year"].ValueSpan, CultureInfo.InvariantCulture);
            int Part(int group) => stamp.Groups[group].Success ? int.Parse(stamp.Groups[group].ValueSpan, CultureInfo.InvariantCulture) : 0;
        }

        return null;
    }

    /// <param name="wall">The time of an archive's entry.</param>
    public static DateTimeOffset? OfEntry(DateTime wall) => wall <= BeginningOfZip ? null : Instant(wall);

    static DateTimeOffset Instant(DateTime wall) => Paris.ResolveLocal(LocalDateTime.FromDateTime(wall), Resolvers.LenientResolver).ToDateTimeOffset().ToUniversalTime();

    [GeneratedRegex(@"(?<!\d)(?<year>20\d\d)-?(\d\d)-?(\d\d)(?:[-_ T]?(\d\d)[-:h]?(\d\d)(?:[-:m]?(\d\d))?)?(?!\d)")]
    private static partial Regex Stamp();
}
