using Google.Type;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Tests.Housing.Feeds;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Housing.Searches;

/// <summary>Makes searches, brings listings in, and waits until the one has met the other.</summary>
static class SearchCalls
{
    public static SearchService.SearchServiceClient Searches(this HubHost hub) => new(hub.As("crm"));

    /// <summary>A home to rent in Valbourg (14901), as most tests want it.</summary>
    public static Search Wanted(string household) => new()
    {
        Case = household,
        Transaction = Listing.Types.Transaction.Rental,
        Places = { "places/14901" },
        Budget = new Money { CurrencyCode = "EUR", Units = 800 },
        MinRooms = 3,
    };

    public static async Task<Search> SearchAsync(this HubHost hub, Search search) => (await hub.Searches().CreateSearchAsync(new() { RequestId = Household.NewId(), Search = search })).Search;

    /// <summary>A flat of three rooms to rent in Valbourg; <paramref name="changes"/> overwrite columns by number.</summary>
    public static string[] Flat(string id, params (int Column, string Value)[] changes) => Poliris.Sale(id, [(3, "location"), (5, "14990"), (6, "VALBOURG"), (11, "750"), (13, "OUI"), .. changes]);

    /// <summary>Until every change of the listings and every search has been seen to.</summary>
    public static Task MatchAllAsync(this HubHost hub) => Eventually.BecomesTrueAsync(async () =>
    {
        await hub.RunAsync<Hub.Housing.Searches.MatchSearches>();
        await hub.RunAsync<Hub.Housing.FollowListings<Hub.Housing.Searches.SearchFollower>>();
        await using var command = hub.Source.CreateCommand(
            """
            select not exists (select from searches where state = 'active' and match_time is null)
               and not exists (select from listings l left join listing_followers f on f.name = 'searches'
                               where (l.changed_transaction, l.changed_sequence) > (coalesce(f.changed_transaction, '0'::xid8), coalesce(f.changed_sequence, 0)))
            """);
        return (bool)(await command.ExecuteScalarAsync())!;
    }, () => "Listings or searches are left that nobody has seen to.");

    public static async Task<List<SearchMatch>> MatchesAsync(this HubHost hub, string search) => [.. (await hub.Searches().ListSearchMatchesAsync(new() { Search = search })).Matches.OrderBy(m => m.CreateTime.ToDateTime())];

    /// <summary>Watches until that many came and the reader is up to date; the cursor is the checkpoint's.</summary>
    public static async Task<(List<WatchSearchMatchesResponse> Items, string Cursor)> WatchMatchesAsync(this HubHost hub, int count, string cursor = "", string search = "", string household = "")
    {
        using var call = hub.Searches().WatchSearchMatches(
            new() { StartCursor = cursor, Search = search, Case = household }, deadline: hub.Services.GetRequiredService<TimeProvider>().GetUtcNow().AddSeconds(30).UtcDateTime);
        var seen = new List<WatchSearchMatchesResponse>();
        await foreach (var item in call.ResponseStream.ReadAllAsync())
        {
            if (item.ItemCase == WatchSearchMatchesResponse.ItemOneofCase.Match) seen.Add(item);
            else if (seen.Count >= count) return (seen, item.Cursor);
        }

        throw new InvalidOperationException("The stream ended.");
    }
}
