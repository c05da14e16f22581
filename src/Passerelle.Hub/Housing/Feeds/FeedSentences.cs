using System.Globalization;
using System.Resources;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>The French of this folder. Every sentence is in FeedSentences.resx, under the name of its enum member.</summary>
public static class FeedSentences
{
    static readonly CultureInfo French = CultureInfo.GetCultureInfo("fr-FR");
    static readonly ResourceManager Texts = new(typeof(FeedSentences));

    public static string For(FeedRefusal refusal, params object[] details) => Format($"Refusal_{refusal}", details);

    public static string For(SeenContent seen, string detail = "") => Format($"Seen_{seen}", detail);

    public static string For(FieldFinding finding) =>
        Format($"Problem_{finding.Problem}", finding.LineNumber, finding.Field, finding.Value, finding.Expected);

    /// <summary>How a report names the line's columns as a whole, which have no number.</summary>
    public static string ColumnsLabel => Format("Label_Columns");

    static string Format(string key, params object[] details) =>
        string.Format(French, Texts.GetString(key, French) ?? throw new MissingManifestResourceException(key), details);
}
