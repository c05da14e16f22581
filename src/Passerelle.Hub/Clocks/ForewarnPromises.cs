using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using NodaTime;
using NodaTime.Text;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Clocks.Notifications;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Clocks;

/// <summary>Before everyone leaves: tells of the promises that fall due while nobody is there, each once for an absence.</summary>
/// <remarks>Looks every minute from the alert until everyone has left, for what has started or moved meanwhile. The firing is what makes it told once, whatever moves: it is of no generation.</remarks>
public sealed partial class ForewarnPromises(
    IDbContextFactory<HubDb> dbs, IOptions<ResponseOptions> options, ChangeSignal changes, TimeProvider time, ILogger<ForewarnPromises> logger) : IDueWork
{
    /// <summary>Who answers one of them waits no longer than a batch takes; more than these are told of in a second notification.</summary>
    const int BatchSize = 500;

    /// <summary>Longer than any absence is ahead: a week of holidays has working days around it.</summary>
    static readonly Duration Ahead = Duration.FromDays(7);

    /// <summary>What is over already is told by its breach.</summary>
    const string Untold =
        """
        c.family = 'promise' and c.state = 'running' and c.due_time > {0} and c.due_time <= {1} and c.due_time >= (select hub_now())
        and not exists (select from clock_firings f where f.clock_id = c.id and f.generation = 0 and f.rung = {2})
        """;

    /// <summary>Since when this node has seen that there is something to tell.</summary>
    Instant? since;

    public TimeSpan LookEvery => TimeSpan.FromMinutes(1);

    public string SweepCron => "*/10 * * * *";

    public async Task<TimeSpan?> OldestDueAsync(CancellationToken ct)
    {
        var now = await NowAsync(ct);
        if (Next(now) is not { } quiet || quiet.AlertTime > now || !await IsSomethingToTellAsync(quiet.Absence, ct))
        {
            since = null;
            return null;
        }

        since ??= now;
        return (now - since.Value).ToTimeSpan();
    }

    public async Task RunAsync(CancellationToken ct)
    {
        var now = await NowAsync(ct);
        if (Next(now) is not { } quiet || quiet.AlertTime > now) return;
        var (last, count) = ((Time: quiet.Absence.From.ToDateTimeOffset(), Id: Guid.Empty), 0);
        while (true)
        {
            var began = time.GetTimestamp();
            var (seen, told) = await TellAsync(quiet.Absence, last, ct);
            count += told;
            if (seen.Count < BatchSize) break;
            last = (seen[^1].DueTime!.Value, seen[^1].Id);
            // As the sweep does: a third of the time is for who else wants something of the database.
            await Task.Delay(time.GetElapsedTime(began) / 2, time, ct);
        }

        if (count > 0) LogForewarned(count, quiet.Absence.From.ToDateTimeOffset());
    }

    /// <returns>The next ones, in the order of their deadlines, and of how many of them was told.</returns>
    async Task<(List<Clock> Seen, int Told)> TellAsync(Absence absence, (DateTimeOffset Time, Guid Id) last, CancellationToken ct)
    {
        await using var db = await dbs.CreateDbContextAsync(ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // One that another node tells of, or that is being answered, is left to the next look.
        var clocks = await db.Clocks.FromSqlRaw(
            $"select c.* from clocks c where {Untold} and c.due_time >= {{3}} and (c.due_time, c.id) > ({{3}}, {{4}}) order by c.due_time, c.id limit {BatchSize} for no key update skip locked",
            [.. Parameters(absence), last.Time, last.Id]).AsNoTracking().ToListAsync(ct);
        if (clocks.Count == 0) return (clocks, 0);
        var (now, rung) = (await db.NowAsync(ct), Rung(absence));
        // Another node may have told of some, and let them go, after that question was asked and before it came to them: their rows are as they were, and the question does not see its firings.
        var ids = clocks.ConvertAll(c => c.Id);
        var before = await db.ClockFirings.Where(f => ids.Contains(f.ClockId) && f.Generation == 0 && f.Rung == rung).Select(f => f.ClockId).ToHashSetAsync(ct);
        foreach (var clock in clocks.Where(c => !before.Contains(c.Id)))
        {
            db.ClockFirings.Add(new ClockFiring(clock.Id, 0, rung, clock.DueTime!.Value, now));
            db.Events.Add(HubEvent.Of("clock.unattended", now, clock.Subject, clock.CaseId, detail: rung));
            db.Notices.Add(Notice.ForService(clock.Id, rung, isUrgent: true, now));
        }

        await db.SaveInBulkAsync(ct);
        await transaction.CommitAsync(ct);
        changes.Pulse();
        return (clocks, clocks.Count - before.Count);
    }

    async Task<bool> IsSomethingToTellAsync(Absence absence, CancellationToken ct)
    {
        await using var db = await dbs.CreateDbContextAsync(ct);
        return (await db.Database.SqlQueryRaw<bool>($"select exists (select from clocks c where {Untold}) as \"Value\"", Parameters(absence)).ToListAsync(ct))[0];
    }

    static object[] Parameters(Absence absence) => [absence.From.ToDateTimeOffset(), absence.Until.ToDateTimeOffset(), Rung(absence)];

    QuietTime? Next(Instant now)
    {
        var staff = options.Value.ServiceHours();
        return Forecast.QuietTimes(staff, Duration.FromTimeSpan(options.Value.WarnBefore), now, now + Ahead) is [var first, ..] ? first : null;
    }

    static string Rung(Absence absence) => $"{Notice.Away}{InstantPattern.General.Format(absence.From)}";

    async Task<Instant> NowAsync(CancellationToken ct)
    {
        await using var db = await dbs.CreateDbContextAsync(ct);
        return Instant.FromDateTimeOffset(await db.NowAsync(ct));
    }

    [LoggerMessage(1, LogLevel.Information, "{Count} promises fall due while everyone is away from {Start:u} on")]
    partial void LogForewarned(int count, DateTimeOffset start);
}
