using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Housing.Homes;

/// <summary>Finds out which listings are of one home, as they change: compares each with the few that may be the same, links those that are like enough, and groups anew whatever hangs together with them.</summary>
/// <remarks>One transaction at a time does so: whoever holds the follower's row. Links depend on what the listings say now and on nothing else, and so do the groups: the order in which feeds come does not matter.</remarks>
public sealed class HomeBook(HubDb db, IOptions<HomeOptions> options) : IListingFollower
{
    /// <summary>What hangs together is grouped together, up to so many: more are no homes but a feed full of copies.</summary>
    const int MaxReached = 2000;

    public static string Name => "homes";

    public async Task FollowAsync(IReadOnlyList<Listing> changed, CancellationToken ct)
    {
        var now = await db.NowAsync(ct);
        Guid[] ids = [.. changed.Select(l => l.Id)];
        var neighbours = await UnlinkAsync(ids, ct);
        await TakeAsync(changed, now, ct);
        await LinkAsync(changed, ct);
        await GroupAsync([.. ids, .. neighbours], now, ct);
    }

    /// <summary>Remembers what a person said of two listings, and groups accordingly.</summary>
    public async Task DecideAsync(Guid first, Guid second, bool areSame, string why, string by, CancellationToken ct)
    {
        await db.Database.ExecuteSqlAsync($"insert into listing_followers (name) values ({Name}) on conflict do nothing", ct);
        await db.Database.ExecuteSqlAsync($"select from listing_followers where name = {Name} for update", ct);
        var now = await db.NowAsync(ct);
        var pair = HomeGroups.PairOf(first, second);
        var decision = await db.HomeDecisions.FindAsync([pair.First, pair.Second], ct) ?? db.HomeDecisions.Add(HomeDecision.Of(first, second)).Entity;
        decision.Decide(areSame, why, by, now);
        await db.SaveChangesAsync(ct);
        await GroupAsync([first, second], now, ct);
        await db.SaveInBulkAsync(ct);
    }

    /// <returns>What they were linked with.</returns>
    async Task<List<Guid>> UnlinkAsync(Guid[] ids, CancellationToken ct) => await db.Database.SqlQuery<Guid>(
        $"""
        with gone as (delete from home_links where first_id = any({ids}) or second_id = any({ids}) returning first_id, second_id)
        select first_id as "Value" from gone union select second_id from gone
        """).ToListAsync(ct);

    async Task TakeAsync(IReadOnlyList<Listing> changed, DateTimeOffset now, CancellationToken ct)
    {
        Guid[] ids = [.. changed.Select(l => l.Id)];
        var known = await db.HomeListings.Where(l => ids.Contains(l.ListingId)).ToDictionaryAsync(l => l.ListingId, ct);
        foreach (var listing in changed)
        {
            // What had left before anybody heard of it was in no home.
            if (!known.TryGetValue(listing.Id, out var mine) && listing.State == ListingState.Withdrawn) continue;
            mine ??= db.HomeListings.Add(HomeListing.Of(listing)).Entity;
            mine.Take(listing, now);
        }

        await db.SaveInBulkAsync(ct);
    }

    async Task LinkAsync(IReadOnlyList<Listing> changed, CancellationToken ct)
    {
        var pairs = await CandidatesAsync([.. changed.Where(l => l.State == ListingState.OnMarket).Select(l => l.Id)], ct);
        var traits = changed.ToDictionary(l => l.Id, HomeTraits.Of);
        Guid[] others = [.. pairs.Select(p => p.CandidateId).Distinct().Where(id => !traits.ContainsKey(id))];
        foreach (var other in await db.Listings.AsNoTracking().Where(l => others.Contains(l.Id)).ToListAsync(ct)) traits.Add(other.Id, HomeTraits.Of(other));
        foreach (var (first, second) in pairs.Select(p => HomeGroups.PairOf(p.ListingId, p.CandidateId)).Distinct())
        {
            ct.ThrowIfCancellationRequested();
            var score = Likeness.Of(traits[first], traits[second]).Score;
            if (score >= options.Value.LinkFrom) db.HomeLinks.Add(HomeLink.Of(first, second, score));
        }

        await db.SaveInBulkAsync(ct);
    }

