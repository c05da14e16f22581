using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Passerelle.Benchmarks.Harness;
using Passerelle.Hub.Housing.Searches;
using Passerelle.Hub.Persistence;

namespace Passerelle.Benchmarks.Searches;

/// <summary>`searches.match`: seconds in which 10,000 active searches are matched against 1,000 listings that changed, from the reading of both to the commit of what was found. The work of
/// the follower, in the batches in which it comes to it, in this process. As after a night's feeds, most of the listings are new; a fifth are those of the run before at another price.</summary>
static class SearchMatching
{
    const int Searches = 10_000;
    const int Changed = 1_000;

    /// <summary>As FollowListings hands them over.</summary>
    const int Batch = 500;

    const int Repriced = Changed / 5;

    const int Communes = 526;

    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var sandbox = await Sandbox.StartAsync(ct);
        await sandbox.StopHubAsync();
        await SeedAsync(sandbox, options.Seed, ct);
        var context = new DbContextOptionsBuilder<HubDb>();
        Storage.Configure(context, sandbox.Source);
        var (seconds, found) = (new List<double>(), new List<long>());
        for (var run = 0; run <= options.Runs; run++)
        {
            await ChangeListingsAsync(sandbox, options.Seed + run, ct);
            var before = await sandbox.ReadAsync<long>("select count(*) from search_matches where state = 'current'", ct);
            var began = Stopwatch.GetTimestamp();
            await FollowAsync(context.Options, ct);
            var took = Stopwatch.GetElapsedTime(began).TotalSeconds;
            var written = await sandbox.ReadAsync<long>("select count(*) from search_matches where update_time = (select max(update_time) from search_matches)", ct);
            var current = await sandbox.ReadAsync<long>("select count(*) from search_matches where state = 'current'", ct);
            if (current == 0) throw new InvalidOperationException("Nothing was found: the figure would be of nothing.");
            Progress.Say(FormattableString.Invariant($"  {(run == 0 ? "warm-up" : $"run {run}")}: {took:0.00} s, {current} matches and near misses now, {before} before, {written} rows written in the last batch"));
            if (run == 0) continue;
            seconds.Add(took);
            found.Add(current);
        }

        return new Measurement(
            [
                new Figure("searches.match", "s", seconds, [])
                {
                    Target = new(AtMost: 2),
                    Counted = $"{Searches} searches against {Changed} changed listings in {Changed / Batch} transactions, from the reading of places, searches and listings to the commit of the matches; {Figure.Median(found.Select(f => (double)f)):0} matches and near misses stand at the end.",
                },
            ],
            sandbox.Machine,
            new Dictionary<string, string> { ["searches"] = Searches.ToString(CultureInfo.InvariantCulture), ["listings"] = Changed.ToString(CultureInfo.InvariantCulture) });
    }

    static async Task FollowAsync(DbContextOptions<HubDb> options, CancellationToken ct)
    {
        for (var batch = 0; batch < Changed / Batch; batch++)
        {
            await using var db = new HubDb(options);
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            var listings = await db.Listings.AsNoTracking().OrderBy(l => l.Id).Skip(batch * Batch).Take(Batch).ToListAsync(ct);
            await new SearchFollower(db).FollowAsync(listings, ct);
            await transaction.CommitAsync(ct);
        }
    }

    /// <summary>Communes on a grid as wide as the département, households and their searches: five communes, or 12 km around one, a budget, rooms, and a must in every third.</summary>
    static async Task SeedAsync(Sandbox sandbox, int seed, CancellationToken ct)
    {
        await sandbox.ExecuteAsync(
            """
            insert into places (code, name, postcodes, latitude, longitude)
            select '14' || lpad(i::text, 3, '0'), 'Commune-' || i, array['14' || lpad((i % 88 * 10)::text, 3, '0')], 48.8 + (i / 33) * 0.035, -1.1 + (i % 33) * 0.045 from generate_series(0, $1 - 1) i
            """, ct, Communes);
        await sandbox.ExecuteAsync("select setseed($1)", ct, 1.0 / (seed + 1));
        await sandbox.ExecuteAsync(
            "insert into cases (id, reference, needs, create_time) select gen_random_uuid(), 'bench-' || i, array['housing'], hub_now() from generate_series(1, $1) i", ct, Searches);
        await sandbox.ExecuteAsync(
            """
            insert into searches (id, case_id, state, transaction, places, area_place, area_latitude, area_longitude, area_metres, budget_cents, min_rooms, min_bedrooms, min_surface, kinds, musts, wishes, create_time, update_time, match_time)
            select gen_random_uuid(), id, 'active', case when n % 3 = 0 then 'rental' else 'sale' end,
                   case when n % 2 = 0 then (select array_agg('14' || lpad(((n * 7 + k * 13) % $1)::text, 3, '0')) from generate_series(1, 5) k) else '{}' end,
                   case when n % 2 = 1 then '14' || lpad((n % $1)::text, 3, '0') end, case when n % 2 = 1 then 48.8 + (n % $1 / 33) * 0.035 end, case when n % 2 = 1 then -1.1 + (n % $1 % 33) * 0.045 end,
                   case when n % 2 = 1 then 12000 end, case when n % 3 = 0 then 60000 + n % 90 * 1000 else 12000000 + n % 200 * 150000 end, 2 + n % 4, 1 + n % 3, 50 + n % 60, case n % 4 when 0 then '{}' else array['house', 'apartment'] end,
                   case n % 3 when 0 then array['garden'] else '{}' end, array['terrace', 'cellar'], hub_now(), hub_now(), hub_now()
            from (select id, row_number() over () as n from cases) c
            """, ct, Communes);
        await sandbox.ExecuteAsync("vacuum analyze places, searches", ct);
    }

    /// <summary>A fifth of the listings are cheaper than they were; the others make room for new ones.</summary>
    static async Task ChangeListingsAsync(Sandbox sandbox, int round, CancellationToken ct)
    {
        await sandbox.ExecuteAsync("delete from listings where id not in (select id from listings order by id desc limit $1)", ct, Repriced);
        var kept = await sandbox.ReadAsync<long>("with repriced as (update listings set price_cents = price_cents * 95 / 100, update_time = hub_now() returning id) select count(*) from repriced", ct);
        await sandbox.ExecuteAsync(
            """
            insert into listings (id, partner_id, agency, technical_id, state, transaction, property_type, property_type_text, city, postcode, latitude, longitude, price_cents, price_hidden,
                                  rent_includes_charges, rooms, bedrooms, surface, land_surface, photos, details, content_hash, create_time, update_time)
            select gen_random_uuid(), (select min(id) from partners), 'agence-1', 'T' || n, 'on_market', case when n % 3 = 0 then 'rental' else 'sale' end, case when n % 2 = 0 then 'house' else 'apartment' end, 'Maison',
                   'Commune-' || c, '14' || lpad((c % 88 * 10)::text, 3, '0'), 48.8 + (c / 33) * 0.035, -1.1 + (c % 33) * 0.045,
                   case when n % 3 = 0 then 50000 + n % 120 * 1000 else 9000000 + n % 250 * 150000 end, false, true, 2 + n % 5, 1 + n % 4, 40 + n % 90, case n % 2 when 0 then 400 end, '{}', '{"terrace": true}',
                   decode(repeat('00', 32), 'hex'), hub_now(), hub_now()
            from (select n, n * 31 % $3 as c from generate_series($1, $1 + $2 - 1) n) made
            """, ct, round * Changed, Changed - (int)kept, Communes);
    }
}
