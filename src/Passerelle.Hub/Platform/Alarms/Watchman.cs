using Microsoft.Extensions.Options;
using Npgsql;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Platform.Alarms;

/// <summary>Looks, on every node and whatever becomes of the jobs, whether all rules hold and whether this machine's clock agrees with the database's. What two looks in a row find is an alarm:
/// within a minute, and never for what a start or a busy moment leaves behind.</summary>
public sealed partial class Watchman : BackgroundService
{
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(15);

    static readonly TimeSpan MostSkew = TimeSpan.FromSeconds(2);

    /// <summary>Each machine's own: the clock of another one says nothing of it.</summary>
    static readonly string SkewAlarm = $"clock_skew on {Environment.MachineName}";

    readonly NpgsqlDataSource source;
    readonly AlarmRule[] rules;
    readonly string[] names;
    readonly string sql;
    readonly IOptions<JobOptions> options;
    readonly TimeProvider time;
    readonly ILogger<Watchman> logger;
    HashSet<string> before = [];

    public Watchman(NpgsqlDataSource source, IEnumerable<AlarmRule> rules, IOptions<JobOptions> options, TimeProvider time, ILogger<Watchman> logger)
    {
        (this.source, this.rules, this.options, this.time, this.logger) = (source, [.. rules], options, time, logger);
        names = [.. this.rules.Select(rule => rule.Name), SkewAlarm];
        var found = this.rules.Select((rule, i) => $", rule{i} (name) as materialized ({rule.Sql})");
        var columns = this.rules.Select((_, i) => $", (select count(*) from rule{i}), array(select name from rule{i} limit {Finding.MostNamed})");
        // Not hub_now(): what is compared is the machines' clocks.
        sql = $"with open as (select name from alarms where clear_time is null and name = any($1)){string.Concat(found)} select clock_timestamp(), array(select name from open){string.Concat(columns)}";
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Watchdog) return;
        using var timer = new PeriodicTimer(LookEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try { await LookAsync(stoppingToken); }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested) { LogLookFailed(e.GetType().Name); }
        }
    }

    public async Task LookAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        var (now, open, findings) = await AskAsync(connection, ct);
        var confirmed = findings.Where(f => before.Contains(f.Name)).ToList();
        before = [.. findings.Select(f => f.Name)];
        // Nothing to write down, nearly always.
        if (confirmed.Count == 0 && open.Length == 0) return;
        var raised = new List<Finding>();
        foreach (var finding in confirmed)
            if (await AlarmBook.RaiseAsync(connection, finding, now, ct)) raised.Add(finding);
        AlarmBook.Tell(logger, raised, await AlarmBook.ClearAsync(connection, names, findings, now, ct));
    }

    async Task<(DateTimeOffset Now, string[] Open, List<Finding> Findings)> AskAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new() { Value = names });
        var (asked, began) = (time.GetUtcNow(), time.GetTimestamp());
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        await reader.ReadAsync(ct);
        var took = time.GetElapsedTime(began);
        var now = reader.GetFieldValue<DateTimeOffset>(0);
        var findings = new List<Finding>();
        for (var i = 0; i < rules.Length; i++)
            if (reader.GetInt64(2 + 2 * i) is > 0 and var count) findings.Add(new Finding(rules[i].Name, count, reader.GetFieldValue<string[]>(3 + 2 * i)));
        // The database answered at some moment of the call: off by no more than that is not off.
        if ((now - asked - took / 2).Duration() > MostSkew + took / 2) findings.Add(new Finding(SkewAlarm, 1, [Environment.MachineName]));
        return (now, reader.GetFieldValue<string[]>(1), findings);
    }

    [LoggerMessage(1, LogLevel.Warning, "The watchman could not look ({Kind}); it will look again")]
    partial void LogLookFailed(string kind);
}
