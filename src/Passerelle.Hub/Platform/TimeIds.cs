using System.Buffers.Binary;

namespace Passerelle.Hub.Platform;

/// <summary>Ids are UUIDv7 of the database's time, hence in the order of time: a span of time is a range of ids.</summary>
public static class TimeIds
{
    /// <summary>The lowest one of a time's millisecond.</summary>
    public static Guid FirstOf(DateTimeOffset time)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        BinaryPrimitives.WriteInt64BigEndian(bytes, Math.Max(0, time.ToUnixTimeMilliseconds()) << 16);
        return new Guid(bytes, bigEndian: true);
    }
}
