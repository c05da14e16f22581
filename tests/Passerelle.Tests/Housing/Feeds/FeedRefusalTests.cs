using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Passerelle.Hub.Feeds;
using Passerelle.Hub.Housing.Feeds;

namespace Passerelle.Tests.Housing.Feeds;

/// <summary>A file that cannot be trusted as a whole is turned away with a sentence, before its first line.</summary>
public class FeedRefusalTests
{
    static readonly string Good = Poliris.File(Poliris.Sale("A"), Poliris.Sale("B"), Poliris.Sale("C"));

    [Theory]
    [InlineData("")]
    [InlineData(" \r\n\n")]
    [InlineData("\uFEFF")]
    public void An_empty_file_is_refused(string file) => Assert.Equal(FeedRefusal.Empty, Poliris.Refused(file).Kind);

    [Theory]
    [InlineData("%PDF-1.7", FeedRefusal.NotAFeed, SeenContent.Pdf)]
    [InlineData("GIF89a", FeedRefusal.NotAFeed, SeenContent.Image)]
    [InlineData("Rar!\u001A", FeedRefusal.NotAFeed, SeenContent.OtherArchive)]
    [InlineData("a\0b\0c", FeedRefusal.NotAFeed, SeenContent.Binary)]
    [InlineData("<!DOCTYPE html><html>", FeedRefusal.NotAFeed, SeenContent.HtmlPage)]
    [InlineData("<?xml version=\"1.0\"?><!-- <openimmo> --><biens>", FeedRefusal.UnknownFormat, SeenContent.OtherXml)]
    [InlineData("<?xml version=\"1.0\"?><!-- x --><openimmo>", FeedRefusal.UnknownFormat, ForeignListings.OpenImmoXml)]
    [InlineData("IDX3.01#A#home#1#2#3#", FeedRefusal.UnknownFormat, ForeignListings.SwissIdx)]
    [InlineData("{\"total_items\":2,\"timestamp\":1,\"properties\":[{\"id\":1}]}", FeedRefusal.UnknownFormat, ForeignListings.Apimo)]
    [InlineData("<?xml version=\"1.0\"?><apimo><property/></apimo>", FeedRefusal.UnknownFormat, ForeignListings.Apimo)]
    [InlineData("<?xml version=\"1.0\"?><estates><estate type=\"1\" id=\"9\"/></estates>", FeedRefusal.UnknownFormat, ForeignListings.Apimo)]
    [InlineData("code_postal\nnb_pieces\nville", FeedRefusal.UnknownFormat, ForeignListings.UbiflowTagList)]
    [InlineData("<!--", FeedRefusal.UnknownFormat, SeenContent.OtherXml)]
    [InlineData("{\"@odata.context\":1}", FeedRefusal.UnknownFormat, ForeignListings.ResoJson)]
    [InlineData("[1]", FeedRefusal.UnknownFormat, SeenContent.OtherJson)]
    [InlineData("id;prix;ville\n1;2;3", FeedRefusal.UnknownFormat, SeenContent.OtherText)]
    public void Another_kind_of_file_is_named(string content, FeedRefusal kind, object seen)
    {
        var refused = Poliris.Refused(content);

        Assert.Equal((kind, seen), (refused.Kind, (object?)refused.Seen));
    }

    [Fact]
    public void A_photo_and_a_workbook_are_named()
    {
        Assert.Equal(SeenContent.Image, Poliris.Refused([0xFF, 0xD8, 0xFF, 0xE0, 0, 16]).Seen);
        Assert.Equal(SeenContent.Image, Poliris.Refused([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10]).Seen);
        Assert.Equal(SeenContent.ExcelWorkbook, Poliris.Refused(Poliris.Zip(("[Content_Types].xml", "x"), ("xl/workbook.xml", "x"))).Seen);
        Assert.Equal(SeenContent.OfficeDocument, Poliris.Refused(Poliris.Zip(("[Content_Types].xml", "x"), ("word/document.xml", "x"))).Seen);
    }

    [Fact]
    public void A_file_cut_anywhere_in_its_last_line_is_refused()
    {
        var lastLine = Good.TrimEnd('\n').LastIndexOf('\n') + 1;
        for (var cut = lastLine + 1; cut < Good.Length - 1; cut++)
            Assert.Equal(FeedRefusal.Truncated, Poliris.Refused(Good[..cut]).Kind);
    }

