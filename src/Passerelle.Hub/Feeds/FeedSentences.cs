using System.Globalization;
using System.Resources;

namespace Passerelle.Hub.Feeds;

/// <summary>The French of what is common to feeds. Every sentence is in FeedSentences.resx, under the name of its enum member.</summary>
public static class FeedSentences
{
    static readonly ResourceManager Texts = new(typeof(FeedSentences));

    public static string For(FeedRefusal refusal, params object[] details) => Format(Texts, $"Refusal_{refusal}", details);

    public static string For(SeenContent seen, string detail = "") => Format(Texts, $"Seen_{seen}", detail);

    public static string For(FeedProblem problem, int line, string field, string value, int expected) => Format(Texts, $"Problem_{problem}", line, field, value, expected);

    /// <summary>How a report names the line's columns as a whole, which have no number.</summary>
    public static string ColumnsLabel => Format(Texts, "Label_Columns");

    /// <summary>A slice's own sentences are written the same way.</summary>
    public static string Format(ResourceManager texts, string key, params object[] details)
    {
        var french = CultureInfo.GetCultureInfo("fr-FR");
        return string.Format(french, texts.GetString(key, french) ?? throw new MissingManifestResourceException(key), details);
    }
}
