using Npgsql;

namespace Passerelle.Tests.Clocks;

/// <summary>Promises that are there, without the requests that they are about: many, in one statement.</summary>
static class SeededClocks
{
    /// <param name="start">Of the first; each next one starts a microsecond later.</param>
    public static async Task<int> SeedPromisesAsync(this NpgsqlDataSource source, DateTimeOffset start, int count)
    {
        await using var command = source.CreateCommand(
            """
            with made as (
                insert into clocks (id, family, subject, case_id, state, start_time, due_time, next_fire_time, generation, policy_id, policy_version)
                select gen_random_uuid(), 'promise', 'requests/' || gen_random_uuid(), gen_random_uuid(), 'running', start, start + interval '48 hours', start + interval '24 hours', 1, 'promise', 1
                from (select $1 + i * interval '1 microsecond' as start from generate_series(0, $2 - 1) i) s
                returning id, start_time
            )
            insert into clock_events (clock_id, number, id, kind, effective_time, record_time, payload)
            select id, 1, gen_random_uuid(), 'started', start_time, start_time, '{"policy":"promise","version":1}' from made
            """);
        command.Parameters.Add(new() { Value = start.ToUniversalTime() });
        command.Parameters.Add(new() { Value = count });
        return await command.ExecuteNonQueryAsync();
    }
}
