using System.Text;

namespace Passerelle.Hub.Feeds;

/// <summary>The encodings that partners' files come in. A mark decides, then what the text declares, then whether it is UTF-8; else it is windows-1252.</summary>
public static class FeedText
{
    public static Encoding StrictUtf8 { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true);

    public static Encoding Windows1252 { get; } = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    /// <summary>The 32 characters in which windows-1252 differs from Latin-1; five of them are none.</summary>
    static readonly string Between80And9F = Windows1252.GetString([.. Enumerable.Range(0x80, 32).Select(b => (byte)b)]);

    /// <summary>As the platform does it, at the speed of Latin-1.</summary>
    public static int DecodeWindows1252(ReadOnlySpan<byte> bytes, Span<char> characters)
    {
        var length = Encoding.Latin1.GetChars(bytes, characters);
        var rest = characters[..length];
        for (var at = 0; (at = rest.IndexOfAnyInRange('\x80', '\x9F')) >= 0; rest = rest[(at + 1)..])
            rest[at] = Between80And9F[rest[at] - 0x80];
        return length;
    }

    /// <summary>The encoding that the byte order mark announces, or null when there is none.</summary>
    public static Encoding? OfMark(ReadOnlySpan<byte> head) => head switch
    {
        [0xEF, 0xBB, 0xBF, ..] => StrictUtf8,
        [0xFF, 0xFE, ..] => new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
        [0xFE, 0xFF, ..] => new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
        _ => null,
    };
}
