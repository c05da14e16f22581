using NodaTime;
using NodaTime.TimeZones;

namespace Passerelle.Hub.Clocks.Calendars;

/// <summary>Which of the two is meant by a local time that comes twice, when the clocks go back.</summary>
public enum RepeatedTime { Earlier = 1, Later }

/// <summary>
/// From the clock on the wall to the instant line. The rule, everywhere in this folder: a local time that does not exist because the clocks went forward is shifted
/// forward by the gap (Paris, 2027-03-28 02:30 is 03:30); of a local time that exists twice the earlier is meant, unless said otherwise. Who wants such
/// times refused passes <see cref="Resolvers.StrictResolver"/> to NodaTime, whose exceptions name them.
/// </summary>
public static class LocalTimes
{
    static readonly ZoneLocalMappingResolver later = Resolvers.CreateMappingResolver(Resolvers.ReturnLater, Resolvers.ReturnForwardShifted);

    public static ZoneLocalMappingResolver Resolver(RepeatedTime repeated = RepeatedTime.Earlier) => repeated switch
    {
        RepeatedTime.Earlier => Resolvers.LenientResolver,
        RepeatedTime.Later => later,
    };

    public static Instant ToInstant(this LocalDateTime local, DateTimeZone zone, RepeatedTime repeated = RepeatedTime.Earlier) =>
        zone.ResolveLocal(local, Resolver(repeated)).ToInstant();

    /// <exception cref="CalendarRefused">There is no such zone.</exception>
    public static DateTimeZone Zone(string id) =>
        DateTimeZoneProviders.Tzdb.GetZoneOrNull(id) ?? throw new CalendarRefused(CalendarFault.UnknownZone, id);
}
