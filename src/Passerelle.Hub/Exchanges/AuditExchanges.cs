using System.Data;
using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Alarms;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Exchanges;

/// <summary>Counts the exchanges against the events and asks every rule, each minute, on one node; what does not hold raises an alarm that names the rows.</summary>
/// <remarks>
/// A short transaction takes the audit under a lease, another one writes down what was found, if the audit is still ours. Between them it only reads, and so has no transaction id: one that ran
/// for seconds would hold back every reader of the event feed. What is counted against each other is counted in one snapshot; each rule has its own, since none needs the others', and what claims
/// leave behind in the index at the head of each lane can be cleared away only when no snapshot is older.
/// </remarks>
public sealed partial class AuditExchanges(NpgsqlDataSource source, ILogger<AuditExchanges> logger) : IDueWork
{
    const string Every = "interval '1 minute'";

    /// <summary>Longer than an audit of many millions takes; a dead node's is taken by another one after it.</summary>
    const string Lease = "interval '10 minutes'";

    static readonly TimeSpan WholeEvery = TimeSpan.FromDays(1);

    /// <summary>Counting many millions takes its time, and nobody waits for it.</summary>
    const int CommandTimeoutSeconds = 300;

    bool isFirst = true;

    public TimeSpan LookEvery => TimeSpan.FromSeconds(10);

