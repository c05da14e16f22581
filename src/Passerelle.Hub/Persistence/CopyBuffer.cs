using System.Buffers.Binary;
using System.Text;

namespace Passerelle.Hub.Persistence;

/// <summary>Fields as PostgreSQL's COPY takes them in its binary format, one behind the other in memory that is used again: where there are millions of them, a call of the driver for
/// each would cost more than the database's own work. A null is "not given".</summary>
/// <remarks>Of the format: postgresql.org/docs/current/sql-copy.html, "Binary Format". Within a field, as the type's receive function reads it (numeric_recv, array_recv and so on).
/// Equal values give equal bytes, which is what the content hash of a listing rests on.</remarks>
public sealed class CopyBuffer
{
    const int NullLength = -1;
    const int TextOid = 25;

    static readonly DateOnly DateEpoch = new(2000, 1, 1);
    static readonly DateTimeOffset TimeEpoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    byte[] bytes = new byte[16 * 1024];

    /// <summary>What comes before the first row, and behind the last one.</summary>
    public static ReadOnlySpan<byte> Head => [(byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

    public static ReadOnlySpan<byte> Tail => [0xFF, 0xFF];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Memory => bytes.AsMemory(0, Length);

    public ReadOnlySpan<byte> Span => bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Room for so many bytes at the end, to be written by the caller.</summary>
    public Span<byte> Take(int count)
    {
        if (bytes.Length - Length < count) Array.Resize(ref bytes, Math.Max(bytes.Length * 2, Length + count));
        Length += count;
        return bytes.AsSpan(Length - count, count);
    }

    /// <summary>What was written at a place before.</summary>
    public Span<byte> At(int start) => bytes.AsSpan(start, Length - start);

    /// <summary>As it is: fields that were written elsewhere.</summary>
    public void Raw(ReadOnlySpan<byte> written) => written.CopyTo(Take(written.Length));

    /// <summary>How many fields the row has that begins here.</summary>
    public void Row(int fields) => BinaryPrimitives.WriteInt16BigEndian(Take(2), (short)fields);

    public void Null() => BinaryPrimitives.WriteInt32BigEndian(Take(4), NullLength);

    public void Text(string? value)
    {
        if (value is null)
        {
            Null();
            return;
        }

        var room = Take(4 + Encoding.UTF8.GetMaxByteCount(value.Length));
        var written = Encoding.UTF8.GetBytes(value, room[4..]);
        BinaryPrimitives.WriteInt32BigEndian(room, written);
        Length -= room.Length - 4 - written;
    }

    public void Texts(IReadOnlyList<string> values)
    {
        var start = Length;
        var head = Take(values.Count == 0 ? 16 : 24);
        // Behind the length: dimensions (an empty array has none), no nulls, the element's type; then how many, and the number of the first.
        BinaryPrimitives.WriteInt32BigEndian(head[4..], values.Count == 0 ? 0 : 1);
        BinaryPrimitives.WriteInt32BigEndian(head[8..], 0);
        BinaryPrimitives.WriteInt32BigEndian(head[12..], TextOid);
        if (values.Count > 0)
        {
            BinaryPrimitives.WriteInt32BigEndian(head[16..], values.Count);
            BinaryPrimitives.WriteInt32BigEndian(head[20..], 1);
            foreach (var value in values) Text(value);
        }

        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(start), Length - start - 4);
    }

    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Field(value.Length));

    /// <summary>As jsonb, in its one version.</summary>
    public void Json(ReadOnlySpan<byte> utf8)
    {
        var field = Field(1 + utf8.Length);
        field[0] = 1;
        utf8.CopyTo(field[1..]);
    }

    public void Id(Guid value) => value.TryWriteBytes(Field(16), bigEndian: true, out _);

    public void Bool(bool? value)
    {
        if (value is { } given) Field(1)[0] = given ? (byte)1 : (byte)0;
        else Null();
    }

    public void Number(int? value)
    {
        if (value is { } given) BinaryPrimitives.WriteInt32BigEndian(Field(4), given);
        else Null();
    }

    public void Number(long? value)
    {
        if (value is { } given) BinaryPrimitives.WriteInt64BigEndian(Field(8), given);
        else Null();
    }

    public void Date(DateOnly? value)
    {
        if (value is { } given) BinaryPrimitives.WriteInt32BigEndian(Field(4), given.DayNumber - DateEpoch.DayNumber);
        else Null();
    }

    public void Time(DateTimeOffset value) => BinaryPrimitives.WriteInt64BigEndian(Field(8), (value - TimeEpoch).Ticks / TimeSpan.TicksPerMicrosecond);

    /// <summary>Without the zeros at the end that a decimal remembers: 47.69 and 47.690 are one number.</summary>
    public void Number(decimal? value)
    {
        if (value is not { } given)
        {
            Null();
            return;
        }

        Span<int> parts = stackalloc int[4];
        decimal.GetBits(given, parts);
        var scale = parts[3] >> 16 & 0xFF;
        var rest = new UInt128((uint)parts[2], (ulong)(uint)parts[1] << 32 | (uint)parts[0]);
        while (scale > 0 && rest % 10 == 0) (rest, scale) = (rest / 10, scale - 1);

        // Digits of base 10,000, and the decimal point between two of them.
        var behindPoint = (scale + 3) / 4;
        for (var pad = behindPoint * 4 - scale; pad > 0; pad--) rest *= 10;
        Span<short> digits = stackalloc short[10];
        var (count, zeros) = (0, 0);
        for (; rest != 0; rest /= 10_000)
        {
            digits[count++] = (short)(rest % 10_000);
            if (count == zeros + 1 && digits[zeros] == 0) zeros++;
        }

        var field = Field(8 + (count - zeros) * 2);
        BinaryPrimitives.WriteInt16BigEndian(field, (short)(count - zeros));
        BinaryPrimitives.WriteInt16BigEndian(field[2..], (short)(count == 0 ? 0 : count - behindPoint - 1));
        BinaryPrimitives.WriteInt16BigEndian(field[4..], decimal.IsNegative(given) && count > 0 ? (short)0x4000 : (short)0);
        BinaryPrimitives.WriteInt16BigEndian(field[6..], (short)scale);
        for (var i = 0; i < count - zeros; i++) BinaryPrimitives.WriteInt16BigEndian(field[(8 + i * 2)..], digits[count - 1 - i]);
    }

    Span<byte> Field(int length)
    {
        var field = Take(4 + length);
        BinaryPrimitives.WriteInt32BigEndian(field, length);
        return field[4..];
    }
}
