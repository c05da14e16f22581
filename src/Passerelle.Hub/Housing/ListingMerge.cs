using Npgsql;
using Passerelle.Hub.Feeds;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Housing;

public sealed record MergeCounts(int New, int Changed, int Unchanged);

/// <summary>Puts what came in the place of what the hub knew. Read it top to bottom: compare, withdraw, update, insert. An equal listing costs a look and no write:
/// most of a daily feed is equal. What becomes of what a full feed no longer lists is for <see cref="FeedGuard"/>.</summary>
/// <param name="connection">Inside the transaction that all of it is part of.</param>
/// <param name="partnerId">Whose listings they are; no statement here touches another partner's rows.</param>
/// <param name="rows">All that came.</param>
sealed class ListingMerge(NpgsqlConnection connection, string partnerId, ListingRows rows)
{
    static readonly TimeSpan StatementTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Of what is sent to the database at once.</summary>
    const int ChunkBytes = 128 * 1024;

    static readonly string Content = string.Join(", ", ListingRow.Columns);
    static readonly int ContentFields = ListingRow.Columns.Count;

    /// <summary>Of so few that they are looked up one by one.</summary>
    const int Few = 1000;

    readonly List<(Guid Id, int Number)> changed = [];
    int back;
    int given;
    DateTimeOffset now;

    /// <summary>Whoever writes a partner's listings waits for who does so at this moment: an import for an upsert of milliseconds, and the other way round for as long as a
    /// caller can be kept waiting.</summary>
    public async Task LockAsync(CancellationToken ct)
    {
        try
        {
            await ExecuteAsync("select set_config('lock_timeout', '20s', true)", ct);
            await ExecuteAsync("select pg_advisory_xact_lock(hashtextextended('listings of ' || $1, 0))", ct, partnerId);
        }
        catch (PostgresException late) when (late.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            throw new FeedUnderWay();
        }

        // Read once the lock is ours: the later writer has the later time.
        await using var command = Command("select hub_now()");
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        await reader.ReadAsync(ct);
        now = reader.GetFieldValue<DateTimeOffset>(0);
    }

    /// <summary>Looks at every listing that the hub knows of the agencies, beside what came; where only few came and nothing can be missing, at those alone.</summary>
    /// <param name="complete">The agencies of which it is all that they have on the market.</param>
    /// <returns>What they have there and it does not list; what becomes of that is for the caller to decide. Nothing of an agency that misses nothing.</returns>
    public async Task<IReadOnlyList<MissingListings>> CompareAsync(IReadOnlyCollection<string> complete, CancellationToken ct)
    {
        await LockAsync(ct);
        var standing = complete.ToDictionary(agency => agency, _ => (OnMarket: 0, Missing: new List<Guid>()));
        const string Known = "select id, agency, technical_id, content_hash, state = 'withdrawn' from listings where partner_id = $1 and";
        await using var command = complete.Count == 0 && rows.Count <= Few && rows.Identities().ToList() is var few
            ? Command($"{Known} (agency, technical_id) in (select * from unnest($2, $3))", partnerId, few.Select(i => i.AgencyId).ToArray(), few.Select(i => i.TechnicalId).ToArray())
            : Command($"{Known} agency = any($2)", partnerId, rows.Agencies.Union(complete).ToArray());
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        var hash = new byte[ListingRow.HashBytes];
        while (await reader.ReadAsync(ct))
        {
            var (id, agency, isWithdrawn) = (reader.GetGuid(0), reader.GetString(1), reader.GetBoolean(4));
            reader.GetBytes(3, 0, hash, 0, hash.Length);
            var met = rows.Meet(agency, reader.GetString(2), hash, isWithdrawn);
            if (met is { Fate: ListingRows.Fate.Changed })
            {
                changed.Add((id, met.Value.Number));
                if (isWithdrawn) back++;
            }

            if (isWithdrawn || !standing.TryGetValue(agency, out var stands)) continue;
            if (met is null) stands.Missing.Add(id);
            standing[agency] = stands with { OnMarket = stands.OnMarket + 1 };
        }

        return [.. standing.Where(s => s.Value.Missing.Count > 0).Select(s => new MissingListings(s.Key, s.Value.OnMarket, s.Value.Missing))];
    }