    public async Task<TimeSpan?> OldestDueAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand($"select hub_now() - greatest(a.audit_time + {Every}, a.lease_end_time) from (select) one left join audits a on true");
        var waited = await command.ExecuteScalarAsync(CancellationToken.None) is TimeSpan since ? since : TimeSpan.Zero;
        // Nobody could have taken it before the first look.
        return waited < TimeSpan.Zero ? null : waited > LookEvery ? waited - LookEvery : TimeSpan.Zero;
    }

    public async Task RunAsync(CancellationToken ct)
    {
        if (await TakeAsync(ct) is not { } taken) return;
        var whole = isFirst || taken.WholeTime is not { } last || taken.Time - last >= WholeEvery;
        try
        {
            var seen = await LookAsync(taken, whole, ct);
            if (!await WriteDownAsync(taken, seen, whole, ct)) return;
            isFirst = false;
            foreach (var (state, count) in seen.Counts) Telemetry.Exchanges.Record(count, new KeyValuePair<string, object?>("state", state));
        }
        catch
        {
            await GiveBackAsync(taken);
            throw;
        }
    }

    /// <returns>Null when it is not due, or another node has it.</returns>
    async Task<Taken?> TakeAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            $"""
            insert into audits (id, audit_time) values (1, '-infinity') on conflict do nothing;
            update audits a set audit_time = due.now, lease_end_time = due.now + {Lease}
            from (
                select id, hub_now() as now from audits
                where audit_time <= hub_now() - {Every} and (lease_end_time is null or lease_end_time <= hub_now())
                for update skip locked
            ) due
            where a.id = due.id
            returning a.audit_time, a.whole_time, a.horizon, a.opened_count
            """);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        return await reader.ReadAsync(ct)
            ? new Taken(reader.GetFieldValue<DateTimeOffset>(0), reader.IsDBNull(1) ? null : reader.GetFieldValue<DateTimeOffset>(1), reader.GetFieldValue<ulong>(2), reader.GetInt64(3))
            : null;
    }

    /// <summary>Somebody tries again at the next minute.</summary>
    async Task GiveBackAsync(Taken taken)
    {
        try
        {
            await using var command = source.CreateCommand("update audits set lease_end_time = null where audit_time = $1");
            command.Parameters.Add(new() { Value = taken.Time });
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception e) when (ErrorInterceptor.IsStorageOutage(e))
        {
            // The lease ends by itself.
            LogNotGivenBack(e.GetType().Name);
        }
    }

    async Task<Seen> LookAsync(Taken taken, bool whole, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        var findings = new List<Finding>();
        var open = await OpenAlarmsAsync(connection, ct);
        // A total that was wrong is not added to, but made anew.
        var (countedBefore, before) = whole || open.Contains(AuditRules.Conservation.Name) ? (0, 0) : (taken.Horizon, taken.OpenedCount);
        ulong horizon;
        long counted;
        Dictionary<string, long> counts;
        await using (await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct))
        {
            (horizon, counted, var opened) = await CountOpenedAsync(connection, countedBefore, ct);
            counts = await CountByStateAsync(connection, ct);
            var difference = Math.Abs(before + opened - counts.Where(c => IsKnown(c.Key)).Sum(c => c.Value));
            if (difference > 0) findings.Add(await AskAsync(connection, AuditRules.Conservation, 0, ct) is { Count: > 0 } named ? named : new Finding(AuditRules.Conservation.Name, difference, []));
        }

        foreach (var rule in AuditRules.All)
        {
            // What an open alarm is about need not have changed since.
            if (await AskAsync(connection, rule, whole || open.Contains(rule.Name) ? 0 : taken.Horizon, ct) is { Count: > 0 } found) findings.Add(found);
        }

        return new Seen(horizon, before + counted, counts, findings);
    }

    static bool IsKnown(string state) => Enum.GetValues<ExchangeState>().Any(s => EnumText<ExchangeState>.Of(s) == state);

    /// <returns>Where the events end whose transactions are all over; how many of them open an exchange; how many do in all that the snapshot sees.</returns>
    static async Task<(ulong Horizon, long Counted, long Opened)> CountOpenedAsync(NpgsqlConnection connection, ulong since, CancellationToken ct)
    {
        await using var command = Command(connection, AuditRules.Opened);
        command.Parameters.Add(new() { Value = since, NpgsqlDbType = NpgsqlDbType.Xid8 });
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        await reader.ReadAsync(ct);
        return (reader.GetFieldValue<ulong>(0), reader.GetInt64(1), reader.GetInt64(2));
    }

    static async Task<Dictionary<string, long>> CountByStateAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = Command(connection,
            """
            with lane as (select partner_id, pause_time is not null or health <> 'up' as closed from lanes),
            kept as (select count(*) as count from exchanges e join lane using (partner_id) where e.hold_reason is not null and e.state = 'queued' and not closed)
            select case when e.state = 'queued' and closed then 'held' else e.state end, sum(e.count)::bigint
            from (select partner_id, state, count(*) as count from exchanges group by partner_id, state) e left join lane l on l.partner_id = e.partner_id
            group by 1
            union all select 'held', count from kept
            union all select 'queued', -count from kept
            """);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        // A state that has become empty is told too.
        var counts = Enum.GetValues<ExchangeState>().ToDictionary(EnumText<ExchangeState>.Of, _ => 0L);
        while (await reader.ReadAsync(ct)) counts[reader.GetString(0)] = counts.GetValueOrDefault(reader.GetString(0)) + reader.GetInt64(1);
        return counts;
    }

    static async Task<HashSet<string>> OpenAlarmsAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = Command(connection, "select name from alarms where clear_time is null");
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        var names = new HashSet<string>();
        while (await reader.ReadAsync(ct)) names.Add(reader.GetString(0));
        return names;
    }

    static async Task<Finding> AskAsync(NpgsqlConnection connection, AuditRule rule, ulong since, CancellationToken ct)
    {
        await using var command = Command(connection,
            string.Create(CultureInfo.InvariantCulture, $"with found (name) as materialized ({rule.Over(since)}) select (select count(*) from found), array(select name from found limit {Finding.MostNamed})"));
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        await reader.ReadAsync(ct);
        return new Finding(rule.Name, reader.GetInt64(0), reader.GetFieldValue<string[]>(1));
    }

    /// <returns>False when it took longer than its lease and another node has begun the next audit: what that one sees is newer.</returns>
    async Task<bool> WriteDownAsync(Taken taken, Seen seen, bool whole, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var update = Command(connection, "update audits set horizon = $1, opened_count = $2, whole_time = case when $3 then audit_time else whole_time end, lease_end_time = null where audit_time = $4");
        update.Parameters.Add(new() { Value = seen.Horizon, NpgsqlDbType = NpgsqlDbType.Xid8 });
        update.Parameters.Add(new() { Value = seen.OpenedCount });
        update.Parameters.Add(new() { Value = whole });
        update.Parameters.Add(new() { Value = taken.Time });
        if (await update.ExecuteNonQueryAsync(CancellationToken.None) == 0) return false;
        var raised = new List<Finding>();
        foreach (var finding in seen.Findings) if (await AlarmBook.RaiseAsync(connection, finding, taken.Time, ct)) raised.Add(finding);
        var cleared = await AlarmBook.ClearAsync(connection, AuditRules.Names, seen.Findings, taken.Time, ct);
        await transaction.CommitAsync(ct);
        AlarmBook.Tell(logger, raised, cleared);
        return true;
    }

    static NpgsqlCommand Command(NpgsqlConnection connection, string sql) => new(sql, connection) { CommandTimeout = CommandTimeoutSeconds };

    sealed record Taken(DateTimeOffset Time, DateTimeOffset? WholeTime, ulong Horizon, long OpenedCount);

    sealed record Seen(ulong Horizon, long OpenedCount, Dictionary<string, long> Counts, List<Finding> Findings);

    [LoggerMessage(1, LogLevel.Warning, "An audit that failed could not be given back ({Kind}); its lease will end")]
    partial void LogNotGivenBack(string kind);
}
