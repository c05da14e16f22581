using Passerelle.Benchmarks.Harness;
using Passerelle.Benchmarks.Listings;
using Passerelle.Benchmarks.Status;

// Started by `status`: the server that it measures against.
if (args is [BareServer.Command, .. var configuration]) return await BareServer.RunAsync(configuration);

return await BenchCommand.RunAsync(
    [
        new("listings.import", "A Poliris ZIP of new listings through FeedService.ImportFeed, against psql's \\copy of the same rows.", ListingImport.MeasureAsync),
        new("status", "CaseService.GetCaseStatus at 64 in flight, against a bare gRPC method that reads one row by key.", CaseStatus.MeasureAsync),
    ],
    args);
