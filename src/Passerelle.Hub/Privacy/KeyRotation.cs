using Npgsql;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Privacy;

/// <summary>How many values a master key has wrapped in a column.</summary>
/// <param name="MasterId">See MasterKeys.CurrentId.</param>
public sealed record WrappedCount(MasterSealed Column, string MasterId, long Count);

/// <summary>Wraps anew, with the current master key, what the others have wrapped, while the hub serves. Short transactions with rests between them; whoever reads waits for nothing, and any number
/// may run at once: none takes what another has in hand. Stopped, it goes on where it was.</summary>
public sealed class KeyRotation(NpgsqlDataSource source, MasterKeys master, IEnumerable<MasterSealed> columns, TimeProvider time)
{
    /// <summary>Takes about 20 ms: nobody who creates or erases one of these persons notices.</summary>
    const int Batch = 1000;

    /// <summary>Of the time that a batch took: the database has at least so much left for those whom the hub serves.</summary>
    const double RestShare = 0.5;

    static readonly TimeSpan ShortestRest = TimeSpan.FromMilliseconds(5);

    /// <summary>From one look at all that there is to the next.</summary>
    static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(500);

    /// <param name="progress">Told after each batch how many values were wrapped by this run so far.</param>
    /// <returns>How many values were wrapped by this run. Nothing is left then that another known key has wrapped.</returns>
    public async Task<long> RunAsync(Action<long> progress, CancellationToken ct)
    {
        var (done, others) = (0L, master.OtherIds.ToArray());
        if (others.Length == 0) return 0;
        foreach (var column in columns)
        {
            for (Guid? last = Guid.Empty; last is { } after;)
            {
                var began = time.GetTimestamp();
                (last, var wrapped) = await WrapAsync(column, others, after, ct);
                if (wrapped > 0) progress(done += wrapped);
                var rest = time.GetElapsedTime(began) * RestShare;
                await Task.Delay(rest > ShortestRest ? rest : ShortestRest, time, ct);
                // Until nothing is left: others had some of it in hand and may have let it go, and nodes that still wrap with an old key make more.
                if (last is not null || !await IsLeftAsync(column, others, ct)) continue;
                await Task.Delay(BetweenLooks, time, ct);
                last = Guid.Empty;
            }
        }

        return done;
    }

    public async Task<IReadOnlyList<WrappedCount>> CountAsync(CancellationToken ct)
    {
        var counts = new List<WrappedCount>();
        foreach (var column in columns)
        {
            await using var command = source.CreateCommand($"select master_id, count(*) from {column.Table} group by master_id order by master_id");
            await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
            while (await reader.ReadAsync(ct)) counts.Add(new WrappedCount(column, reader.GetString(0), reader.GetInt64(1)));
        }

        return counts;
    }

    async Task<bool> IsLeftAsync(MasterSealed column, string[] others, CancellationToken ct)
    {
        await using var command = source.CreateCommand($"select exists (select from {column.Table} where master_id = any($1))");
        command.Parameters.Add(new() { Value = others });
        return (bool)(await command.ExecuteScalarAsync(CancellationToken.None))!;
    }

    /// <returns>The last row that was looked at, null at the end of the table; and how many values were wrapped.</returns>
    async Task<(Guid? Last, int Wrapped)> WrapAsync(MasterSealed column, string[] others, Guid after, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var (ids, values) = (new List<Guid>(Batch), new List<byte[]>(Batch));
        // Locked as an update of them would: other rows may go on referring to them.
        await using (var read = new NpgsqlCommand(
            $"""
            select {column.Key}, {column.Column} from {column.Table} where {column.Key} > $1 and master_id = any($2) order by {column.Key} limit {Batch} for no key update skip locked
            """, connection, transaction))
        {
            read.Parameters.Add(new() { Value = after });
            read.Parameters.Add(new() { Value = others });
            await using var reader = await read.ExecuteReaderAsync(CancellationToken.None);
            while (await reader.ReadAsync(ct))
            {
                ids.Add(reader.GetGuid(0));
                values.Add(Anew(column, ids[^1], reader.GetFieldValue<byte[]>(1)));
            }
        }

        if (ids.Count == 0) return (null, 0);
        await using var update = new NpgsqlCommand(
            $"update {column.Table} t set {column.Column} = anew.value from unnest($1, $2) anew (id, value) where t.{column.Key} = anew.id", connection, transaction);
        update.Parameters.Add(new() { Value = ids.ToArray() });
        update.Parameters.Add(new() { Value = values.ToArray() });
        await update.ExecuteNonQueryAsync(CancellationToken.None);
        await transaction.CommitAsync(ct);
        return (ids[^1], ids.Count);
    }

    byte[] Anew(MasterSealed column, Guid id, byte[] wrapped) => master.Wrap(master.Unwrap(wrapped, column.Place(id)), column.Place(id));
}
