using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Places;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Housing.Searches;

/// <summary>Asks every active search about listings that changed.</summary>
public sealed class SearchFollower(HubDb db) : IListingFollower
{
    public static string Name => "searches";

    public async Task FollowAsync(IReadOnlyList<Listing> changed, CancellationToken ct)
    {
        var matches = new SearchMatches((NpgsqlConnection)db.Database.GetDbConnection(), await db.NowAsync(ct));
        await matches.LockAsync(ct);
        var map = new PlaceMap(await PlaceBook.LoadAsync(db, ct));
        var searches = await db.Searches.AsNoTracking().Where(s => s.State == SearchState.Active).ToListAsync(ct);
        var terms = searches.ConvertAll(s => new SearchTerms(s.Id, s.LookedFor, map));
        var listings = changed.Select(l => new ListingFacts(ListingFields.From(l), map)).ToList();
        await matches.ReplaceAsync(LookedAt.Listings, [.. listings.Select(l => l.Id)], Judge(terms, listings), ct);
    }

    /// <summary>Ten thousand searches and a thousand listings are ten million pairs: every core takes its part of the searches.</summary>
    public static IReadOnlyCollection<Verdict> Judge(IReadOnlyList<SearchTerms> searches, IReadOnlyList<ListingFacts> listings)
    {
        var found = new ConcurrentQueue<Verdict>();
        Parallel.ForEach(searches, search =>
        {
            foreach (var listing in listings)
                if (search.Judge(listing) is { } verdict) found.Enqueue(verdict);
        });
        return found;
    }
}

/// <summary>Asks searches that are new, or look for something else now, about everything on the market.</summary>
public sealed class MatchSearches(IDbContextFactory<HubDb> dbs, NpgsqlDataSource source, ChangeSignal changes) : IDueWork
{
    /// <summary>One reading of the market serves so many.</summary>
    const int AtOnce = 100;

    public TimeSpan LookEvery => TimeSpan.FromSeconds(30);

    public string SweepCron => "*/10 * * * *";

    public async Task<TimeSpan?> OldestDueAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand("select hub_now() - min(update_time) from searches where state = 'active' and match_time is null");
        return await command.ExecuteScalarAsync(CancellationToken.None) as TimeSpan?;
    }

    public async Task RunAsync(CancellationToken ct)
    {
        while (await MatchAsync(ct)) changes.Pulse();
    }

    /// <returns>False when none is due.</returns>
    async Task<bool> MatchAsync(CancellationToken ct)
    {
        await using var db = await dbs.CreateDbContextAsync(ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var now = await db.NowAsync(ct);
        var matches = new SearchMatches((NpgsqlConnection)db.Database.GetDbConnection(), now);
        await matches.LockAsync(ct);
        // Whoever changes one of them waits until it is matched; whoever has it now is matched with it next time.
        var due = await db.Searches.FromSql(
            $"select * from searches where state = 'active' and match_time is null order by update_time limit {AtOnce} for update skip locked").AsNoTracking().ToListAsync(ct);
        if (due.Count == 0) return false;
        var map = new PlaceMap(await PlaceBook.LoadAsync(db, ct));
        var terms = due.ConvertAll(s => new SearchTerms(s.Id, s.LookedFor, map));
        var found = new List<Verdict>();
        await foreach (var listing in db.Listings.AsNoTracking().Where(l => l.State == ListingState.OnMarket).Select(ListingFields.Of).AsAsyncEnumerable().WithCancellation(ct))
        {
            var facts = new ListingFacts(listing, map);
            foreach (var search in terms)
                if (search.Judge(facts) is { } verdict) found.Add(verdict);
        }

        Guid[] ids = [.. due.Select(s => s.Id)];
        await matches.ReplaceAsync(LookedAt.Searches, ids, found, ct);
        await db.Searches.Where(s => ids.Contains(s.Id)).ExecuteUpdateAsync(set => set.SetProperty(s => s.MatchTime, now), ct);
        await transaction.CommitAsync(ct);
        return true;
    }
}
