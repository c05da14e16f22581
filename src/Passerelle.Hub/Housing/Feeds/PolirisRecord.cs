using System.Text;
using Passerelle.Hub.Feeds;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>The fields of the line that the reader stands on, decoded as they are asked for.</summary>
sealed class PolirisRecord(PolirisRecordReader records, Encoding encoding) : IListingRecord
{
    readonly bool isUtf8 = encoding.CodePage == Encoding.UTF8.CodePage;
    char[] characters = new char[4096];

    public int LineNumber => records.LineNumber;

    public int Photos => PolirisTable.Photos;

    public ReadOnlySpan<char> Read(ListingField field, int rank = 0)
    {
        var column = PolirisTable.ColumnOf(field, rank);
        if (column is null)
            return default;
        var bytes = records.Field(column);
        if (bytes.IsEmpty)
            return default;
        // Neither encoding makes more characters than it has bytes.
        if (characters.Length < bytes.Length)
            characters = new char[bytes.Length * 2];
        var text = characters.AsSpan(0, isUtf8 ? Encoding.UTF8.GetChars(bytes, characters) : FeedText.DecodeWindows1252(bytes, characters));
        if (bytes.IndexOf("\"\""u8) is >= 0)
            text = text[..Undouble(text, text.IndexOf("\"\""))];
        return text.Trim();
    }

    public string LabelOf(ListingField field, int rank = 0) => PolirisTable.ColumnOf(field, rank)?.Label ?? field.ToString();

    static int Undouble(Span<char> text, int pair)
    {
        var length = pair;
        for (var i = pair; i < text.Length; i++)
        {
            text[length++] = text[i];
            if (text[i] == '"' && i + 1 < text.Length && text[i + 1] == '"')
                i++;
        }

        return length;
    }
}
