using Passerelle.Benchmarks.Clocks;
using Passerelle.Benchmarks.Exchanges;
using Passerelle.Benchmarks.Harness;
using Passerelle.Benchmarks.Keys;
using Passerelle.Benchmarks.Listings;
using Passerelle.Benchmarks.Privacy;
using Passerelle.Benchmarks.Searches;
using Passerelle.Benchmarks.Status;
using Passerelle.Benchmarks.Visits;

// Started by `status`: the server that it measures against.
if (args is [BareServer.Command, .. var configuration]) return await BareServer.RunAsync(configuration);

// Started by `access.cost`: the hub without its access log.
if (args is [HubWithoutLog.Command, .. var ofHub]) return await HubWithoutLog.RunAsync(ofHub);

// Started by `lawful.cost`: the hub as it would deliver if it asked nobody.
if (args is [HubWithoutLaw.Command, .. var ofOpenHub]) return await HubWithoutLaw.RunAsync(ofOpenHub);

// Started by the benchmarks of the exchange kernel: the partners' servers, and the usual way of sending to them.
if (args is [PartnerHall.Command, .. var ofHall]) return await PartnerHall.RunAsync(ofHall);
if (args is [OneJobPerMessage.Command, .. var ofUsualWay]) return await OneJobPerMessage.RunAsync(ofUsualWay);

return await BenchCommand.RunAsync(
    [
        new("visitday.plan", "100 days of 10 visits with time windows, planned one after the other.", VisitDayPlan.MeasureAsync),
        new("listings.import", "New listings through one ListingService.SyncListings stream, against psql's \\copy of the same rows into the same table.", ListingSync.MeasureImportAsync),
        new("listings.resync", "The same listings again, one in a hundred changed, against psql's \\copy of them all.", ListingSync.MeasureResyncAsync),
        new("poliris.parse", "A Poliris export read to drafts of listings, on one core.", PolirisParse.MeasureAsync),
        new("searches.match", "10,000 searches of households against 1,000 listings that changed.", SearchMatching.MeasureAsync),
        new("status", "CaseService.GetCaseStatus at 64 in flight, against a bare gRPC method that reads one row by key.", CaseStatus.MeasureAsync),
        new("deliveries", "Created through gRPC and delivered to 50 partners, sustained, against one Hangfire job per message.", Deliveries.MeasureAsync),
        new("creation", "Referrals created through gRPC alone, against a row and an enqueued Hangfire job; a call's p99 at 200/s.", Creation.MeasureAsync),
        new("latency", "From a referral's commit to its arrival at the partner, at 200/s.", Latency.MeasureAsync),
        new("transactions", "Database transactions of a delivery at 500/s.", Transactions.MeasureAsync),
        new("idle", "Database transactions of a node that has nothing to do.", Idle.MeasureAsync),
        new("backlog", "Claims, speed and memory while 1,000,000 exchanges wait.", Backlog.MeasureAsync),
        new("fairness", "What one flooded and one hanging partner cost the 49 others.", Fairness.MeasureAsync),
        new("clocks", "Rungs of 1,000,000 open clocks beside 10,000,000 closed ones, one after the other and 100,000 in one second.", Firing.MeasureAsync),
        new("clocks.hangfire", "10,000 deadlines of one second, against one scheduled Hangfire job for each.", OneJobPerDeadline.MeasureAsync),
        new("clocks.recalculate", "1,000,000 open clocks moved to another policy while others are paused and resumed.", Recalculation.MeasureAsync),
        new("keys.rotate", "1,000,000 persons' keys wrapped with another master key while GetCase is called.", Rotation.MeasureAsync),
        new("chain.verify", "passerelle-hub chains verify over an access log of 1,000,000 entries.", ChainVerify.MeasureAsync),
        new("register", "Who got what about a person, beside 10,000,000 disclosures of others.", Register.MeasureAsync),
        new("lawful.cost", "A backlog let go, against the same hub without gate, seals, register and access log.", LawfulCost.MeasureAsync),
        new("access.cost", "CaseService.GetCase at 64 in flight, against the same hub without its access log.", AccessCost.MeasureAsync),
    ],
    args);
