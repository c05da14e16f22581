using System.Buffers.Binary;
using System.Buffers.Text;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Exchanges;

/// <summary>Up to where an inbox stream has arrived: when the attempt began that its last exchange came with. Opaque to callers.</summary>
/// <remarks>A stream gives one exchange after the other, so that whatever it gave later began later. Microseconds, as the database keeps them.</remarks>
public readonly record struct InboxCursor(DateTimeOffset Time)
{
    const int Bytes = 8;
    const int Characters = 11;

    public static InboxCursor? Parse(string text)
    {
        if (text.Length == 0) return null;
        Span<byte> bytes = stackalloc byte[Bytes];
        if (text.Length != Characters || !Base64Url.IsValid(text) || !Base64Url.TryDecodeFromChars(text, bytes, out var written) || written != Bytes) throw new CursorInvalid();
        var ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (ticks < DateTimeOffset.UnixEpoch.Ticks || ticks > DateTimeOffset.MaxValue.Ticks) throw new CursorInvalid();
        return new InboxCursor(new DateTimeOffset(ticks, TimeSpan.Zero));
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Time.UtcTicks);
        return Base64Url.EncodeToString(bytes);
    }
}
