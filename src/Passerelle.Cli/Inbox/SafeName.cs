using System.Globalization;
using System.Text;

namespace Passerelle.Cli.Inbox;

/// <summary>
/// Names of files that somebody else chose, made into names that every operating system takes and that stay in their folder. The result never
/// is empty, never begins with a dot, and holds no separator.
/// </summary>
internal static class SafeName
{
    /// <summary>File systems allow 255 bytes; the rest is for what we put around the name.</summary>
    private const int MaxBytes = 120;

    // Devices of Windows, whatever their extension.
    private static readonly HashSet<string> Reserved = new(
        ["CON", "PRN", "AUX", "NUL", .. Enumerable.Range(0, 10).SelectMany(n => (string[])[$"COM{n}", $"LPT{n}"])], StringComparer.OrdinalIgnoreCase);

    /// <summary>The last part of what may be a path.</summary>
    public static string OfFile(string name) => Of(name[(name.LastIndexOfAny(['/', '\\']) + 1)..]);

    /// <summary>The whole of a name, e.g. <c>exchanges-0198...</c> for <c>exchanges/0198...</c>.</summary>
    public static string Of(string name)
    {
        var safe = new StringBuilder(name.Length);
        // Half a surrogate pair becomes a replacement character first: normalising it would throw.
        foreach (var rune in string.Concat(name.EnumerateRunes()).Normalize(NormalizationForm.FormC).EnumerateRunes())
        {
            // Format characters turn the direction of text: "fdp.exe" can be made to look like "exe.pdf".
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned)
            {
                continue;
            }
            safe.Append(rune.Value < 128 && "<>:\"/\\|?*".Contains((char)rune.Value) ? "-" : rune.ToString());
        }
        // Windows drops dots and blanks at the end, so that two names would become one; a dot at the beginning hides the file.
        var trimmed = Shorten(safe.ToString().Trim(' ', '.')).Trim(' ', '.');
        if (trimmed.Length == 0)
            return "document";
        var dot = trimmed.IndexOf('.', StringComparison.Ordinal);
        return Reserved.Contains(dot < 0 ? trimmed : trimmed[..dot].TrimEnd()) ? '_' + trimmed : trimmed;
    }

    private static string Shorten(string name)
    {
        if (Encoding.UTF8.GetByteCount(name) <= MaxBytes)
            return name;
        // The extension tells what opens the file.
        var extension = Path.GetExtension(name);
        if (Encoding.UTF8.GetByteCount(extension) > 10)
            extension = "";
        var room = MaxBytes - Encoding.UTF8.GetByteCount(extension);
        var stem = new StringBuilder();
        foreach (var rune in name.EnumerateRunes())
        {
            if ((room -= rune.Utf8SequenceLength) < 0)
                break;
            stem.Append(rune.ToString());
        }
        return stem + extension;
    }
}
