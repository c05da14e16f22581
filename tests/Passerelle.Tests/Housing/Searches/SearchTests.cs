using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Grpc.Core;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Tests.Places;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Housing.Searches;

/// <summary>Searches as they are made, changed, ended, and as they go with their household.</summary>
public sealed class SearchTests(Postgres postgres)
{
    [Fact]
    public async Task A_search_is_shown_as_it_was_made()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();
        var household = (await Household.OpenAsync(hub)).Case;
        var asked = new Search
        {
            Case = household, Transaction = Listing.Types.Transaction.Sale, Places = { "places/14902", "places/14911" },
            Area = new() { Point = new() { Latitude = 49.12345678, Longitude = -0.5 }, Travel = Duration.FromTimeSpan(TimeSpan.FromMinutes(30)) },
            Budget = new Money { CurrencyCode = "EUR", Units = 210_000, Nanos = 500_000_000 }, MinRooms = 4, MinBedrooms = 2, MinSurfaceM2 = 82.5,
            PropertyKinds = { Search.Types.PropertyKind.House }, WorstEnergyLabel = "D", Musts = { Search.Types.Feature.Garden }, Wishes = { Search.Types.Feature.Cellar, Search.Types.Feature.Lift },
        };

        var made = await hub.SearchAsync(asked);

