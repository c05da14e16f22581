using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Platform.Chains;

/// <summary>An entry as it stands in the database.</summary>
/// <param name="Content">Its columns, canonically; null when they are no values that an entry could have.</param>
public sealed record ChainLink(long Sequence, byte[] Hash, byte[]? Content, DateTimeOffset Time);

/// <summary>One append-only log. Registered as a service, so that it is verified and anchored with the others.</summary>
public interface IChain
{
    /// <summary>How it is called: at its head, in the anchors, on the command line.</summary>
    string Name { get; }

    /// <summary>Every entry, in order, as it is read.</summary>
    IAsyncEnumerable<ChainLink> ReadAsync(HubDb db, CancellationToken ct);

    /// <summary>Names of the rows that are made of the log's entries, and are not what those come to. Nothing where no rows are.</summary>
    IAsyncEnumerable<string> DifferingRowsAsync(HubDb db);
}

/// <summary>The log of one kind of entry.</summary>
/// <param name="differingRows">SQL that selects the names of rows that are not what the entries about them come to; null: no rows are made of them.</param>
public sealed class Chain<TEntry>(string name, string? differingRows = null) : IChain where TEntry : class, IChained
{
    public string Name => name;

    /// <summary>Gives the entries their places at the end of the chain and adds them to the context: the caller saves and commits. Whoever else appends waits for that commit,
    /// so append last, and talk to nobody in between.</summary>
    /// <param name="db">In a transaction.</param>
    public Task AppendAsync(HubDb db, IReadOnlyList<TEntry> entries, CancellationToken ct) => AppendAsync(db, _ => entries, ct);

    /// <param name="entriesAt">Makes the entries, at the time when their turn has come: later than that of those before them.</param>
    public async Task AppendAsync(HubDb db, Func<DateTimeOffset, IReadOnlyList<TEntry>> entriesAt, CancellationToken ct)
    {
        if (db.Database.CurrentTransaction is null) throw new InvalidOperationException("Appending to a chain needs an open transaction.");
        var (head, now) = await ChainHead.LockAsync(db, name, ct);
        var entries = entriesAt(now);
        var (sequence, hash) = Link(db, entries, head.Sequence, head.Hash);
        head.Advance(sequence, hash);
        db.AddRange(entries);
    }

    /// <summary>Gives entries their places after a known one.</summary>
    /// <returns>The last one's place.</returns>
    public static (long Sequence, byte[] Hash) Link(HubDb db, IReadOnlyList<TEntry> entries, long sequence, byte[] hash)
    {
        var table = ChainTable.Of(db.Model, typeof(TEntry));
        var content = new ChainContent();
        foreach (var entry in entries)
        {
            hash = ChainContent.Hash(hash, ++sequence, table.Content(entry, content));
            entry.Link(sequence, hash);
        }

        return (sequence, hash);
    }

    public async IAsyncEnumerable<ChainLink> ReadAsync(HubDb db, [EnumeratorCancellation] CancellationToken ct)
    {
        var table = ChainTable.Of(db.Model, typeof(TEntry));
        var content = new ChainContent();
        await db.Database.OpenConnectionAsync(ct);
        try
        {
            // Long logs take their time.
            await using var command = new NpgsqlCommand(table.Select, (NpgsqlConnection)db.Database.GetDbConnection()) { CommandTimeout = 0 };
            await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
            while (await reader.ReadAsync(ct)) yield return table.Read(reader, content);
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }
    }

    public IAsyncEnumerable<string> DifferingRowsAsync(HubDb db) =>
        differingRows is null ? AsyncEnumerable.Empty<string>() : db.Database.SqlQueryRaw<string>(differingRows).AsAsyncEnumerable();
}

/// <summary>In a migration: refuses to change what a chained table holds. A trigger can be disabled by the database's owner: for that there are the hashes and the anchors.</summary>
public static class ChainTriggers
{
    /// <summary>After the function chained_refuses, see the migration Chains. `always`: a session that plays a replica is refused too.</summary>
    public static string Sql(string table) =>
        $"""
        create trigger append_only before update or delete or truncate on {table} for each statement execute function chained_refuses();
        alter table {table} enable always trigger append_only;
        """;
}
