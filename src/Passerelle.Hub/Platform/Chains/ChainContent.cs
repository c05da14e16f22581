using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Passerelle.Hub.Platform.Chains;

/// <summary>
/// An entry's columns as bytes, in one way only: for each column that is not null, by name, the name, what kind of value it is, and the value, each preceded by its length.
/// What is null is left out, so that a column which is added later changes nothing for the entries before it.
/// </summary>
public sealed class ChainContent
{
    readonly ArrayBufferWriter<byte> buffer = new(512);

    public void Clear() => buffer.ResetWrittenCount();

    public byte[] ToArray() => buffer.WrittenSpan.ToArray();

    public ReadOnlySpan<byte> Bytes => buffer.WrittenSpan;

    /// <param name="column">Its name, in UTF-8.</param>
    public void Add(byte[] column, object? value)
    {
        if (value is null or DBNull) return;
        Write(column);
        switch (value)
        {
            case Guid id:
                Begin('u', 16);
                id.TryWriteBytes(buffer.GetSpan(16), bigEndian: true, out _);
                buffer.Advance(16);
                break;
            case string text:
                Begin('t');
                Write(text);
                break;
            case DateTimeOffset time:
                Begin('z', 8);
                WriteInteger(Microseconds(time));
                break;
            case DateOnly date:
                Begin('d', 8);
                WriteInteger(date.DayNumber);
                break;
            case long or int or short:
                Begin('i', 8);
                WriteInteger(Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture));
                break;
            case bool truth:
                Begin('o', 1);
                buffer.Write([truth ? (byte)1 : (byte)0]);
                break;
            case byte[] bytes:
                Begin('b');
                Write(bytes);
                break;
            case string[] texts:
                Begin('a', texts.Length);
                foreach (var one in texts) Write(one);
                break;
            default:
                throw new InvalidOperationException($"A chained entry cannot hold a {value.GetType().Name}.");
        }
    }

    public static byte[] Hash(byte[] before, long sequence, ReadOnlySpan<byte> content)
    {
        var length = before.Length + sizeof(long) + content.Length;
        Span<byte> all = length <= 1024 ? stackalloc byte[length] : new byte[length];
        before.CopyTo(all);
        BinaryPrimitives.WriteInt64BigEndian(all[before.Length..], sequence);
        content.CopyTo(all[(before.Length + sizeof(long))..]);
        return SHA256.HashData(all);
    }

    /// <summary>Since 1970, as the database keeps times.</summary>
    static long Microseconds(DateTimeOffset time)
    {
        var ticks = (time - DateTimeOffset.UnixEpoch).Ticks;
        return ticks % TimeSpan.TicksPerMicrosecond == 0 ? ticks / TimeSpan.TicksPerMicrosecond
            : throw new InvalidOperationException("A chained entry's time must be in whole microseconds, as the database keeps it.");
    }

    void Begin(char kind) => buffer.Write([(byte)kind]);

    void Begin(char kind, int length)
    {
        Begin(kind);
        WriteLength(length);
    }

    void Write(ReadOnlySpan<byte> bytes)
    {
        WriteLength(bytes.Length);
        buffer.Write(bytes);
    }

    void Write(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        WriteLength(length);
        buffer.Advance(Encoding.UTF8.GetBytes(text, buffer.GetSpan(length)));
    }

    void WriteLength(int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(buffer.GetSpan(4), length);
        buffer.Advance(4);
    }

    void WriteInteger(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(buffer.GetSpan(8), value);
        buffer.Advance(8);
    }
}
