using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Exchanges;

/// <summary>An exchange that is ours until the lease ends, or a higher generation is seen.</summary>
public readonly record struct Claim(Guid ExchangeId, int Generation, string PartnerId);

/// <param name="Claims">What was taken.</param>
/// <param name="More">Lanes may have more that is due than they had room for: worth another look soon, without being called.</param>
/// <param name="IsServed">False when the partner that was asked for is not served this way (any more).</param>
public sealed record Taken(IReadOnlyList<Claim> Claims, bool More, bool IsServed = true);

/// <summary>Takes due exchanges under a lease. Two workers never take one row: SKIP LOCKED; a dead worker's row comes back when its lease is over.</summary>
/// <remarks>
/// One statement, on the database's clock:
/// lane: open lanes with something due, the longest unserved first; one claimer at a time has a lane, so that its limits hold across nodes.
/// room: what each may take now: its room in flight, its rate (refilled ten times a second), its fair share of the batch; a lane that is down takes one, the probe.
/// due: the oldest due of each lane. One that is not the first of its (partner, case), or follows one that is on its way, waits: it is put aside for a moment, and called when that one has left.
/// here: whoever fetches its inbox is there, whatever befell its server while it had one.
/// </remarks>
public sealed class ExchangeClaims(NpgsqlDataSource source, IOptions<DeliveryOptions> options, IOptions<LaneOptions> lanes)
{
    const string Take =
        """
        with lane as (
            select l.partner_id, l.health, l.tokens, l.refill_time, coalesce(l.max_in_flight, $5) as max_in_flight, nullif(coalesce(l.max_per_second, $6), 0) as rate, n.now
            from (select hub_now() as now) n cross join lanes l join partners p on p.id = l.partner_id
            where p.delivery = $1 and ($2::text is null or l.partner_id = $2) and l.pause_time is null and ($1 = 'pull' or l.health = 'up' or l.probe_time <= n.now)
              and (select x.due_time from exchanges x where x.partner_id = l.partner_id and x.state in ('queued', 'sending') order by x.due_time limit 1) <= n.now
            order by l.serve_time
            for update of l skip locked
        ),
        refilled as (
            select lane.*, floor(extract(epoch from now - refill_time) * 10) as steps,
                (select count(*) from exchanges s where s.partner_id = lane.partner_id and s.state = 'sending' and s.due_time > lane.now) as in_flight,
                greatest(1, $4 / count(*) over ()) as share
            from lane
        ),
        room as (
            select refilled.*, least(rate, tokens + steps * rate / 10) as allowance,
                case when $1 = 'pull' then $4
                     when health <> 'up' then 1
                     else least(max_in_flight - in_flight, share, coalesce(floor(least(rate, tokens + steps * rate / 10)), share)) end as free
            from refilled
        ),
        due as (
            select x.id, room.partner_id, room.free, room.allowance, room.refill_time + room.steps * interval '100 ms' as refill_time, room.now,
                (select e.sequence from exchanges e
                 where e.partner_id = x.partner_id and e.case_id = x.case_id and e.state in ('queued', 'sending') order by e.sequence limit 1) < x.sequence
                or exists (select from exchanges e
                 where e.partner_id = x.partner_id and e.state = 'sending' and e.due_time > room.now and e.case_id = x.case_id and e.id <> x.id) as waits
            from room cross join lateral (
                select id, partner_id, case_id, sequence from exchanges x
                where x.partner_id = room.partner_id and x.state in ('queued', 'sending') and x.due_time <= room.now
                order by x.due_time, x.sequence
                limit greatest(room.free, 0)
                for update skip locked
            ) x
            limit $4
        ),
        moved as (
            update exchanges e
            set state = case when due.waits then 'queued' else 'sending' end,
                generation = e.generation + case when due.waits then 0 else 1 end,
                due_time = hub_now() + case when due.waits then $7 else $3 end
            from due where e.id = due.id
            returning e.id, e.generation, e.partner_id, due.waits
        ),
        found as (
            select partner_id, count(*) as count, count(*) filter (where not waits) as taken,
                min(free) as free, min(allowance) as allowance, min(refill_time) as refill_time, min(now) as now
            from due group by partner_id
        ),
        served as (
            update lanes l
            set tokens = coalesce(found.allowance, 0) - found.taken, refill_time = found.refill_time, serve_time = found.now,
                health = case when l.health = 'up' then 'up' else 'probing' end,
                probe_time = case when l.health = 'up' then null else found.now + 2 * $3 end
            from found where l.partner_id = found.partner_id and found.taken > 0 and $1 = 'push'
        ),
        here as (
            update lanes l set health = 'up', failures = 0, failed_probes = 0, probe_time = null
            from room where l.partner_id = room.partner_id and $1 = 'pull' and l.health <> 'up'
        )
        select moved.id, moved.generation, moved.partner_id,
            exists (select from room where free < 1) or exists (select from found where count >= free),
            coalesce((select p.delivery = $1 from partners p where p.id = $2), $2 is null)
        from (select) one left join moved on not moved.waits
        """;

