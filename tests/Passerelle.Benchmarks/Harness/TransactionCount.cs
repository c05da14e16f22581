using Npgsql;

namespace Passerelle.Benchmarks.Harness;

/// <summary>Transactions of one database by PostgreSQL's own account (pg_stat_database.xact_commit + xact_rollback): everybody's, autovacuum's included. Read from another
/// database, so that reading does not count.</summary>
static class TransactionCount
{
    /// <summary>A backend that has become idle reports what it did within 10 s.</summary>
    static readonly TimeSpan ReportedWithin = TimeSpan.FromSeconds(11);

    public static async Task<long> ReadAsync(Sandbox sandbox, string database, CancellationToken ct)
    {
        await Task.Delay(ReportedWithin, TimeProvider.System, ct);
        return await ReadNowAsync(sandbox, database, ct);
    }

    /// <summary>What has been reported so far.</summary>
    public static async Task<long> ReadNowAsync(Sandbox sandbox, string database, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(sandbox.ConnectionStringOf("postgres"));
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand("select xact_commit + xact_rollback from pg_stat_database where datname = $1", connection);
        command.Parameters.Add(new() { Value = database });
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }
}
