using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Hub.Platform.Alarms;
using Passerelle.Tests.Support;
using State = Passerelle.Contracts.Housing.V1.ImportReport.Types.State;
using Verdict = Passerelle.Contracts.Housing.V1.FeedDecision.Types.Verdict;

namespace Passerelle.Tests.Housing;

/// <summary>A feed that has lost too much at once: a person decides, or a newer feed does.</summary>
public sealed class FeedHoldTests(Postgres postgres)
{
    static readonly byte[] twenty = Feed.OfSales(Feed.Ids(1, 20));
    static readonly byte[] twelve = Feed.OfSales(Feed.Ids(1, 12));

    [Fact]
    public async Task What_a_feed_loses_too_much_of_stays_on_the_market_and_the_report_names_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(twenty);

        var report = await hub.ImportAsync(twelve);

        Assert.Equal((State.Held, 8, 0), (report.State, report.HeldCount, report.WithdrawnCount));
        Assert.Equal(Feed.Ids(13, 20), report.Held.Select(h => h.TechnicalId));
        Assert.All(report.Held, h => Assert.Equal(("agence-1", "REF " + h.TechnicalId, HeldListing.Types.State.Held), (h.Agency, h.Reference, h.State)));
        Assert.StartsWith("Annonces absentes du fichier d’un seul coup : 8. C’est beaucoup : par prudence, elles restent en ligne", Assert.Single(report.Remarks), StringComparison.Ordinal);
        Assert.Equal(20, (await hub.OnMarketAsync()).Count);
        Assert.Equal(report, await hub.ReportAsync(report.Name));
    }

    [Fact]
    public async Task Each_agency_is_looked_at_by_itself()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.Of([.. Feed.OfAgency("grande", 1, 100), .. Feed.OfAgency("petite", 1, 6), .. Feed.OfAgency("moyenne", 1, 20)]));

        // 30 of 100 is not more than 30 %; 5 of 6 is not more than 5; 7 of 20 is more than both.
        var report = await hub.ImportAsync(Feed.Of([.. Feed.OfAgency("grande", 1, 70), .. Feed.OfAgency("petite", 1, 1), .. Feed.OfAgency("moyenne", 1, 13)]));

        Assert.Equal((35, 7), (report.WithdrawnCount, report.HeldCount));
        Assert.All(report.Held, h => Assert.Equal("moyenne", h.Agency));
    }

    [Fact]
    public async Task An_operator_sets_other_limits()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Feeds:HoldAbove=8", "Feeds:HoldShare=0.1");
        await hub.ImportAsync(twenty);

        Assert.Equal((State.Applied, 8, 0), StateOf(await hub.ImportAsync(twelve)));
        Assert.Equal((State.Held, 0, 9), StateOf(await hub.ImportAsync(Feed.OfSales(Feed.Ids(1, 3)))));

        static (State, int, int) StateOf(ImportReport r) => (r.State, r.WithdrawnCount, r.HeldCount);
    }

    [Fact]
    public async Task Applied_it_takes_off_the_market_what_the_report_named_and_keeps_who_why_and_when()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(twenty);
        var held = await hub.ImportAsync(twelve);
        var request = Decision(held, Verdict.Apply);

        var decided = (await hub.Feeds("crm").DecideFeedAsync(request)).Report;

        Assert.Equal((State.Decided, 8, 8, 0), (decided.State, decided.HeldCount, decided.Decision.WithdrawnCount, decided.WithdrawnCount));
        Assert.Equal((Verdict.Apply, "crm:advisors/ada", "L’agence confirme."), (decided.Decision.Verdict, decided.Decision.By, decided.Decision.Why));
        Assert.True(decided.Decision.DecideTime.ToDateTimeOffset() >= held.CreateTime.ToDateTimeOffset());
        Assert.All(decided.Held, h => Assert.Equal(HeldListing.Types.State.Withdrawn, h.State));
        Assert.Equal(12, (await hub.OnMarketAsync()).Count);
        Assert.Equal(decided, (await hub.Feeds("crm").DecideFeedAsync(request)).Report);
        // The agency reads what was decided and why, and not who did.
        var told = await hub.ReportAsync(held.Name);
        Assert.Equal(("", "L’agence confirme."), (told.Decision.By, told.Decision.Why));
        Assert.Equal("Annonces absentes du fichier d’un seul coup : 8. Après vérification, annonces retirées : 8.", Assert.Single(told.Remarks));
        Assert.Equal((8, 0, 12, 0, 0, 0), (await hub.ImportAsync(twenty)).Counts());
    }

    [Fact]
    public async Task Kept_it_changes_nothing_and_the_next_feed_without_them_is_held_again()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(twenty);
        var held = await hub.ImportAsync(twelve);

        var kept = (await hub.Feeds("crm").DecideFeedAsync(Decision(held, Verdict.Keep))).Report;

        Assert.Equal((State.Decided, 0), (kept.State, kept.Decision.WithdrawnCount));
        Assert.All(kept.Held, h => Assert.Equal(HeldListing.Types.State.Kept, h.State));
        Assert.Equal(20, (await hub.OnMarketAsync()).Count);
        var again = await hub.ImportAsync(twelve);
        Assert.Equal((State.Held, 8), (again.State, again.HeldCount));
    }

    [Fact]
    public async Task A_newer_feed_settles_what_was_held_and_a_decision_on_it_says_so()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(twenty);
        var first = await hub.ImportAsync(twelve);

        // The same again is no confirmation: a broken export is broken every night.
        var second = await hub.ImportAsync(twelve);
        Assert.Equal((State.Held, 8), (second.State, second.HeldCount));
        var settled = await hub.ReportAsync(first.Name);
        Assert.Equal(State.Settled, settled.State);
        Assert.All(settled.Held, h => Assert.Equal(HeldListing.Types.State.Settled, h.State));
        var late = await Feed.RefusedAsync(hub, ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => hub.Feeds("crm").DecideFeedAsync(Decision(first, Verdict.Apply)).ResponseAsync);
        Assert.Equal((first.Name, "settled"), (late.Metadata["resource"], late.Metadata["state"]));

        // A whole one: nothing is missing any more.
        var whole = await hub.ImportAsync(twenty);
        Assert.Equal((State.Applied, 0), (whole.State, whole.HeldCount));
        Assert.Equal(State.Settled, (await hub.ReportAsync(second.Name)).State);
        await Feed.RefusedAsync(hub, ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => hub.Feeds("crm").DecideFeedAsync(Decision(whole, Verdict.Keep)).ResponseAsync);
    }

    [Fact]
    public async Task A_feed_of_another_agency_settles_nothing()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.Of([.. Feed.OfAgency("nord", 1, 10), .. Feed.OfAgency("sud", 1, 10)]));
        var held = await hub.ImportAsync(Feed.Of([.. Feed.OfAgency("nord", 1, 1), .. Feed.OfAgency("sud", 1, 1)]));

        await hub.ImportAsync(Feed.Of([.. Feed.OfAgency("nord", 1, 10)]));
        await hub.ImportAsync(Feed.Of([.. Feed.OfAgency("sud", 1, 10)]), "agence-deux");

        Assert.Equal(State.Held, (await hub.ReportAsync(held.Name)).State);
        var decided = (await hub.Feeds("crm").DecideFeedAsync(Decision(held, Verdict.Apply))).Report;
        Assert.Equal(9, decided.Decision.WithdrawnCount);
        Assert.Equal([("nord", 10), ("sud", 1)], (await hub.OnMarketAsync()).CountBy(l => l.Agency).Select(c => (c.Key, c.Value)).Order());
    }

    [Fact]
    public async Task What_has_changed_since_is_not_withdrawn()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(twenty);
        var held = await hub.ImportAsync(twelve);
        await hub.ExecuteAsync("update listings set price_cents = 1, changed_transaction = default, changed_sequence = default where technical_id = 'T13'");

        var decided = (await hub.Feeds("crm").DecideFeedAsync(Decision(held, Verdict.Apply))).Report;

        Assert.Equal(7, decided.Decision.WithdrawnCount);
        Assert.Equal("T13", Assert.Single(decided.Held, h => h.State == HeldListing.Types.State.Kept).TechnicalId);
        Assert.Equal(13, (await hub.OnMarketAsync()).Count);
    }

    [Fact]
    public async Task What_is_listed_one_by_one_is_no_longer_held()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.SyncAllAsync(Feed.Ids(1, 10).Select(id => TypedListing.Sale(id)));
        var held = await hub.SyncAllAsync(Feed.Ids(1, 4).Select(id => TypedListing.Sale(id)));

        // Equal to what is known: nothing is written, and it counts all the same.
        await hub.UpsertAsync(TypedListing.Sale("T5"));
        await hub.SyncAsync([TypedListing.Header(), TypedListing.Batch(TypedListing.Sale("T6"))]);

        Assert.Equal(["T5", "T6"], (await hub.ReportAsync(held.Name)).Held.Where(h => h.State == HeldListing.Types.State.Settled).Select(h => h.TechnicalId));
        Assert.Equal(4, (await hub.Feeds("crm").DecideFeedAsync(Decision(held, Verdict.Apply))).Report.Decision.WithdrawnCount);
        Assert.Equal(Feed.Ids(1, 6), (await hub.OnMarketAsync()).Select(l => l.TechnicalId).Order());
    }

    [Fact]
    public async Task What_is_withdrawn_one_by_one_while_it_is_held_is_not_withdrawn_again()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(twenty);
        var held = await hub.ImportAsync(twelve);
        await hub.WithdrawListingAsync(held.Held[0].Listing);

        Assert.Equal(7, (await hub.Feeds("crm").DecideFeedAsync(Decision(held, Verdict.Apply))).Report.Decision.WithdrawnCount);
        Assert.Equal(12, (await hub.OnMarketAsync()).Count);
    }

    [Fact]
    public async Task Nobody_decides_while_a_feed_of_the_partner_is_being_applied()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(twenty);
        var held = await hub.ImportAsync(twelve);
        await using (await hub.HoldFeedLockAsync("agence"))
            await Feed.RefusedAsync(hub, ErrorReason.FeedUnderWay, StatusCode.Aborted, () => hub.Feeds("crm").DecideFeedAsync(Decision(held, Verdict.Apply)).ResponseAsync);
        Assert.Equal(State.Decided, (await hub.Feeds("crm").DecideFeedAsync(Decision(held, Verdict.Apply))).Report.State);
    }

    [Fact]
    public async Task A_decision_says_what_and_why_about_a_report_that_is_there_and_agencies_do_not_decide()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(twenty);
        var held = await hub.ImportAsync(twelve);

        var empty = await Feed.RefusedAsync(hub, ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.Feeds("crm").DecideFeedAsync(new()).ResponseAsync);
        Assert.Equal(["request_id", "name", "verdict", "why"], empty.Fields);
        var nowhere = Decision(held, Verdict.Keep);
        nowhere.Name = "importReports/" + Household.NewId();
        await Feed.RefusedAsync(hub, ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.Feeds("crm").DecideFeedAsync(nowhere).ResponseAsync);
        await Feed.RefusedAsync(hub, ErrorReason.ScopeMissing, StatusCode.PermissionDenied, () => hub.Feeds().DecideFeedAsync(Decision(held, Verdict.Keep)).ResponseAsync);
    }

    [Fact]
    public async Task What_is_held_is_an_alarm_until_somebody_has_decided()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        hub.ExpectedErrors = text => text.StartsWith("ALARM feed_held", StringComparison.Ordinal);
        await hub.ImportAsync(twenty);
        var held = await hub.ImportAsync(twelve);
        var watchman = hub.Services.GetRequiredService<Watchman>();

        // What two looks in a row find is an alarm.
        await watchman.LookAsync(TestContext.Current.CancellationToken);
        await watchman.LookAsync(TestContext.Current.CancellationToken);
        Assert.Equal([held.Name], (await OpenAsync()).Single(a => a.Name == "feed_held").Rows);

        await hub.Feeds("crm").DecideFeedAsync(Decision(held, Verdict.Keep));
        await watchman.LookAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain(await OpenAsync(), a => a.Name == "feed_held");

        Task<List<Alarm>> OpenAsync() => hub.QueryAsync(db => Task.FromResult(db.Alarms.Where(a => a.ClearTime == null).ToList()));
    }

    [Fact]
    public async Task Who_watches_reports_hears_of_each_and_of_what_becomes_of_what_it_holds()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var whole = await hub.ImportAsync(twenty);
        var held = await hub.ImportAsync(twelve);
        await hub.ImportAsync(twelve, "agence-deux");
        var (first, cursor) = await hub.WatchReportsAsync(2);
        Assert.Equal([(whole.Name, State.Applied), (held.Name, State.Held)], first.Select(r => (r.Name, r.State)));

        await hub.Feeds("crm").DecideFeedAsync(Decision(held, Verdict.Apply));
        var (next, _) = await hub.WatchReportsAsync(1, cursor);

        Assert.Equal((held.Name, State.Decided, 8), (next[0].Name, next[0].State, next[0].Decision.WithdrawnCount));
        Assert.Equal(3, (await hub.WatchReportsAsync(3, caller: "crm")).Reports.Count);
        Assert.Equal("partners/agence-deux", Assert.Single((await hub.WatchReportsAsync(1, caller: "crm", partner: "partners/agence-deux")).Reports).Partner);
    }

    [Fact]
    public async Task Those_that_wait_are_listed_by_themselves()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(twenty);
        var held = await hub.ImportAsync(twelve);
        await hub.ImportAsync(twenty, "agence-deux");

        Assert.Equal(held.Name, Assert.Single((await hub.Feeds("crm").ListImportReportsAsync(new() { State = State.Held })).Reports).Name);
        Assert.Equal(2, (await hub.Feeds("crm").ListImportReportsAsync(new() { Partner = "partners/agence" })).Reports.Count);
    }

    static DecideFeedRequest Decision(ImportReport report, Verdict verdict) =>
        new() { RequestId = Household.NewId(), Name = report.Name, Verdict = verdict, Why = "L’agence confirme.", By = "advisors/ada" };
}
