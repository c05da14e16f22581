using Passerelle.Hub.Feeds;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>
/// Cuts a stream into records and fields, on bytes: quotes, "!#" and line ends are the same bytes in UTF-8 and in
/// windows-1252, so nothing is decoded, nor allocated, for a field that nobody maps. One buffer, reused for every record.
/// </summary>
/// <remarks>
/// CRMs disagree about a quote inside a quoted field: some double it, some leave it alone. Both are read: a quote closes
/// the field only in front of "!#" or a line's end, and not when it is the second half of a doubled one, unless the next
/// field visibly starts right behind (<c>""!#"</c>).
/// </remarks>
sealed class PolirisRecordReader(Stream stream, int maxLineBytes)
{
    const byte Quote = (byte)'"';

    /// <summary>What lies beyond the table, or is mapped to nothing, is counted and not kept: of a private column not even the place is known.</summary>
    static readonly bool[] Kept = [.. PolirisTable.Columns.Select(column => column.MapsTo is not null)];

    readonly int[] starts = new int[Kept.Length];
    readonly int[] lengths = new int[Kept.Length];
    byte[] buffer = new byte[Math.Min(256 * 1024, maxLineBytes)];
    int start, end, recordLength;
    bool exhausted;
    int nextLine = 1;

    /// <summary>The line on which the record starts, from 1.</summary>
    public int LineNumber { get; private set; }

    /// <summary>Columns as written, a stray "!#" at the end of the line giving one more.</summary>
    public int Columns { get; private set; }

    /// <summary>Whether the line ends with "!#", be it stray or in front of an empty last column.</summary>
    public bool EndsWithSeparator { get; private set; }

    /// <summary>Whether a line end follows, which only the file's last line may lack.</summary>
    public bool HasLineEnd { get; private set; }

    /// <summary>Whether the file ended inside a quoted field.</summary>
    public bool Unterminated { get; private set; }

    /// <summary>The record with its line end.</summary>
    public ReadOnlySpan<byte> Bytes => buffer.AsSpan(start - recordLength, recordLength);

    /// <summary>A field as written between its quotes, empty where the line has no such column. Valid until the next Read.</summary>
    public ReadOnlySpan<byte> Field(PolirisColumn column) => column.Number > Columns || column.MapsTo is null
        ? default
        : Bytes.Slice(starts[column.Number - 1], lengths[column.Number - 1]);

    /// <summary>Moves to the next record that is not a blank line.</summary>
    public bool Read()
    {
        do
        {
            while (start == end || !Scan())
            {
                if (!Fill() && start == end)
                    return false;
            }
        }
        while (Columns == 1 && Bytes.IndexOfAnyExcept(" \t\r\n\x1A"u8) < 0);
        return true;
    }

    /// <summary>Finds one record from <see cref="start"/> on; false when the buffer ends before it does.</summary>
    bool Scan()
    {
        var data = buffer.AsSpan(start, end - start);
        Columns = 0;
        for (var at = 0; ; at += 2)
        {
            // Most columns of most lines are empty.
            for (; data[at..].StartsWith("\"\"!#"u8); at += 4)
                Keep(at + 1, 0);
            var quoted = at < data.Length && data[at] == Quote;
            var from = quoted ? at + 1 : at;
            var stop = quoted ? EndOfQuoted(data, from) : EndOfPlain(data, from);
            if (stop < 0 && !exhausted)
                return false;

            Unterminated = quoted && stop < 0;
            at = stop < 0 ? data.Length : stop;
            var length = at - from;
            if (quoted && !Unterminated)
                at++;
            else if (length > 0 && data[at - 1] == '\r')
                length--;
            Keep(from, length);

            if (at < data.Length && data[at] == '!')
                continue;
            EndsWithSeparator = !quoted && length == 0 && Columns > 1;
            Finish(data, at);
            return true;
        }
    }

    void Keep(int from, int length)
    {
        if (Columns < Kept.Length && Kept[Columns])
            (starts[Columns], lengths[Columns]) = (from, length);
        Columns++;
    }

    void Finish(ReadOnlySpan<byte> data, int at)
    {
        var newline = data[at..].IndexOf((byte)'\n');
        // At most a carriage return lies between the last field and the line's end.
        var next = newline < 0 ? data.Length : at + newline + 1;
        HasLineEnd = newline >= 0;
        LineNumber = nextLine;
        nextLine += data[..next].Count((byte)'\n');
        recordLength = next;
        start += next;
    }

    /// <summary>The closing quote, or -1 when it is not in sight.</summary>
    int EndOfQuoted(ReadOnlySpan<byte> data, int from)
    {
        for (var at = from; ;)
        {
            var quote = data[at..].IndexOf(Quote);
            if (quote < 0)
                return -1;
            var first = at + quote;
            // A quote by itself in front of "!#", as nearly always.
            if (data[(first + 1)..].StartsWith("!#"u8))
                return first;
            var next = first + 1;
            while (next < data.Length && data[next] == Quote)
                next++;
            var rest = data[next..];
            if (rest.Length < 3 && !exhausted)
                return -1;
            var doubled = (next - first) % 2 == 0;
            if (doubled ? rest.StartsWith("!#\""u8) : IsBoundary(rest))
                return next - 1;
            at = next;
        }
    }

    static bool IsBoundary(ReadOnlySpan<byte> rest) => rest switch
    {
        [] or [(byte)'\n', ..] or [(byte)'!', (byte)'#', ..] or [(byte)'\r'] or [(byte)'\r', (byte)'\n', ..] => true,
        _ => false,
    };

    /// <summary>The separator or line feed that ends an unquoted field, or -1 when it is not in sight.</summary>
    static int EndOfPlain(ReadOnlySpan<byte> data, int from)
    {
        for (var at = from; ; at++)
        {
            var found = data[at..].IndexOfAny((byte)'!', (byte)'\n');
            if (found < 0)
                return -1;
            at += found;
            if (data[at] == '\n' || (at + 1 < data.Length && data[at + 1] == '#'))
                return at;
        }
    }

    /// <summary>Reads more behind what is left of the buffer, which grows up to the longest line allowed.</summary>
    bool Fill()
    {
        if (exhausted)
            return false;
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
        }
        else if (end == buffer.Length)
        {
            if (buffer.Length >= maxLineBytes)
                throw new FeedRefused(FeedRefusal.LineTooLong, nextLine, maxLineBytes / 1024);
            Array.Resize(ref buffer, Math.Min(maxLineBytes, buffer.Length * 2));
        }

        var read = stream.Read(buffer.AsSpan(end));
        end += read;
        exhausted = read == 0;
        return !exhausted;
    }
}
