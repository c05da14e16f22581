using Npgsql;
using NpgsqlTypes;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Housing.Searches;

/// <summary>Of what was looked at, all that was found: what is not among it does not fit, or no longer.</summary>
public enum LookedAt { Listings = 1, Searches }

/// <summary>Puts what was found in the place of what was known: COPY into a table of this transaction, then gone, changed, new.</summary>
/// <param name="connection">Inside the transaction that all of it is part of, and that holds the lock.</param>
sealed class SearchMatches(NpgsqlConnection connection, DateTimeOffset now)
{
    /// <summary>Whoever matches does so alone: a search that is made and a listing that changes at the same moment are not both looked at without the other.</summary>
    public async Task LockAsync(CancellationToken ct)
    {
        await using var command = Command("select pg_advisory_xact_lock(hashtextextended('search matches', 0))");
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <param name="ids">Of the listings, or of the searches, that were looked at: against all searches, or all listings on the market.</param>
    public async Task ReplaceAsync(LookedAt what, Guid[] ids, IReadOnlyCollection<Verdict> found, CancellationToken ct)
    {
        await StageAsync(found, ct);
        var mine = what == LookedAt.Listings ? "listing_id" : "search_id";
        await ExecuteAsync(
            $"""
            update search_matches m set state = 'gone', gone_time = $1, update_time = $1, changed_transaction = default, changed_sequence = default
            where m.{mine} = any($2) and m.state = 'current' and not exists (select from found_matches f where f.search_id = m.search_id and f.listing_id = m.listing_id)
            """, ct, now, ids);
        if (found.Count == 0) return;
        await ExecuteAsync(
            """
            update search_matches m
            set state = 'current', gone_time = null, kind = f.kind, score = f.score, criteria = f.criteria, update_time = $1, changed_transaction = default, changed_sequence = default
            from found_matches f
            where m.search_id = f.search_id and m.listing_id = f.listing_id and (m.state <> 'current' or m.kind <> f.kind or m.score <> f.score or m.criteria <> f.criteria)
            """, ct, now);
        // Whoever follows the case hears that there is something new, how many it is, and nothing more.
        await ExecuteAsync(
            """
            with made as (
                insert into search_matches (search_id, listing_id, state, kind, score, criteria, create_time, update_time, changed_sequence, create_sequence)
                select search_id, listing_id, 'current', kind, score, criteria, $1, $1, number, number
                from (select f.*, nextval(pg_get_serial_sequence('search_matches', 'changed_sequence')) as number from found_matches f
                      where not exists (select from search_matches m where m.search_id = f.search_id and m.listing_id = f.listing_id)) n
                returning search_id, kind
            )
            insert into events (type, time, subject, case_id, detail)
            select 'search.matched', $1, 'searches/' || s.id, s.case_id, n.count::text
            from (select search_id, count(*) from made where kind = 'match' group by search_id) n join searches s on s.id = n.search_id
            """, ct, now);
    }

    async Task StageAsync(IReadOnlyCollection<Verdict> found, CancellationToken ct)
    {
        await ExecuteAsync("create temp table if not exists found_matches (search_id uuid, listing_id uuid, kind text, score int, criteria text) on commit drop", ct);
        await ExecuteAsync("truncate found_matches", ct);
        await using (var copy = await connection.BeginBinaryImportAsync("copy found_matches from stdin (format binary)", ct))
        {
            foreach (var verdict in found)
            {
                await copy.StartRowAsync(ct);
                await copy.WriteAsync(verdict.SearchId, NpgsqlDbType.Uuid, ct);
                await copy.WriteAsync(verdict.ListingId, NpgsqlDbType.Uuid, ct);
                await copy.WriteAsync(EnumText<MatchKind>.Of(verdict.Kind), NpgsqlDbType.Text, ct);
                await copy.WriteAsync(verdict.Score, NpgsqlDbType.Integer, ct);
                await copy.WriteAsync(verdict.Criteria, NpgsqlDbType.Text, ct);
            }

            await copy.CompleteAsync(ct);
        }

        await ExecuteAsync("analyze found_matches", ct);
    }

    async Task ExecuteAsync(string sql, CancellationToken ct, params object[] values)
    {
        await using var command = Command(sql, values);
        await command.ExecuteNonQueryAsync(ct);
    }

    NpgsqlCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return command;
    }
}
