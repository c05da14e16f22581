using System.Buffers;
using System.Text;

namespace Passerelle.Hub.Feeds;

/// <summary>The first bytes of a file as text, good enough to tell formats apart.</summary>
public sealed class FeedHead
{
    /// <summary>Enough for the first line of any feed seen, and for the first tags of an XML one.</summary>
    public const int Bytes = 64 * 1024;

    static readonly SearchValues<char> TagCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:");

    FeedHead(string text, Encoding? marked) => (Text, Marked) = (text, marked);

    /// <summary>Behind mark and blanks. Letters beyond ASCII may be wrong: no marker of a format needs them.</summary>
    public string Text { get; }

    public Encoding? Marked { get; }

    public bool IsXml => Text[0] == '<';

    public bool IsJson => Text[0] is '{' or '[';

    public bool Contains(string marker) => Text.Contains(marker, StringComparison.OrdinalIgnoreCase);

    /// <summary>The first tag that is neither a declaration nor a comment, at most 40 characters; "?" without one.</summary>
    public string RootTag => FirstTag(Text);

    public static bool IsZip(ReadOnlySpan<byte> head) => head.StartsWith("PK\x03\x04"u8) || head.StartsWith("PK\x05\x06"u8);

    /// <exception cref="FeedRefused">It is empty, or something that no feed is.</exception>
    public static FeedHead Of(ReadOnlySpan<byte> bytes, string advice)
    {
        if (Magic(bytes) is { } magic)
            throw NotAFeed(magic);

        var mark = FeedText.OfMark(bytes);
        var text = mark is UnicodeEncoding utf16 ? new UnicodeEncoding(utf16.CodePage == 1201, byteOrderMark: true).GetString(bytes) : Encoding.Latin1.GetString(bytes);
        if (mark is not null)
            text = text[(mark is UnicodeEncoding ? 1 : 3)..];
        if (IsBinary(text))
            throw NotAFeed(SeenContent.Binary);

        text = text.TrimStart();
        if (text.Length == 0)
            throw new FeedRefused(FeedRefusal.Empty);
        if (text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
            throw NotAFeed(SeenContent.HtmlPage);
        return new FeedHead(text, mark);

        FeedRefused NotAFeed(SeenContent seen) => new(FeedRefusal.NotAFeed, seen, FeedSentences.For(seen), advice);
    }

    /// <summary>The refusal of what none of the slice's formats recognised.</summary>
    public FeedRefused Unknown(string advice)
    {
        var seen = IsXml ? SeenContent.OtherXml : IsJson ? SeenContent.OtherJson : SeenContent.OtherText;
        return new FeedRefused(FeedRefusal.UnknownFormat, seen, FeedSentences.For(seen, RootTag), advice);
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

    static string FirstTag(string text)
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

    /// <summary>More than one control character in a hundred: a few come from a partner's text, random bytes have eleven.</summary>
    static bool IsBinary(string text) => text.Count(c => c < ' ' && c is not ('\t' or '\r' or '\n')) * 100 > text.Length;
}
