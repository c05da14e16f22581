using System.Data;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Clocks.Policies;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Clocks.Reports;

[Flags]
public enum ReportGroups { None = 0, Need = 1, Partner = 2, Advisor = 4, Month = 8 }

/// <summary>What is asked of a report.</summary>
/// <param name="From">Only clocks that started then or later.</param>
/// <param name="Until">Only clocks that started before.</param>
/// <param name="AsKnown">Null: now.</param>
public sealed record ReportQuestion(
    ClockFamily Family, ReportGroups Groups = ReportGroups.None, DateTimeOffset? From = null, DateTimeOffset? Until = null, string? PartnerId = null, DateTimeOffset? AsKnown = null);

/// <summary>By when so many of a group were answered; null where too few have been answered to tell.</summary>
public readonly record struct AnswerTimes(Duration? P50, Duration? P90, Duration? P95, Duration? P99);

/// <summary>The figures of a group of clocks. What the report does not tell apart is null.</summary>
public sealed record ClockFigures(
    string? Need, string? PartnerId, string? Advisor, DateOnly? Month, long Met, long Missed, long Overdue, long Open, long Voided, AnswerTimes Times)
{
    public long Count => Met + Missed + Overdue + Open + Voided;

    /// <summary>Those that have been decided: an open clock that is late is missed, whatever its answer will be.</summary>
    public long Verdicts => Met + Missed + Overdue;

    public double? Attainment => Verdicts == 0 ? null : (double)Met / Verdicts;
}

/// <summary>Counts clocks and their answer times, in the database: the rows stay there however many they are.</summary>
/// <remarks>
/// Answer times run from the start to the answer on the instant line, pauses included: what somebody waited. Percentiles are Kaplan and Meier's: at each time at which somebody was answered, of those
/// who had waited at least so long a share d/n was answered; S, the product of all (1 - d/n) until then, estimates how many are still without an answer, and the percentile p is the first time at
/// which S is at most 1 - p. A clock without an answer takes part for as long as it has waited and is then left out: to drop it would make answers look quicker than they are, to take its wait
/// for an answer as well. A percentile that S does not come down to is unknown. Without open clocks it is the ordinary one (percentile_disc). Voided clocks are left out.
/// A report of a moment of the past selects the rows of clocks of which nothing was recorded since, and folds the others' facts as they were then.
/// </remarks>
public sealed class ClockReport(HubDb db, ClockPolicies policies)
{
    /// <summary>The most groups that a report tells apart.</summary>
    public const int MostGroups = 10_000;

    /// <summary>Counting many millions takes its time, and whoever asks waits for it.</summary>
    const int CommandTimeoutSeconds = 300;

    /// <summary>How many histories are folded at once.</summary>
    const int FoldSize = 2_000;

    const string Sql =
        """
        with known as (
            select id, state, start_time, due_time, answer_time from clocks c
            where family = $1 and ($3 is null or not exists (select from clock_events e where e.clock_id = c.id and e.record_time > $2))
            union all
            select * from unnest($4, $5, $6, $7, $8)
        ),
        observed as (
            select case when $9 then coalesce(c.need, p.kind) end as need, case when $10 then c.partner_id end as partner_id, case when $11 then c.advisor end as advisor,
                case when $12 then date_trunc('month', k.start_time at time zone 'Europe/Paris')::date end as month,
                case when k.state = 'voided' then 'voided' when k.answer_time <= k.due_time then 'met' when k.answer_time is not null then 'missed' when k.due_time < $2 then 'overdue' else 'open' end as outcome,
                (extract(epoch from coalesce(k.answer_time, $2) - k.start_time) * 1000000)::bigint as waited
            from known k join clocks c on c.id = k.id left join partners p on p.id = c.partner_id
            where ($13 is null or k.start_time >= $13) and ($14 is null or k.start_time < $14) and ($15 is null or c.partner_id = $15)
        ),
        counts as (
            select need, partner_id, advisor, month, count(*) filter (where outcome = 'met') as met, count(*) filter (where outcome = 'missed') as missed,
                count(*) filter (where outcome = 'overdue') as overdue, count(*) filter (where outcome = 'open') as open, count(*) filter (where outcome = 'voided') as voided
            from observed group by need, partner_id, advisor, month
        ),
        times as (
            select need, partner_id, advisor, month, waited, count(*) filter (where outcome in ('met', 'missed')) as answered, count(*) as leaving
            from observed where outcome <> 'voided' group by need, partner_id, advisor, month, waited
        ),
        risk as (
            select *, sum(leaving) over (partition by need, partner_id, advisor, month order by waited desc) as at_risk from times
        ),
        survival as (
            select *, exp(sum(case when answered = at_risk then '-infinity' else ln((at_risk - answered)::float8 / at_risk::float8) end)
                over (partition by need, partner_id, advisor, month order by waited)) as waiting
            from risk
        ),
        percentiles as (
            select need, partner_id, advisor, month, min(waited) filter (where waiting <= 0.50 + 1e-9) as p50, min(waited) filter (where waiting <= 0.10 + 1e-9) as p90,
                min(waited) filter (where waiting <= 0.05 + 1e-9) as p95, min(waited) filter (where waiting <= 0.01 + 1e-9) as p99
            from survival group by need, partner_id, advisor, month
        )
        select c.need, c.partner_id, c.advisor, c.month, met, missed, overdue, open, voided, p50, p90, p95, p99
        from counts c left join percentiles p on (c.need, c.partner_id, c.advisor, c.month) is not distinct from (p.need, p.partner_id, p.advisor, p.month)
        order by c.month, c.need, c.partner_id, c.advisor
        limit $16
        """;

