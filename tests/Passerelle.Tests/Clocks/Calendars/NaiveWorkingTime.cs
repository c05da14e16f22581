using NodaTime;
using Passerelle.Hub.Clocks.Calendars;

namespace Passerelle.Tests.Clocks.Calendars;

/// <summary>
/// Working time once more, by other means: from one quarter of an hour to the next, asking of each whether it is worked. It takes the offsets of a zone from
/// NodaTime, never its mapping of local times, and has holidays from another computation. Good for hours and transitions on quarters of an hour, and not at midnight.
/// </summary>
sealed class NaiveWorkingTime(WorkingHours hours)
{
    public const long Quarter = 15L * 60 * 1_000_000;

    readonly DateTimeZone zone = DateTimeZoneProviders.Tzdb[hours.Zone];
    readonly Dictionary<LocalDate, List<(long From, long To)>> days = [];

    public Duration Elapsed(Instant from, Instant to)
    {
        long sum = 0;
        for (var slot = SlotOf(Micros(from)); slot < Micros(to); slot += Quarter)
        {
            if (IsWorked(slot)) sum += Math.Min(slot + Quarter, Micros(to)) - Math.Max(slot, Micros(from));
        }

        return Duration.FromTicks(sum * 10);
    }

    public Instant Add(Instant start, Duration duration)
    {
        var left = duration.BclCompatibleTicks / 10;
        if (left == 0) return start;
        for (var slot = SlotOf(Micros(start)); ; slot += Quarter)
        {
            if (!IsWorked(slot)) continue;
            var begin = Math.Max(slot, Micros(start));
            if (left <= slot + Quarter - begin) return Instant.FromUnixTimeTicks((begin + left) * 10);
            left -= slot + Quarter - begin;
        }
    }

    bool IsWorked(long micros)
    {
        var date = At(micros).WithOffset(zone.GetUtcOffset(At(micros))).Date;
        if (!days.TryGetValue(date, out var worked)) days[date] = worked = [.. Hours(date).Select(h => (Resolve(date + h.From), h.To == LocalTime.Midnight ? long.MaxValue : Resolve(date + h.To)))];
        foreach (var (from, to) in worked)
            if (from <= micros && micros < to)
                return true;
        return false;
    }

    IReadOnlyList<Hours> Hours(LocalDate date)
    {
        foreach (var exception in hours.Exceptions)
            if (exception.Date == date)
                return exception.Hours;
        if (hours.Holidays == HolidayRegion.France && IsHoliday(date)) return [];
        return hours.Week.TryGetValue(date.DayOfWeek, out var week) ? week : [];
    }

    /// <summary>Tries the offset of the day before and that of the day after.</summary>
    long Resolve(LocalDateTime local)
    {
        var asUtc = local.InUtc().ToInstant();
        var (before, after) = (zone.GetUtcOffset(asUtc - Duration.FromDays(1)), zone.GetUtcOffset(asUtc + Duration.FromDays(1)));
        var fits = new[] { before, after }.Select(offset => (offset, instant: asUtc.Minus(Duration.FromSeconds(offset.Seconds))))
            .Where(c => zone.GetUtcOffset(c.instant) == c.offset).Select(c => c.instant).Distinct().Order().ToList();
        var chosen = fits.Count switch
        {
            0 => asUtc - Duration.FromSeconds(before.Seconds),
            1 => fits[0],
            _ => hours.Repeated == RepeatedTime.Earlier ? fits[0] : fits[^1],
        };
        return Micros(chosen);
    }

    /// <summary>Easter after Oudin (1940).</summary>
    static bool IsHoliday(LocalDate date)
    {
        if ((date.Month, date.Day) is (1, 1) or (5, 1) or (5, 8) or (7, 14) or (8, 15) or (11, 1) or (11, 11) or (12, 25)) return true;
        var century = date.Year / 100;
        var golden = date.Year % 19;
        var k = (century - 17) / 25;
        var i = (century - (century / 4) - ((century - k) / 3) + (19 * golden) + 15) % 30;
        i -= i / 28 * (1 - (i / 28 * (29 / (i + 1)) * ((21 - golden) / 11)));
        var j = (date.Year + (date.Year / 4) + i + 2 - century + (century / 4)) % 7;
        var month = 3 + ((i - j + 40) / 44);
        var easter = new LocalDate(date.Year, month, i - j + 28 - (31 * (month / 4)));
        return date == easter.PlusDays(1) || date == easter.PlusDays(39) || date == easter.PlusDays(50);
    }

    static long SlotOf(long micros) => micros / Quarter * Quarter;

    static long Micros(Instant instant) => instant.ToUnixTimeTicks() / 10;

    static Instant At(long micros) => Instant.FromUnixTimeTicks(micros * 10);
}
