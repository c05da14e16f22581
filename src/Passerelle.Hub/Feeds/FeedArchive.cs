using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Passerelle.Hub.Feeds;

/// <summary>
/// The ZIP that a portal receives: the feed, sometimes its configuration and its pictures. Entries are read as
/// streams and never written anywhere, so that no entry name, however crafted, is ever a path.
/// </summary>
sealed class FeedArchive : IDisposable
{
    const int EndRecordBytes = 22;

    readonly ZipArchive zip;
    readonly ZipArchiveEntry entry;
    readonly FeedLimits limits;

    FeedArchive(ZipArchive zip, ZipArchiveEntry entry, FeedLimits limits)
    {
        this.zip = zip;
        this.entry = entry;
        this.limits = limits;
    }

    /// <summary>When the feed was written, as its entry says; null: it does not.</summary>
    public DateTimeOffset? MakeTime => FeedStamp.OfEntry(entry.LastWriteTime.DateTime);

    public static FeedArchive Open(Stream stream, FeedDoor door, FeedLimits limits)
    {
        CheckDirectory(stream, limits);
        ZipArchive? zip = null;
        try
        {
            zip = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            return new FeedArchive(zip, ChooseEntry(zip, door, limits), limits);
        }
        // What the platform throws over a damaged table of contents; it documents only the first.
        catch (Exception damaged) when (damaged is InvalidDataException or IOException or ArgumentException or NotSupportedException or OverflowException)
        {
            zip?.Dispose();
            throw new FeedRefused(FeedRefusal.Truncated, damaged);
        }
        catch (FeedRefused)
        {
            zip?.Dispose();
            throw;
        }
    }

    /// <summary>The feed from its beginning; each call starts again.</summary>
    /// <param name="sealedToo">Whether to check length and checksum at the end, which is needed once.</param>
    public Stream OpenFeed(bool sealedToo)
    {
        var seal = new EntrySeal(entry.Crc32, entry.Length);
        return new MeteredStream(OpenEntry(entry), limits.MaxUncompressedBytes, sealedToo ? seal : null, leaveOpen: false);
    }

    public void Dispose() => zip.Dispose();

    static Stream OpenEntry(ZipArchiveEntry entry)
    {
        try
        {
            return entry.Open();
        }
        catch (Exception damaged) when (damaged is InvalidDataException or IOException or ArgumentException or NotSupportedException)
        {
            throw new FeedRefused(FeedRefusal.Truncated, damaged);
        }
    }

    static ZipArchiveEntry ChooseEntry(ZipArchive zip, FeedDoor door, FeedLimits limits)
    {
        var files = zip.Entries.Where(e => BaseName(e).Length > 0 && !IsSystemFile(e)).ToList();
        if (files.Count == 0)
            throw new FeedRefused(FeedRefusal.Empty);
        if (files.Any(e => e.FullName == "[Content_Types].xml"))
            throw Seen(FeedRefusal.NotAFeed, files.Any(e => e.FullName.StartsWith("xl/", StringComparison.Ordinal)) ? SeenContent.ExcelWorkbook : SeenContent.OfficeDocument);

        var texts = files.Where(e => door.Endings.Any(ending => BaseName(e).EndsWith(ending, StringComparison.OrdinalIgnoreCase))).ToList();
        var named = texts.Where(e => BaseName(e).StartsWith(door.FileName, StringComparison.OrdinalIgnoreCase)).ToList();
        var candidates = named.Count > 0 ? named : texts;
        if (candidates.Count == 0)
            throw Seen(FeedRefusal.UnknownFormat, SeenContent.ArchiveWithoutCsv);
        if (candidates.Count > 1)
            throw new FeedRefused(FeedRefusal.Ambiguous, Names(candidates));

        var chosen = candidates[0];
        if (chosen.IsEncrypted)
            throw new FeedRefused(FeedRefusal.Encrypted);
        // The declared size is only good for an early refusal; MeteredStream has the last word.
        if (chosen.Length > limits.MaxUncompressedBytes)
            throw new FeedRefused(FeedRefusal.TooLarge, limits.MaxUncompressedBytes / (1024 * 1024));
        return chosen;

        FeedRefused Seen(FeedRefusal kind, SeenContent seen) => new(kind, seen, FeedSentences.For(seen, Names(files)), door.Advice);
    }

    /// <summary>
    /// Finds the end record and measures the table of contents between it and where it says that it begins: the platform
    /// reads all of it into memory, whatever its size. Without an end record the archive was cut.
    /// </summary>
    static void CheckDirectory(Stream stream, FeedLimits limits)
    {
        var tail = new byte[Math.Min(stream.Length, EndRecordBytes + ushort.MaxValue)];
        stream.Position = stream.Length - tail.Length;
        stream.ReadExactly(tail);
        stream.Position = 0;

        var at = tail.AsSpan().LastIndexOf("PK\x05\x06"u8);
        if (at < 0 || tail.Length - at < EndRecordBytes)
            throw new FeedRefused(FeedRefusal.Truncated);
        var directory = BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at + 16));
        // 0xFFFFFFFF announces ZIP64, for archives beyond 4 GB, which no feed is.
        if (directory == uint.MaxValue || stream.Length - tail.Length + at - directory > limits.MaxDirectoryBytes)
            throw new FeedRefused(FeedRefusal.TooLarge, limits.MaxUncompressedBytes / (1024 * 1024));
    }

    /// <summary>The first 4 KB of a file that lies beside the feed, whatever the case of its name; null when there is none.</summary>
    public string? ReadBeginning(string name)
    {
        var companion = zip.Entries.FirstOrDefault(e => BaseName(e).Equals(name, StringComparison.OrdinalIgnoreCase));
        if (companion is null || companion.IsEncrypted)
            return null;
        var bytes = new byte[4096];
        using var stream = new MeteredStream(OpenEntry(companion), bytes.Length, null, leaveOpen: false);
        return Encoding.Latin1.GetString(bytes, 0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
    }

    static bool IsSystemFile(ZipArchiveEntry entry) =>
        BaseName(entry).StartsWith('.') || entry.FullName.StartsWith("__MACOSX/", StringComparison.Ordinal);

    /// <summary>The last part of the name, by either slash; empty for a folder.</summary>
    static string BaseName(ZipArchiveEntry entry) => entry.FullName[(entry.FullName.LastIndexOfAny(['/', '\\']) + 1)..];

    static string Names(List<ZipArchiveEntry> entries)
    {
        var names = string.Join(", ", entries.Take(3).Select(e => FieldText.Excerpt(BaseName(e))));
        return entries.Count > 3 ? names + ", …" : names;
    }
}
