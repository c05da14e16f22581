using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Passerelle.Client;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Contracts.Schooling.V1;

namespace Passerelle.Tests.Client;

public sealed class UploadTests : IAsyncLifetime
{
    private FakeHub _hub = null!;
    private PasserelleClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        _client = _hub.Connect();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task A_feed_goes_as_a_header_then_chunks_and_progress_is_told()
    {
        var file = Bytes(200_000);
        var received = new MemoryStream();
        ImportFeedRequest.Types.Header? header = null;
        _hub.OnImportFeed = async (stream, _) =>
        {
            header = await ReadFeedAsync(stream, received);
            return new ImportFeedResponse { Report = new ImportReport { NewCount = 3 } };
        };
        var progress = new Recorded();
        var id = Guid.Parse("0198a1b2-0000-7000-8000-000000000001");

        var report = await _client.ImportFeedAsync(new MemoryStream(file), "annonces.zip", id, progress, Token);

        Assert.Equal(3, report.NewCount);
        Assert.Equal(("annonces.zip", id.ToString()), (header!.FileName, header.RequestId));
        Assert.Equal(file, received.ToArray());
        Assert.Equal(200_000, progress.Values.Last());
        Assert.Equal(progress.Values.Order(), progress.Values);
    }

    [Fact]
    public async Task A_feed_is_sent_again_whole_and_under_the_same_request_id_when_the_hub_was_unavailable()
    {
        var file = Bytes(100_000);
        var ids = new List<string>();
        var received = new MemoryStream();
        _hub.OnImportFeed = async (stream, _) =>
        {
            if (ids.Count == 0)
            {
                Assert.True(await stream.MoveNext());
                ids.Add(stream.Current.Header.RequestId);
                throw FakeHub.Down;
            }
            ids.Add((await ReadFeedAsync(stream, received)).RequestId);
            return new ImportFeedResponse { Report = new ImportReport() };
        };

        await _client.ImportFeedAsync(new MemoryStream(file), "a.csv", cancellationToken: Token);

        Assert.Equal(2, ids.Count);
        Assert.Single(ids.Distinct());
        Assert.Equal(file, received.ToArray());
    }

    [Fact]
    public async Task An_early_refusal_comes_out_with_its_reason_while_the_file_is_still_being_sent()
    {
        _hub.OnImportFeed = (_, _) => throw FakeHub.Refusal(StatusCode.InvalidArgument, "FEED_FORMAT_UNKNOWN", new() { ["seen"] = "pdf" });

        var thrown = await Assert.ThrowsAsync<RpcException>(() => _client.ImportFeedAsync(new MemoryStream(Bytes(8_000_000)), "a.pdf", cancellationToken: Token));

        Assert.Equal("FEED_FORMAT_UNKNOWN", PasserelleError.From(thrown).ReasonName);
        Assert.Equal(1, _hub.CountOf("ImportFeed"));
    }

    [Fact]
    public async Task An_early_response_of_an_equal_request_is_the_response()
    {
        _hub.OnImportFeed = (_, _) => Task.FromResult(new ImportFeedResponse { Report = new ImportReport { Name = "importReports/1" } });

        var report = await _client.ImportFeedAsync(new MemoryStream(Bytes(8_000_000)), "a.zip", cancellationToken: Token);

        Assert.Equal("importReports/1", report.Name);
    }

    [Fact]
    public async Task Offers_are_read_once_and_sent_again_from_memory()
    {
        var reads = 0;
        var received = new List<string>();
        _hub.OnPushOffers = async (stream, _) =>
        {
            received.Clear();
            await foreach (var item in stream.ReadAllAsync())
            {
                if (item.ItemCase == PushOffersRequest.ItemOneofCase.Offer)
                    received.Add(item.Offer.Reference);
                if (received.Count == 2 && _hub.CountOf("PushOffers") == 1)
                    throw FakeHub.Down;
            }
            return new PushOffersResponse { ReceivedCount = received.Count };
        };

        var response = await _client.PushOffersAsync(Source(), cancellationToken: Token);

        Assert.Equal(5, response.ReceivedCount);
        Assert.Equal(["r0", "r1", "r2", "r3", "r4"], received);
        Assert.Equal(5, reads);

        async IAsyncEnumerable<Offer> Source()
        {
            for (var i = 0; i < 5; i++)
            {
                await Task.Yield();
                reads++;
                yield return new Offer { Reference = "r" + i };
            }
        }
    }

