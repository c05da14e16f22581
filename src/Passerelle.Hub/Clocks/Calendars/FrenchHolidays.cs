using NodaTime;

namespace Passerelle.Hub.Clocks.Calendars;

/// <summary>The eleven public holidays of metropolitan France. Their French names are in CalendarSentences.resx.</summary>
public enum Holiday
{
    NewYearsDay = 1, EasterMonday, LabourDay, VictoryDay, Ascension, WhitMonday, BastilleDay, Assumption, AllSaints, ArmisticeDay, ChristmasDay,
}

/// <summary>
/// Public holidays of metropolitan France without Alsace and Moselle, as article L3133-1 of the Code du travail lists them. The list is that of today: 8 May
/// was not on it from 1959 to 1981, and is answered for those years all the same.
/// </summary>
public static class FrenchHolidays
{
    /// <summary>In the order of the calendar. Ascension may fall on 1 or 8 May: that date then comes twice, once under each name.</summary>
    public static IReadOnlyList<(LocalDate Date, Holiday Holiday)> In(int year)
    {
        var easter = EasterSunday(year);
        List<(LocalDate Date, Holiday Holiday)> holidays =
        [
            (new(year, 1, 1), Holiday.NewYearsDay),
            (easter.PlusDays(1), Holiday.EasterMonday),
            (new(year, 5, 1), Holiday.LabourDay),
            (new(year, 5, 8), Holiday.VictoryDay),
            (easter.PlusDays(39), Holiday.Ascension),
            (easter.PlusDays(50), Holiday.WhitMonday),
            (new(year, 7, 14), Holiday.BastilleDay),
            (new(year, 8, 15), Holiday.Assumption),
            (new(year, 11, 1), Holiday.AllSaints),
            (new(year, 11, 11), Holiday.ArmisticeDay),
            (new(year, 12, 25), Holiday.ChristmasDay),
        ];
        holidays.Sort();
        return holidays;
    }

    /// <returns>Null on any other day. Where two fall together, the one with the fixed date.</returns>
    public static Holiday? On(LocalDate date) => (date.Month, date.Day) switch
    {
        (1, 1) => Holiday.NewYearsDay,
        (5, 1) => Holiday.LabourDay,
        (5, 8) => Holiday.VictoryDay,
        (7, 14) => Holiday.BastilleDay,
        (8, 15) => Holiday.Assumption,
        (11, 1) => Holiday.AllSaints,
        (11, 11) => Holiday.ArmisticeDay,
        (12, 25) => Holiday.ChristmasDay,
        // Easter Sunday is between 22 March and 25 April, what follows from it ends on 14 June.
        ( >= 3 and <= 6, _) when date.DayOfWeek is IsoDayOfWeek.Monday or IsoDayOfWeek.Thursday => Period.DaysBetween(EasterSunday(date.Year), date) switch
        {
            1 => Holiday.EasterMonday,
            39 => Holiday.Ascension,
            50 => Holiday.WhitMonday,
            _ => null,
        },
        _ => null,
    };

    /// <summary>Butcher's computus for the Gregorian calendar (Nature, 20 April 1876), without exceptions.</summary>
    public static LocalDate EasterSunday(int year)
    {
        var golden = year % 19;
        var (century, rest) = Math.DivRem(year, 100);
        var epact = ((19 * golden) + century - (century / 4) - ((century - ((century + 8) / 25) + 1) / 3) + 15) % 30;
        var toSunday = (32 + (2 * (century % 4)) + (2 * (rest / 4)) - epact - (rest % 4)) % 7;
        var late = (golden + (11 * epact) + (22 * toSunday)) / 451;
        var (month, day) = Math.DivRem(epact + toSunday - (7 * late) + 114, 31);
        return new LocalDate(year, month, day + 1);
    }
}
