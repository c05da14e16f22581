using System.Text;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>
/// A partner's file of listings, as it is: a bare CSV, or the ZIP that portals receive. Opening it walks it once from end to
/// end and refuses what cannot be trusted as a whole; reading its lines is a second walk. Neither keeps the file in memory.
/// </summary>
public sealed class FeedFile : IDisposable
{
    readonly Func<bool, Stream> openCsv;
    readonly FeedArchive? archive;
    readonly FeedLimits limits;
    readonly PolirisInspection inspection;
    readonly Encoding? marked;
    readonly Encoding decoding;

    FeedFile(Stream stream, FeedArchive? archive, FeedLimits limits)
    {
        this.archive = archive;
        this.limits = limits;
        openCsv = archive is null ? _ => Rewind(stream, limits) : archive.OpenCsv;

        var head = Head(openCsv);
        FeedSniffer.ExpectPoliris(head);
        marked = FeedSniffer.EncodingOfMark(head);
        inspection = Inspect();
        decoding = inspection.IsUtf8 ? System.Text.Encoding.UTF8 : CodePagesEncodingProvider.Instance.GetEncoding(1252)!;
        // Text that announces its encoding and breaks it is damaged: guessing another one would publish the damage.
        if (marked is not null && !inspection.IsUtf8)
            throw new FeedRefused(FeedRefusal.Undecodable, marked.WebName);
    }

    /// <summary>Always "poliris" so far.</summary>
    public string Format => "poliris";

    /// <summary>Such as "4.12": column 301, else config.txt, else null.</summary>
    public string? FormatVersion => inspection.Version ?? archive?.Version;

    /// <summary>How the text was decoded, as an IANA name.</summary>
    public string Encoding => (marked ?? decoding).WebName;

    /// <param name="seekableStream">Read from its beginning, left open; it must stay untouched until this is disposed.</param>
    /// <param name="limits">Null means <see cref="FeedLimits.Default"/>.</param>
    /// <exception cref="FeedRefused">The file is not usable as a whole; nothing else is thrown because of its content.</exception>
    public static FeedFile Open(Stream seekableStream, FeedLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(seekableStream);
        if (!seekableStream.CanSeek)
            throw new ArgumentException("A feed is read twice: the stream must be seekable.", nameof(seekableStream));

        limits ??= FeedLimits.Default;
        if (seekableStream.Length == 0)
            throw new FeedRefused(FeedRefusal.Empty);
        if (seekableStream.Length > limits.MaxUncompressedBytes)
            throw new FeedRefused(FeedRefusal.TooLarge, limits.MaxUncompressedBytes / (1024 * 1024));

        var archive = FeedSniffer.IsZip(Head(_ => Rewind(seekableStream, limits))) ? FeedArchive.Open(seekableStream, limits) : null;
        try
        {
            return new FeedFile(seekableStream, archive, limits);
        }
        catch
        {
            archive?.Dispose();
            throw;
        }
    }

    /// <summary>Every line that is not blank, in order. May be called again, one enumeration at a time.</summary>
    public IEnumerable<FeedLine> ReadLines()
    {
        using var csv = OpenUtf8OrSingleByte(sealedToo: false);
        foreach (var line in new PolirisLineReader(new PolirisRecordReader(csv, limits.MaxLineBytes), inspection.Usual, decoding).ReadAll())
            yield return line;
    }

    public void Dispose() => archive?.Dispose();

    PolirisInspection Inspect()
    {
        try
        {
            using var csv = OpenUtf8OrSingleByte(sealedToo: true);
            return PolirisInspection.Of(new PolirisRecordReader(csv, limits.MaxLineBytes));
        }
        catch (DecoderFallbackException undecodable)
        {
            throw new FeedRefused(FeedRefusal.Undecodable, marked?.WebName ?? undecodable.Message);
        }
    }

    /// <summary>The CSV behind its byte order mark; UTF-16, which Excel writes as "Unicode text", becomes UTF-8 on the way.</summary>
    Stream OpenUtf8OrSingleByte(bool sealedToo)
    {
        var csv = openCsv(sealedToo);
        if (marked is UnicodeEncoding)
            csv = System.Text.Encoding.CreateTranscodingStream(csv, marked, System.Text.Encoding.UTF8);
        if (marked is not null)
            csv.ReadExactly(stackalloc byte[3]);
        return csv;
    }

    static MeteredStream Rewind(Stream stream, FeedLimits limits)
    {
        stream.Position = 0;
        return new MeteredStream(stream, limits.MaxUncompressedBytes, null, leaveOpen: true);
    }

    static byte[] Head(Func<bool, Stream> open)
    {
        using var csv = open(false);
        var head = new byte[FeedSniffer.HeadBytes];
        var read = csv.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return head[..read];
    }
}