    [Fact]
    public async Task Listings_go_in_batches_that_the_contract_takes_and_are_read_again_to_be_sent_again()
    {
        var (reads, batches) = (0, new List<SyncListingsRequest.Types.Batch>());
        SyncListingsRequest.Types.Header? header = null;
        _hub.OnSyncListings = async (stream, _) =>
        {
            batches.Clear();
            await foreach (var item in stream.ReadAllAsync())
            {
                header ??= item.Header;
                if (item.Batch is { } batch)
                    batches.Add(batch);
                if (batches.Count == 2 && _hub.CountOf("SyncListings") == 1)
                    throw FakeHub.Down;
            }
            return new SyncListingsResponse { Report = new ImportReport { NewCount = batches.Sum(b => b.Listings.Count) } };
        };
        var progress = new Recorded();

        var report = await _client.SyncListingsAsync(Source(), ["agence-1"], sent: progress, cancellationToken: Token);

        Assert.Equal((1100, 2, 1100), (report.NewCount, reads, (int)progress.Values.Last()));
        Assert.Equal(["agence-1"], header!.Agencies);
        Assert.Equal(Enumerable.Range(0, 1100).Select(i => "T" + i), batches.SelectMany(b => b.Listings).Select(l => l.TechnicalId));
        Assert.All(batches, b => Assert.True(b.Listings.Count <= 500 && b.CalculateSize() <= 1024 * 1024));
        Assert.InRange(batches.Count, 5, 7);

        async IAsyncEnumerable<Listing> Source()
        {
            reads++;
            for (var i = 0; i < 1100; i++)
            {
                await Task.Yield();
                yield return new Listing { TechnicalId = "T" + i, Description = new string('d', i < 30 ? 90_000 : 10) };
            }
        }
    }

    [Fact]
    public async Task A_source_that_fails_ends_the_push_with_its_own_exception()
    {
        var ended = new TaskCompletionSource();
        _hub.OnPushOffers = async (stream, context) =>
        {
            context.CancellationToken.Register(() => ended.TrySetResult());
            await foreach (var _ in stream.ReadAllAsync()) { }
            return new PushOffersResponse();
        };

        await Assert.ThrowsAsync<InvalidDataException>(() => _client.PushOffersAsync(Source(), cancellationToken: Token));

        await ended.Task.WaitAsync(Token);

        static async IAsyncEnumerable<Offer> Source()
        {
            yield return new Offer();
            await Task.Yield();
            throw new InvalidDataException();
        }
    }

    [Fact]
    public async Task A_document_is_announced_with_its_size_and_sha256()
    {
        var content = Bytes(70_000);
        Document? announced = null;
        var received = new MemoryStream();
        _hub.OnUploadDocument = async (stream, _) =>
        {
            await foreach (var item in stream.ReadAllAsync())
            {
                announced ??= item.Header.Document;
                item.Chunk.WriteTo(received);
            }
            return new UploadDocumentResponse { Name = "documents/1", CreateTime = new Timestamp { Seconds = 1 } };
        };

        var document = await _client.UploadDocumentAsync(
            "persons/1", Document.Types.Kind.SchoolReport, "livret.pdf", "application/pdf", new MemoryStream(content), cancellationToken: Token);

        Assert.Equal("documents/1", document.Name);
        Assert.Equal(70_000, announced!.SizeBytes);
        Assert.Equal(SHA256.HashData(content), announced.Sha256.ToByteArray());
        Assert.Equal(content, received.ToArray());
    }

