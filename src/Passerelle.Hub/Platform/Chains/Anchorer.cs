using Microsoft.Extensions.Options;
using Npgsql;
using Passerelle.Hub.Platform.Alarms;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Platform.Chains;

/// <summary>Writes down, on every node, where the chains end: each minute what is new, and what there is when the node stops. Whoever rewrites a chain afterwards must also rewrite every node's file.</summary>
public sealed partial class Anchorer(NpgsqlDataSource source, IOptions<AnchorOptions> options, IOptions<JobOptions> jobs, TimeProvider time, ILogger<Anchorer> logger) : BackgroundService
{
    static readonly TimeSpan LastWordWithin = TimeSpan.FromSeconds(5);

    /// <summary>Each machine's own: it is its file.</summary>
    static readonly string Alarm = $"anchors_failing on {Environment.MachineName}";

    readonly Dictionary<string, long> written = [];
    bool failing;

    /// <summary>Writes down the ends that this node has not written down yet.</summary>
    /// <returns>What it wrote.</returns>
    public async Task<IReadOnlyList<Anchor>> AnchorAsync(CancellationToken ct)
    {
        if (options.Value.File is not { } path) return [];
        var anchors = (await ReadEndsAsync(ct)).Where(a => a.Sequence > written.GetValueOrDefault(a.Chain)).ToList();
        if (anchors.Count == 0) return [];
        await new AnchorFile(path, time).AppendAsync(anchors, ct);
        foreach (var anchor in anchors) written[anchor.Chain] = anchor.Sequence;
        return anchors;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.File is null) LogNowhere();
        if (options.Value.File is null || !jobs.Value.Watchdog) return;
        using var timer = new PeriodicTimer(options.Value.Every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await LookAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { }

        using var last = new CancellationTokenSource(LastWordWithin, time);
        await LookAsync(last.Token);
    }

    /// <summary>Writes down what is new; that it cannot is an alarm.</summary>
    public async Task LookAsync(CancellationToken ct)
    {
        try
        {
            await AnchorAsync(ct);
            if (failing) await TellAsync([], ct);
            failing = false;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested) { }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogFailed(e.GetType().Name);
            failing = true;
            try { await TellAsync([new Finding(Alarm, 1, [Environment.MachineName])], ct); }
            catch (Exception second) { LogFailed(second.GetType().Name); }
        }
        // The database is away: nothing is appended meanwhile.
        catch (Exception e)
        {
            LogFailed(e.GetType().Name);
        }
    }

    async Task<List<Anchor>> ReadEndsAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand("select name, sequence, hash, hub_now() from chains where sequence > 0 order by name");
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        var ends = new List<Anchor>();
        while (await reader.ReadAsync(ct)) ends.Add(new Anchor(reader.GetFieldValue<DateTimeOffset>(3), reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2)));
        return ends;
    }

    async Task TellAsync(Finding[] findings, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var asked = new NpgsqlCommand("select hub_now()", connection);
        var now = (DateTimeOffset)(DateTime)(await asked.ExecuteScalarAsync(CancellationToken.None))!;
        var raised = new List<Finding>();
        foreach (var finding in findings)
            if (await AlarmBook.RaiseAsync(connection, finding, now, ct)) raised.Add(finding);
        AlarmBook.Tell(logger, raised, await AlarmBook.ClearAsync(connection, [Alarm], findings, now, ct));
    }

    [LoggerMessage(1, LogLevel.Warning, "The chained logs are not anchored outside the database: set Anchors:File")]
    partial void LogNowhere();

    [LoggerMessage(2, LogLevel.Warning, "The ends of the chained logs could not be written down ({Kind}); it will be tried again")]
    partial void LogFailed(string kind);
}