    [Fact]
    public void The_usual_archive_is_read_whatever_the_case_of_its_names()
    {
        var file = Poliris.Zip(("ANNONCES.CSV", Good), ("Config.TXT", "Version=4.11\r\nApplication=X"), ("photos.cfg", "Mode=URL"));

        using var feed = ListingFeeds.Open(new MemoryStream(file));

        Assert.Equal(3, feed.ReadLines().Count());
        Assert.Equal("4.12", feed.FormatVersion);
    }

    [Fact]
    public void The_version_comes_from_the_configuration_when_no_line_gives_it()
    {
        using var feed = ListingFeeds.Open(new MemoryStream(Poliris.Zip(("config.txt", "Version=4.11\r\n"), ("Annonces.csv", Poliris.File(Poliris.Sale("A", (301, "")))))));

        Assert.Equal("4.11", feed.FormatVersion);
    }

    [Theory]
    [InlineData("../../etc/Annonces.csv")]
    [InlineData("/tmp/Annonces.csv")]
    [InlineData("C:\\Windows\\Annonces.csv")]
    public void An_entry_whose_name_is_a_path_is_only_read(string name) => Assert.Equal(3, Poliris.Read(Poliris.Zip((name, Good))).Count);

    [Fact]
    public void Several_files_of_listings_are_ambiguous()
    {
        var refused = Poliris.Refused(Poliris.Zip(("Annonces.csv", Good), ("annonces_2.csv", Good)));

        Assert.Equal(FeedRefusal.Ambiguous, refused.Kind);
        Assert.Contains("annonces_2.csv", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_tables_and_system_files_beside_the_listings_do_no_harm() =>
        Assert.Equal(3, Poliris.Read(Poliris.Zip(("Annonces.csv", Good), ("agences.csv", "x"), ("__MACOSX/._Annonces.csv", "x"))).Count);

    [Fact]
    public void Archives_without_listings_are_refused()
    {
        Assert.Equal(FeedRefusal.Empty, Poliris.Refused(Poliris.Zip()).Kind);
        Assert.Equal(FeedRefusal.Empty, Poliris.Refused(Poliris.Zip(("Annonces.csv", ""))).Kind);
        Assert.Equal(SeenContent.ArchiveWithoutCsv, Poliris.Refused(Poliris.Zip(("biens.doc", "<biens/>"))).Seen);
        Assert.Equal(SeenContent.OtherXml, Poliris.Refused(Poliris.Zip(("biens.xml", "<biens/>"))).Seen);
        Assert.Equal(ForeignListings.OpenImmoXml, Poliris.Refused(Poliris.Zip(("Annonces.csv", "<openimmo>"))).Seen);
        Assert.Equal(SeenContent.OtherArchive, Poliris.Refused(Poliris.Zip(("Annonces.csv", Encoding.Latin1.GetString(Poliris.Zip(("x", "y")))))).Seen);
    }

    [Fact]
    public void A_cut_archive_is_refused_wherever_it_was_cut()
    {
        var zip = Poliris.Zip(("Annonces.csv", Good), ("config.txt", "Version=4.12"));
        for (var cut = 4; cut < zip.Length; cut++)
            Assert.Equal(FeedRefusal.Truncated, Poliris.Refused(zip[..cut]).Kind);
    }

    [Fact]
    public void A_stored_entry_with_one_changed_byte_is_refused_by_its_checksum()
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = zip.CreateEntry("Annonces.csv", CompressionLevel.NoCompression).Open();
            entry.Write(Encoding.UTF8.GetBytes(Good));
        }

        var bytes = stream.ToArray();
        bytes[bytes.AsSpan().IndexOf("185000"u8)] = (byte)'9';

        Assert.Equal(FeedRefusal.Truncated, Poliris.Refused(bytes).Kind);
    }

    [Fact]
    public void An_encrypted_archive_is_refused()
    {
        var zip = Poliris.Zip(("Annonces.csv", Good));
        zip[zip.AsSpan().IndexOf("PK\x01\x02"u8) + 8] |= 1;

        Assert.Equal(FeedRefusal.Encrypted, Poliris.Refused(zip).Kind);
    }

    [Fact]
    public void A_file_over_the_limit_is_refused()
    {
        var limits = new FeedLimits { MaxUncompressedBytes = 1000 };

        Assert.Equal(FeedRefusal.TooLarge, Poliris.Refused(Encoding.UTF8.GetBytes(Good), limits).Kind);
        Assert.Equal(FeedRefusal.TooLarge, Poliris.Refused(Poliris.Zip(("Annonces.csv", Good)), limits).Kind);
    }