    /// <summary>For pull there are no limits to hold, so that nobody has the lane: streams of one partner take side by side, and none finds nothing because another one is just looking.</summary>
    static readonly string TakeForOne = Take.Replace("for update of l skip locked", "", StringComparison.Ordinal);

    /// <param name="partnerId">Only this partner's; null takes from everybody.</param>
    public async Task<Taken> TakeAsync(DeliveryMode mode, string? partnerId, int limit, CancellationToken ct)
    {
        Points.Reach(Points.ClaimBegins);
        var delivery = options.Value;
        await using var command = source.CreateCommand(mode == DeliveryMode.Push ? Take : TakeForOne);
        command.Parameters.Add(new() { Value = EnumText<DeliveryMode>.Of(mode) });
        command.Parameters.Add(new() { Value = (object?)partnerId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = mode == DeliveryMode.Push ? delivery.Lease : delivery.PullLease });
        command.Parameters.Add(new() { Value = (long)limit });
        command.Parameters.Add(new() { Value = lanes.Value.MaxInFlight });
        command.Parameters.Add(new() { Value = lanes.Value.MaxPerSecond });
        command.Parameters.Add(new() { Value = delivery.LookAgain });
        var claims = new List<Claim>();
        var (more, served) = (false, true);
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                (more, served) = (reader.GetBoolean(3), reader.GetBoolean(4));
                if (!reader.IsDBNull(0)) claims.Add(new Claim(reader.GetGuid(0), reader.GetInt32(1), reader.GetString(2)));
            }
        }

        if (claims.Count > 0) Points.Reach(Points.Claimed);
        return new Taken(claims, more, served);
    }

    /// <summary>Keeps others away from what is still on its way. What has been claimed anew meanwhile is left alone, and so is what is being completed at this moment.</summary>
    public async Task RenewAsync(IReadOnlyCollection<Claim> claims, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            update exchanges e set due_time = hub_now() + $3
            from (
                select x.id from exchanges x join unnest($1::uuid[], $2::int[]) c (id, generation) on x.id = c.id and x.generation = c.generation
                where x.state = 'sending'
                order by x.id
                for update of x skip locked
            ) mine
            where e.id = mine.id
            """);
        command.Parameters.Add(new() { Value = claims.Select(c => c.ExchangeId).ToArray() });
        command.Parameters.Add(new() { Value = claims.Select(c => c.Generation).ToArray() });
        command.Parameters.Add(new() { Value = options.Value.Lease });
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>For how long the oldest due exchange of open push lanes has waited for somebody to take it: since its lane was served last or might be probed again. A lane that is full
    /// waits for its partner.</summary>
    public async Task<TimeSpan?> OldestDueAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            select max(n.now - greatest(x.due_time, l.serve_time, l.probe_time))
            from (select hub_now() as now) n cross join lanes l join partners p on p.id = l.partner_id
            cross join lateral (
                select due_time from exchanges x
                where x.partner_id = l.partner_id and x.state in ('queued', 'sending') and x.due_time <= n.now
                order by x.due_time limit 1
            ) x
            where p.delivery = 'push' and l.pause_time is null and (l.health = 'up' or l.probe_time <= n.now)
              and (select count(*) from exchanges s where s.partner_id = l.partner_id and s.state = 'sending' and s.due_time > n.now) < coalesce(l.max_in_flight, $1)
            """);
        command.Parameters.Add(new() { Value = lanes.Value.MaxInFlight });
        return await command.ExecuteScalarAsync(ct) as TimeSpan?;
    }
}
