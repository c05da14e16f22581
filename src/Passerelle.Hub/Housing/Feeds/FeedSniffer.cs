using System.Buffers;
using System.Text;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>Tells from its first bytes what a file is, so that a wrong file is named and not merely refused.</summary>
static class FeedSniffer
{
    /// <summary>Enough for the first line of any feed seen, and for the first tags of an XML one.</summary>
    public const int HeadBytes = 64 * 1024;

    static readonly string[] UbiflowTags = ["communiquer_adresse_exacte", "alur_nb_lots", "surface_cadastree", "ubiflow"];

    static readonly SearchValues<char> TagCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:");

    public static bool IsZip(ReadOnlySpan<byte> head) => head.StartsWith("PK\x03\x04"u8) || head.StartsWith("PK\x05\x06"u8);

    /// <summary>The encoding that the byte order mark announces, or null when there is none.</summary>
    public static Encoding? EncodingOfMark(ReadOnlySpan<byte> head) => head switch
    {
        [0xEF, 0xBB, 0xBF, ..] => StrictUtf8,
        [0xFF, 0xFE, ..] => new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
        [0xFE, 0xFF, ..] => new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
        _ => null,
    };

    public static Encoding StrictUtf8 { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true);

    /// <summary>Returns when the head may be Poliris; throws what it is otherwise.</summary>
    public static void ExpectPoliris(ReadOnlySpan<byte> head)
    {
        if (Magic(head) is { } magic)
            throw new FeedRefused(FeedRefusal.NotAFeed, magic);

        var mark = EncodingOfMark(head);
        // Every marker is ASCII: Latin-1 is as good as any encoding to find them, and never fails.
        var text = mark is UnicodeEncoding utf16 ? LooseUtf16(utf16).GetString(head) : Encoding.Latin1.GetString(head);
        if (mark is not null)
            text = text[(mark is UnicodeEncoding ? 1 : 3)..];
        if (IsBinary(text))
            throw new FeedRefused(FeedRefusal.NotAFeed, SeenContent.Binary);

        text = text.TrimStart();
        if (text.Length == 0)
            throw new FeedRefused(FeedRefusal.Empty);
        if (text[0] == '<')
            throw Xml(text);
        if (text[0] is '{' or '[')
            throw new FeedRefused(FeedRefusal.UnknownFormat, IsReso(text) ? SeenContent.ResoJson : SeenContent.OtherJson);
        if (!text.Contains("!#", StringComparison.Ordinal))
            throw new FeedRefused(FeedRefusal.UnknownFormat, IsUbiflow(text) ? SeenContent.UbiflowTagList : SeenContent.OtherText);
    }

    static SeenContent? Magic(ReadOnlySpan<byte> head) => head switch
    {
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => SeenContent.Pdf,
        [0xFF, 0xD8, 0xFF, ..] or [0x89, (byte)'P', (byte)'N', (byte)'G', ..] or [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..]
            or [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => SeenContent.Image,
        [0xD0, 0xCF, 0x11, 0xE0, ..] => SeenContent.OfficeDocument,
        [0x1F, 0x8B, ..] or [(byte)'R', (byte)'a', (byte)'r', (byte)'!', ..] or [(byte)'7', (byte)'z', 0xBC, 0xAF, ..] => SeenContent.OtherArchive,
        [(byte)'P', (byte)'K', <= 8, <= 8, ..] => SeenContent.OtherArchive,
        _ => null,
    };

    static UnicodeEncoding LooseUtf16(UnicodeEncoding strict) => new(bigEndian: strict.CodePage == 1201, byteOrderMark: true);

    static FeedRefused Xml(string text)
    {
        if (text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
            return new FeedRefused(FeedRefusal.NotAFeed, SeenContent.HtmlPage);

        var root = RootTag(text);
        if (root.Equals("openimmo", StringComparison.OrdinalIgnoreCase))
            return new FeedRefused(FeedRefusal.UnknownFormat, SeenContent.OpenImmoXml);
        if (root.Equals("propertybase_feed", StringComparison.OrdinalIgnoreCase))
            return new FeedRefused(FeedRefusal.UnknownFormat, SeenContent.PropertybaseXml);
        return IsUbiflow(text)
            ? new FeedRefused(FeedRefusal.UnknownFormat, SeenContent.UbiflowXml)
            : new FeedRefused(FeedRefusal.UnknownFormat, SeenContent.OtherXml, root);
    }

    /// <summary>The first tag that is neither a declaration nor a comment, at most 40 characters.</summary>
    static string RootTag(string text)
    {
        for (var at = 0; (at = text.IndexOf('<', at)) >= 0 && at + 1 < text.Length; at++)
        {
            if (text.AsSpan(at).StartsWith("<!--"))
            {
                at = text.IndexOf("-->", at, StringComparison.Ordinal);
                if (at < 0)
                    break;
            }
            else if (char.IsAsciiLetter(text[at + 1]))
            {
                var name = text.AsSpan(at + 1, Math.Min(40, text.Length - at - 1));
                var end = name.IndexOfAnyExcept(TagCharacters);
                return (end < 0 ? name : name[..end]).ToString();
            }
        }

        return "?";
    }

    /// <summary>More than one control character in a hundred: a few come from a CRM's text, random bytes have eleven.</summary>
    static bool IsBinary(string text) => text.Count(c => c < ' ' && c is not ('\t' or '\r' or '\n')) * 100 > text.Length;

    static bool IsReso(string text) =>
        text.Contains("@odata.context", StringComparison.Ordinal) || text.Contains("\"ListingKey\"", StringComparison.Ordinal);

    static bool IsUbiflow(string text) => UbiflowTags.Any(tag => text.Contains(tag, StringComparison.OrdinalIgnoreCase));
}
