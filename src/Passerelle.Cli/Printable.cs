using System.Globalization;
using System.Text;

namespace Passerelle.Cli;

/// <summary>Text of others made fit for a terminal: a feed's value or a file's name may hold escape sequences, and a terminal obeys them.</summary>
internal static class Printable
{
    public static string Line(string text)
    {
        if (!text.Any(Hidden))
            return text;
        var line = new StringBuilder(text.Length);
        foreach (var c in text)
            line.Append(Hidden(c) ? '·' : c);
        return line.ToString();
    }

    // Format characters too: some of them turn the direction of the text, which makes one file name look like another.
    private static bool Hidden(char c) => char.IsControl(c) || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
