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

    Instant? looked;

    public TimeSpan LookEvery => TimeSpan.FromMinutes(1);

    public async Task<TimeSpan?> OldestDueAsync(CancellationToken ct)
    {
        var now = await NowAsync(ct);
        if (Next(now) is not { } quiet || quiet.AlertTime > now) return null;
        // Nobody could have looked before the look.
        var waited = now - (looked is { } last && last > quiet.AlertTime ? last : quiet.AlertTime) - Duration.FromTimeSpan(LookEvery);
        return waited < Duration.Zero ? TimeSpan.Zero : waited.ToTimeSpan();
    }

    public async Task RunAsync(CancellationToken ct)
    {
        var now = await NowAsync(ct);
        if (Next(now) is not { } quiet || quiet.AlertTime > now) return;
        await using var command = source.CreateCommand(
            """
            with due as (
                select id, due_time, subject, case_id from clocks where family = 'promise' and state = 'running' and due_time > $1 and due_time <= $2
            ),
            told as (
                insert into clock_firings (clock_id, generation, rung, due_time, fire_time) select id, 0, $3, due_time, $4 from due on conflict do nothing returning clock_id
            )
            insert into events (type, time, subject, case_id, detail) select 'clock.unattended', $4, due.subject, due.case_id, $3 from due join told on told.clock_id = due.id
            """);
        foreach (var value in (object[])[quiet.Absence.From.ToDateTimeOffset(), quiet.Absence.Until.ToDateTimeOffset(), Rung(quiet.Absence), now.ToDateTimeOffset()]) command.Parameters.Add(new() { Value = value });
        var count = await command.ExecuteNonQueryAsync(ct);
        looked = now;
        if (count == 0) return;
        LogForewarned(count, quiet.Absence.From.ToDateTimeOffset());
        changes.Pulse();
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
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return Instant.FromDateTimeOffset(reader.GetFieldValue<DateTimeOffset>(0));
    }

    [LoggerMessage(1, LogLevel.Information, "{Count} promises fall due while everyone is away from {Start:u} on")]
    partial void LogForewarned(int count, DateTimeOffset start);
}
