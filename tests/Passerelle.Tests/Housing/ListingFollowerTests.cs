using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Passerelle.Hub.Housing;
using Passerelle.Hub.Persistence;
using Passerelle.Tests.Housing.Feeds;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Housing;

/// <summary>Those who follow the listings hear of every change, once.</summary>
public sealed class ListingFollowerTests(Postgres postgres)
{
    [Fact]
    public async Task Two_nodes_at_once_follow_each_change_once()
    {
        await using var hub = await StartAsync();
        await hub.ImportAsync(Feed.OfSales(Feed.Ids(1, 1200)));
        FollowListings<Scribe>[] nodes = [.. Enumerable.Range(0, 2).Select(_ => ActivatorUtilities.CreateInstance<FollowListings<Scribe>>(hub.Services))];

        await Eventually.BecomesTrueAsync(async () =>
        {
            await Task.WhenAll(nodes.Select(node => Task.Run(() => node.RunAsync(TestContext.Current.CancellationToken))));
            return (await FollowedAsync(hub)).Count >= 1200;
        }, () => "Not all came.");

        var followed = await FollowedAsync(hub);
        Assert.Equal(1200, followed.Count);
        Assert.Equal(1200, followed.Distinct().Count());
    }

    [Fact]
    public async Task Only_what_changed_comes_again()
    {
        await using var hub = await StartAsync();
        await hub.ImportAsync(Feed.OfSales(["T1", "T2", "T3"]));
        await FollowAllAsync(hub, 3);

        await hub.ImportAsync(Feed.Of(Poliris.Sale("T1"), Poliris.Sale("T2", (11, "1000"))));

        Assert.Equal(["T1 OnMarket", "T2 OnMarket", "T2 OnMarket", "T3 OnMarket", "T3 Withdrawn"], (await FollowAllAsync(hub, 5)).Order());
    }

    [Fact]
    public async Task A_transaction_that_commits_after_a_younger_one_is_not_skipped()
    {
        await using var hub = await StartAsync();
        await hub.ImportAsync(Feed.OfSales(["T1", "T2"]));
        await FollowAllAsync(hub, 2);
        await using var slow = await hub.Source.OpenConnectionAsync();
        await using var transaction = await slow.BeginTransactionAsync();
        await TouchAsync(slow, "T1");
        await using (var fast = await hub.Source.OpenConnectionAsync()) await TouchAsync(fast, "T2");

        await hub.RunAsync<FollowListings<Scribe>>();
        Assert.Equal(2, (await FollowedAsync(hub)).Count);
        await transaction.CommitAsync();

        Assert.Equal(["T1 OnMarket", "T2 OnMarket"], (await FollowAllAsync(hub, 4))[2..]);
    }

    [Fact]
    public async Task What_a_follower_had_done_when_it_failed_is_undone_and_comes_again_and_no_other_waits()
    {
        await using var hub = await StartAsync();
        hub.ExpectedErrors = text => text.Contains("Follower fails-once of the listings failed", StringComparison.Ordinal);
        await hub.ImportAsync(Feed.OfSales(["T1", "T2"]));
        var failing = hub.Services.GetRequiredService<FollowListings<FailsOnce>>();
        await Eventually.BecomesTrueAsync(async () => await failing.OldestDueAsync(TestContext.Current.CancellationToken) >= TimeSpan.Zero, () => "Nothing came due.");

        await hub.RunAsync<FollowListings<FailsOnce>>();
        Assert.Empty(await FollowedAsync(hub));
        // It rests, and says for how long.
        Assert.InRange((await failing.OldestDueAsync(TestContext.Current.CancellationToken))!.Value, TimeSpan.FromMinutes(-1), TimeSpan.FromSeconds(-1));
        await hub.RunAsync<FollowListings<FailsOnce>>();
        Assert.Empty(await FollowedAsync(hub));
        Assert.Equal(2, (await FollowAllAsync(hub, 2)).Count);

        await hub.ExecuteAsync("update listing_followers set due_time = due_time - interval '1 minute' where name = 'fails-once'");
        await hub.RunAsync<FollowListings<FailsOnce>>();
        Assert.Equal(4, (await FollowedAsync(hub)).Count);
    }

    [Fact]
    public async Task A_cursor_from_before_a_restore_goes_back_to_the_beginning()
    {
        await using var hub = await StartAsync();
        await hub.ImportAsync(Feed.OfSales(["T1"]));
        await FollowAllAsync(hub, 1);
        await hub.ExecuteAsync("update listing_followers set changed_transaction = '1152921504606846976'");

        Assert.Equal(["T1 OnMarket", "T1 OnMarket"], await FollowAllAsync(hub, 2));
    }

    async Task<HubHost> StartAsync()
    {
        var hub = await HubHost.StartAsync(postgres, services => services
            .AddScoped<Scribe>().AddSingleton<FollowListings<Scribe>>()
            .AddScoped<FailsOnce>().AddSingleton<FollowListings<FailsOnce>>().AddSingleton<Failure>());
        await hub.ExecuteAsync("create table followed (number int generated always as identity, what text)");
        return hub;
    }

    /// <summary>Runs it until so much was followed: a transaction of any other test's database holds the horizon back for a moment.</summary>
    static async Task<List<string>> FollowAllAsync(HubHost hub, int count)
    {
        await Eventually.BecomesTrueAsync(async () =>
        {
            await hub.RunAsync<FollowListings<Scribe>>();
            return (await FollowedAsync(hub)).Count >= count;
        }, () => $"Not so many as {count} came.");
        return await FollowedAsync(hub);
    }

    static Task<List<string>> FollowedAsync(HubHost hub) => hub.QueryAsync(db => db.Database.SqlQuery<string>($"select what from followed order by number").ToListAsync());

    static async Task TouchAsync(NpgsqlConnection connection, string technicalId)
    {
        await using var command = new NpgsqlCommand("update listings set changed_transaction = default, changed_sequence = default where technical_id = $1", connection);
        command.Parameters.Add(new() { Value = technicalId });
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Writes down what it heard, as part of the transaction.</summary>
    sealed class Scribe(HubDb db) : IListingFollower
    {
        public static string Name => "scribe";

        public async Task FollowAsync(IReadOnlyList<Listing> changed, CancellationToken ct)
        {
            string[] lines = [.. changed.Select(l => $"{l.TechnicalId} {l.State}")];
            await db.Database.ExecuteSqlAsync($"insert into followed (what) select * from unnest({lines})", ct);
        }
    }

    sealed class Failure
    {
        public bool Happened { get; set; }
    }

    sealed class FailsOnce(HubDb db, Failure failure) : IListingFollower
    {
        public static string Name => "fails-once";

        public async Task FollowAsync(IReadOnlyList<Listing> changed, CancellationToken ct)
        {
            await new Scribe(db).FollowAsync(changed, ct);
            if (failure.Happened) return;
            failure.Happened = true;
            throw new InvalidOperationException("On purpose.");
        }
    }
}
