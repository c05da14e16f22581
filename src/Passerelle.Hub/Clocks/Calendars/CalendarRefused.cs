namespace Passerelle.Hub.Clocks.Calendars;

public enum CalendarFault
{
    /// <summary>No weekday has hours: nothing would ever fall due.</summary>
    NeverOpens = 1,

    /// <summary>Intervals of one day overlap, are out of order, or end before they begin.</summary>
    HoursInDisorder,

    /// <summary>Two exceptions for one date.</summary>
    ExceptionTwice,

    /// <summary>The IANA database has no such zone.</summary>
    UnknownZone,

    /// <summary>The time asked for lies more than <see cref="WorkingTime.Horizon"/> ahead: hours are too few, or exceptions too many.</summary>
    BeyondHorizon,
}

/// <summary>A calendar that nothing can be counted with, or not that far.</summary>
public sealed class CalendarRefused(CalendarFault fault, string detail) : Exception($"{fault}: {detail}")
{
    public CalendarFault Fault => fault;
}
