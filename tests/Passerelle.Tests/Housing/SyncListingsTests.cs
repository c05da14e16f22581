using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Tests.Housing.Feeds;
using Passerelle.Tests.Support;
using static Passerelle.Tests.Housing.TypedListing;

namespace Passerelle.Tests.Housing;

/// <summary>Many listings through the typed door.</summary>
public sealed class SyncListingsTests(Postgres postgres)
{
    [Fact]
    public async Task A_stream_does_what_a_feed_does()
    {
        await using var hub = await HubHost.StartAsync(postgres);

        Assert.Equal((250, 0, 0, 0, 0, 0), (await hub.SyncAllAsync(Feed.Ids(1, 250).Select(id => Sale(id)))).Counts());
        var before = (await hub.OnMarketAsync()).ToDictionary(l => l.TechnicalId);
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(1));
        var report = await hub.SyncAllAsync([Sale("T1", 1000), .. Feed.Ids(2, 249).Select(id => Sale(id)), Sale("T251")]);

        Assert.Equal((1, 1, 248, 0, 1, 0), report.Counts());
        Assert.Equal(("", "typed", 0), (report.FileName, report.Format, report.ProblemCount));
        Assert.Equal(report, (await hub.Feeds().GetImportReportAsync(new() { Name = report.Name })).Report);
        var after = (await hub.OnMarketAsync()).ToDictionary(l => l.TechnicalId);
        Assert.Equal(before["T2"], after["T2"]);
        Assert.Equal((before["T1"].Name, 1000), (after["T1"].Name, after["T1"].Price.Units));
        Assert.Equal((1, 0, 250, 0, 0, 0), (await hub.SyncAllAsync([Sale("T1", 1000), .. Feed.Ids(2, 251).Select(id => Sale(id))])).Counts());
        Assert.Equal(before["T250"].Name, (await hub.OnMarketAsync()).Single(l => l.TechnicalId == "T250").Name);
    }

    [Fact]
    public async Task Nothing_is_withdrawn_in_an_agency_that_the_header_does_not_name()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.SyncAsync([Header(), Batch(Sale("A1", agency: "nord"), Sale("A2", agency: "nord"), Sale("A1", agency: "sud"), Sale("A1", agency: "est"))]);

        Assert.Equal((1, 1, 0, 0, 0, 0), (await hub.SyncAsync([Header(), Batch(Sale("A1", 1000, "nord"), Sale("A3", agency: "nord"))])).Counts());
        // All that nord has, something that sud has, and that est has nothing.
        Assert.Equal((1, 0, 1, 0, 3, 0), (await hub.SyncAsync([Header("nord", "est"), Batch(Sale("A3", agency: "nord"), Sale("A2", agency: "sud"))])).Counts());
        Assert.Equal([("nord", "A3"), ("sud", "A1"), ("sud", "A2")], (await hub.OnMarketAsync()).Select(l => (l.Agency, l.TechnicalId)).Order());
    }

    [Fact]
    public async Task What_a_stream_loses_waits_for_a_decision_as_it_does_with_a_feed()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.SyncAllAsync(Feed.Ids(1, 10).Select(id => Sale(id)));

        var held = await hub.SyncAllAsync(Feed.Ids(1, 4).Select(id => Sale(id)));
        Assert.Equal((ImportReport.Types.State.Held, 6, 6), (held.State, held.HeldCount, held.Held.Count));
        Assert.Equal(10, (await hub.SyncAllAsync([])).HeldCount);
        Assert.Equal((0, 0, 5, 0, 5, 0), (await hub.SyncAllAsync(Feed.Ids(1, 5).Select(id => Sale(id)))).Counts());
        Assert.Equal(ImportReport.Types.State.Settled, (await hub.ReportAsync(held.Name)).State);
    }

    [Fact]
    public async Task A_feed_that_was_made_before_a_stream_of_its_agency_comes_too_late()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.SyncAllAsync(Sale("T1"));
        var made = hub.Services.GetRequiredService<TimeProvider>().GetUtcNow().AddDays(-1);

        Assert.Equal(1, (await hub.ImportAsync(Feed.OfSales(["T2"]), made: made)).SupersededCount);
        // Of an agency that the stream did not speak for, it is the first.
        Assert.Equal(1, (await hub.ImportAsync(Feed.Of(Poliris.Sale("T2", (1, "nord"))), made: made)).NewCount);
    }

    [Fact]
    public async Task A_rejected_listing_is_reported_in_french_by_its_place_and_field_and_stays_as_it_was()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.SyncAllAsync(Sale("T1"), Sale("T2"), Sale("T3"), Sale("T4"));
        var (unpriced, odd, photo) = (Sale("T2", 0), Sale("T3"), Sale("T4"));
        odd.Postcode = "Caen";
        photo.PhotoUris.Add(["https://photos.example/1.jpg", "photo.jpg"]);

        var report = await hub.SyncAllAsync(Sale("T1"), unpriced, odd, photo, Sale("T1", 1000));

        Assert.Equal((0, 2, 1, 2, 0, 0), report.Counts());
        Assert.Equal(
            [(2, true, "price", "0"), (3, false, "postcode", "Caen"), (4, false, "photo_uris[1]", "photo.jpg"), (5, true, "technical_id", "T1")],
            report.Problems.Select(p => (p.Line, p.Rejected, p.Field, p.Value)));
        Assert.All(report.Problems, p => Assert.StartsWith($"Ligne {p.Line}, champ «\u00A0{p.Field}\u00A0»\u00A0: ", p.Sentence, StringComparison.Ordinal));
        var listings = (await hub.OnMarketAsync()).ToDictionary(l => l.TechnicalId);
        Assert.Equal((185_000, 185_000, "", 1), (listings["T1"].Price.Units, listings["T2"].Price.Units, listings["T3"].Postcode, listings["T4"].PhotoUris.Count));
    }

    [Fact]
    public async Task A_listing_that_does_not_say_which_it_is_keeps_them_all()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.SyncAllAsync(Sale("T1"), Sale("T2"));
        Assert.Equal((0, 0, 1, 1, 0, 1), (await hub.SyncAllAsync(Sale("T1"), Sale(""))).Counts());
    }

    [Fact]
    public async Task An_identity_is_its_two_parts_and_not_their_text_together()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        Assert.Equal((3, 0, 0, 0, 0, 0), (await hub.SyncAsync([Header(), Batch(Sale("bc", agency: "a"), Sale("c", agency: "ab"), Sale("BC", agency: "a"))])).Counts());
    }

    [Fact]
    public async Task An_equal_repeat_of_a_stream_is_applied_once_and_an_unequal_one_is_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var header = Header("agence-1");
        SyncListingsRequest[] stream = [header, Batch(Sale("T1"), Sale("T2"))];

        var reports = await Task.WhenAll(hub.SyncAsync(stream), hub.SyncAsync(stream));

        Assert.Equal(reports[0], reports[1]);
        // In other batches it is the same stream.
        Assert.Equal(reports[0], await hub.SyncAsync([header, Batch(Sale("T1")), Batch(Sale("T2"))]));
        Assert.Single((await hub.Feeds().ListImportReportsAsync(new())).Reports);
        var unread = Sale("T2");
        unread.Postcode = "Caen";
        foreach (SyncListingsRequest[] other in (SyncListingsRequest[][])[[header], [header, Batch(Sale("T1"), Sale("T2", 1))], [header, Batch(Sale("T2"), Sale("T1"))], [header, Batch(Sale("T1"), unread)],
            [HeaderOf(header.Header.RequestId), Batch(Sale("T1"), Sale("T2"))]])
            await Feed.RefusedAsync(hub, ErrorReason.RequestIdReused, StatusCode.AlreadyExists, () => hub.SyncAsync(other));
    }

    [Fact]
    public async Task A_stream_that_is_not_a_header_and_batches_is_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (header, batch) = (Header(), Batch(Sale("T1")));
        var heavy = Enumerable.Range(0, 12).Select(n => Sale($"T{n}")).ToList();
        foreach (var listing in heavy) listing.Description = new string('d', 95_000);

        foreach (SyncListingsRequest[] messages in (SyncListingsRequest[][])[[], [batch], [new()], [header, header, batch], [header, batch, header], [header, new()], [header, Batch()],
            [header, Batch(Feed.Ids(1, 501).Select(id => Sale(id)))], [header, Batch(heavy)]])
            await Feed.RefusedAsync(hub, ErrorReason.StreamMalformed, StatusCode.InvalidArgument, () => hub.SyncAsync(messages));
        var invalid = await Feed.RefusedAsync(hub, ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.SyncAsync([HeaderOf("sept", "a", "", new string('x', 101))]));
        Assert.Equal(["header.request_id", "header.agencies[1]", "header.agencies[2]"], invalid.Fields);
        await Feed.RefusedAsync(hub, ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.SyncAsync([Header([.. Enumerable.Range(0, 1001).Select(n => $"a{n}")])]));
        foreach (var partner in new[] { "crm", "emploi" })
            await Feed.RefusedAsync(hub, ErrorReason.ScopeMissing, StatusCode.PermissionDenied, () => hub.SyncAsync([header, batch], partner));
    }

    [Fact]
    public async Task A_stream_that_breaks_off_changes_nothing()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.SyncAllAsync(Sale("T1"));
        var before = await hub.DumpAsync();

        using (var call = hub.Listings().SyncListings())
        {
            await call.RequestStream.WriteAsync(Header("agence-1"));
            await call.RequestStream.WriteAsync(Batch(Feed.Ids(2, 400).Select(id => Sale(id))));
            call.Dispose();
            Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
        }

        Assert.Equal(before, await hub.DumpAsync());
        Assert.Equal((0, 0, 1, 0, 0, 0), (await hub.SyncAllAsync(Sale("T1"))).Counts());
    }

    [Fact]
    public async Task Listings_larger_than_what_is_read_at_once_arrive_whole()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var sent = Feed.Ids(1, 12).Select(id => Sale(id)).ToList();
        // 100,000 characters of three bytes.
        for (var i = 0; i < sent.Count; i += 2) sent[i].Description = new string((char)('ก' + i), 100_000);

        foreach (var price in new[] { 1000, 2000 })
        {
            foreach (var listing in sent) listing.Price = Euros(price);
            await hub.SyncAsync([Header("agence-1"), .. sent.Chunk(2).Select(c => Batch(c))]);
            var stored = (await hub.OnMarketAsync()).ToDictionary(l => l.TechnicalId);
            Assert.All(sent, l => Assert.Equal((l.Description, l.Price), (stored[l.TechnicalId].Description, stored[l.TechnicalId].Price)));
        }
    }

    [Fact]
    public async Task A_feed_and_a_stream_of_the_same_listings_agree()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.SyncAllAsync(Sale("T1"), Sale("T2"));
        // A file says the country too.
        Assert.Equal((0, 2, 0, 0, 0, 0), (await hub.ImportAsync(Feed.OfSales(["T1", "T2"]))).Counts());
        Assert.Equal((0, 0, 2, 0, 0, 0), (await hub.ImportAsync(Feed.Of(Poliris.Sale("T1"), Poliris.Sale("T2")))).Counts());
    }
}
