using Passerelle.Benchmarks.Harness;

namespace Passerelle.Benchmarks.Clocks;

/// <summary>Promises as the hub writes them, made in SQL: their ids grow with time, as those of the hub do. The requests that they are about are not there; nothing that is measured reads them.</summary>
static class ClockSeed
{
    /// <summary>Made at once with their one event each.</summary>
    const int Step = 250_000;

    const string Made =
        """
        select (lpad(to_hex((extract(epoch from start) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(i % 4096), 3, '0') || '8' || substr(md5(i || 'c' || $4), 1, 15))::uuid as id, start
        from (select i, $1 + i * $2 as start from generate_series(0, $3 - 1) i) s
        """;

    /// <param name="start">Of the first.</param>
    /// <param name="apart">From one start to the next.</param>
    public static async Task OpenAsync(Sandbox sandbox, DateTimeOffset start, TimeSpan apart, int count, CancellationToken ct)
    {
        for (var made = 0; made < count; made += Step)
        {
            var (first, some) = (start + made * apart, Math.Min(Step, count - made));
            await sandbox.ExecuteAsync(
                $$"""
                with made as (
                    insert into clocks (id, family, subject, case_id, state, start_time, due_time, next_fire_time, generation, policy_id, policy_version)
                    select id, 'promise', 'requests/' || id, id, 'running', start, start + interval '48 hours', start + interval '24 hours', 1, 'promise', 1 from ({{Made}}) m
                    returning id, start_time
                )
                insert into clock_events (clock_id, number, id, kind, effective_time, record_time, payload)
                select id, 1, id, 'started', start_time, start_time, '{"policy":"promise","version":1}' from made
                """, ct, first.ToUniversalTime(), apart, some, $"open {first:O}");
        }
    }

    /// <summary>Answered in time, over the three years before. Nobody reads their events; they have none.</summary>
    public static async Task ClosedAsync(Sandbox sandbox, DateTimeOffset now, int count, CancellationToken ct)
    {
        var start = now.AddDays(-3 * 365);
        var apart = TimeSpan.FromTicks(TimeSpan.FromDays((3 * 365) - 3).Ticks / count / 10 * 10);
        for (var made = 0; made < count; made += 4 * Step)
        {
            var (first, some) = (start + made * apart, Math.Min(4 * Step, count - made));
            await sandbox.ExecuteAsync(
                $"""
                insert into clocks (id, family, subject, case_id, state, start_time, due_time, generation, answer_time, policy_id, policy_version)
                select id, 'promise', 'requests/' || id, id, 'met', start, start + interval '48 hours', 1, start + interval '5 hours', 'promise', 1 from ({Made}) m
                """, ct, first.ToUniversalTime(), apart, some, $"closed {first:O}");
            Progress.Say($"  {made + some} closed clocks");
        }
    }
}
