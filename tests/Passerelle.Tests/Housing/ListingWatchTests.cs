using Grpc.Core;
using Npgsql;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Tests.Housing.Feeds;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Housing;

/// <summary>Listings as they change, and imports that meet.</summary>
public sealed class ListingWatchTests(Postgres postgres)
{
    [Fact]
    public async Task The_first_pass_gives_all_and_then_only_what_changed()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.OfSales(Feed.Ids(1, 5)));
        var (all, cursor) = await hub.WatchAsync(5);
        Assert.Equal(Feed.Ids(1, 5), all.Select(l => l.TechnicalId).Order());

        await hub.ImportAsync(Feed.Of([.. Feed.Ids(1, 3).Select(id => Poliris.Sale(id)), Poliris.Sale("T4", (11, "1000"))]));
        var (changed, next) = await hub.WatchAsync(2, cursor);
        Assert.Equal([("T4", Listing.Types.State.OnMarket, 1000), ("T5", Listing.Types.State.Withdrawn, 185000)], changed.Select(l => (l.TechnicalId, l.State, l.Price.Units)).Order());

        await hub.ImportAsync(Feed.OfSales(["T1"]), "agence-deux");
        Assert.Equal("partners/agence-deux", Assert.Single((await hub.WatchAsync(1, next, "crm")).Listings).Partner);
        Assert.Empty((await hub.WatchAsync(0, next)).Listings);
        Assert.Equal(6, (await hub.WatchAsync(6, caller: "crm")).Listings.Count);
        Assert.Equal(5, (await hub.WatchAsync(5, caller: "crm", partner: "partners/agence")).Listings.Count);
    }

    [Fact]
    public async Task Each_item_has_a_cursor_that_goes_on_behind_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.OfSales(Feed.Ids(1, 5)));
        using var call = hub.Listings().WatchListings(new());
        // A transaction of any other test's database may hold the feed back: then a checkpoint comes first.
        for (var seen = 0; seen < 2; seen += call.ResponseStream.Current.ItemCase == WatchListingsResponse.ItemOneofCase.Listing ? 1 : 0)
            await call.ResponseStream.MoveNext();
        var second = call.ResponseStream.Current;

        var (rest, _) = await hub.WatchAsync(3, second.Cursor);

        Assert.Equal(3, rest.Count);
        Assert.DoesNotContain(rest, l => l.Name == second.Listing.Name);
    }

    [Fact]
    public async Task A_watcher_that_waits_hears_of_a_change()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        using var call = hub.Listings().WatchListings(new());
        await call.ResponseStream.MoveNext();
        Assert.Equal(WatchListingsResponse.ItemOneofCase.CheckpointTime, call.ResponseStream.Current.ItemCase);

        await hub.ImportAsync(Feed.OfSales(["T1"]));
        await call.ResponseStream.MoveNext();

        Assert.Equal("T1", call.ResponseStream.Current.Listing.TechnicalId);
    }

    [Fact]
    public async Task A_transaction_that_commits_after_a_younger_one_is_not_skipped()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.OfSales(["T1", "T2"]));
        var (_, cursor) = await hub.WatchAsync(2);
        await using var slow = await hub.Source.OpenConnectionAsync();
        await using var transaction = await slow.BeginTransactionAsync();
        await Touch(slow, "T1");
        await using (var fast = await hub.Source.OpenConnectionAsync()) await Touch(fast, "T2");

        // T2 is committed and younger than what still runs: it waits, or T1 would come too late.
        var (early, held) = await hub.WatchAsync(0, cursor);
        await transaction.CommitAsync();
        var (late, _) = await hub.WatchAsync(2, held);

        Assert.Empty(early);
        Assert.Equal(["T1", "T2"], late.Select(l => l.TechnicalId));
    }

    [Fact]
    public async Task A_cursor_that_is_not_ours_is_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var future = new Hub.Platform.FeedCursor(1UL << 60, 1).ToString();

        foreach (var cursor in new[] { "x", future })
            await HubError.OfAsync(ErrorReason.CursorInvalid, StatusCode.InvalidArgument, () => hub.WatchAsync(0, cursor));
    }

    [Fact]
    public async Task A_second_feed_of_a_partner_is_told_that_one_is_under_way()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await using var other = await hub.Source.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("select pg_advisory_xact_lock(hashtextextended('feeds of agence', 0))", other)) await command.ExecuteNonQueryAsync();
        var requestId = Household.NewId();

        await Feed.RefusedAsync(hub, ErrorReason.FeedUnderWay, StatusCode.Aborted, () => hub.ImportAsync(Feed.OfSales(["T1"]), requestId: requestId));
        // Another partner's is not in the way, and the refused one may be sent again as it was.
        Assert.Equal(1, (await hub.ImportAsync(Feed.OfSales(["T1"]), "agence-deux")).NewCount);
        await transaction.RollbackAsync();
        Assert.Equal(1, (await hub.ImportAsync(Feed.OfSales(["T1"]), requestId: requestId)).NewCount);
    }

    [Fact]
    public async Task Imports_at_once_come_one_after_the_other_or_are_refused_and_never_mix()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        byte[][] files = [.. Enumerable.Range(0, 6).Select(i => Feed.OfSales(Feed.Ids(1, 200), (11, $"{1000 + i}")))];

        var outcomes = await Task.WhenAll(files.Select(async file =>
        {
            try
            {
                return (await hub.ImportAsync(file)).Counts();
            }
            catch (RpcException refused)
            {
                Assert.Equal("FEED_UNDER_WAY", HubError.Of(refused).Reason);
                return default;
            }
        }));

        var applied = outcomes.Where(o => o != default).ToList();
        Assert.Single(applied, o => o == (200, 0, 0, 0, 0, 0));
        Assert.All(applied, o => Assert.True(o == (200, 0, 0, 0, 0, 0) || o == (0, 200, 0, 0, 0, 0), $"{o}"));
        var listings = await hub.OnMarketAsync();
        Assert.Equal((200, 1), (listings.Count, listings.DistinctBy(l => l.Price.Units).Count()));
    }

    [Fact]
    public async Task The_same_request_sent_twice_at_once_is_applied_once()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (requestId, file) = (Household.NewId(), Feed.OfSales(Feed.Ids(1, 200)));

        var reports = await Task.WhenAll(hub.ImportAsync(file, requestId: requestId), hub.ImportAsync(file, requestId: requestId));

        Assert.Equal(reports[0], reports[1]);
        Assert.Single((await hub.Feeds().ListImportReportsAsync(new())).Reports);
    }

    static async Task Touch(NpgsqlConnection connection, string technicalId)
    {
        await using var command = new NpgsqlCommand("update listings set changed_transaction = default, changed_sequence = default where technical_id = $1", connection);
        command.Parameters.Add(new() { Value = technicalId });
        await command.ExecuteNonQueryAsync();
    }
}
