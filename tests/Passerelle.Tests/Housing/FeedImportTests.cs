using CsCheck;
using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Tests.Housing.Feeds;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Housing;

/// <summary>What a full feed does to the listings of its agencies.</summary>
public sealed class FeedImportTests(Postgres postgres)
{
    [Fact]
    public async Task Three_successive_real_exports_give_what_really_changed()
    {
        var (first, second, third) = (Feed.OfFixture(Feed.First), Feed.OfFixture(Feed.Second), Feed.OfFixture(Feed.Third));
        await using var hub = await HubHost.StartAsync(postgres);

        var report = await hub.ImportAsync(first);
        Assert.Equal((83, 0, 0, 0, 0, 0), report.Counts());
        Assert.Equal(("poliris 4.12", "windows-1252", first.Length), (report.Format, report.Encoding, (int)report.SizeBytes));
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(first), report.Sha256.ToByteArray());
        Assert.Equal((6, 3, 79, 0, 1, 0), (await hub.ImportAsync(second)).Counts());
        Assert.Equal((36, 16, 67, 0, 5, 0), (await hub.ImportAsync(third)).Counts());
        Assert.Equal(119, (await hub.OnMarketAsync()).Count);
        Assert.Equal((0, 0, 119, 0, 0, 0), (await hub.ImportAsync(third)).Counts());
    }

    [Fact]
    public async Task A_real_archive_is_new_once_and_unchanged_from_then_on()
    {
        var file = Feed.OfFixture(Feed.Zip);
        await using var hub = await HubHost.StartAsync(postgres);

        var report = await hub.ImportAsync(file, fileName: "RC-1577371.zip");
        Assert.Equal((109, 0, 0, 0, 0, 0), report.Counts());
        Assert.Equal(("RC-1577371.zip", "utf-8", 2472, 0), (report.FileName, report.Encoding, report.PhotoCount, report.ProblemCount));
        Assert.Equal((0, 0, 109, 0, 0, 0), (await hub.ImportAsync(file)).Counts());
        var listings = await hub.OnMarketAsync();
        Assert.All(listings, l => Assert.Equal(Listing.Types.Transaction.Sale, l.Transaction));
        Assert.Equal(2472, listings.Sum(l => l.PhotoUris.Count));
    }

    [Fact]
    public async Task A_home_that_comes_in_another_form_is_unchanged()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        Dictionary<string, string>[] houses = [Ubiflow.House("U1"), Ubiflow.House("U2", ("prix", "310000"))];

        var report = await hub.ImportAsync(Ubiflow.Bytes(Ubiflow.Xml(houses)), fileName: "annonces.xml");
        Assert.Equal((2, 0, 0, 0, 0, 0), report.Counts());
        Assert.Equal(("ubiflow-xml", 4), (report.Format, report.PhotoCount));
        Assert.Equal((0, 0, 2, 0, 0, 0), (await hub.ImportAsync(Ubiflow.Bytes(Ubiflow.Json(houses)))).Counts());
        Assert.Equal((0, 1, 1, 0, 0, 0), (await hub.ImportAsync(Ubiflow.Bytes(Ubiflow.Json(Ubiflow.House("U1", ("ascenseur", "oui")), houses[1])))).Counts());
    }

    [Fact]
    public async Task The_XML_behind_a_real_archive_is_imported_too()
    {
        var file = Feed.OfFixture("estate/poliris-propertybase/feed-RC-1577371.xml");
        await using var hub = await HubHost.StartAsync(postgres);

        var report = await hub.ImportAsync(file, fileName: "feed-RC-1577371.xml");
        Assert.Equal((109, 0, 0, 0, 0, 0), report.Counts());
        Assert.Equal(("propertybase", 0), (report.Format, report.ProblemCount));
    }

    [Fact]
    public async Task An_equal_repeat_gets_the_same_response_and_an_unequal_one_is_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (requestId, file) = (Household.NewId(), Feed.OfSales(["T1", "T2"]));
        var first = await hub.ImportAsync(file, requestId: requestId);
        var before = await hub.DumpAsync();

        Assert.Equal(first, await hub.ImportAsync(file, requestId: requestId));
        Assert.Equal(before, await hub.DumpAsync());
        await Feed.RefusedAsync(hub, ErrorReason.RequestIdReused, StatusCode.AlreadyExists, () => hub.ImportAsync(Feed.OfSales(["T1", "T3"]), requestId: requestId));
        await Feed.RefusedAsync(hub, ErrorReason.RequestIdReused, StatusCode.AlreadyExists, () => hub.ImportAsync(file, requestId: requestId, fileName: "autre.csv"));
        // Another partner's request ids are its own.
        Assert.Equal((2, 0, 0, 0, 0, 0), (await hub.ImportAsync(file, "agence-deux", requestId)).Counts());
    }

    [Fact]
    public async Task A_change_is_written_a_withdrawal_is_soft_and_what_comes_back_keeps_its_name()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.OfSales(["T1", "T2"]));
        var before = (await hub.OnMarketAsync()).ToDictionary(l => l.TechnicalId);

        Assert.Equal((0, 1, 0, 0, 1, 0), (await hub.ImportAsync(Feed.OfSales(["T1"], (11, "179000")))).Counts());
        var changed = Assert.Single(await hub.OnMarketAsync());
        Assert.Equal((before["T1"].Name, before["T1"].CreateTime, 179000), (changed.Name, changed.CreateTime, changed.Price.Units));
        Assert.True(changed.UpdateTime > before["T1"].UpdateTime);
        var gone = (await hub.Listings().GetListingAsync(new() { Name = before["T2"].Name })).Listing;
        Assert.Equal((Listing.Types.State.Withdrawn, 185000), (gone.State, gone.Price.Units));

        Assert.Equal((1, 0, 1, 0, 0, 0), (await hub.ImportAsync(Feed.OfSales(["T1", "T2"], (11, "179000")))).Counts());
        var back = (await hub.Listings().GetListingAsync(new() { Name = before["T2"].Name })).Listing;
        Assert.Equal((Listing.Types.State.OnMarket, 179000, before["T2"].CreateTime), (back.State, back.Price.Units, back.CreateTime));
    }

    [Fact]
    public async Task A_feed_withdraws_in_the_agencies_that_it_lists_and_in_no_other()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.Of(Poliris.Sale("A1", (1, "nord")), Poliris.Sale("A2", (1, "nord")), Poliris.Sale("A1", (1, "sud")), Poliris.Sale("A2", (1, "sud"))));

        Assert.Equal((0, 0, 1, 0, 1, 0), (await hub.ImportAsync(Feed.Of(Poliris.Sale("A1", (1, "nord"))))).Counts());
        Assert.Equal([("nord", "A1"), ("sud", "A1"), ("sud", "A2")], (await hub.OnMarketAsync()).Select(l => (l.Agency, l.TechnicalId)).Order());
    }

    [Fact]
    public async Task A_rejected_line_is_reported_and_withdraws_nothing()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.OfSales(["T1", "T2", "T3"]));

        var report = await hub.ImportAsync(Feed.Of(Poliris.Sale("T1"), Poliris.Sale("T2", (11, "nous consulter"), (5, "Caen"))));

        Assert.Equal((0, 0, 1, 1, 1, 0), report.Counts());
        Assert.Equal(["T1", "T2"], (await hub.OnMarketAsync()).Select(l => l.TechnicalId).Order());
        Assert.Equal((2, 2), (report.ProblemCount, report.Problems.Count));
        Assert.Equal((2, true, "11 Prix / Loyer / Prix de cession", "nous consulter"), (report.Problems[0].Line, report.Problems[0].Rejected, report.Problems[0].Field, report.Problems[0].Value));
        Assert.StartsWith("Ligne 2, champ", report.Problems[0].Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rejected_line_that_does_not_say_which_listing_it_was_keeps_them_all()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.OfSales(["T1", "T2", "T3"]));

        Assert.Equal((0, 0, 1, 1, 0, 2), (await hub.ImportAsync(Feed.Of(Poliris.Sale("T1"), Poliris.Sale("")))).Counts());
        Assert.Equal((0, 0, 2, 1, 0, 1), (await hub.ImportAsync(Feed.Of(Poliris.Sale("T1"), Poliris.Sale("T9")[..300], Poliris.Sale("T3")))).Counts());
        Assert.Equal(3, (await hub.OnMarketAsync()).Count);
    }

    [Fact]
    public async Task A_file_too_narrow_for_technical_ids_goes_by_the_references()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        static string[] Narrow(string id, string price = "185000") => Poliris.Sale(id, (11, price))[..21];
        await hub.ImportAsync(Feed.Of(Narrow("T1"), Narrow("T2")));

        Assert.Equal((0, 1, 0, 0, 1, 0), (await hub.ImportAsync(Feed.Of(Narrow("T1", "150000")))).Counts());
        Assert.Equal("REF T1", Assert.Single(await hub.OnMarketAsync()).TechnicalId);
    }

    [Fact]
    public async Task Problems_are_counted_all_and_kept_up_to_a_thousand()
    {
        await using var hub = await HubHost.StartAsync(postgres);

        var report = await hub.ImportAsync(Feed.OfSales(Feed.Ids(1, 1200), (5, "Caen")));

        Assert.Equal((1200, 1200, 1000), (report.NewCount, report.ProblemCount, report.Problems.Count));
        Assert.Equal(report, (await hub.Feeds().GetImportReportAsync(new() { Name = report.Name })).Report);
    }

    [Fact]
    public async Task Whatever_a_field_holds_the_database_takes_the_listing_or_the_line_is_rejected()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var texts = Gen.OneOf(Gen.String[0, 120], Gen.String[Gen.Char["0123456789.,/- €m²%\u0001\u0000"], 0, 30], Gen.String[0, 20].Select(path => "https://x.example/" + path));
        var lines = Gen.Select(Gen.OneOf(Gen.Int[1, 30], Gen.Int[85, 107], Gen.Int[161, 179], Gen.Int[298, 334]), texts).Array[400, 400];

        // Often enough for the statements to be prepared on their connection, whose temporary table is another one each time.
        for (var i = 0; i < 8; i++)
        {
            var file = lines.Single().Select((change, n) => Poliris.Sale($"T{n}", (change.Item1, change.Item2)));
            var report = await hub.ImportAsync(Feed.Of([.. file]));
            Assert.True(report.ReceivedCount > 300, report.ToString());
        }
    }

    [Fact]
    public async Task Private_and_contact_columns_reach_neither_the_database_nor_the_report()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var secret = Enumerable.Range(105, 19).Select(column => (column, Marker.Of($"C{column}") + new string('x', 250))).ToArray();

        // The hub looks for the marker in every table and log line when it ends.
        var report = await hub.ImportAsync(Feed.Of(Poliris.Sale("T1", secret), Poliris.Sale("T2", [.. secret, (11, "offert")])));

        Assert.Equal((1, 1, 6 + 1), (report.NewCount, report.RejectedCount, report.ProblemCount));
        Assert.False(Marker.IsIn(report.ToString()));
        Assert.All(report.Problems.Where(p => p.Field.StartsWith("10", StringComparison.Ordinal)), p => Assert.Equal("", p.Value));
        // Another contact is no change of what the hub keeps.
        Assert.Equal((0, 0, 1, 0, 0, 0), (await hub.ImportAsync(Feed.OfSales(["T1"]))).Counts());
    }
}
