using Google.Protobuf.WellKnownTypes;
using Google.Type;

namespace Passerelle.Hub.Platform;

/// <summary>Between the hub's types and the contract's.</summary>
public static class Conversions
{
    public static Timestamp ToWire(this DateTimeOffset instant) => Timestamp.FromDateTimeOffset(instant);

    public static Timestamp? ToWire(this DateTimeOffset? instant) => instant is { } known ? Timestamp.FromDateTimeOffset(known) : null;

    public static Date ToWire(this DateOnly date) => new() { Year = date.Year, Month = date.Month, Day = date.Day };

    public static Date? ToWire(this DateOnly? date) => date?.ToWire();
}
