using Passerelle.Contracts.Housing.V1;
using Passerelle.Tests.Housing.Feeds;
using Passerelle.Tests.Support;
using State = Passerelle.Contracts.Housing.V1.ImportReport.Types.State;

namespace Passerelle.Tests.Housing;

/// <summary>Feeds count in the order in which they were made, however they arrive.</summary>
public sealed class FeedOrderTests(Postgres postgres)
{
    [Fact]
    public async Task Real_exports_that_arrive_out_of_order_leave_what_the_newest_says()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        foreach (var fixture in (string[])[Feed.Second, Feed.First]) await hub.ImportAsync(Feed.OfFixture(fixture), fileName: Path.GetFileName(fixture));
        var listings = await hub.OnMarketAsync();
        Assert.Equal(88, listings.Count);

        await using var inOrder = await HubHost.StartAsync(postgres);
        foreach (var fixture in (string[])[Feed.First, Feed.Second]) await inOrder.ImportAsync(Feed.OfFixture(fixture), fileName: Path.GetFileName(fixture));
        Assert.Equal((await inOrder.OnMarketAsync()).Select(Content).Order(), listings.Select(Content).Order());

        static (string, string, string, decimal) Content(Listing l) => (l.Agency, l.TechnicalId, l.Title, l.Price?.DecimalValue ?? 0);
    }

    [Fact]
    public async Task An_older_file_changes_nothing_and_its_report_says_so()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.OfSales(["T1", "T2"]), fileName: "Annonces_20260314-0600.csv");

        var late = await hub.ImportAsync(Feed.OfSales(["T1", "T3"], (11, "1000")), fileName: "Annonces_20260313-1602.csv");

        Assert.Equal((State.Superseded, 2, 2), (late.State, late.ReceivedCount, late.SupersededCount));
        Assert.Equal((0, 0, 0, 0, 0, 0), late.Counts());
        Assert.StartsWith("Ce fichier est plus ancien que celui que nous avons déjà pris en compte", Assert.Single(late.Remarks), StringComparison.Ordinal);
        Assert.Equal(new DateTimeOffset(2026, 3, 13, 15, 2, 0, TimeSpan.Zero), late.MakeTime.ToDateTimeOffset());
        Assert.Equal([("T1", 185000), ("T2", 185000)], (await hub.OnMarketAsync()).Select(l => (l.TechnicalId, l.Price.Units)).Order());
        // The newest one counts, not the last one that was told off.
        Assert.Equal(State.Superseded, (await hub.ImportAsync(Feed.OfSales(["T1"]), fileName: "Annonces_20260313-1800.csv")).State);
    }

    [Fact]
    public async Task An_agency_of_which_nothing_newer_is_known_is_applied_all_the_same()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.Of([.. Feed.OfAgency("nord", 1, 3)]), fileName: "Annonces_20260314-0600.csv");

        var late = await hub.ImportAsync(Feed.Of([.. Feed.OfAgency("nord", 1, 1), .. Feed.OfAgency("sud", 1, 2)]), fileName: "Annonces_20260313-1602.csv");

        Assert.Equal((State.Applied, 1, 2, 0), (late.State, late.SupersededCount, late.NewCount, late.WithdrawnCount));
        Assert.StartsWith("Lignes ignorées : 1. Elles concernent des agences", Assert.Single(late.Remarks), StringComparison.Ordinal);
        Assert.Equal(5, (await hub.OnMarketAsync()).Count);
    }

    [Fact]
    public async Task A_rejected_line_of_an_older_file_withdraws_nothing()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.OfSales(["T1", "T2"]), fileName: "Annonces_20260314-0600.csv");

        var late = await hub.ImportAsync(Feed.OfSales(["T1"], (11, "nous consulter")), fileName: "Annonces_20260313-1602.csv");

        Assert.Equal((0, 0, 0, 1, 0, 0), late.Counts());
        Assert.Equal(2, (await hub.OnMarketAsync()).Count);
    }

    [Fact]
    public async Task What_the_sender_says_counts_before_the_name_and_the_name_before_the_archive()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var said = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var zip = Poliris.Zip(new DateTime(2026, 2, 1, 12, 0, 0), "Annonces.csv", Feed.OfSales(["T1"]));

        Assert.Equal(said, (await hub.ImportAsync(zip, made: said, fileName: "Annonces_20260105-1200.zip")).MakeTime.ToDateTimeOffset());
        Assert.Equal(new DateTimeOffset(2026, 1, 5, 11, 0, 0, TimeSpan.Zero), (await hub.ImportAsync(zip, fileName: "Annonces_20260105-1200.zip")).MakeTime.ToDateTimeOffset());
        Assert.Equal(new DateTimeOffset(2026, 2, 1, 11, 0, 0, TimeSpan.Zero), (await hub.ImportAsync(zip)).MakeTime.ToDateTimeOffset());
    }

    [Fact]
    public async Task What_nobody_dates_is_as_old_as_its_arrival_and_nothing_is_younger_than_that()
    {
        await using var hub = await HubHost.StartAsync(postgres);

        var undated = await hub.ImportAsync(Feed.OfSales(["T1"]));
        Assert.Equal(undated.CreateTime, undated.MakeTime);
        // Made before that one had arrived: who can tell which is right?
        Assert.Equal(State.Superseded, (await hub.ImportAsync(Feed.OfSales(["T2"]), fileName: "Annonces_20200101-1200.csv")).State);
        // A clock that is ahead does not supersede all that follows.
        var ahead = await hub.ImportAsync(Feed.OfSales(["T1"]), made: undated.CreateTime.ToDateTimeOffset().AddYears(5));
        Assert.Equal((State.Applied, ahead.CreateTime), (ahead.State, ahead.MakeTime));
        Assert.Equal(State.Applied, (await hub.ImportAsync(Feed.OfSales(["T1"]))).State);
    }

    [Fact]
    public async Task Of_two_of_the_same_time_the_later_to_arrive_counts()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.OfSales(["T1"]), fileName: "Annonces_20260313-1602.csv");
        Assert.Equal((0, 1, 0, 0, 0, 0), (await hub.ImportAsync(Feed.OfSales(["T1"], (11, "1000")), fileName: "Annonces_20260313-1602.csv")).Counts());
    }

    [Fact]
    public async Task Another_partners_feeds_have_an_order_of_their_own()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.OfSales(["T1"]), fileName: "Annonces_20260314-0600.csv");
        Assert.Equal(State.Applied, (await hub.ImportAsync(Feed.OfSales(["T1"]), "agence-deux", fileName: "Annonces_20260313-1602.csv")).State);
    }

    [Fact]
    public async Task Two_hubs_never_apply_two_feeds_of_a_partner_at_once()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await using var beside = await hub.StartBesideAsync();
        byte[][] files = [.. Enumerable.Range(0, 6).Select(i => Feed.OfSales(Feed.Ids(1, 200), (11, $"{1000 + i}")))];

        var refused = await Task.WhenAll(files.Select(async (file, i) =>
        {
            try
            {
                await (i % 2 == 0 ? hub : beside).ImportAsync(file);
                return null;
            }
            catch (Grpc.Core.RpcException exception)
            {
                return HubError.Of(exception).Reason;
            }
        }));

        Assert.All(refused, reason => Assert.True(reason is null or "FEED_UNDER_WAY", reason));
        Assert.Contains(null, refused);
        var listings = await hub.OnMarketAsync();
        Assert.Equal((200, 1), (listings.Count, listings.DistinctBy(l => l.Price.Units).Count()));
    }
}