    /// <returns>By month, need, partner, advisor; one more than <see cref="MostGroups"/> when there are more. And the moment whose knowledge it is.</returns>
    public async Task<(IReadOnlyList<ClockFigures> Figures, DateTimeOffset AsKnown)> ReadAsync(ReportQuestion question, CancellationToken ct)
    {
        // One moment for the rows and the facts.
        await using var snapshot = await db.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
        var moment = question.AsKnown ?? await db.NowAsync(ct);
        var folded = question.AsKnown is null ? new Folded() : await FoldAsync(question.Family, moment, ct);
        await using var command = Command(Sql);
        command.Parameters.Add(new() { Value = EnumText<ClockFamily>.Of(question.Family) });
        command.Parameters.Add(new() { Value = moment });
        command.Parameters.Add(new() { Value = question.AsKnown is null ? DBNull.Value : true, NpgsqlDbType = NpgsqlDbType.Boolean });
        folded.AddTo(command.Parameters);
        foreach (var group in (ReadOnlySpan<ReportGroups>)[ReportGroups.Need, ReportGroups.Partner, ReportGroups.Advisor, ReportGroups.Month])
            command.Parameters.Add(new() { Value = question.Groups.HasFlag(group) });
        command.Parameters.Add(new() { Value = (object?)question.From ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = (object?)question.Until ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = (object?)question.PartnerId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (long)MostGroups + 1 });
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        var figures = new List<ClockFigures>();
        while (await reader.ReadAsync(ct)) figures.Add(ReadFigures(reader));
        return (figures, moment);
    }

    static ClockFigures ReadFigures(NpgsqlDataReader reader)
    {
        return new ClockFigures(
            TextAt(0), TextAt(1), TextAt(2), reader.IsDBNull(3) ? null : reader.GetFieldValue<DateOnly>(3),
            reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6), reader.GetInt64(7), reader.GetInt64(8), new AnswerTimes(TimeAt(9), TimeAt(10), TimeAt(11), TimeAt(12)));

        string? TextAt(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

        Duration? TimeAt(int column) => reader.IsDBNull(column) ? null : Duration.FromTicks(reader.GetInt64(column) * 10);
    }

    /// <summary>The clocks of which something was recorded after the moment, as they were known at it; those that had not started by then are left out.</summary>
    async Task<Folded> FoldAsync(ClockFamily family, DateTimeOffset moment, CancellationToken ct)
    {
        var changed = new List<Guid>();
        await using (var command = Command(
            """
            select id from clocks c
            where family = $1 and exists (select from clock_events e where e.clock_id = c.id and e.record_time > $2)
                and exists (select from clock_events e where e.clock_id = c.id and e.number = 1 and e.record_time <= $2)
            """))
        {
            command.Parameters.Add(new() { Value = EnumText<ClockFamily>.Of(family) });
            command.Parameters.Add(new() { Value = moment });
            await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
            while (await reader.ReadAsync(ct)) changed.Add(reader.GetGuid(0));
        }

        var folded = new Folded();
        foreach (var ids in changed.Chunk(FoldSize))
        {
            var events = await db.ClockEvents.AsNoTracking().Where(e => ids.Contains(e.ClockId) && e.RecordTime <= moment).ToListAsync(ct);
            foreach (var facts in await ClockFiles.FactsAsync(db, policies, events, ct))
                if (ClockHistory.Of(facts).Snapshot(Instant.FromDateTimeOffset(moment), new HashSet<FiringKey>()) is { } snapshot) folded.Add(facts.Key, snapshot);
        }

        return folded;
    }

    NpgsqlCommand Command(string sql)
    {
        var command = (NpgsqlCommand)db.Database.GetDbConnection().CreateCommand();
        (command.CommandText, command.CommandTimeout) = (sql, CommandTimeoutSeconds);
        return command;
    }

    /// <summary>Clocks as rows, column by column.</summary>
    sealed class Folded
    {
        readonly List<Guid> ids = [];
        readonly List<string> states = [];
        readonly List<DateTimeOffset> starts = [];
        readonly List<DateTimeOffset?> dues = [];
        readonly List<DateTimeOffset?> answers = [];

        public void Add(Guid id, ClockSnapshot snapshot)
        {
            ids.Add(id);
            states.Add(EnumText<Standing>.Of(snapshot.Standing));
            starts.Add(snapshot.StartTime.ToDateTimeOffset());
            dues.Add(snapshot.Deadline?.ToDateTimeOffset());
            answers.Add(snapshot.AnswerTime?.ToDateTimeOffset());
        }

        public void AddTo(NpgsqlParameterCollection parameters)
        {
            parameters.Add(new() { Value = ids.ToArray() });
            parameters.Add(new() { Value = states.ToArray() });
            parameters.Add(new() { Value = starts.ToArray() });
            parameters.Add(new() { Value = dues.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
            parameters.Add(new() { Value = answers.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        }
    }
}