    [Fact]
    public async Task A_document_over_10_MiB_is_refused_before_anything_is_sent()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => _client.UploadDocumentAsync(
            "persons/1", Document.Types.Kind.Other, "a.pdf", "application/pdf", new MemoryStream((10 * 1024 * 1024) + 1) { Position = 0 }.Filled(), cancellationToken: Token));

        Assert.Empty(_hub.Calls);
    }

    [Fact]
    public async Task A_download_gives_the_bytes_and_the_header()
    {
        var content = Bytes(150_000);
        _hub.OnDownloadDocument = (_, stream, _) => SendAsync(stream, Described(content), content);
        var destination = new MemoryStream();

        var document = await _client.DownloadDocumentAsync("documents/1", destination, cancellationToken: Token);

        Assert.Equal("livret.pdf", document.FileName);
        Assert.Equal(content, destination.ToArray());
    }

    [Fact]
    public async Task A_download_with_another_checksum_fails()
    {
        var content = Bytes(1_000);
        var other = Described(content);
        other.Sha256 = ByteString.CopyFrom(SHA256.HashData(Bytes(999)));
        _hub.OnDownloadDocument = (_, stream, _) => SendAsync(stream, other, content);

        var thrown = await Assert.ThrowsAsync<DocumentCorruptException>(() => _client.DownloadDocumentAsync("documents/1", new MemoryStream(), cancellationToken: Token));

        Assert.Equal("documents/1", thrown.Document);
    }

    [Theory]
    [InlineData(999)]
    [InlineData(1_001)]
    public async Task A_download_with_another_size_fails(int announced)
    {
        var content = Bytes(1_000);
        var other = Described(content);
        other.SizeBytes = announced;
        _hub.OnDownloadDocument = (_, stream, _) => SendAsync(stream, other, content);

        await Assert.ThrowsAsync<DocumentCorruptException>(() => _client.DownloadDocumentAsync("documents/1", new MemoryStream(), cancellationToken: Token));
    }

    [Fact]
    public async Task A_download_without_a_header_fails()
    {
        _hub.OnDownloadDocument = (_, stream, _) => stream.WriteAsync(new DownloadDocumentResponse { Chunk = ByteString.CopyFromUtf8("x") });

        await Assert.ThrowsAsync<DocumentCorruptException>(() => _client.DownloadDocumentAsync("documents/1", new MemoryStream(), cancellationToken: Token));
    }

    internal static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    internal static Document Described(byte[] content, string fileName = "livret.pdf") => new()
    {
        Name = "documents/1",
        FileName = fileName,
        MediaType = "application/pdf",
        SizeBytes = content.Length,
        Sha256 = ByteString.CopyFrom(SHA256.HashData(content)),
    };

    internal static async Task SendAsync(IServerStreamWriter<DownloadDocumentResponse> stream, Document header, byte[] content)
    {
        await stream.WriteAsync(new DownloadDocumentResponse { Document = header });
        foreach (var chunk in content.Chunk(64 * 1024))
            await stream.WriteAsync(new DownloadDocumentResponse { Chunk = ByteString.CopyFrom(chunk) });
    }

    private static async Task<ImportFeedRequest.Types.Header> ReadFeedAsync(IAsyncStreamReader<ImportFeedRequest> stream, MemoryStream into)
    {
        Assert.True(await stream.MoveNext());
        var header = stream.Current.Header;
        await foreach (var item in stream.ReadAllAsync())
            item.Chunk.WriteTo(into);
        return header;
    }

    private sealed class Recorded : IProgress<long>
    {
        public List<long> Values { get; } = [];

        public void Report(long value) => Values.Add(value);
    }
}

file static class Streams
{
    public static MemoryStream Filled(this MemoryStream stream)
    {
        stream.SetLength(stream.Capacity);
        return stream;
    }
}
