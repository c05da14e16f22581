using System.Text.Unicode;
using Passerelle.Hub.Feeds;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>
/// The first of two passes: it walks the whole file, so that a cut, oversized or undecodable one is refused before its
/// first line has any effect, and learns what the second pass needs.
/// </summary>
/// <param name="Usual">The width of most lines.</param>
/// <param name="IsUtf8">Whether every byte is valid UTF-8 (plain ASCII is).</param>
/// <param name="Version">Column 301 of the first line that fills it.</param>
sealed record PolirisInspection(PolirisWidth Usual, bool IsUtf8, string? Version)
{
    public static PolirisInspection Of(PolirisRecordReader records)
    {
        var widths = new Dictionary<int, PolirisWidth>();
        var isUtf8 = true;
        string? version = null;
        PolirisWidth? last = null;
        var lastIsCut = false;
        var separatorSeen = false;
        while (records.Read())
        {
            // A line end is written last: without one, a "!#" that ends no earlier line is where the file was cut.
            lastIsCut = records.Unterminated || (!records.HasLineEnd && records.EndsWithSeparator && last is not null && !separatorSeen);
            separatorSeen |= records.EndsWithSeparator;
            last = new PolirisWidth(records.Columns, 1, records.EndsWithSeparator ? 1 : 0);
            widths[last.Columns] = last.Plus(widths.GetValueOrDefault(last.Columns));
            // A record always holds whole characters, because what delimits it is ASCII.
            isUtf8 = isUtf8 && Utf8.IsValid(records.Bytes);
            version ??= ReadVersion(records.Field(PolirisTable.ColumnOf(ListingField.FormatVersion)!));
        }

        if (last is null)
            throw new FeedRefused(FeedRefusal.Empty);
        var usual = widths.Values.MaxBy(width => (width.Lines, width.Columns))!;
        if (lastIsCut || (last.Columns < usual.Columns && !usual.Admits(last.Columns, last.WithSeparator > 0)))
            throw new FeedRefused(FeedRefusal.Truncated);
        return new PolirisInspection(usual, isUtf8, version);
    }

    static string? ReadVersion(ReadOnlySpan<byte> field)
    {
        if (field.Length > 12)
            return null;
        Span<char> text = stackalloc char[12];
        for (var i = 0; i < field.Length; i++)
            text[i] = (char)field[i];
        return FieldText.Version(text[..field.Length]);
    }
}

/// <summary>A number of columns, how many lines have it, and how many of those end with "!#".</summary>
sealed record PolirisWidth(int Columns, int Lines, int WithSeparator)
{
    public PolirisWidth Plus(PolirisWidth? other) => new(Columns, Lines + (other?.Lines ?? 0), WithSeparator + (other?.WithSeparator ?? 0));

    /// <summary>Whether the lines reach this column; a "!#" at the end of every line is a stray one and makes none.</summary>
    public bool Holds(PolirisColumn column) => column.Number <= (WithSeparator == Lines ? Columns - 1 : Columns);

    /// <summary>
    /// Whether a line is as wide as the others. One of another width has its columns shifted, and the owner's phone might sit
    /// where the visit contact is expected; only a "!#" more or less at its end is harmless, where it is clearly a stray one.
    /// </summary>
    public bool Admits(int columns, bool endsWithSeparator) => (columns - Columns) switch
    {
        0 => true,
        1 => endsWithSeparator && WithSeparator == 0,
        -1 => !endsWithSeparator && WithSeparator == Lines,
        _ => false,
    };
}
