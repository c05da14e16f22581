using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Passerelle.Tests.Housing.Feeds;

namespace Passerelle.Tests.Housing.Homes;

/// <summary>A Poliris file as another agency would list the same homes: dearer by 3 %, with two thirds of each description, and photos under addresses of its own.</summary>
static partial class CopiedFeed
{
    public static byte[] Of(byte[] file) => Feed.Of([.. Records(TextOf(file)).Select(Copied)]);

    static string[] Copied(List<string> fields, int number)
    {
        fields[0] = "copie";
        fields[1] = $"C-{number}";
        if (decimal.TryParse(fields[10], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var price)) fields[10] = Math.Round(price * 1.03m, 2).ToString(CultureInfo.InvariantCulture);
        fields[20] = fields[20][..(fields[20].Length * 2 / 3)];
        for (var column = 84; column < 93; column++)
            if (fields[column].Length > 0) fields[column] = $"https://copie.example/{number}/{column}.jpg";
        return [.. fields];
    }

    static string TextOf(byte[] file)
    {
        if (file.AsSpan().StartsWith("PK"u8))
        {
            using var zip = new ZipArchive(new MemoryStream(file));
            using var csv = zip.Entries.Single(e => e.Name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase)).Open();
            using var content = new MemoryStream();
            csv.CopyTo(content);
            file = content.ToArray();
        }

        try { return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(file); }
        catch (DecoderFallbackException) { return Poliris.Windows1252.GetString(file); }
    }

    static IEnumerable<List<string>> Records(string text)
    {
        var fields = new List<string>();
        foreach (Match field in Field().Matches(text))
        {
            fields.Add(field.Groups[1].Value.Replace("\"\"", "\"", StringComparison.Ordinal));
            if (field.Groups[2].Value == "!#") continue;
            yield return fields;
            fields = [];
        }
    }

    [GeneratedRegex("\"((?:[^\"]|\"\")*)\"(!#(?!\r?\n|$)|(?:!#)?\r?\n|(?:!#)?$)")]
    private static partial Regex Field();
}