    [Fact]
    public void A_bomb_stops_early_whatever_it_declares()
    {
        var bomb = Bomb(repeat: 40_000);
        var limits = new FeedLimits { MaxUncompressedBytes = 4 * 1024 * 1024 };
        var liar = bomb.ToArray();
        // The declared size sits 24 bytes into the entry's record of the table of contents.
        BinaryPrimitives.WriteUInt32LittleEndian(liar.AsSpan(liar.AsSpan().LastIndexOf("PK\x01\x02"u8) + 24), 5000);

        Assert.Equal(FeedRefusal.TooLarge, Poliris.Refused(bomb, limits).Kind);
        Assert.Contains(Poliris.Refused(liar, limits).Kind, new[] { FeedRefusal.TooLarge, FeedRefusal.Truncated });
    }

    [Fact]
    public void Megabytes_without_a_line_end_are_refused()
    {
        var endless = Encoding.UTF8.GetBytes(Good + "\"never closed " + new string('x', 5_000_000));

        var refused = Poliris.Refused(endless);

        Assert.Equal(FeedRefusal.LineTooLong, refused.Kind);
        Assert.Contains("ligne 4", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_breaks_the_encoding_it_announces_is_refused()
    {
        Assert.Equal(FeedRefusal.Undecodable, Poliris.Refused([0xEF, 0xBB, 0xBF, .. Poliris.Windows1252.GetBytes(Poliris.File(Poliris.Sale("A", (20, "été"))))]).Kind);
        Assert.Equal(FeedRefusal.Undecodable, Poliris.Refused([0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Good), 0x00, 0xD8, 0x41, 0x00]).Kind);
    }

    [Fact]
    public void A_table_of_contents_that_is_mostly_the_archive_is_refused()
    {
        var zip = Poliris.Zip([.. Enumerable.Range(0, 100).Select(i => ($"{i}.txt", ""))]);

        Assert.Equal(FeedRefusal.TooLarge, Poliris.Refused(zip, new FeedLimits { MaxDirectoryBytes = 2000 }).Kind);
    }

    [Fact]
    public void A_stream_that_cannot_be_read_twice_is_a_programming_error() =>
        Assert.Throws<ArgumentException>(() => ListingFeeds.Open(new GZipStream(new MemoryStream(), CompressionMode.Decompress)));

    /// <summary>Larger or smaller than what comes out: the declared size, at 24 bytes into the entry's record of the table of contents, is believed by nobody.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(1_000_000)]
    public void A_wrong_declared_size_is_refused(int by)
    {
        var zip = Poliris.Zip(("Annonces.csv", Good));
        var size = zip.AsSpan(zip.AsSpan().LastIndexOf("PK\x01\x02"u8) + 24);
        BinaryPrimitives.WriteInt32LittleEndian(size, BinaryPrimitives.ReadInt32LittleEndian(size) + by);

        Assert.Equal(FeedRefusal.Truncated, Poliris.Refused(zip).Kind);
    }

    [Fact]
    public void An_archive_in_an_archive_is_not_unpacked()
    {
        var inner = Encoding.Latin1.GetString(Poliris.Zip(("Annonces.csv", Good)));

        var refused = Poliris.Refused(Poliris.Zip(("Annonces.zip", inner)));

        Assert.Equal(SeenContent.ArchiveWithoutCsv, refused.Seen);
        Assert.Contains("Annonces.zip", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>As a link, the entry would hold a path. It is read as what it is, a text, and nothing is opened.</summary>
    [Fact]
    public void A_link_leads_nowhere()
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            var link = zip.CreateEntry("Annonces.csv");
            link.ExternalAttributes = unchecked((int)0xA1FF0000);
            using var target = link.Open();
            target.Write("/etc/passwd"u8);
        }

        Assert.Equal(SeenContent.OtherText, Poliris.Refused(stream.ToArray()).Seen);
    }

    static byte[] Bomb(int repeat)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = zip.CreateEntry("Annonces.csv", CompressionLevel.Fastest).Open();
            var line = Encoding.UTF8.GetBytes(Poliris.File(Poliris.Sale()));
            for (var i = 0; i < repeat; i++)
                entry.Write(line);
        }

        return stream.ToArray();
    }
}
