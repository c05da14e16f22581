using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Rights.Retention;

/// <summary>Once a day, on whichever node comes first: announces what will soon be kept too long, and makes go what is.</summary>
public sealed partial class PurgeExpired(IServiceScopeFactory scopes, Nudge<Exchanges.DeliverDue> delivery, ChangeSignal changes, TimeProvider time, ILogger<PurgeExpired> logger) : IDueWork
{
    static readonly TimeSpan Every = TimeSpan.FromDays(1);

    /// <summary>A node that has just started has more urgent things to do.</summary>
    static readonly TimeSpan AfterStart = TimeSpan.FromHours(1);

    readonly long startedAt = time.GetTimestamp();
    long? ranAt;

    public TimeSpan LookEvery => TimeSpan.FromHours(1);

    /// <summary>At night.</summary>
    public string SweepCron => "30 2 * * *";

    public Task<TimeSpan?> OldestDueAsync(CancellationToken ct) => Task.FromResult<TimeSpan?>(ranAt is { } at ? time.GetElapsedTime(at) - Every : time.GetElapsedTime(startedAt) - AfterStart);

    public async Task RunAsync(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var desk = scope.ServiceProvider.GetRequiredService<RetentionDesk>();
        var announced = await desk.AnnounceAsync(ct);
        var purged = await desk.PurgeAsync(ct);
        var forgotten = await scope.ServiceProvider.GetRequiredService<RequestLedger>().ForgetAsync(ct);
        ranAt = time.GetTimestamp();
        if (announced + purged + forgotten == 0) return;
        LogPurged(announced, purged, forgotten);
        delivery.Now();
        changes.Pulse();
    }

    [LoggerMessage(1, LogLevel.Information, "Retention: {Announced} announced, {Purged} purged, {Forgotten} calls forgotten")]
    partial void LogPurged(int announced, int purged, int forgotten);
}
