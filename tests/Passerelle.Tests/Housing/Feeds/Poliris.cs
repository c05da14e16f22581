using System.IO.Compression;
using System.Text;
using Passerelle.Hub.Feeds;
using Passerelle.Hub.Housing.Feeds;

namespace Passerelle.Tests.Housing.Feeds;

/// <summary>Writes small Poliris files, column by column.</summary>
static class Poliris
{
    public const int Columns = 334;
    public static readonly Encoding Windows1252 = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    /// <summary>A complete, unremarkable flat for sale in Caen; <paramref name="changes"/> overwrite columns by number.</summary>
    public static string[] Sale(string id = "T1", params (int Column, string Value)[] changes)
    {
        var fields = new string[Columns];
        Array.Fill(fields, "");
        (fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6]) = ("agence-1", "REF " + id, "vente", "appartement", "14000", "Caen", "France");
        (fields[10], fields[15], fields[17], fields[19], fields[20]) = ("185000", "62.5", "3", "Trois pièces", "Près du port.");
        (fields[174], fields[300]) = (id, "4.12");
        foreach (var (column, value) in changes)
            fields[column - 1] = value;
        return fields;
    }

    public static string Line(params string[] fields) => string.Join("!#", fields.Select(f => $"\"{f.Replace("\"", "\"\"", StringComparison.Ordinal)}\""));

    public static string File(params string[][] listings) => string.Concat(listings.Select(fields => Line(fields) + "\n"));

    public static List<FeedLine> Read(byte[] file, FeedLimits? limits = null)
    {
        using var stream = new MemoryStream(file);
        using var feed = ListingFeeds.Open(stream, limits);
        return [.. feed.ReadLines()];
    }

    public static List<FeedLine> Read(string file) => Read(Encoding.UTF8.GetBytes(file));

    public static DraftLine<ListingDraft> ReadOne(params (int Column, string Value)[] changes) => Assert.IsType<DraftLine<ListingDraft>>(Assert.Single(Read(File(Sale("T1", changes)))));

    public static RejectedLine Rejected(params (int Column, string Value)[] changes) => Assert.IsType<RejectedLine>(Assert.Single(Read(File(Sale("T1", changes)))));

    public static FeedRefused Refused(byte[] file, FeedLimits? limits = null)
    {
        var refused = Assert.Throws<FeedRefused>(() => Read(file, limits));
        Assert.DoesNotContain("{0}", refused.Message, StringComparison.Ordinal);
        return refused;
    }

    public static FeedRefused Refused(string file) => Refused(Encoding.UTF8.GetBytes(file));

    /// <summary>An archive whose one entry says when it was written, by the clock on the wall.</summary>
    public static byte[] Zip(DateTime written, string name, byte[] content)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            var entry = zip.CreateEntry(name);
            entry.LastWriteTime = new DateTimeOffset(written, TimeSpan.Zero);
            using var inside = entry.Open();
            inside.Write(content);
        }

        return stream.ToArray();
    }

    public static byte[] Zip(params (string Name, string Content)[] entries)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(Encoding.UTF8.GetBytes(content));
            }
        }

        return stream.ToArray();
    }
}
