using System.Text;

namespace Passerelle.Hub.Feeds;

/// <summary>The text of a feed as a format reads it, wherever it lies: a bare file, or an entry of an archive. It can be opened again and again.</summary>
public sealed class FeedSource
{
    readonly Func<bool, Stream> open;
    readonly FeedArchive? archive;

    internal FeedSource(Func<bool, Stream> open, FeedArchive? archive, Encoding? marked, FeedLimits limits)
    {
        this.open = open;
        this.archive = archive;
        Marked = marked;
        Limits = limits;
    }

    public FeedLimits Limits { get; }

    /// <summary>What the byte order mark announces; null without one.</summary>
    public Encoding? Marked { get; }

    /// <summary>The beginning of a small file that lies beside the feed in its archive, such as config.txt; null when there is none.</summary>
    public string? Companion(string name) => archive?.ReadBeginning(name);

    /// <summary>The bytes behind the mark. UTF-16, which Excel writes as "Unicode text", becomes UTF-8 on the way.</summary>
    /// <param name="sealedToo">Whether to check an archive's length and checksum at the end, which is needed once.</param>
    /// <exception cref="DecoderFallbackException">While reading: UTF-16 that is none.</exception>
    public Stream OpenBytes(bool sealedToo)
    {
        var bytes = open(sealedToo);
        if (Marked is UnicodeEncoding)
            bytes = Encoding.CreateTranscodingStream(bytes, Marked, Encoding.UTF8);
        if (Marked is not null)
            bytes.ReadExactly(stackalloc byte[3]);
        return bytes;
    }

    /// <summary>Reads all of it to know.</summary>
    public bool IsUtf8()
    {
        using var reader = new StreamReader(OpenBytes(sealedToo: true), FeedText.StrictUtf8, detectEncodingFromByteOrderMarks: false);
        var characters = new char[16 * 1024];
        try
        {
            while (reader.Read(characters) > 0)
            {
            }

            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    /// <summary>The encoding to report, once it is known whether all bytes are valid UTF-8 (plain ASCII is).</summary>
    /// <exception cref="FeedRefused">The text announces its encoding and breaks it: it is damaged, and guessing another would publish the damage.</exception>
    public Encoding Settle(bool isUtf8) => (Marked, isUtf8) switch
    {
        ({ } marked, false) => throw new FeedRefused(FeedRefusal.Undecodable, marked.WebName),
        ({ } marked, true) => marked,
        (null, true) => Encoding.UTF8,
        (null, false) => FeedText.Windows1252,
    };
}
