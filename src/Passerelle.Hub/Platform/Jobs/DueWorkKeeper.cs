using Hangfire;
using Hangfire.Storage;
using Microsoft.Extensions.Options;

namespace Passerelle.Hub.Platform.Jobs;

/// <summary>Keeps one kind of due work going on this node: asks Hangfire for it when a nudge or a look says so, keeps its sweep registered, and when due rows wait all the same, does the work in this very process.</summary>
public sealed partial class DueWorkKeeper<TWork>(
    TWork work, Nudge<TWork> nudge, Shift<TWork> shift, IBackgroundJobClient jobs, IRecurringJobManager recurring, JobStorage storage, IOptions<JobOptions> options, TimeProvider time,
    ILogger<DueWorkKeeper<TWork>> logger) : BackgroundService where TWork : class, IDueWork
{
    static readonly string Name = NameOf(typeof(TWork));

    /// <summary>Where things come due one after the other, some of them are done together.</summary>
    static readonly TimeSpan ShortestLook = TimeSpan.FromMilliseconds(500);

    /// <summary>After work, which may have made other things due soon, and while something waits.</summary>
    static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    Task steppedIn = Task.CompletedTask;

    /// <summary>Its sweep's: one kind of work for several others is one for each of them.</summary>
    static string NameOf(Type type) => type.IsGenericType ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}.{NameOf(type.GenericTypeArguments[0])}" : type.Name;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Watchdog) return;
        try { await Task.WhenAll(KeepAsync(stoppingToken), KeepRegisteredAsync(stoppingToken)); }
        // What it does itself has its time to end, as a job has.
        finally { await steppedIn; }
    }

    async Task KeepAsync(CancellationToken ct)
    {
        var soon = Min(LookAgain, work.LookEvery);
        var wait = soon;
        while (true)
        {
            var called = nudge.Next;
            var nudged = await FirstAsync(called, wait, ct) == called;
            wait = soon;
            var state = shift.State;
            // Who is here has heard the nudge; who works looks for what is due by itself.
            if (state == ShiftState.Working || (nudged && state == ShiftState.Waiting)) continue;
            try
            {
                if (nudged) await AskHangfireAsync(ct);
                else if (await work.OldestDueAsync(ct) is not { } waited) wait = work.LookEvery;
                else if (waited < TimeSpan.Zero) wait = Min(work.LookEvery, -waited < ShortestLook ? ShortestLook : -waited);
                else if (state == ShiftState.Waiting) nudge.Now();
                else if (waited < options.Value.WatchdogPatience) await AskHangfireAsync(ct);
                else StepIn(waited, ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                LogLookFailed(Name, e.GetType().Name);
            }
        }
    }

    static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <summary>Hangfire's storage is not ours to wait for: what it does not take is found by the next look.</summary>
    async Task AskHangfireAsync(CancellationToken ct)
    {
        var started = shift.Started;
        try { jobs.Enqueue<DueWorkJob<TWork>>(j => j.RunAsync(CancellationToken.None)); }
        catch (Exception e) { LogNudgeLost(Name, e.GetType().Name); }
        await FirstAsync(started, LookAgain, ct);
    }

    void StepIn(TimeSpan waited, CancellationToken ct)
    {
        LogStepsIn(Name, waited.TotalSeconds);
        Telemetry.WatchdogRuns.Add(1, new KeyValuePair<string, object?>("work", Name));
        steppedIn = WorkHereAsync(ct);
    }

    async Task WorkHereAsync(CancellationToken ct)
    {
        try { await shift.RunAsync(ct); }
        catch (OperationCanceledException) when (ct.IsCancellationRequested) { }
        catch (Exception e) { LogLookFailed(Name, e.GetType().Name); }
    }

    async Task KeepRegisteredAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(options.Value.CheckSweepsEvery, time);
        var registered = false;
        do
        {
            try
            {
                if (registered && IsSwitchedOff())
                {
                    // Hangfire switches a recurring job off for good after five errors of its own.
                    LogSweepWasOff(Name);
                    Telemetry.Alarms.Add(1, new KeyValuePair<string, object?>("alarm", "sweep_off"));
                    registered = false;
                }

                if (!registered) recurring.AddOrUpdate<DueWorkJob<TWork>>(Name, j => j.RunAsync(CancellationToken.None), work.SweepCron ?? options.Value.SweepCron);
                registered = true;
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                LogLookFailed(Name, e.GetType().Name);
            }
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    bool IsSwitchedOff()
    {
        using var connection = storage.GetConnection();
        return connection.GetRecurringJobs([Name]) is not [{ NextExecution: not null }];
    }

    async Task<Task> FirstAsync(Task one, TimeSpan patience, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var first = await Task.WhenAny(one, Task.Delay(patience, time, stop.Token));
        await stop.CancelAsync();
        ct.ThrowIfCancellationRequested();
        return first;
    }

    [LoggerMessage(1, LogLevel.Warning, "A nudge for {Work} was lost ({Kind}); the next look will find what is due")]
    partial void LogNudgeLost(string work, string kind);

    [LoggerMessage(2, LogLevel.Warning, "{Work} has been due for {Seconds:0.0} s and nobody took it: running it here")]
    partial void LogStepsIn(string work, double seconds);

    [LoggerMessage(3, LogLevel.Warning, "The watchdog of {Work} could not look ({Kind}); it will look again")]
    partial void LogLookFailed(string work, string kind);

    [LoggerMessage(4, LogLevel.Error, "ALARM sweep_off: the sweep of {Work} had switched itself off or was removed; it is registered again")]
    partial void LogSweepWasOff(string work);
}

/// <summary>What Hangfire runs. No arguments: the rows say what is due. No retry: the rows own the schedule. Its type's name is stored by Hangfire: a test pins it.</summary>
[AutomaticRetry(Attempts = 0)]
public sealed class DueWorkJob<TWork>(Shift<TWork> shift) where TWork : IDueWork
{
    public Task RunAsync(CancellationToken ct) => shift.RunAsync(ct);
}