    /// <summary>What came takes the place of what the hub knew of the same listings. After <see cref="CompareAsync"/>.</summary>
    public async Task<MergeCounts> RunAsync(CancellationToken ct)
    {
        await UpdateAsync(ct);
        var added = await InsertAsync(ct);
        return new MergeCounts(added + back, changed.Count - back, rows.Count - added - changed.Count);
    }

    /// <param name="leaving">On the market, and this partner's: read since <see cref="LockAsync"/>.</param>
    public async Task WithdrawAsync(Guid[] leaving, CancellationToken ct)
    {
        if (leaving.Length == 0) return;
        await ExecuteAsync("update listings set state = 'withdrawn', update_time = $2, changed_transaction = default, changed_sequence = default where id = any($1)", ct, leaving, now);
    }

    /// <summary>What is known and differs, or had been withdrawn: by way of a table of this transaction.</summary>
    async Task UpdateAsync(CancellationToken ct)
    {
        if (changed.Count == 0) return;
        await ExecuteAsync($"create temp table changed_listings on commit drop as select id, {Content} from listings with no data", ct);
        await CopyAsync($"changed_listings (id, {Content})", changed, (to, next) =>
        {
            to.Row(1 + ContentFields);
            to.Id(next.Id);
            to.Raw(rows.Read(next.Number));
        }, ct);
        await ExecuteAsync("analyze changed_listings (id)", ct);
        await ExecuteAsync(
            $"""
            update listings l
            set state = 'on_market', update_time = $1, changed_transaction = default, changed_sequence = default, {string.Join(", ", ListingRow.Columns.Select(c => $"{c} = c.{c}"))}
            from changed_listings c where l.id = c.id
            """,
            ct, now);
    }

    Task<int> InsertAsync(CancellationToken ct)
    {
        // The same for each of them, but for the id.
        var known = new CopyBuffer();
        known.Text(partnerId);
        known.Text(EnumText<ListingState>.Of(ListingState.OnMarket));
        known.Time(now);
        known.Time(now);
        return CopyAsync($"listings (id, partner_id, state, create_time, update_time, {Content})", rows.New(), (to, number) =>
        {
            to.Row(5 + ContentFields);
            to.Id(NextId());
            to.Raw(known.Span);
            to.Raw(rows.Read(number));
        }, ct);
    }

    /// <returns>How many rows.</returns>
    async Task<int> CopyAsync<T>(string into, IEnumerable<T> items, Action<CopyBuffer, T> write, CancellationToken ct)
    {
        // Nothing begins for nothing.
        using var next = items.GetEnumerator();
        if (!next.MoveNext()) return 0;
        var (buffer, count) = (new CopyBuffer(), 0);
        await using var copy = await connection.BeginRawBinaryCopyAsync($"copy {into} from stdin (format binary)", ct);
        copy.ReadTimeout = copy.WriteTimeout = (int)StatementTimeout.TotalMilliseconds;
        try
        {
            buffer.Raw(CopyBuffer.Head);
            do
            {
                write(buffer, next.Current);
                count++;
                if (buffer.Length < ChunkBytes) continue;
                await copy.WriteAsync(buffer.Memory, ct);
                buffer.Clear();
            }
            while (next.MoveNext());
            buffer.Raw(CopyBuffer.Tail);
            await copy.WriteAsync(buffer.Memory, ct);
        }
        catch
        {
            // Or it would end as if that were all.
            await copy.CancelAsync();
            throw;
        }

        return count;
    }

    /// <summary>Ascending within the import: ids of one millisecond in random order would fill the indexes at random places, at twice the cost.
    /// A counter in the bits behind the time, as RFC 9562 allows (section 6.2, method 1); the rest stays random.</summary>
    Guid NextId()
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(now).TryWriteBytes(bytes, bigEndian: true, out _);
        var number = given++;
        (bytes[6], bytes[7]) = ((byte)(0x70 | (number >> 22 & 0x0F)), (byte)(number >> 14));
        (bytes[8], bytes[9]) = ((byte)(0x80 | (number >> 8 & 0x3F)), (byte)number);
        return new Guid(bytes, bigEndian: true);
    }

    async Task ExecuteAsync(string sql, CancellationToken ct, params object[] values)
    {
        ct.ThrowIfCancellationRequested();
        await using var command = Command(sql, values);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    NpgsqlCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = (int)StatementTimeout.TotalSeconds };
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return command;
    }
}
