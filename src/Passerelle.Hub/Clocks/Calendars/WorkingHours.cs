using NodaTime;

namespace Passerelle.Hub.Clocks.Calendars;

/// <summary>Hours of a day by the wall, [From, To). A To of midnight is the end of the day.</summary>
public readonly record struct Hours(LocalTime From, LocalTime To)
{
    internal bool AreInOrder => To == LocalTime.Midnight || From < To;
}

/// <summary>A date on which the week does not decide. It wins over holidays.</summary>
/// <param name="Reason">Shown as it is to whoever asks why.</param>
/// <param name="Hours">Empty: closed.</param>
public sealed record SpecialDay(LocalDate Date, string Reason, IReadOnlyList<Hours> Hours);

/// <summary>Whose public holidays are closed.</summary>
public enum HolidayRegion { None = 1, France }

/// <summary>What a working-time calendar is made of. <see cref="WorkingTime"/> checks it.</summary>
public sealed record WorkingHours
{
    /// <summary>IANA name.</summary>
    public string Zone { get; init; } = "Europe/Paris";

    /// <summary>In the order of the day. A weekday that is not there is closed.</summary>
    public IReadOnlyDictionary<IsoDayOfWeek, IReadOnlyList<Hours>> Week { get; init; } = new Dictionary<IsoDayOfWeek, IReadOnlyList<Hours>>();

    public HolidayRegion Holidays { get; init; } = HolidayRegion.France;

    public IReadOnlyList<SpecialDay> Exceptions { get; init; } = [];

    /// <summary>Which one is meant where hours begin or end at a local time that comes twice.</summary>
    public RepeatedTime Repeated { get; init; } = RepeatedTime.Earlier;

    /// <summary>The same hours from Monday to Friday.</summary>
    public static IReadOnlyDictionary<IsoDayOfWeek, IReadOnlyList<Hours>> Weekdays(params IReadOnlyList<Hours> hours) =>
        Enumerable.Range((int)IsoDayOfWeek.Monday, 5).ToDictionary(day => (IsoDayOfWeek)day, _ => hours);
}