    /// <summary>What may be the same home: the same transaction and postcode, and next in size; what <see cref="Likeness"/> excludes by price is left out here.</summary>
    async Task<List<Candidate>> CandidatesAsync(Guid[] ids, CancellationToken ct) => await db.Database.SqlQuery<Candidate>(
        $"""
        select l.listing_id, c.listing_id as candidate_id
        from home_listings l
        cross join lateral (
            (select listing_id, price_cents from home_listings c
             where c.leave_time is null and c.postcode = l.postcode and c.transaction = l.transaction and (c.size, c.listing_id) > (l.size, l.listing_id) and c.size <= l.size / 0.95
             order by c.size, c.listing_id limit {options.Value.Candidates})
            union all
            (select listing_id, price_cents from home_listings c
             where c.leave_time is null and c.postcode = l.postcode and c.transaction = l.transaction and (c.size, c.listing_id) < (l.size, l.listing_id) and c.size >= l.size * 0.95
             order by c.size desc, c.listing_id desc limit {options.Value.Candidates})
        ) c
        where l.listing_id = any({ids}) and c.price_cents between l.price_cents * 0.6 and l.price_cents / 0.6
        """).ToListAsync(ct);

    async Task GroupAsync(Guid[] from, DateTimeOffset now, CancellationToken ct)
    {
        var reached = await ReachAsync(from, ct);
        var listings = await db.HomeListings.Where(l => reached.Contains(l.ListingId)).ToListAsync(ct);
        var standing = listings.Where(l => l.LeaveTime is null).ToDictionary(l => l.ListingId);
        var links = await db.HomeLinks.AsNoTracking().Where(l => reached.Contains(l.FirstId) && reached.Contains(l.SecondId)).ToListAsync(ct);
        var decisions = await db.HomeDecisions.AsNoTracking().Where(d => reached.Contains(d.FirstId) && reached.Contains(d.SecondId)).ToListAsync(ct);
        // What a person said of two sales does not make one home of a sale and of what is now to let.
        decisions.RemoveAll(d => d.AreSame && standing.GetValueOrDefault(d.FirstId)?.Transaction != standing.GetValueOrDefault(d.SecondId)?.Transaction);
        var groups = HomeGroups.Of(standing.Keys, links, decisions, options.Value.GroupFrom);

        var before = standing.Values.Where(l => l.HomeId is not null).ToDictionary(l => l.ListingId, l => l.HomeId!.Value);
        var homeIds = listings.Select(l => l.HomeId).OfType<Guid>().Distinct().ToArray();
        var homes = await db.Homes.Where(h => homeIds.Contains(h.Id)).ToDictionaryAsync(h => h.Id, ct);
        var kept = HomeGroups.Keep(groups, before);
        var homeOf = groups.Select((_, i) => kept[i] is { } id ? homes[id] : db.Homes.Add(Home.Register(now)).Entity).ToList();
        foreach (var (group, home) in groups.Zip(homeOf))
        {
            HomeListing[] members = [.. group.Select(id => standing[id])];
            // Most of what is looked at is as it was.
            if (members.Length == home.ListingCount && Array.TrueForAll(members, m => m.HomeId == home.Id) && members[0].Postcode == home.Postcode && members[0].Transaction == home.Transaction) continue;
            home.Consist(members, now);
            foreach (var member in members) member.Join(home.Id, now);
        }

        var heirs = HomeGroups.HeirsOf(groups, before);
        foreach (var home in homes.Values.Except(homeOf).Where(h => h.ListingCount > 0)) home.Empty(heirs.TryGetValue(home.Id, out var heir) ? homeOf[heir].Id : null, now);
        await db.SaveInBulkAsync(ct);
    }

    /// <summary>Everything on the market that hangs together with these by links and by what persons said, and whatever else is in the homes of all those.</summary>
    async Task<Guid[]> ReachAsync(Guid[] from, CancellationToken ct) => [.. await db.Database.SqlQuery<Guid>(
        $"""
        with recursive mates as (
            select unnest({from}) as id
            union
            select m.listing_id from home_listings l join home_listings m on m.home_id = l.home_id where l.listing_id = any({from}) and m.leave_time is null
        ),
        reached as (
            select id from mates
            union
            select n.id from reached r cross join lateral (
                select second_id from home_links where first_id = r.id
                union all select first_id from home_links where second_id = r.id
                union all select second_id from home_decisions where first_id = r.id and are_same
                union all select first_id from home_decisions where second_id = r.id and are_same
            ) n(id)
        ),
        bounded as (select id from reached limit {MaxReached + from.Length})
        select id as "Value" from bounded
        union
        select m.listing_id from bounded b join home_listings l on l.listing_id = b.id join home_listings m on m.home_id = l.home_id where m.leave_time is null
        """).ToListAsync(ct)];

    sealed record Candidate(Guid ListingId, Guid CandidateId);
}
