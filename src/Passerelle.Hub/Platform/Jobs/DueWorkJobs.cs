using System.Threading.Channels;
using Hangfire;
using Hangfire.Storage;
using Microsoft.Extensions.Options;

namespace Passerelle.Hub.Platform.Jobs;

/// <summary>How due work is run. Section `Jobs`.</summary>
public sealed class JobOptions
{
    /// <summary>Run a Hangfire server on this node. Default true.</summary>
    public bool Server { get; set; } = true;

    /// <summary>Pass nudges on, keep the sweeps registered, and step in when due rows wait. Default true.</summary>
    public bool Watchdog { get; set; } = true;

    /// <summary>Hangfire workers on this node. Few are enough: a job takes whole batches. Default 4.</summary>
    public int Workers { get; set; } = 4;

    /// <summary>Cron (with seconds) of the sweep that finds due rows which no nudge announced. Default every 5 seconds.</summary>
    public string SweepCron { get; set; } = "*/5 * * * * *";

    /// <summary>How often the watchdog looks. Default 2 s.</summary>
    public TimeSpan WatchdogEvery { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a due row may wait before the watchdog does the work itself. Default 10 s.</summary>
    public TimeSpan WatchdogPatience { get; set; } = TimeSpan.FromSeconds(10);
}

/// <summary>Asks Hangfire to run the work soon, after a commit. Best effort: a nudge that is lost only means that the sweep finds the row. Many nudges at once are one.</summary>
public sealed class Nudge<TWork> where TWork : IDueWork
{
    readonly Channel<bool> asked = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Now()
    {
        Points.Reach(Points.NudgeBegins);
        asked.Writer.TryWrite(true);
    }

    public IAsyncEnumerable<bool> Asked(CancellationToken ct) => asked.Reader.ReadAllAsync(ct);
}

/// <summary>Keeps one kind of due work going on this node: passes nudges on to Hangfire, keeps its recurring sweep registered, and when due rows wait all the same, does the work in this very process.</summary>
public sealed partial class DueWorkKeeper<TWork>(
    TWork work, Nudge<TWork> nudge, IBackgroundJobClient jobs, IRecurringJobManager recurring, JobStorage storage, IOptions<JobOptions> options, TimeProvider time, ILogger<DueWorkKeeper<TWork>> logger)
    : BackgroundService where TWork : class, IDueWork
{
    static readonly string Name = typeof(TWork).Name;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        options.Value.Watchdog ? Task.WhenAll(PassNudgesAsync(stoppingToken), WatchAsync(stoppingToken)) : Task.CompletedTask;

    async Task PassNudgesAsync(CancellationToken ct)
    {
        await foreach (var _ in nudge.Asked(ct))
        {
            try
            {
                jobs.Enqueue<DueWorkJob<TWork>>(j => j.RunAsync(CancellationToken.None));
                Points.Reach(Points.Nudged);
            }
            catch (Exception e) { LogNudgeLost(Name, e.GetType().Name); }
        }
    }

    async Task WatchAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(options.Value.WatchdogEvery, time);
        var registered = false;
        do
        {
            try
            {
                // Recurring jobs switch themselves off after errors of their own: see that it is still there.
                if (!registered || IsSwitchedOff()) registered = Register();
                if (await work.OldestDueAsync(ct) is not { } waited || waited < options.Value.WatchdogPatience) continue;
                LogStepsIn(Name, waited.TotalSeconds);
                Telemetry.WatchdogRuns.Add(1, new KeyValuePair<string, object?>("work", Name));
                await work.RunAsync(ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                registered = false;
                LogWatchFailed(Name, e.GetType().Name);
            }
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    bool Register()
    {
        recurring.AddOrUpdate<DueWorkJob<TWork>>(Name, j => j.RunAsync(CancellationToken.None), options.Value.SweepCron);
        return true;
    }

    bool IsSwitchedOff()
    {
        using var connection = storage.GetConnection();
        return connection.GetRecurringJobs([Name]) is not [{ NextExecution: not null }];
    }

    [LoggerMessage(1, LogLevel.Warning, "A nudge for {Work} was lost ({Kind}); the sweep will find what is due")]
    partial void LogNudgeLost(string work, string kind);

    [LoggerMessage(2, LogLevel.Warning, "{Work} has been due for {Seconds:0.0} s and nobody took it: running it here")]
    partial void LogStepsIn(string work, double seconds);

    [LoggerMessage(3, LogLevel.Warning, "The watchdog of {Work} could not look ({Kind}); it will look again")]
    partial void LogWatchFailed(string work, string kind);
}

/// <summary>What Hangfire runs. No arguments: the rows say what is due. No retry: the rows own the schedule. Its type's name is stored by Hangfire: a test pins it.</summary>
[AutomaticRetry(Attempts = 0)]
public sealed class DueWorkJob<TWork>(TWork work) where TWork : IDueWork
{
    public Task RunAsync(CancellationToken ct) => work.RunAsync(ct);
}
