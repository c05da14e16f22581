using Passerelle.Hub.Feeds;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>A format of listings that the hub knows by name and does not read.</summary>
public enum ForeignListings
{
    OpenImmoXml,
    ResoJson,
    SwissIdx,
    Apimo,
    UbiflowTagList,
}

/// <summary>The formats that estate agencies' files come in.</summary>
public static class ListingFeeds
{
    /// <summary>Every export of Ubiflow's has some of these.</summary>
    static readonly string[] UbiflowMarkers = ["code_postal", "surface_habitable", "nb_pieces", "communiquer_adresse_exacte", "alur_nb_lots", "surface_cadastree", "loyer_mensuel", "code_type", "type_bien", "ubiflow"];

    public static FeedDoor Door { get; } = new(
        [
            new PolirisFormat(),
            new TagFormat("propertybase", PropertybaseTags.Tags, isJson: false, head => Is(head.RootTag, "propertybase_feed")),
            new TagFormat("ubiflow-xml", UbiflowTags.Tags, isJson: false, head => head.Contains("<annonce") && UbiflowMarkers.Any(head.Contains)),
            new TagFormat("ubiflow-json", UbiflowTags.Tags, isJson: true, head => UbiflowMarkers.Count(marker => head.Contains($"\"{marker}\"")) > 1),
        ],
        [
            Known(ForeignListings.OpenImmoXml, head => head.IsXml && Is(head.RootTag, "openimmo")),
            Known(ForeignListings.ResoJson, head => head.IsJson && (head.Contains("@odata.context") || head.Contains("\"ListingKey\""))),
            Known(ForeignListings.SwissIdx, IsSwissIdx),
            Known(ForeignListings.Apimo, IsApimo),
            Known(ForeignListings.UbiflowTagList, head => !head.IsXml && !head.IsJson && !head.Contains("!#") && UbiflowMarkers.Any(head.Contains)),
        ],
        "annonces", [".csv", ".xml", ".json"], ListingSentences.Advice);

    /// <summary>See <see cref="FeedFile.Open"/>.</summary>
    public static FeedFile Open(Stream seekableStream, FeedLimits? limits = null) => FeedFile.Open(seekableStream, Door, limits);

    static ForeignFormat Known(ForeignListings seen, Func<FeedHead, bool> recognises) => new(seen, ListingSentences.For(seen), recognises);

    static bool Is(string tag, string name) => tag.Equals(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>IDX 3.01: no header, more than a hundred fields with "#" between them, the first of which names the version.</summary>
    static bool IsSwissIdx(FeedHead head)
    {
        var line = head.Text.AsSpan();
        var end = line.IndexOfAny('\r', '\n');
        line = end < 0 ? line : line[..end];
        return line.StartsWith("IDX", StringComparison.OrdinalIgnoreCase) && line.Contains('#') && char.IsAsciiDigit(line[3])
            || line.Count('#') > 100 && line.Count("!#") * 10 < line.Count('#');
    }

    /// <summary>Pages of its API have a count and properties; its XML is called after the house.</summary>
    static bool IsApimo(FeedHead head) =>
        head.IsJson && head.Contains("\"total_items\"") && head.Contains("\"properties\"") || (head.IsXml || head.IsJson) && head.Contains("apimo")
        || head.IsXml && Is(head.RootTag, "estates") && head.Contains("<estate");
}
