using CsCheck;
using NodaTime;
using Passerelle.Hub.Clocks.Calendars;

namespace Passerelle.Tests.Clocks.Calendars;

/// <summary>Calendars, instants and durations as they come, with more than their share of difficult nights.</summary>
static class CalendarGen
{
    /// <summary>Transitions by day and by night, on half hours and quarters, in both hemispheres, and none.</summary>
    static readonly string[] zones =
        ["Europe/Paris", "Europe/Paris", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham", "Asia/Kathmandu", "America/Caracas", "Etc/UTC"];

    /// <summary>Those whose days begin at one, end twice, or are missing: too much for the naive implementation.</summary>
    static readonly string[] strangeZones = ["Asia/Beirut", "America/Havana", "America/Asuncion", "Atlantic/Azores", "Africa/Casablanca", "Pacific/Apia"];

    static readonly Instant epoch = Instant.FromUtc(2026, 1, 1, 0, 0);

    /// <summary>Nights that the clocks change in Paris, New York and on Lord Howe Island.</summary>
    static readonly Instant[] nights =
    [
        Instant.FromUtc(2026, 3, 29, 1, 0), Instant.FromUtc(2026, 10, 25, 1, 0), Instant.FromUtc(2027, 3, 28, 1, 0), Instant.FromUtc(2027, 10, 31, 1, 0),
        Instant.FromUtc(2027, 3, 14, 7, 0), Instant.FromUtc(2027, 11, 7, 6, 0), Instant.FromUtc(2027, 4, 3, 15, 0), Instant.FromUtc(2027, 10, 2, 15, 30),
    ];

    public static readonly Gen<Instant> Instants = Gen.Frequency(
        (3, Gen.Long[0, 3L * 365 * 24 * 3600 * 1_000_000].Select(micros => epoch + Micros(micros))),
        (1, Gen.Long[0, 3L * 365 * 24 * 4].Select(quarters => epoch + Micros(quarters * NaiveWorkingTime.Quarter))),
        (2, Gen.Select(Gen.Int[0, nights.Length - 1], Gen.Long[-4L * 24 * 3600 * 1_000_000, 4L * 24 * 3600 * 1_000_000]).Select((night, micros) => nights[night] + Micros(micros))));

    /// <summary>Up to three stretches a day, on quarters of an hour.</summary>
    static readonly Gen<IReadOnlyList<Hours>> days = Gen.Frequency((1, Gen.Const(Array.Empty<int>())), (4, Gen.Int[0, 96].Array[2, 6])).Select(marks =>
    {
        Array.Sort(marks);
        List<Hours> hours = [];
        for (var i = 0; i + 1 < marks.Length; i += 2)
        {
            if (marks[i] < marks[i + 1]) hours.Add(new Hours(Time(marks[i]), Time(marks[i + 1])));
        }

        return (IReadOnlyList<Hours>)hours;
    });

    public static Gen<(WorkingHours Hours, Instant Start)> Working => Any(zones);

    public static Gen<(WorkingHours Hours, Instant Start)> StrangeWorking => Any([.. zones, .. strangeZones, .. strangeZones]);

    /// <summary>Enough for a day or several weeks, none included.</summary>
    public static readonly Gen<double> Shares = Gen.Frequency((1, Gen.Const(0.0)), (9, Gen.Double[0, 2]));

    /// <summary>So many weeks' worth of work, at most 48 hours.</summary>
    public static Duration Work(WorkingHours hours, double weeks)
    {
        var week = hours.Week.Values.SelectMany(day => day).Aggregate(Duration.Zero, (sum, h) => sum + Duration.FromTicks((h.To == LocalTime.Midnight ? NodaConstants.TicksPerDay : h.To.TickOfDay) - h.From.TickOfDay));
        return Microseconds.Whole(Duration.FromTicks(Math.Min(week.TotalTicks * weeks, Duration.FromHours(48).TotalTicks)));
    }

    static Gen<(WorkingHours, Instant)> Any(string[] from) =>
        Gen.Select(Gen.Int[0, from.Length - 1], days.Array[7], Gen.Int[1, 4], Gen.Select(Gen.Int[-3, 20], days).Array[0, 3], Instants)
            .Where((_, week, _, _, _) => Array.Exists(week, day => day.Count > 0))
            .Select((zone, week, flags, exceptions, start) => (
                new WorkingHours
                {
                    Zone = from[zone],
                    Week = week.Index().ToDictionary(day => (IsoDayOfWeek)(day.Index + 1), day => day.Item),
                    Holidays = flags % 2 == 0 ? HolidayRegion.None : HolidayRegion.France,
                    Repeated = flags > 2 ? RepeatedTime.Later : RepeatedTime.Earlier,
                    Exceptions = [.. exceptions.DistinctBy(e => e.Item1).Select(e => new SpecialDay(start.InUtc().Date.PlusDays(e.Item1), "Inventaire", e.Item2))],
                },
                start));

    public static Duration Micros(long micros) => Duration.FromTicks(micros * 10);

    static LocalTime Time(int quarter) => LocalTime.FromMinutesSinceMidnight(quarter * 15 % (24 * 60));
}
