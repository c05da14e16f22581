using System.IO.Compression;
using System.Text;
using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Tests.Housing.Feeds;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Housing;

/// <summary>Whatever is wrong with a feed as a whole: one clear error, and nothing happened.</summary>
public sealed class FeedErrorTests(Postgres postgres)
{
    static readonly byte[] good = Feed.OfSales(Feed.Ids(1, 3));

    [Fact]
    public async Task A_file_that_cannot_be_trusted_changes_nothing()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(good);
        var zip = Poliris.Zip(("Annonces.csv", Encoding.UTF8.GetString(good)));
        var encrypted = zip.ToArray();
        encrypted[encrypted.AsSpan().IndexOf("PK\x01\x02"u8) + 8] |= 1;

        await Feed.RefusedAsync(hub, ErrorReason.FeedEmpty, StatusCode.InvalidArgument, []);
        await Feed.RefusedAsync(hub, ErrorReason.FeedEmpty, StatusCode.InvalidArgument, " \r\n"u8.ToArray());
        await Feed.RefusedAsync(hub, ErrorReason.FeedEmpty, StatusCode.InvalidArgument, Poliris.Zip(("Annonces.csv", "")));
        await Feed.RefusedAsync(hub, ErrorReason.FeedTruncated, StatusCode.InvalidArgument, good[..(good.Length / 2)]);
        await Feed.RefusedAsync(hub, ErrorReason.FeedTruncated, StatusCode.InvalidArgument, zip[..(zip.Length / 2)]);
        await Feed.RefusedAsync(hub, ErrorReason.FeedUnreadable, StatusCode.InvalidArgument, encrypted);
        await Feed.RefusedAsync(hub, ErrorReason.FeedUnreadable, StatusCode.InvalidArgument, Poliris.Zip(("biens.doc", "x")));
        await Feed.RefusedAsync(hub, ErrorReason.FeedUnreadable, StatusCode.InvalidArgument, Poliris.Zip(("Annonces.csv", "x"), ("annonces2.csv", "x")));
        await Feed.RefusedAsync(hub, ErrorReason.FeedUnreadable, StatusCode.InvalidArgument, [0xEF, 0xBB, 0xBF, .. Poliris.Windows1252.GetBytes(Poliris.File(Poliris.Sale("A", (20, "été"))))]);

        var text = await Feed.RefusedAsync(hub, ErrorReason.FeedFormatUnknown, StatusCode.InvalidArgument, "id;prix\n1;2\n"u8.ToArray());
        Assert.Equal("other_text", text.Metadata["seen"]);
        var broken = await Feed.RefusedAsync(hub, ErrorReason.FeedFormatUnknown, StatusCode.InvalidArgument, "PK\x03\x08 et la suite"u8.ToArray());
        Assert.Equal("other_archive", broken.Metadata["seen"]);

