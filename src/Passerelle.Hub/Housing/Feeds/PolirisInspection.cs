using System.Text.Unicode;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>
/// The first of two passes: it walks the whole file, so that a cut, oversized or undecodable one is refused before its
/// first line has any effect, and learns what the second pass needs.
/// </summary>
/// <param name="Columns">How many columns most lines have.</param>
/// <param name="EndWithSeparator">Whether those lines end with "!#".</param>
/// <param name="IsUtf8">Whether every byte is valid UTF-8 (plain ASCII is).</param>
/// <param name="Version">Column 301 of the first line that fills it.</param>
sealed record PolirisInspection(int Columns, bool EndWithSeparator, bool IsUtf8, string? Version)
{
    public static PolirisInspection Of(PolirisRecordReader records)
    {
        var widths = new Dictionary<int, (int Lines, bool EndWithSeparator)>();
        var isUtf8 = true;
        string? version = null;
        while (records.Read())
        {
            var seen = widths.GetValueOrDefault(records.Columns);
            widths[records.Columns] = (seen.Lines + 1, records.EndsWithSeparator);
            // A record always holds whole characters, because what delimits it is ASCII.
            isUtf8 = isUtf8 && Utf8.IsValid(records.Bytes);
            version ??= ReadVersion(records.Field(PolirisFields.FormatVersion));
        }

        if (widths.Count == 0)
            throw new FeedRefused(FeedRefusal.Empty);

        var usual = widths.MaxBy(w => (w.Value.Lines, w.Key));
        var inspection = new PolirisInspection(usual.Key, usual.Value.EndWithSeparator, isUtf8, version);
        if (records.Unterminated || (records.Columns < inspection.Columns && !inspection.Fits(records)))
            throw new FeedRefused(FeedRefusal.Truncated);
        return inspection;
    }

    /// <summary>
    /// Whether the record is as wide as the others. A line of another width has its columns shifted, and the owner's phone
    /// might sit where the visit contact is expected; only a "!#" more or less at its end is harmless.
    /// </summary>
    public bool Fits(PolirisRecordReader record) => (record.Columns - Columns) switch
    {
        0 => true,
        1 => record.EndsWithSeparator,
        -1 => EndWithSeparator,
        _ => false,
    };

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
