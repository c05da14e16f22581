using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Passerelle.Benchmarks.Harness;
using Passerelle.Hub.Housing;
using Passerelle.Hub.Housing.Searches;
using Passerelle.Hub.Persistence;

namespace Passerelle.Benchmarks.Searches;

/// <summary>`searches.match`: seconds in which 10,000 active searches are matched against 1,000 listings that changed, from the reading of both to the commit of what was found. The work of
/// the follower, in the batches in which it comes to it, in this process; each run on listings that have just become others, so that old matches go and new ones come.</summary>
static class SearchMatching
{
    const int Searches = 10_000;
    const int Changed = 1_000;

    /// <summary>As FollowListings hands them over.</summary>
    const int Batch = 500;

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

    /// <summary>Communes on a grid as wide as the département, households and their searches: five communes, or 20 km around one, a budget, rooms, and a must in every third.</summary>
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
                   case when n % 2 = 1 then 20000 end, case when n % 3 = 0 then 60000 + n % 90 * 1000 else 12000000 + n % 200 * 150000 end, 2 + n % 4, 1 + n % 3, 50 + n % 60, case n % 4 when 0 then '{}' else array['house', 'apartment'] end,
                   case n % 3 when 0 then array['garden'] else '{}' end, array['terrace', 'cellar'], hub_now(), hub_now(), hub_now()
            from (select id, row_number() over () as n from cases) c
            """, ct, Communes);
        await sandbox.ExecuteAsync(
            """
            insert into listings (id, partner_id, agency, technical_id, state, transaction, property_type, property_type_text, price_cents, price_hidden, photos, details, content_hash, create_time, update_time)
            select gen_random_uuid(), (select min(id) from partners), 'agence-1', 'T' || i, 'on_market', 'sale', 'house', 'Maison', 1, false, '{}', '{}', decode(repeat('00', 32), 'hex'), hub_now(), hub_now()
            from generate_series(1, $1) i
            """, ct, Changed);
        await sandbox.ExecuteAsync("vacuum analyze places, searches, listings", ct);
    }

    /// <summary>Each becomes another home.</summary>
    static Task ChangeListingsAsync(Sandbox sandbox, int round, CancellationToken ct) => sandbox.ExecuteAsync(
        """
        update listings l
        set transaction = case when n % 3 = 0 then 'rental' else 'sale' end, property_type = case when n % 2 = 0 then 'house' else 'apartment' end, city = 'Commune-' || c, postcode = '14' || lpad((c % 88 * 10)::text, 3, '0'),
            latitude = 48.8 + (c / 33) * 0.035, longitude = -1.1 + (c % 33) * 0.045, price_cents = case when n % 3 = 0 then 50000 + n % 120 * 1000 else 9000000 + n % 250 * 150000 end, rent_includes_charges = true,
            rooms = 2 + n % 5, bedrooms = 1 + n % 4, surface = 40 + n % 90, land_surface = case n % 2 when 0 then 400 end, update_time = hub_now()
        from (select id, n, (n * 31 % $2)::int as c from (select id, row_number() over (order by technical_id) + $1 * 37 as n from listings) numbered) k
        where k.id = l.id
        """, ct, round, Communes);
}
