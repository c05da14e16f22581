using System.Globalization;
using System.Text;

namespace Passerelle.Hub.Places;

/// <summary>A name of a place as it is compared: what people and post offices write differently is taken away, nothing else.</summary>
/// <param name="Full">Words in small letters without accents, `saint orme sur mer`.</param>
/// <param name="Bare">Without its article: `Les Authieux` and `AUTHIEUX (LES)` are one.</param>
public readonly record struct PlaceKey(string Full, string Bare)
{
    public static PlaceKey Of(string name) => Of(Words(name));

    /// <summary>A name as people write it into one line: with a postcode, or for the post.</summary>
    /// <returns>The key, and the postcode that stood there; null where there was none.</returns>
    public static (PlaceKey Key, string? Postcode) OfLine(string line)
    {
        var words = Words(line);
        var cedex = words.IndexOf("cedex");
        var postcode = words.Find(Place.IsPostcode);
        // A cedex has a postcode and a number of its own, which are no commune's.
        if (cedex >= 0)
        {
            words.RemoveRange(cedex, words.Count - cedex);
            words.RemoveAll(Place.IsPostcode);
            return (Of(words), null);
        }

        words.RemoveAll(word => word == postcode);
        return (Of(words), postcode);
    }

    /// <summary>Five digits of what was written; null where it says none for certain: a 0 that a spreadsheet took away is not guessed.</summary>
    public static string? Postcode(string written)
    {
        var text = written.Trim();
        if (text.EndsWith(".0", StringComparison.Ordinal)) text = text[..^2];
        return Place.IsPostcode(text) ? text : null;
    }

    static PlaceKey Of(List<string> words)
    {
        List<string> bare = words switch
        {
            [var article, _, ..] when IsArticle(article) => words[1..],
            [_, .., var article] when IsArticle(article) => words[..^1],
            _ => words,
        };
        return new PlaceKey(string.Join(' ', words), string.Join(' ', bare));
    }

    static bool IsArticle(string word) => word is "le" or "la" or "les" or "l";

    static List<string> Words(string name)
    {
        var spelled = name.ToLowerInvariant().Replace(" s/", " sur ", StringComparison.Ordinal).Replace("œ", "oe", StringComparison.Ordinal).Replace("æ", "ae", StringComparison.Ordinal);
        var text = new StringBuilder(name.Length);
        foreach (var c in spelled.Normalize(NormalizationForm.FormD))
            if (char.IsAsciiLetterOrDigit(c)) text.Append(c);
            else if (char.GetUnicodeCategory(c) is not UnicodeCategory.NonSpacingMark) text.Append(' ');
        return [.. text.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word switch { "st" => "saint", "ste" => "sainte", _ => word })];
    }
}