        // The same for the formats of named fields: what is missing behind the cut is not withdrawn.
        var (xml, json) = (Ubiflow.Bytes(Ubiflow.Xml(Ubiflow.House("T1"))), Ubiflow.Bytes(Ubiflow.Json(Ubiflow.House("T1"))));
        await Feed.RefusedAsync(hub, ErrorReason.FeedTruncated, StatusCode.InvalidArgument, xml[..^4]);
        await Feed.RefusedAsync(hub, ErrorReason.FeedTruncated, StatusCode.InvalidArgument, json[..^4]);
        await Feed.RefusedAsync(hub, ErrorReason.FeedEmpty, StatusCode.InvalidArgument, Ubiflow.Bytes("<propertybase_feed/>"));
        await Feed.RefusedAsync(hub, ErrorReason.FeedUnreadable, StatusCode.InvalidArgument, [.. "<!DOCTYPE client>"u8, .. xml.AsSpan(xml.AsSpan().IndexOf("<client"u8))]);
        await Feed.RefusedAsync(hub, ErrorReason.FeedFormatUnknown, StatusCode.InvalidArgument, "IDX3.01#A#maison#1#"u8.ToArray());
    }

    [Theory]
    [InlineData("estate/openimmo/openimmo-data_127.xml", "open_immo_xml")]
    [InlineData("estate/reso/good-property-payload.json", "reso_json")]
    [InlineData("estate/ubiflow-json/ubiflow-xml-tags.txt", "ubiflow_tag_list")]
    public async Task A_real_file_of_another_format_is_named_in_french(string fixture, string seen)
    {
        var file = Feed.OfFixture(fixture);
        await using var hub = await HubHost.StartAsync(postgres);

        var error = await Feed.RefusedAsync(hub, ErrorReason.FeedFormatUnknown, StatusCode.InvalidArgument, file);
        Assert.Equal(seen, error.Metadata["seen"]);
        var status = await Assert.ThrowsAsync<RpcException>(() => hub.ImportAsync(file));
        Assert.StartsWith("Ce format n’est pas encore accepté", status.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bomb_and_a_file_over_the_limit_are_refused_with_the_limit()
    {
        await using var hub = await HubHost.StartAsync(postgres);

        var bomb = await Feed.RefusedAsync(hub, ErrorReason.FeedTooLarge, StatusCode.ResourceExhausted, Bomb());
        Assert.Equal("536870912", bomb.Metadata["limit"]);

        // The same megabyte again and again: what counts is refused long before the sixty-sixth.
        var chunk = Feed.Chunk(new byte[1024 * 1024]);
        var endless = await Feed.RefusedAsync(hub, ErrorReason.FeedTooLarge, StatusCode.ResourceExhausted, () => Feed.SendAsync(hub, [Feed.Header(), .. Enumerable.Repeat(chunk, 66)]));
        Assert.Equal("67108864", endless.Metadata["limit"]);
    }

    [Fact]
    public async Task A_stream_that_is_not_a_header_and_chunks_is_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (header, chunk) = (Feed.Header(), Feed.Chunk(good));

        foreach (ImportFeedRequest[] messages in (ImportFeedRequest[][])[[], [chunk], [new()], [header, header, chunk], [header, chunk, header], [header, new()], [header, Feed.Chunk()], [header, Feed.Chunk(new byte[1024 * 1024 + 1])]])
            await Feed.RefusedAsync(hub, ErrorReason.StreamMalformed, StatusCode.InvalidArgument, () => Feed.SendAsync(hub, messages));
        await Feed.RefusedAsync(hub, ErrorReason.FeedEmpty, StatusCode.InvalidArgument, () => Feed.SendAsync(hub, [header]));
        var invalid = await Feed.RefusedAsync(hub, ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => Feed.SendAsync(hub, [Feed.Header("sept", new string('x', 201)), chunk]));
        Assert.Equal(["request_id", "file_name"], invalid.Fields);
        await Feed.RefusedAsync(hub, ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => Feed.SendAsync(hub, [Feed.Header(fileName: "a\0b"), chunk]));
    }

    [Fact]
    public async Task A_stream_that_breaks_off_changes_nothing()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(good);
        var before = await hub.DumpAsync();

        using (var call = hub.Feeds().ImportFeed())
        {
            await call.RequestStream.WriteAsync(Feed.Header());
            await call.RequestStream.WriteAsync(Feed.Chunk(good));
            call.Dispose();
            Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
        }

        Assert.Equal(before, await hub.DumpAsync());
        Assert.Equal((0, 0, 3, 0, 0, 0), (await hub.ImportAsync(good)).Counts());
    }

    [Fact]
    public async Task Only_a_housing_partner_may_import()
    {
        await using var hub = await HubHost.StartAsync(postgres);

        await Feed.RefusedAsync(hub, ErrorReason.ScopeMissing, StatusCode.PermissionDenied, () => hub.ImportAsync(good, "crm"));
        await Feed.RefusedAsync(hub, ErrorReason.ScopeMissing, StatusCode.PermissionDenied, () => hub.ImportAsync(good, "emploi"));
    }

    /// <summary>Two gigabytes of zeros behind a first line, in two megabytes.</summary>
    static byte[] Bomb()
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = zip.CreateEntry("Annonces.csv", CompressionLevel.Fastest).Open();
            entry.Write(good);
            var zeros = new byte[1024 * 1024];
            for (var i = 0; i < 2048; i++) entry.Write(zeros);
        }

        return stream.ToArray();
    }
}
