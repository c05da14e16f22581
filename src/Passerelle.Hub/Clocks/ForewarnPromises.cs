using Microsoft.Extensions.Options;
using NodaTime;
using NodaTime.Text;
using Npgsql;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Clocks;

/// <summary>Before everyone leaves: tells of the promises that fall due while nobody is there, each once for an absence.</summary>
/// <remarks>Looks every minute from the alert until everyone has left, for what has started or moved meanwhile. The firing is what makes it told once, whatever moves: it is of no generation.</remarks>
public sealed partial class ForewarnPromises(NpgsqlDataSource source, IOptions<ResponseOptions> options, ChangeSignal changes, ILogger<ForewarnPromises> logger) : IDueWork
{
    /// <summary>Longer than any absence is ahead: a week of holidays has working days around it.</summary>
    static readonly Duration Ahead = Duration.FromDays(7);

    const string Due = "c.family = 'promise' and c.state = 'running' and c.due_time > $1 and c.due_time <= $2";

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
        await using var command = Command(
            $"""
            with due as (select id, due_time, subject, case_id from clocks c where {Due}),
            told as (
                insert into clock_firings (clock_id, generation, rung, due_time, fire_time) select id, 0, $3, due_time, $4 from due on conflict do nothing returning clock_id
            )
            insert into events (type, time, subject, case_id, detail) select 'clock.unattended', $4, due.subject, due.case_id, $3 from due join told on told.clock_id = due.id
            """, quiet.Absence);
        command.Parameters.Add(new() { Value = now.ToDateTimeOffset() });
        var count = await command.ExecuteNonQueryAsync(CancellationToken.None);
        if (count == 0) return;
        LogForewarned(count, quiet.Absence.From.ToDateTimeOffset());
        changes.Pulse();
    }

    async Task<bool> IsSomethingToTellAsync(Absence absence, CancellationToken ct)
    {
        await using var command = Command(
            $"select exists (select from clocks c where {Due} and not exists (select from clock_firings f where f.clock_id = c.id and f.generation = 0 and f.rung = $3))", absence);
        return (bool)(await command.ExecuteScalarAsync(CancellationToken.None))!;
    }

    NpgsqlCommand Command(string sql, Absence absence)
    {
        var command = source.CreateCommand(sql);
        foreach (var value in (object[])[absence.From.ToDateTimeOffset(), absence.Until.ToDateTimeOffset(), Rung(absence)]) command.Parameters.Add(new() { Value = value });
        return command;
    }

    QuietTime? Next(Instant now)
    {
        var staff = options.Value.ServiceHours();
        return Forecast.QuietTimes(staff, Duration.FromTimeSpan(options.Value.WarnBefore), now, now + Ahead) is [var first, ..] ? first : null;
    }

    static string Rung(Absence absence) => $"away@{InstantPattern.General.Format(absence.From)}";

    async Task<Instant> NowAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand("select hub_now()");
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        await reader.ReadAsync(ct);
        return Instant.FromDateTimeOffset(reader.GetFieldValue<DateTimeOffset>(0));
    }

    [LoggerMessage(1, LogLevel.Information, "{Count} promises fall due while everyone is away from {Start:u} on")]
    partial void LogForewarned(int count, DateTimeOffset start);
}
