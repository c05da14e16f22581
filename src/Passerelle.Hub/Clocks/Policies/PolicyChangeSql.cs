namespace Passerelle.Hub.Clocks.Policies;

/// <summary>How a batch of a policy change is written.</summary>
/// <remarks>
/// mine: the change, if it still is; it is locked, so that a cancellation waits for the batch.
/// held: the clocks that are still as they were read and that nobody else has. broken: the groups that lack one.
/// "not in" everywhere: it is hashed whatever the planner thinks of the size of arrays, where a join of two of them may go through all pairs.
/// </remarks>
static class PolicyChangeSql
{
    const string Named =
        """
        named as (
            insert into policy_change_moves (change_id, clock_id, due_time_before, due_time_after, effect)
            select mine.id, m.clock_id, m.before, m.after, m.effect
            from mine cross join unnest($11, $12, $13, $14, $15) m (lead, clock_id, before, after, effect) where m.lead not in (select lead from broken)
            on conflict do nothing
        ),
        counted as (
            select count(*) filter (where broken) as missed, count(*) filter (where is_changed and not broken) as changed, count(*) filter (where is_moved and not broken) as moved,
                count(*) filter (where is_breached and not broken) as breached, count(*) filter (where is_healed and not broken) as healed
            from (select r.*, r.lead in (select lead from broken) as broken from unnest($6, $7, $8, $9, $10) r (lead, is_changed, is_moved, is_breached, is_healed)) r
        )
        update policy_changes p set
            cursor = $4, lease_end_time = hub_now() + $3, aside_count = p.aside_count + $5, missed_count = p.missed_count + counted.missed, changed_count = p.changed_count + counted.changed,
            moved_count = p.moved_count + counted.moved, breached_count = p.breached_count + counted.breached, healed_count = p.healed_count + counted.healed
        from mine cross join counted where p.id = mine.id
        returning p.id
        """;

    const string Mine = "mine as materialized (select id from policy_changes where id = $1 and generation = $2 and state = 'running' for update)";

    /// <summary>Of a simulation: nothing is in the way.</summary>
    public const string Count = $"with {Mine}, broken as (select null::uuid as lead where false), {Named}";

    public const string Write =
        $"""
        with {Mine},
        row as materialized (
            select * from unnest($6, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)
                r (lead, id, was_state, was_generation, was_next_fire_time, state, due_time, next_fire_time, generation, overdue_notice_time, policy_id, policy_version)
        ),
        held as materialized (
            select c.id from row join clocks c on c.id = row.id
            where exists (select from mine) and c.state = row.was_state and c.generation = row.was_generation and c.next_fire_time is not distinct from row.was_next_fire_time
            order by c.id for update of c skip locked
        ),
        broken as materialized (select distinct lead from row where id not in (select id from held)),
        changed as (
            update clocks c set
                state = row.state, due_time = row.due_time, next_fire_time = row.next_fire_time, generation = row.generation, overdue_notice_time = row.overdue_notice_time,
                policy_id = row.policy_id, policy_version = row.policy_version
            from row
            where c.id = row.id and row.lead not in (select lead from broken)
              and (row.state, row.generation, row.next_fire_time, row.policy_id, row.policy_version) is distinct from (c.state, c.generation, c.next_fire_time, c.policy_id, c.policy_version)
        ),
        written as (
            insert into clock_events (clock_id, number, id, kind, effective_time, record_time, payload, by, why)
            select e.clock_id, e.number, e.id, e.kind, e.effective_time, e.record_time, e.payload, case when e.kind <> 'limited' then $35 end, case when e.kind <> 'limited' then $36 end
            from unnest($27, $28, $29, $30, $31, $32, $33, $34) e (lead, clock_id, number, id, kind, effective_time, record_time, payload) where e.lead not in (select lead from broken)
        ),
        told as (
            insert into events (type, time, subject, case_id, partner_id, detail)
            select t.type, t.time, t.subject, t.case_id, t.partner_id, t.detail
            from unnest($37, $38, $39, $40, $41, $42, $43) t (lead, type, time, subject, case_id, partner_id, detail) where t.lead not in (select lead from broken)
        ),
        {Named}
        """;

    /// <summary>All of it is for the next pass.</summary>
    public const string Miss =
        """
        update policy_changes set lease_end_time = hub_now() + $3, cursor = $4, missed_count = missed_count + $5 where id = $1 and generation = $2 and state = 'running' returning id
        """;
}
