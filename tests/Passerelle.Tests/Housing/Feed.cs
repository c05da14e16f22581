using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Tests.Housing.Feeds;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Housing;

/// <summary>Sends feeds, and asks what became of them, as a partner does.</summary>
static class Feed
{
    public const string First = "estate/poliris-hektor/Annonces_20260313-1602.csv";
    public const string Second = "estate/poliris-hektor/Annonces_20260316-1556.csv";
    public const string Third = "estate/poliris-hektor/Annonces_20260401-1427.csv";
    public const string Zip = "estate/poliris-propertybase/RC-1577371.zip";

    public static byte[] OfFixture(string relative) => File.ReadAllBytes(Fixtures.PathOf(relative));

    public static byte[] Of(params string[][] listings) => Encoding.UTF8.GetBytes(Poliris.File(listings));

    /// <summary>Sales of one agency, with these technical ids.</summary>
    public static byte[] OfSales(IEnumerable<string> ids, params (int Column, string Value)[] changes) => Of([.. ids.Select(id => Poliris.Sale(id, changes))]);

    /// <summary>Sales of an agency, T1, T2, ...</summary>
    public static IEnumerable<string[]> OfAgency(string agency, int from, int to) => Ids(from, to).Select(id => Poliris.Sale(id, (1, agency)));

    /// <summary>T1, T2, ... </summary>
    public static IEnumerable<string> Ids(int from, int to) => Enumerable.Range(from, to - from + 1).Select(i => $"T{i}");

    public static async Task<ImportReport> ImportAsync(this HubHost hub, byte[] file, string partner = "agence", string? requestId = null, string fileName = "Annonces.csv", DateTimeOffset? made = null)
    {
        var chunks = file.Chunk(64 * 1024).Select(bytes => new ImportFeedRequest { Chunk = ByteString.CopyFrom(bytes) });
        var header = Header(requestId, fileName);
        header.Header.MakeTime = made?.ToTimestamp();
        return await SendAsync(hub, [header, .. chunks], partner);
    }

    public static ImportFeedRequest Header(string? requestId = null, string fileName = "Annonces.csv") =>
        new() { Header = new() { RequestId = requestId ?? Household.NewId(), FileName = fileName } };

    public static ImportFeedRequest Chunk(params byte[] bytes) => new() { Chunk = ByteString.CopyFrom(bytes) };

    public static async Task<ImportReport> SendAsync(HubHost hub, IEnumerable<ImportFeedRequest> messages, string partner = "agence")
    {
        using var call = new FeedService.FeedServiceClient(hub.As(partner)).ImportFeed();
        try
        {
            foreach (var message in messages) await call.RequestStream.WriteAsync(message);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception ended) when (ended is RpcException or InvalidOperationException)
        {
            // The hub has refused while we were sending: the response says why.
        }

        return (await call).Report;
    }

    /// <summary>The refusal, after which every table is as it was.</summary>
    public static async Task<HubError> RefusedAsync(HubHost hub, ErrorReason reason, StatusCode code, Func<Task> send)
    {
        var before = await hub.DumpAsync();
        var error = await HubError.OfAsync(reason, code, send);
        Assert.Equal(before, await hub.DumpAsync());
        return error;
    }

    public static Task<HubError> RefusedAsync(HubHost hub, ErrorReason reason, StatusCode code, byte[] file) => RefusedAsync(hub, reason, code, () => hub.ImportAsync(file));

    public static ListingService.ListingServiceClient Listings(this HubHost hub, string caller = "agence") => new(hub.As(caller));

    public static FeedService.FeedServiceClient Feeds(this HubHost hub, string caller = "agence") => new(hub.As(caller));

    /// <summary>All that is on the market, page by page.</summary>
    public static async Task<List<Listing>> OnMarketAsync(this HubHost hub, string caller = "agence", ListListingsRequest? filter = null)
    {
        var (all, request) = (new List<Listing>(), filter?.Clone() ?? new ListListingsRequest());
        do
        {
            var page = await hub.Listings(caller).ListListingsAsync(request);
            all.AddRange(page.Listings);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return all;
    }

    /// <summary>Watches until that many came and the reader is up to date; the cursor is the checkpoint's. A transaction of any other test's
    /// database holds the feed back for a moment: no checkpoint tells that all has come.</summary>
    public static async Task<(List<Listing> Listings, string Cursor)> WatchAsync(this HubHost hub, int count, string cursor = "", string caller = "agence", string partner = "")
    {
        using var call = hub.Listings(caller).WatchListings(new() { StartCursor = cursor, Partner = partner }, deadline: DeadlineOf(hub));
        var seen = new List<Listing>();
        await foreach (var item in call.ResponseStream.ReadAllAsync())
        {
            if (item.ItemCase == WatchListingsResponse.ItemOneofCase.Listing) seen.Add(item.Listing);
            else if (seen.Count >= count) return (seen, item.Cursor);
        }

        throw new InvalidOperationException("The stream ended.");
    }

    public static DateTime DeadlineOf(HubHost hub) => hub.Services.GetRequiredService<TimeProvider>().GetUtcNow().AddSeconds(30).UtcDateTime;

    /// <summary>New, changed, unchanged, rejected, withdrawn, withheld.</summary>
    public static (int, int, int, int, int, int) Counts(this ImportReport r)
    {
        Assert.Equal(r.ReceivedCount, r.NewCount + r.ChangedCount + r.UnchangedCount + r.RejectedCount + r.SupersededCount);
        return (r.NewCount, r.ChangedCount, r.UnchangedCount, r.RejectedCount, r.WithdrawnCount, r.WithheldCount);
    }
}
