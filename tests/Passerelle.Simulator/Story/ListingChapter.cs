using Google.Protobuf;
using Grpc.Core;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Simulator.Hub;

namespace Passerelle.Simulator.Story;

/// <summary>An estate agency sends the file that it sends to portals, and sends it again.</summary>
static class ListingChapter
{
    const int ChunkSize = 64 * 1024;

    public static async Task PlayAsync(Journey journey)
    {
        journey.Teller.Heading("An estate agency sends its listings");
        var (fileName, bytes) = journey.FeedPath is { } path
            ? (Path.GetFileName(path), await File.ReadAllBytesAsync(path, journey.Stop))
            : (DemoFeed.FileName, DemoFeed.Zip());
        await journey.StepAsync($"agence-demo sends its feed {fileName} ({bytes.Length} bytes).", () => ImportAsync(journey, fileName, bytes));
        HashSet<string> listed = [];
        await journey.StepAsync("The advisors' application lists what is on the market.", async () => listed = await ListAsync(journey));
        await journey.StepAsync("It watches the listings from the beginning up to the first checkpoint.", () => WatchAsync(journey, listed));
        await journey.StepAsync("agence-demo sends the same feed again: nothing changes.", () => RepeatAsync(journey, fileName, bytes));
    }

    static async Task ImportAsync(Journey journey, string fileName, byte[] bytes)
    {
        var report = await SendAsync(journey, fileName, bytes);
        journey.Say($"{report.Name}: {report.Format}, {report.Encoding}");
        journey.Say($"{report.ReceivedCount} received: {report.NewCount} new, {report.ChangedCount} changed, {report.UnchangedCount} unchanged, "
            + $"{report.RejectedCount} rejected; {report.WithdrawnCount} withdrawn; {report.PhotoCount} photos");
        foreach (var problem in report.Problems.Take(5))
            journey.Say($"line {problem.Line}, {problem.Field}, \"{problem.Value}\": {problem.Sentence}");
        if (report.ProblemCount > 5) journey.Say($"... {report.ProblemCount} problems in all");

        Expect.Equal(bytes.Length, report.SizeBytes, "size in the report");
        Expect.AtLeast(1, report.ReceivedCount, "listings received");
        Expect.Equal(report.ReceivedCount, report.NewCount + report.ChangedCount + report.UnchangedCount + report.RejectedCount, "new + changed + unchanged + rejected");
        if (journey.FeedPath is not null) return;
        Expect.Equal(DemoFeed.Lines, report.ReceivedCount, "listings received");
        Expect.Equal(1, report.RejectedCount, "listings rejected");
        var rejected = report.Problems.FirstOrDefault(problem => problem.Rejected);
        Expect.That(rejected is { Line: DemoFeed.RejectedLine, Sentence: not "" }, $"a rejected line {DemoFeed.RejectedLine} with a sentence", $"{rejected?.Line.ToString(provider: null) ?? "none"}");
    }

    static async Task<HashSet<string>> ListAsync(Journey journey)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var request = new ListListingsRequest { Partner = journey.Agence.Partner, PageSize = 50 };
        do
        {
            var page = await journey.Crm.Listings.ListListingsAsync(request, cancellationToken: journey.Stop);
            if (request.PageToken == "")
            {
                foreach (var listing in page.Listings.Take(3))
                    journey.Say($"{listing.PropertyType}, {listing.City} ({listing.Postcode}), {listing.SurfaceM2} m², {listing.Price?.Units} {listing.Price?.CurrencyCode}, {Summary.Words(listing.Transaction)}");
            }
            foreach (var listing in page.Listings)
            {
                Expect.Equal(Listing.Types.State.OnMarket, listing.State, $"state of {listing.Name}");
                Expect.That(names.Add(listing.Name), "each listing once", $"{listing.Name} twice");
            }
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken != "");
        // A feed from outside may be of an agency beside others of the same partner, so there may be more than it lists.
        Expect.AtLeast(journey.FeedPath is null ? DemoFeed.Lines - 1 : 1, names.Count, "listings on the market");
        journey.Say($"{names.Count} on the market");
        return names;
    }

    static async Task WatchAsync(Journey journey, HashSet<string> listed)
    {
        var request = new WatchListingsRequest { Partner = journey.Agence.Partner };
        using var call = journey.Crm.Listings.WatchListings(
            request, deadline: (journey.Time.GetUtcNow() + CaseWatch.Patience).UtcDateTime, cancellationToken: journey.Stop);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            await foreach (var item in call.ResponseStream.ReadAllAsync(journey.Stop))
            {
                Expect.That(item.Cursor != "", "a cursor with every item", "none");
                if (item.ItemCase == WatchListingsResponse.ItemOneofCase.CheckpointTime)
                {
                    journey.Say($"{seen.Count} on the market, then a checkpoint of {Paris.Clock(item.CheckpointTime)}");
                    Expect.That(seen.SetEquals(listed), $"the {listed.Count} listings that were listed", $"{seen.Count}, of which {seen.Count(listed.Contains)} were");
                    return;
                }
                if (item.Listing.State == Listing.Types.State.OnMarket) seen.Add(item.Listing.Name);
            }
            throw new Mismatch("a checkpoint", "the stream ended");
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.DeadlineExceeded)
        {
            throw new Mismatch($"a checkpoint within {CaseWatch.Patience.TotalSeconds:0} s", $"{seen.Count} listings and no checkpoint");
        }
    }

    static async Task RepeatAsync(Journey journey, string fileName, byte[] bytes)
    {
        var report = await SendAsync(journey, fileName, bytes);
        journey.Say($"{report.ReceivedCount} received: {report.UnchangedCount} unchanged, {report.RejectedCount} rejected");
        Expect.Equal(0, report.NewCount, "new listings");
        Expect.Equal(0, report.ChangedCount, "changed listings");
        Expect.Equal(0, report.WithdrawnCount, "withdrawn listings");
        Expect.Equal(report.ReceivedCount - report.RejectedCount, report.UnchangedCount, "unchanged listings");
    }

    static async Task<ImportReport> SendAsync(Journey journey, string fileName, byte[] bytes)
    {
        using var call = journey.Agence.Feeds.ImportFeed(cancellationToken: journey.Stop);
        await call.SendAsync(Messages(), journey.Stop);
        return (await call.ResponseAsync).Report;

        IEnumerable<ImportFeedRequest> Messages()
        {
            yield return new() { Header = new() { RequestId = journey.NewRequestId(), FileName = fileName } };
            foreach (var chunk in bytes.Chunk(ChunkSize)) yield return new() { Chunk = UnsafeByteOperations.UnsafeWrap(chunk) };
        }
    }
}
