namespace Passerelle.Hub.Feeds;

/// <summary>
/// A partner's file, as it is: bare, or in the ZIP that portals receive. Opening it walks it once from end to end and refuses
/// what cannot be trusted as a whole; reading its lines is a second walk. Neither keeps the file in memory.
/// </summary>
public sealed class FeedFile : IDisposable
{
    readonly FeedArchive? archive;
    readonly IFeedReading reading;

    FeedFile(string format, IFeedReading reading, FeedArchive? archive) => (Format, this.reading, this.archive) = (format, reading, archive);

    /// <summary>Such as "poliris".</summary>
    public string Format { get; }

    /// <summary>Such as "4.12", or null.</summary>
    public string? FormatVersion => reading.Version;

    /// <summary>When it was made, as its archive says; null: it does not, or there is none.</summary>
    public DateTimeOffset? MakeTime => archive?.MakeTime;

    /// <summary>How the text was decoded, as an IANA name.</summary>
    public string Encoding => reading.Encoding.WebName;

    /// <param name="seekableStream">Read from its beginning, left open; it must stay untouched until this is disposed.</param>
    /// <param name="door">What the slice takes.</param>
    /// <param name="limits">Null means <see cref="FeedLimits.Default"/>.</param>
    /// <exception cref="FeedRefused">The file is not usable as a whole; nothing else is thrown because of its content.</exception>
    public static FeedFile Open(Stream seekableStream, FeedDoor door, FeedLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(seekableStream);
        if (!seekableStream.CanSeek)
            throw new ArgumentException("A feed is read twice: the stream must be seekable.", nameof(seekableStream));

        limits ??= FeedLimits.Default;
        if (seekableStream.Length == 0)
            throw new FeedRefused(FeedRefusal.Empty);
        if (seekableStream.Length > limits.MaxUncompressedBytes)
            throw new FeedRefused(FeedRefusal.TooLarge, limits.MaxUncompressedBytes / (1024 * 1024));

        var archive = FeedHead.IsZip(BeginningOf(_ => Rewind(seekableStream, limits))) ? FeedArchive.Open(seekableStream, door, limits) : null;
        try
        {
            return Sniff(archive is null ? _ => Rewind(seekableStream, limits) : archive.OpenFeed, archive, door, limits);
        }
        catch
        {
            archive?.Dispose();
            throw;
        }
    }

    static FeedFile Sniff(Func<bool, Stream> open, FeedArchive? archive, FeedDoor door, FeedLimits limits)
    {
        var head = FeedHead.Of(BeginningOf(open), door.Advice);
        if (door.Foreign.FirstOrDefault(f => f.Recognises(head)) is { } foreign)
            throw new FeedRefused(FeedRefusal.UnknownFormat, foreign.Seen, foreign.Name, door.Advice);
        var format = door.Formats.FirstOrDefault(f => f.Recognises(head)) ?? throw head.Unknown(door.Advice);
        return new FeedFile(format.Name, format.Inspect(new FeedSource(open, archive, head.Marked, limits)), archive);
    }

    /// <summary>Every record, in order. May be called again, one enumeration at a time.</summary>
    public IEnumerable<FeedLine> ReadLines() => reading.ReadLines();

    public void Dispose() => archive?.Dispose();

    static MeteredStream Rewind(Stream stream, FeedLimits limits)
    {
        stream.Position = 0;
        return new MeteredStream(stream, limits.MaxUncompressedBytes, null, leaveOpen: true);
    }

    static byte[] BeginningOf(Func<bool, Stream> open)
    {
        using var bytes = open(false);
        var head = new byte[FeedHead.Bytes];
        var read = bytes.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return head[..read];
    }
}
