using Google.Type;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Tests.Places;
using Passerelle.Tests.Support;
using Kind = Passerelle.Contracts.Housing.V1.SearchMatch.Types.Kind;
using State = Passerelle.Contracts.Housing.V1.SearchMatch.Types.State;

namespace Passerelle.Tests.Housing.Searches;

/// <summary>What searches find when listings change, when they are made, and when they are changed.</summary>
public sealed class SearchMatchTests(Postgres postgres)
{
    [Fact]
    public async Task An_import_is_matched_and_each_match_says_why()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();
        var search = await hub.SearchAsync(SearchCalls.Wanted((await Household.OpenAsync(hub)).Case));
        await hub.MatchAllAsync();
        Assert.NotNull((await hub.Searches().GetSearchAsync(new() { Name = search.Name })).Search.MatchTime);

        await hub.ImportAsync(Feed.Of(SearchCalls.Flat("T1"), SearchCalls.Flat("T2", (11, "840")), SearchCalls.Flat("T3", (11, "1200"))));
        await hub.MatchAllAsync();

        var found = (await hub.MatchesAsync(search.Name)).OrderBy(m => m.Kind).ToList();
        Assert.Equal([(Kind.Match, State.Current, 100, ""), (Kind.NearMiss, State.Current, 83, "loyer 40 € au-dessus du budget")], found.Select(m => (m.Kind, m.State, m.Score, m.Summary)));
        Assert.Equal(
            [(SearchCriterion.Types.Kind.Budget, SearchCriterion.Types.Outcome.Near, "loyer 40 € au-dessus du budget"), (SearchCriterion.Types.Kind.Place, SearchCriterion.Types.Outcome.Met, "dans le secteur"),
                (SearchCriterion.Types.Kind.Rooms, SearchCriterion.Types.Outcome.Met, "assez de pièces")],
            found[1].Criteria.Select(c => (c.Kind, c.Outcome, c.Sentence)));
        Assert.Equal(found[0], Assert.Single((await hub.Searches().ListSearchMatchesAsync(new() { Search = search.Name, Kind = Kind.Match, State = State.Current })).Matches));
        var told = Assert.Single((await new CaseService.CaseServiceClient(hub.As("crm")).GetCaseAsync(new() { Name = search.Case })).Timeline, e => e.Type == "search.matched");
        Assert.Equal((search.Name, "1"), (told.Subject, told.Detail));
    }

    [Fact]
    public async Task A_new_search_is_matched_against_everything_on_the_market()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();
        await hub.ImportAsync(Feed.Of(SearchCalls.Flat("T1"), SearchCalls.Flat("T2", (6, "Orbelle"))));
        await hub.MatchAllAsync();

        var search = await hub.SearchAsync(SearchCalls.Wanted((await Household.OpenAsync(hub)).Case));
        await hub.MatchAllAsync();

        Assert.Equal(Kind.Match, Assert.Single(await hub.MatchesAsync(search.Name)).Kind);
    }

    [Fact]
    public async Task What_is_withdrawn_or_fits_no_longer_is_gone_and_comes_back_without_being_new()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();
        var search = await hub.SearchAsync(SearchCalls.Wanted((await Household.OpenAsync(hub)).Case));
        await hub.ImportAsync(Feed.Of(SearchCalls.Flat("T1"), SearchCalls.Flat("T2")));
        await hub.MatchAllAsync();
        var (first, cursor) = await hub.WatchMatchesAsync(2);
        Assert.All(first, item => Assert.True(item.IsNew));

        await hub.ImportAsync(Feed.Of(SearchCalls.Flat("T1", (11, "2000"))));
        await hub.MatchAllAsync();
        var (gone, next) = await hub.WatchMatchesAsync(2, cursor);
        Assert.Equal([(State.Gone, false), (State.Gone, false)], gone.Select(i => (i.Match.State, i.IsNew)));
        Assert.All(gone, item => Assert.NotNull(item.Match.GoneTime));

        await hub.ImportAsync(Feed.Of(SearchCalls.Flat("T1", (11, "820")), SearchCalls.Flat("T3")));
        await hub.MatchAllAsync();
        var (back, last) = await hub.WatchMatchesAsync(2, next);
        Assert.Equal([(Kind.NearMiss, State.Current, false), (Kind.Match, State.Current, true)], back.Select(i => (i.Match.Kind, i.Match.State, i.IsNew)).OrderBy(i => i.IsNew));
        Assert.All(back, item => Assert.Null(item.Match.GoneTime));
        // Whoever reads all of it from the beginning hears of each once as new, and once more of those that have changed since.
        var all = (await hub.WatchMatchesAsync(5, search: search.Name)).Items;
        Assert.Equal((5, 3, 3), (all.Count, all.Count(i => i.IsNew), all.DistinctBy(i => i.Match.Listing).Count()));
        Assert.Empty((await hub.WatchMatchesAsync(0, last)).Items);
        Assert.Equal([2, 1], (await TimelineAsync(hub, search.Case)).Select(int.Parse));
    }

    [Fact]
    public async Task A_watcher_that_left_off_amid_an_import_is_told_of_the_rest_as_new_though_it_has_changed_since()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();
        await hub.SearchAsync(SearchCalls.Wanted((await Household.OpenAsync(hub)).Case));
        await hub.ImportAsync(Feed.Of(SearchCalls.Flat("T1"), SearchCalls.Flat("T2")));
        await hub.MatchAllAsync();
        var (first, _) = await hub.WatchMatchesAsync(2);

        await hub.ImportAsync(Feed.Of(SearchCalls.Flat("T1", (11, "810")), SearchCalls.Flat("T2", (11, "810"))));
        await hub.MatchAllAsync();

        var (rest, _) = await hub.WatchMatchesAsync(3, first[0].Cursor);
        Assert.Equal((first[1].Match.Listing, true, Kind.NearMiss), (rest[0].Match.Listing, rest[0].IsNew, rest[0].Match.Kind));
        Assert.Equal([false, false], rest.Skip(1).Select(i => i.IsNew));
        // And so is whoever leaves off again on the way.
        Assert.All((await hub.WatchMatchesAsync(2, rest[0].Cursor)).Items, item => Assert.False(item.IsNew));
    }

    [Fact]
    public async Task What_stays_the_same_is_not_told_again()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();
        var search = await hub.SearchAsync(SearchCalls.Wanted((await Household.OpenAsync(hub)).Case));
        await hub.ImportAsync(Feed.Of(SearchCalls.Flat("T1")));
        await hub.MatchAllAsync();
        var (_, cursor) = await hub.WatchMatchesAsync(1);
        var before = await hub.MatchesAsync(search.Name);

        // Another title is nothing that was asked for; a change of the search to itself neither.
        await hub.ImportAsync(Feed.Of(SearchCalls.Flat("T1", (20, "Un autre titre"))));
        await hub.Searches().UpdateSearchAsync(new() { Search = new() { Name = search.Name, MinRooms = 3 }, UpdateMask = new() { Paths = { "min_rooms" } } });
        await hub.MatchAllAsync();

        Assert.Empty((await hub.WatchMatchesAsync(0, cursor)).Items);
        Assert.Equal(before, await hub.MatchesAsync(search.Name));
    }

    [Fact]
    public async Task A_changed_search_lets_go_of_what_it_no_longer_wants_and_finds_what_it_wants_now()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();
        var search = await hub.SearchAsync(SearchCalls.Wanted((await Household.OpenAsync(hub)).Case));
        var other = await hub.SearchAsync(SearchCalls.Wanted((await Household.OpenAsync(hub)).Case));
        await hub.ImportAsync(Feed.Of(SearchCalls.Flat("T1"), SearchCalls.Flat("T2", (6, "Orbelle"), (11, "700"))));
        await hub.MatchAllAsync();

        await hub.Searches().UpdateSearchAsync(new()
        {
            Search = new() { Name = search.Name, Area = new() { Place = "places/14905", DistanceKm = 3 }, Budget = new Money { CurrencyCode = "EUR", Units = 720 } },
            UpdateMask = new() { Paths = { "places", "area", "budget" } },
        });
        await hub.MatchAllAsync();

        Assert.Equal([(State.Current, Kind.Match), (State.Gone, Kind.Match)], (await hub.MatchesAsync(search.Name)).Select(m => (m.State, m.Kind)).Order());
        Assert.Equal(State.Current, Assert.Single(await hub.MatchesAsync(other.Name)).State);
        Assert.Equal(3, (await hub.WatchMatchesAsync(4)).Items.Count(i => i.IsNew));
        Assert.Equal([true, true, false], (await hub.WatchMatchesAsync(3, household: search.Case)).Items.Select(i => i.IsNew).OrderDescending());
    }

    [Fact]
    public async Task Matches_are_listed_page_by_page()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();
        await hub.ImportAsync(Feed.Of([.. Feed.Ids(1, 5).Select(id => SearchCalls.Flat(id))]));
        var search = await hub.SearchAsync(SearchCalls.Wanted((await Household.OpenAsync(hub)).Case));
        await hub.MatchAllAsync();
        var (seen, request) = (new List<string>(), new ListSearchMatchesRequest { Search = search.Name, PageSize = 2 });

        do
        {
            var page = await hub.Searches().ListSearchMatchesAsync(request);
            seen.AddRange(page.Matches.Select(m => m.Listing));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(seen.Distinct().OrderDescending(StringComparer.Ordinal), seen);
        Assert.Equal(5, seen.Count);
    }

    [Fact]
    public async Task A_watcher_that_waits_hears_of_a_match()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();
        await hub.SearchAsync(SearchCalls.Wanted((await Household.OpenAsync(hub)).Case));
        using var call = hub.Searches().WatchSearchMatches(new());
        await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);
        Assert.Equal(WatchSearchMatchesResponse.ItemOneofCase.CheckpointTime, call.ResponseStream.Current.ItemCase);

        await hub.ImportAsync(Feed.Of(SearchCalls.Flat("T1")));
        await hub.MatchAllAsync();
        await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);

        Assert.Equal(Kind.Match, call.ResponseStream.Current.Match?.Kind);
    }

    static async Task<List<string>> TimelineAsync(HubHost hub, string household) =>
        [.. (await new CaseService.CaseServiceClient(hub.As("crm")).GetCaseAsync(new() { Name = household })).Timeline.Where(e => e.Type == "search.matched").Select(e => e.Detail)];
}