        var expected = asked.Clone();
        (expected.Name, expected.State, expected.CreateTime, expected.UpdateTime) = (made.Name, Search.Types.State.Active, made.CreateTime, made.CreateTime);
        // A former commune is its successor; a point does not say whose door it is.
        (expected.Places[0], expected.Places[1], expected.Area.Point.Latitude) = ("places/14901", "places/14902", 49.123);
        Assert.Equal(expected, made);
        Assert.Equal(expected, (await hub.Searches().GetSearchAsync(new() { Name = made.Name })).Search);
        Assert.Equal(expected, Assert.Single((await hub.Searches().ListSearchesAsync(new() { Case = household, State = Search.Types.State.Active })).Searches));
        Assert.Empty((await hub.Searches().ListSearchesAsync(new() { State = Search.Types.State.Ended })).Searches);
        Assert.Contains("search.created", await TimelineAsync(hub, household));
    }

    [Fact]
    public async Task An_equal_repeat_makes_no_second_one()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();
        var request = new CreateSearchRequest { RequestId = Household.NewId(), Search = SearchCalls.Wanted((await Household.OpenAsync(hub)).Case) };

        Assert.Equal(await hub.Searches().CreateSearchAsync(request), await hub.Searches().CreateSearchAsync(request));

        Assert.Single((await hub.Searches().ListSearchesAsync(new())).Searches);
        request.Search.MinRooms = 1;
        await HubError.OfAsync(ErrorReason.RequestIdReused, StatusCode.AlreadyExists, () => hub.Searches().CreateSearchAsync(request).ResponseAsync);
    }

    [Fact]
    public async Task All_that_is_wrong_with_a_search_is_said_at_once()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var bad = new Search
        {
            Name = "searches/1", Transaction = Listing.Types.Transaction.Other, Places = { "Valbourg" }, Area = new() { Point = new() { Latitude = 91 } }, Budget = new Money { CurrencyCode = "USD", Units = 1 },
            MinRooms = -1, MinBedrooms = 51, MinSurfaceM2 = double.NaN, PropertyKinds = { (Search.Types.PropertyKind)9 }, WorstEnergyLabel = "H", Musts = { Search.Types.Feature.Lift }, Wishes = { Search.Types.Feature.Lift },
        };

        var error = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.Searches().CreateSearchAsync(new() { Search = bad }).ResponseAsync);

        Assert.Equal(
            ["request_id", "search.area.point", "search.area.reach", "search.budget", "search.case", "search.min_bedrooms", "search.min_rooms", "search.min_surface_m2", "search.name", "search.places[0]",
                "search.property_kinds[0]", "search.transaction", "search.wishes", "search.worst_energy_label"],
            error.Fields.Order(StringComparer.Ordinal));
        var empty = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.Searches().CreateSearchAsync(new()).ResponseAsync);
        Assert.Equal(["request_id", "search.case", "search.places", "search.transaction"], empty.Fields.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_a_search_names_must_be_there()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();
        var household = (await Household.OpenAsync(hub)).Case;
        var nowhere = SearchCalls.Wanted(household);
        nowhere.Places[0] = "places/14999";
        var adrift = SearchCalls.Wanted(household);
        adrift.Area = new() { Place = "places/14904", DistanceKm = 5 };

        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.SearchAsync(SearchCalls.Wanted($"cases/{Household.NewId()}")));
        Assert.Equal("places/14999", (await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.SearchAsync(nowhere))).Metadata["resource"]);
        Assert.Equal(["search.area.place"], (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.SearchAsync(adrift))).Fields);
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.Searches().GetSearchAsync(new() { Name = $"searches/{Household.NewId()}" }).ResponseAsync);
    }

    [Fact]
    public async Task A_change_sets_what_its_mask_names_also_to_nothing_and_leaves_the_rest()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();
        var made = await hub.SearchAsync(SearchCalls.Wanted((await Household.OpenAsync(hub)).Case));
        await hub.MatchAllAsync();
        var change = new UpdateSearchRequest
        {
            Search = new() { Name = made.Name, Places = { "places/14902" }, MinRooms = 9, Wishes = { Search.Types.Feature.Garden } },
            UpdateMask = new() { Paths = { "places", "budget", "wishes" } },
        };

        var changed = (await hub.Searches().UpdateSearchAsync(change)).Search;

        Assert.Equal(("places/14902", 3, null, Search.Types.Feature.Garden), (Assert.Single(changed.Places), changed.MinRooms, changed.Budget, Assert.Single(changed.Wishes)));
        // It has to be matched anew.
        Assert.Null(changed.MatchTime);
        Assert.Contains("search.changed", await TimelineAsync(hub, made.Case));
        foreach (var path in (string[])["case", "state", "budget.units", "nothing"])
        {
            change.UpdateMask = new() { Paths = { path } };
            await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.Searches().UpdateSearchAsync(change).ResponseAsync);
        }

        change.UpdateMask = new() { Paths = { "transaction" } };
        Assert.Equal(["search.transaction"], (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.Searches().UpdateSearchAsync(change).ResponseAsync)).Fields);
    }

    [Fact]
    public async Task An_ended_search_finds_nothing_more_and_cannot_be_changed()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();
        var made = await hub.SearchAsync(SearchCalls.Wanted((await Household.OpenAsync(hub)).Case));

        var ended = (await hub.Searches().EndSearchAsync(new() { Name = made.Name })).Search;
        Assert.Equal(ended, (await hub.Searches().EndSearchAsync(new() { Name = made.Name })).Search);
        await hub.ImportAsync(Feed.Of(SearchCalls.Flat("T1")));
        await hub.MatchAllAsync();

        Assert.Equal((Search.Types.State.Ended, true), (ended.State, ended.EndTime is not null));
        Assert.Empty(await hub.MatchesAsync(made.Name));
        Assert.Single(await TimelineAsync(hub, made.Case), type => type == "search.ended");
        await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () =>
            hub.Searches().UpdateSearchAsync(new() { Search = new() { Name = made.Name }, UpdateMask = new() { Paths = { "budget" } } }).ResponseAsync);
    }

    [Fact]
    public async Task Searches_and_what_they_found_go_with_the_last_of_the_household()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();
        var (household, others) = (await Household.OpenAsync(hub), await Household.OpenAsync(hub));
        var (mine, theirs) = (await hub.SearchAsync(SearchCalls.Wanted(household.Case)), await hub.SearchAsync(SearchCalls.Wanted(others.Case)));
        await hub.ImportAsync(Feed.Of(SearchCalls.Flat("T1")));
        await hub.MatchAllAsync();
        var rights = new PersonRightsService.PersonRightsServiceClient(hub.As("crm"));

        await rights.ErasePersonAsync(new() { Name = household.FirstAdult });
        await rights.ErasePersonAsync(new() { Name = household.Child });
        Assert.Single(await hub.MatchesAsync(mine.Name));
        await rights.ErasePersonAsync(new() { Name = household.SecondAdult });

        Assert.Equal(theirs.Name, Assert.Single((await hub.Searches().ListSearchesAsync(new())).Searches).Name);
        Assert.Single((await hub.WatchMatchesAsync(1)).Items);
        Assert.Single(await hub.MatchesAsync(theirs.Name));
    }

    static async Task<List<string>> TimelineAsync(HubHost hub, string household) =>
        [.. (await new CaseService.CaseServiceClient(hub.As("crm")).GetCaseAsync(new() { Name = household })).Timeline.Select(e => e.Type)];
}
