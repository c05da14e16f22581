using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Hub.Housing;
using Passerelle.Hub.Persistence;
using Passerelle.Tests.Housing.Feeds;
using Passerelle.Tests.Support;
using HomeBook = Passerelle.Hub.Housing.Homes.HomeBook;
using Listing = Passerelle.Contracts.Housing.V1.Listing;

namespace Passerelle.Tests.Housing.Homes;

/// <summary>Homes as they are found in the feeds of several agencies, and what persons say of them.</summary>
public sealed class HomeTests(Postgres postgres)
{
    [Fact]
    public async Task A_home_that_two_agencies_list_is_shown_once_with_both_and_with_what_each_asks_and_why()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.Of(Flat("T1"), Flat("T2", (16, "81.25"))));
        await hub.ImportAsync(Feed.Of(Flat("X9", (1, "agence-9"), (5, "14000"), (11, "189000"))), "agence-deux");
        await FollowAsync(hub);

        var homes = await ListAsync(hub, new() { Postcode = "14000" });
        Assert.Equal(["T1+X9", "T2"], await NamesAsync(hub, homes));
        var shared = Assert.Single(homes, h => h.Listings.Count == 2);
        Assert.Equal((Home.Types.State.OnMarket, Listing.Types.Transaction.Sale, "14000", "Caen", "appartement", 62.5, 3), (shared.State, shared.Transaction, shared.Postcode, shared.City, shared.PropertyType, shared.SurfaceM2, shared.Rooms));
        Assert.Equal((185_000, 189_000), (shared.LowestPrice.Units, shared.HighestPrice.Units));
        Assert.Equal([("partners/agence", "agence-1", 185_000L), ("partners/agence-deux", "agence-9", 189_000L)], shared.Listings.Select(l => (l.Partner, l.Agency, l.Price.Units)));

        var found = await Homes(hub).GetHomeAsync(new() { Name = shared.Name });
        Assert.Equal(shared, found.Home);
        var likeness = Assert.Single(found.Likenesses);
        Assert.Equal(shared.Listings.Select(l => l.Listing).Order(), new[] { likeness.First, likeness.Second }.Order());
        Assert.InRange(likeness.Score, 0.85, 1);
        Assert.Contains(likeness.Reasons, r => r is { Sign: LikenessReason.Types.Sign.Surface, Effect: LikenessReason.Types.Effect.For, Sentence: "Surfaces égales ou presque : 62,5 m² et 62,5 m²." });
        Assert.Contains(likeness.Reasons, r => r.Sign == LikenessReason.Types.Sign.Price && r.Sentence.StartsWith("Prix proches", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Homes_are_found_by_themselves_after_an_import()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Jobs:Server=true", "Jobs:Watchdog=true");
        await hub.ImportAsync(Feed.Of(Flat("T1")));
        await hub.ImportAsync(Feed.Of(Flat("X9")), "agence-deux");

        await Eventually.BecomesTrueAsync(async () => await ListAsync(hub) is [{ Listings.Count: 2 }], () => "No home was found.");
        // Each follower has a sweep of its own name.
        await Eventually.BecomesTrueAsync(
            () => hub.QueryAsync(db => db.Database.SqlQuery<bool>($"select exists (select from hangfire.set where key = 'recurring-jobs' and value = 'FollowListings.HomeBook') as \"Value\"").SingleAsync()),
            () => "No sweep is registered.");
    }

    [Fact]
    public async Task No_import_waits_for_homes_to_be_found()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.Of(Flat("T1"), Flat("T2", (16, "81.25"))));
        await hub.ImportAsync(Feed.Of(Flat("X9")), "agence-deux");
        await using (var scope = hub.Services.CreateAsyncScope())
        {
            // In the middle of grouping all there is.
            var db = scope.ServiceProvider.GetRequiredService<HubDb>();
            await using var transaction = await db.Database.BeginTransactionAsync(TestContext.Current.CancellationToken);
            await scope.ServiceProvider.GetRequiredService<HomeBook>().FollowAsync(await db.Listings.AsNoTracking().ToListAsync(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);

            var report = await hub.ImportAsync(Feed.Of(Flat("T1", (11, "180000")), Flat("T3", (16, "40")))).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

            Assert.Equal((1, 1, 0, 0, 1, 0), report.Counts());
            await transaction.CommitAsync(TestContext.Current.CancellationToken);
        }

        await FollowAsync(hub);
        Assert.Equal(["T1+X9", "T3"], await NamesAsync(hub, await ListAsync(hub)));
    }

    [Fact]
    public async Task A_price_that_its_agency_hides_is_not_shown_here_either()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.Of(Flat("T1")));
        await hub.ImportAsync(Feed.Of(Flat("X9", (201, "OUI"), (11, "189000"))), "agence-deux");
        await FollowAsync(hub);

        var home = Assert.Single(await ListAsync(hub));

        Assert.Null(home.Listings[1].Price);
        Assert.Equal((185_000, 185_000), (home.LowestPrice.Units, home.HighestPrice.Units));
        Assert.DoesNotContain("189", (await Homes(hub).GetHomeAsync(new() { Name = home.Name })).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_withdrawn_leaves_its_home_and_comes_back_to_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.Of(Flat("T1"), Flat("T2", (16, "81.25"))));
        await hub.ImportAsync(Feed.Of(Flat("X9")), "agence-deux");
        await FollowAsync(hub);
        var home = Assert.Single(await ListAsync(hub), h => h.Listings.Count == 2);

        await hub.ImportAsync(Feed.Of(Flat("T2", (16, "81.25"))));
        await FollowAsync(hub);
        Assert.Equal("partners/agence-deux", Assert.Single((await GetAsync(hub, home)).Listings).Partner);

        await hub.ImportAsync(Feed.Of(Flat("X8", (16, "40"))), "agence-deux");
        await FollowAsync(hub);
        Assert.Equal((Home.Types.State.Withdrawn, 0), ((await GetAsync(hub, home)).State, (await GetAsync(hub, home)).Listings.Count));
        Assert.DoesNotContain(await ListAsync(hub), h => h.Name == home.Name);

        await hub.ImportAsync(Feed.Of(Flat("T1"), Flat("T2", (16, "81.25"))));
        await hub.ImportAsync(Feed.Of(Flat("X9"), Flat("X8", (16, "40"))), "agence-deux");
        await FollowAsync(hub);
        Assert.Equal(home.Listings.Select(l => l.Listing), (await GetAsync(hub, home)).Listings.Select(l => l.Listing));
    }

    [Fact]
    public async Task Homes_that_become_one_keep_the_oldest_name_and_the_other_says_which_it_is()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.Of(Flat("T1")));
        await FollowAsync(hub);
        await hub.ImportAsync(Feed.Of(Flat("X9", (16, "75"))), "agence-deux");
        await FollowAsync(hub);
        var (old, young) = (await ListAsync(hub)) is [var first, var second] ? (first, second) : throw new InvalidOperationException("Two homes were expected.");

        await hub.ImportAsync(Feed.Of(Flat("X9")), "agence-deux");
        await FollowAsync(hub);

        Assert.Equal((Home.Types.State.OnMarket, 2), ((await GetAsync(hub, old)).State, (await GetAsync(hub, old)).Listings.Count));
        Assert.Equal((Home.Types.State.Merged, old.Name), ((await GetAsync(hub, young)).State, (await GetAsync(hub, young)).MergedInto));

        // And it is itself again when it was not.
        await hub.ImportAsync(Feed.Of(Flat("X9", (16, "75"))), "agence-deux");
        await FollowAsync(hub);
        Assert.Equal(old.Name, Assert.Single(await ListAsync(hub), h => h.Listings[0].Partner == "partners/agence").Name);
        Assert.Equal(2, (await ListAsync(hub)).Count);
    }

    [Fact]
    public async Task The_order_in_which_feeds_come_does_not_matter()
    {
        (string Partner, byte[] File)[] feeds =
        [
            ("agence", Feed.Of(Flat("T1"), Flat("T2", (16, "81.25")), Flat("T3", (16, "63")))), ("agence-deux", Feed.Of(Flat("X1", (11, "187000")), Flat("X2", (16, "81.25"), (176, "240")), Flat("X3", (16, "63.5")))),
            ("agence", Feed.Of(Flat("T1", (11, "183000")), Flat("T2", (16, "81.25")), Flat("T4", (16, "64")))),
        ];
        var found = new List<List<string>>();
        foreach (int[] order in new int[][] { [0, 2, 1], [0, 1, 2], [1, 0, 2] })
        {
            await using var hub = await HubHost.StartAsync(postgres);
            foreach (var i in order)
            {
                await hub.ImportAsync(feeds[i].File, feeds[i].Partner);
                await FollowAsync(hub);
            }

            found.Add(await NamesAsync(hub, await ListAsync(hub)));
        }

        Assert.Contains("T1+X1", found[0]);
        Assert.All(found, homes => Assert.Equal(found[0], homes));
    }

    [Fact]
    public async Task What_an_operator_says_is_stronger_than_the_score_and_is_remembered()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.Of(Flat("T1"), Flat("T2", (16, "81.25"))));
        await hub.ImportAsync(Feed.Of(Flat("X9")), "agence-deux");
        await FollowAsync(hub);
        var name = (await hub.OnMarketAsync("crm")).ToDictionary(l => l.TechnicalId, l => l.Name);

        var apart = await Homes(hub).SeparateListingsAsync(new() { First = name["T1"], Second = name["X9"], Why = "Deux lots du même immeuble.", By = "advisors/ada" });
        Assert.Equal(2, apart.Homes.Count);
        var together = await Homes(hub).JoinListingsAsync(new() { First = name["T2"], Second = name["X9"], Why = "Vu sur place." });
        Assert.Equal(["T2+X9"], await NamesAsync(hub, [together.Home]));
        // Again, and after all of them have changed: it still holds.
        await Homes(hub).JoinListingsAsync(new() { First = name["X9"], Second = name["T2"], Why = "Vu sur place.", By = "advisors/ada" });
        await hub.ImportAsync(Feed.Of(Flat("T1", (11, "184000")), Flat("T2", (16, "81.25"), (11, "184000"))));
        await hub.ImportAsync(Feed.Of(Flat("X9", (11, "184000"))), "agence-deux");
        await FollowAsync(hub);
        Assert.Equal(["T1", "T2+X9"], await NamesAsync(hub, await ListAsync(hub)));
        var likeness = Assert.Single((await Homes(hub).GetHomeAsync(new() { Name = together.Home.Name })).Likenesses);
        Assert.Equal((true, "Vu sur place.", "crm:advisors/ada", 0), (likeness.IsDecided, likeness.Why, likeness.By, likeness.Score));

        await Homes(hub).JoinListingsAsync(new() { First = name["T1"], Second = name["X9"], Why = "Erreur." });
        Assert.Equal(["T1+T2+X9"], await NamesAsync(hub, await ListAsync(hub)));
    }

    [Fact]
    public async Task Decisions_name_two_listings_of_one_transaction()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.Of(Flat("T1"), Flat("T2", (3, "location"), (11, "700"))));
        var names = (await hub.OnMarketAsync()).OrderBy(l => l.TechnicalId).Select(l => l.Name).ToArray();

        await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, async () => await Homes(hub).JoinListingsAsync(new() { First = names[0], Second = names[0], Why = "Essai." }));
        await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, async () => await Homes(hub).JoinListingsAsync(new() { First = names[0], Second = names[1], Why = "Essai." }));
        await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, async () => await Homes(hub).SeparateListingsAsync(new() { First = names[0], Second = names[1] }));
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, async () => await Homes(hub).SeparateListingsAsync(new() { First = names[0], Second = $"listings/{Household.NewId()}", Why = "Essai." }));
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, async () => await Homes(hub).GetHomeAsync(new() { Name = $"homes/{Household.NewId()}" }));
        await HubError.OfAsync(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, async () => await new HomeService.HomeServiceClient(hub.As("agence")).ListHomesAsync(new()));
    }

    [Fact]
    public async Task Homes_are_listed_page_by_page_and_by_what_is_asked_for()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.Of(Flat("T1"), Flat("T2", (5, "14400"), (6, "Bayeux")), Flat("T3", (3, "location"), (11, "700")), Flat("T4", (16, "120"))));
        await FollowAsync(hub);

        Assert.Equal(["T1", "T2", "T3", "T4"], await NamesAsync(hub, await ListAsync(hub, new() { PageSize = 1 })));
        Assert.Equal(["T1", "T4"], await NamesAsync(hub, await ListAsync(hub, new() { Postcode = "14000", Transaction = Listing.Types.Transaction.Sale })));
        Assert.Equal(["T3"], await NamesAsync(hub, await ListAsync(hub, new() { Transaction = Listing.Types.Transaction.Rental })));
        Assert.Empty(await ListAsync(hub, new() { Transaction = Listing.Types.Transaction.Other }));
    }

    /// <summary>The file as one partner's, and as another's who copied it: dearer by 3 %, two thirds of the description, photos under other names.</summary>
    [Theory]
    [InlineData(Feed.Third, 119, 0.97)]
    [InlineData(Feed.Zip, 109, 1)]
    public async Task In_real_feeds_the_same_homes_are_found_and_no_others(string file, int listings, double recall)
    {
        var feed = Feed.OfFixture(file);
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(feed);
        await FollowAsync(hub);
        // No agency lists a home twice.
        Assert.Equal(listings, (await ListAsync(hub)).Count);

        await hub.ImportAsync(CopiedFeed.Of(feed), "agence-deux");
        await FollowAsync(hub);

        var homes = await ListAsync(hub);
        var ids = (await hub.OnMarketAsync("crm")).ToDictionary(l => l.Name, l => l.TechnicalId);
        var found = homes.Where(h => h.Listings.Count > 1).ToList();
        Assert.All(found, home => Assert.Single(home.Listings.Select(l => ids[l.Listing]).Distinct()));
        Assert.InRange((double)found.Count / listings, recall, 1);
    }

    [Fact]
    public async Task Two_real_feeds_that_share_no_home_give_none()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.OfFixture(Feed.Third));
        await hub.ImportAsync(Feed.OfFixture(Feed.Zip), "agence-deux");
        await FollowAsync(hub);

        Assert.Equal(119 + 109, (await ListAsync(hub)).Count);
    }

    /// <summary>A flat whose diagnosis tells it from others of its size.</summary>
    static string[] Flat(string id, params (int Column, string Value)[] changes) => Poliris.Sale(id, [(176, "187"), (178, "31"), .. changes]);

    static HomeService.HomeServiceClient Homes(HubHost hub) => new(hub.As("crm"));

    static async Task<Home> GetAsync(HubHost hub, Home home) => (await Homes(hub).GetHomeAsync(new() { Name = home.Name })).Home;

    static async Task<List<Home>> ListAsync(HubHost hub, ListHomesRequest? filter = null)
    {
        var (all, request) = (new List<Home>(), filter?.Clone() ?? new ListHomesRequest { PageSize = 200 });
        do
        {
            var page = await Homes(hub).ListHomesAsync(request);
            all.AddRange(page.Homes);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return all;
    }

    /// <summary>Each home as its listings' technical ids.</summary>
    static async Task<List<string>> NamesAsync(HubHost hub, IEnumerable<Home> homes)
    {
        var ids = (await hub.OnMarketAsync("crm")).ToDictionary(l => l.Name, l => l.TechnicalId);
        return [.. homes.Select(h => string.Join('+', h.Listings.Select(l => ids[l.Listing]).Order())).Order()];
    }

    /// <summary>Until all that was imported is grouped: a transaction of any other test's database holds the horizon back for a moment.</summary>
    static Task FollowAsync(HubHost hub) => Eventually.BecomesTrueAsync(
        async () =>
        {
            await hub.RunAsync<FollowListings<HomeBook>>();
            return await hub.QueryAsync(db => db.Database.SqlQuery<bool>(
                $"""
                select not exists (
                    select from listings l, listing_followers f where f.name = 'homes' and (l.changed_transaction, l.changed_sequence) > (f.changed_transaction, f.changed_sequence)) as "Value"
                """).SingleAsync());
        },
        () => "The homes are not grouped.");
}
