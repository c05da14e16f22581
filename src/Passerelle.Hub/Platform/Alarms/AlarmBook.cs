using Npgsql;

namespace Passerelle.Hub.Platform.Alarms;

/// <summary>What was found not to hold.</summary>
/// <param name="Rows">Some of the rows that it is about, as resource names.</param>
public sealed record Finding(string Name, long Count, string[] Rows)
{
    /// <summary>How many rows an alarm names; it counts all.</summary>
    public const int MostNamed = 20;
}

/// <summary>Raises alarms and clears them: each once, however often, and on however many nodes, it is found.</summary>
public static partial class AlarmBook
{
    /// <returns>True when it is new: tell of it once that is committed.</returns>
    public static async Task<bool> RaiseAsync(NpgsqlConnection connection, Finding finding, DateTimeOffset now, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into alarms (id, name, rows, count, raise_time) values ($1, $2, $3, $4, $5)
            on conflict (name) where clear_time is null do update set rows = excluded.rows, count = excluded.count
            returning id
            """, connection);
        var id = Guid.CreateVersion7(now);
        foreach (var value in (object[])[id, finding.Name, finding.Rows, finding.Count, now]) command.Parameters.Add(new() { Value = value });
        return id.Equals(await command.ExecuteScalarAsync(CancellationToken.None));
    }

    /// <param name="names">Those of whoever clears: an alarm is ended by what raised it.</param>
    public static async Task<List<string>> ClearAsync(NpgsqlConnection connection, IEnumerable<string> names, IReadOnlyList<Finding> findings, DateTimeOffset now, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("update alarms set clear_time = $1 where clear_time is null and name = any($2) returning name", connection);
        command.Parameters.Add(new() { Value = now });
        command.Parameters.Add(new() { Value = names.Except(findings.Select(f => f.Name)).ToArray() });
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        var cleared = new List<string>();
        while (await reader.ReadAsync(ct)) cleared.Add(reader.GetString(0));
        return cleared;
    }

    public static void Tell(ILogger logger, IEnumerable<Finding> raised, IEnumerable<string> cleared)
    {
        foreach (var finding in raised)
        {
            LogAlarm(logger, finding.Name, finding.Count, string.Join(", ", finding.Rows));
            Telemetry.Alarms.Add(1, new KeyValuePair<string, object?>("alarm", finding.Name));
        }

        foreach (var name in cleared) LogCleared(logger, name);
    }

    [LoggerMessage(1, LogLevel.Error, "ALARM {Alarm}: {Count} rows, e.g. {Rows}")]
    static partial void LogAlarm(ILogger logger, string alarm, long count, string rows);

    [LoggerMessage(2, LogLevel.Information, "The alarm {Alarm} is over")]
    static partial void LogCleared(ILogger logger, string alarm);
}
