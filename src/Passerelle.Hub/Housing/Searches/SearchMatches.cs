using Npgsql;
using NpgsqlTypes;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Housing.Searches;

/// <summary>Of what was looked at, all that was found: what is not among it does not fit, or no longer.</summary>
public enum LookedAt { Listings = 1, Searches }

/// <summary>Puts what was found in the place of what was known. Most of it is new: that goes into the table by COPY; only what differs is written beside it.</summary>
/// <param name="connection">Inside the transaction that all of it is part of.</param>
sealed class SearchMatches(NpgsqlConnection connection, DateTimeOffset now)
{
    const string Sequence = "pg_get_serial_sequence('search_matches', 'changed_sequence')";

    /// <summary>Whoever matches does so alone: a search that is made and a listing that changes at the same moment are not both looked at without the other, and none is matched that is
    /// being erased. Taken first, for the transaction.</summary>
    public Task LockAsync(CancellationToken ct) => ExecuteAsync("select pg_advisory_xact_lock(hashtextextended('search matches', 0))", ct);

    /// <param name="ids">Of the listings, or of the searches, that were looked at: against all searches, or all listings on the market.</param>
    public async Task ReplaceAsync(LookedAt what, Guid[] ids, IEnumerable<Verdict> found, CancellationToken ct)
    {
        var known = await KnownAsync(what, ids, ct);
        var (made, changed) = (new List<Verdict>(), new List<Verdict>());
        foreach (var verdict in found)
        {
            if (!known.Remove((verdict.SearchId, verdict.ListingId), out var before)) made.Add(verdict);
            else if (before is not { IsCurrent: true, Verdict: var same } || same != verdict) changed.Add(verdict);
        }

        await RemoveAsync([.. known.Values.Where(k => k.IsCurrent).Select(k => k.Verdict)], ct);
        await ChangeAsync(changed, ct);
        await AddAsync(made, ct);
    }

    async Task<Dictionary<(Guid SearchId, Guid ListingId), (Verdict Verdict, bool IsCurrent)>> KnownAsync(LookedAt what, Guid[] ids, CancellationToken ct)
    {
        var mine = what switch { LookedAt.Listings => "listing_id", LookedAt.Searches => "search_id" };
        await using var command = Command($"select search_id, listing_id, kind, score, criteria, state = 'current' from search_matches where {mine} = any($1)", ids);
        var known = new Dictionary<(Guid, Guid), (Verdict, bool)>();
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        while (await reader.ReadAsync(ct))
        {
            var verdict = new Verdict(reader.GetGuid(0), reader.GetGuid(1), EnumText<MatchKind>.Parse(reader.GetString(2)), reader.GetInt32(3), reader.GetString(4));
            known.Add((verdict.SearchId, verdict.ListingId), (verdict, reader.GetBoolean(5)));
        }

        return known;
    }

    async Task RemoveAsync(IReadOnlyList<Verdict> gone, CancellationToken ct)
    {
        if (gone.Count == 0) return;
        await ExecuteAsync(
            """
            update search_matches m set state = 'gone', gone_time = $1, update_time = $1, changed_transaction = default, changed_sequence = default
            from unnest($2, $3) g (search_id, listing_id) where m.search_id = g.search_id and m.listing_id = g.listing_id
            """, ct, now, gone.Select(v => v.SearchId).ToArray(), gone.Select(v => v.ListingId).ToArray());
    }

    async Task ChangeAsync(List<Verdict> changed, CancellationToken ct)
    {
        if (changed.Count == 0) return;
        await ExecuteAsync(
            """
            update search_matches m
            set state = 'current', gone_time = null, kind = f.kind, score = f.score, criteria = f.criteria, update_time = $1, changed_transaction = default, changed_sequence = default
            from unnest($2, $3, $4, $5, $6) f (search_id, listing_id, kind, score, criteria) where m.search_id = f.search_id and m.listing_id = f.listing_id
            """, ct, now, changed.Select(v => v.SearchId).ToArray(), changed.Select(v => v.ListingId).ToArray(), changed.Select(v => EnumText<MatchKind>.Of(v.Kind)).ToArray(),
            changed.Select(v => v.Score).ToArray(), changed.Select(v => v.Criteria).ToArray());
    }

    async Task AddAsync(List<Verdict> made, CancellationToken ct)
    {
        if (made.Count == 0) return;
        // In the order of the key, or each would go to another page of its index.
        made.Sort((one, other) => (one.SearchId, one.ListingId).CompareTo((other.SearchId, other.ListingId)));
        // Nobody else takes numbers meanwhile: they are one after the other.
        await using var take = Command($"select setval({Sequence}, nextval({Sequence}) + $1 - 1) - $1", made.Count);
        var number = (long)(await take.ExecuteScalarAsync(CancellationToken.None))!;
        await using (var copy = await connection.BeginBinaryImportAsync(
            "copy search_matches (search_id, listing_id, state, kind, score, criteria, create_time, update_time, changed_sequence, create_sequence) from stdin (format binary)", ct))
        {
            foreach (var verdict in made)
            {
                number++;
                await copy.StartRowAsync(ct);
                await copy.WriteAsync(verdict.SearchId, NpgsqlDbType.Uuid, ct);
                await copy.WriteAsync(verdict.ListingId, NpgsqlDbType.Uuid, ct);
                await copy.WriteAsync("current", NpgsqlDbType.Text, ct);
                await copy.WriteAsync(EnumText<MatchKind>.Of(verdict.Kind), NpgsqlDbType.Text, ct);
                await copy.WriteAsync(verdict.Score, NpgsqlDbType.Integer, ct);
                await copy.WriteAsync(verdict.Criteria, NpgsqlDbType.Text, ct);
                await copy.WriteAsync(now, NpgsqlDbType.TimestampTz, ct);
                await copy.WriteAsync(now, NpgsqlDbType.TimestampTz, ct);
                await copy.WriteAsync(number, NpgsqlDbType.Bigint, ct);
                await copy.WriteAsync(number, NpgsqlDbType.Bigint, ct);
            }

            await copy.CompleteAsync(ct);
        }

        // Whoever follows the case hears that there is something new, how many it is, and nothing more.
        var matches = made.Where(v => v.Kind == MatchKind.Match).CountBy(v => v.SearchId).ToList();
        await ExecuteAsync(
            """
            insert into events (type, time, subject, case_id, detail)
            select 'search.matched', $1, 'searches/' || s.id, s.case_id, n.count::text from unnest($2, $3) n (search_id, count) join searches s on s.id = n.search_id
            """, ct, now, matches.ConvertAll(m => m.Key).ToArray(), matches.ConvertAll(m => m.Value).ToArray());
    }

    async Task ExecuteAsync(string sql, CancellationToken ct, params object[] values)
    {
        ct.ThrowIfCancellationRequested();
        await using var command = Command(sql, values);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    NpgsqlCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return command;
    }
}
