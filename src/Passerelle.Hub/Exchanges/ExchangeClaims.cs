using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Exchanges;

/// <summary>An exchange that is ours until the lease ends, or a higher generation is seen.</summary>
public readonly record struct Claim(Guid ExchangeId, int Generation, string PartnerId);

/// <summary>An exchange that was just taken.</summary>
public sealed record Claimed(ExchangeHeader Header, int Generation)
{
    public Claim Claim => new(Header.Id, Generation, Header.PartnerId);
}

/// <param name="Claims">What was taken.</param>
/// <param name="Time">When, by the database's clock.</param>
/// <param name="Crowded">Partners whose lanes may have more that is due than they had room for: worth another look soon, without being called.</param>
/// <param name="IsServed">False when the partner that was asked for is not served this way (any more).</param>
public sealed record Taken(IReadOnlyList<Claimed> Claims, DateTimeOffset Time, IReadOnlyCollection<string> Crowded, bool IsServed = true)
{
    public static readonly Taken Nothing = new([], default, []);
}

/// <summary>Takes due exchanges under a lease. Two workers never take one row: SKIP LOCKED; a dead worker's row comes back when its lease is over.</summary>
/// <remarks>
/// One statement, on the database's clock:
/// lane: open lanes with something due (no "exists", which may be planned as a join with all that is queued); one claimer at a time has a lane, so that its limits hold across nodes.
/// room: what each may take now: its room in flight, its rate (refilled ten times a second), its fair share of the batch; a lane that is down takes one, the probe.
/// look: the oldest due of each lane. One that is not the first of its (partner, case), or follows one that is on its way, waits, and takes no room from the others: it is put aside until
/// the first is due, and called when that one has left. What must be said whatever was agreed (never_held) does not wait for one that the gate holds.
/// due: of those that need not wait, as many as there is room for; the lane that was served longest ago comes first.
/// here: whoever fetches its inbox is there, whatever befell its server while it had one.
/// </remarks>
public sealed class ExchangeClaims(NpgsqlDataSource source, IOptions<DeliveryOptions> options, IOptions<LaneOptions> lanes)
{
    /// <summary>So many more than there is room for are looked at in a lane, so that some that wait do not hide those behind them.</summary>
    const int LookBeyond = 16;

    /// <summary>Who waits for one that is only due much later is looked at again after this, whatever happens.</summary>
    static readonly TimeSpan PutAsideFor = TimeSpan.FromMinutes(10);

    /// <summary>Of all lanes: those that another node looks at now are left to it.</summary>
    static readonly string TakeFromAll = Take("for update of l skip locked");

    /// <summary>Of named lanes: somebody knows that something is due there, and waits a moment for another node's look.</summary>
    static readonly string TakeFromSome = Take("for update of l");

    /// <summary>For pull nobody has the lane: streams of one partner take side by side, and none finds nothing because another one is just looking.</summary>
    static readonly string TakeForOne = Take("");

    static string Take(string locking) =>
        $"""
        with lane as materialized (
            select l.partner_id, l.health, l.tokens, l.refill_time, l.serve_time, coalesce(l.max_in_flight, $5) as max_in_flight, nullif(coalesce(l.max_per_second, $6), 0) as rate, n.now
            from (select hub_now() as now) n cross join lanes l join partners p on p.id = l.partner_id
            where p.delivery = $1 and ($2::text[] is null or l.partner_id = any($2)) and l.pause_time is null and ($1 = 'pull' or l.health = 'up' or l.probe_time <= n.now)
              and (select true from exchanges x where x.partner_id = l.partner_id and x.state in ('queued', 'sending') and x.due_time <= n.now limit 1)
            order by l.partner_id
            {locking}
        ),
        refilled as (
            select lane.*, floor(extract(epoch from now - refill_time) * 10) as steps, max_in_flight - lane_in_flight(partner_id) as places, greatest(1, $4 / count(*) over ()) as share
            from lane
        ),
        room as materialized (
            select refilled.*, least(rate, tokens + steps * rate / 10) as allowance,
                greatest(0, case when $1 = 'pull' then least($4, places)
                     when health <> 'up' then 1
                     else least(places, share, coalesce(floor(least(rate, tokens + steps * rate / 10)), share)) end)::int as free
            from refilled
        ),
        look as materialized (
            select x.*, room.free, room.serve_time, room.now, first.due_time as first_due_time,
                first.sequence < x.sequence
                or exists (select from exchanges e
                 where e.partner_id = x.partner_id and e.state = 'sending' and e.due_time > room.now and e.case_id = x.case_id and e.id <> x.id) as waits
            from room cross join lateral (
                select id, partner_id, case_id, sequence, due_time, never_held from exchanges x
                where x.partner_id = room.partner_id and x.state in ('queued', 'sending') and x.due_time <= room.now and x.id <> all($10)
                order by x.due_time, x.sequence
                limit case when room.free > 0 then room.free + {LookBeyond} else 0 end
                for update skip locked
            ) x
            cross join lateral (
                select e.sequence, e.due_time from exchanges e
                where e.partner_id = x.partner_id and e.case_id = x.case_id and e.state in ('queued', 'sending')
                  and not (x.never_held and e.hold_reason is not null and e.state = 'queued')
                order by e.sequence limit 1
            ) first
        ),
        due as materialized (
            select ranked.*, not waits and place <= free and row_number() over (order by waits or place > free, serve_time, partner_id, place) <= $4 as taken
            from (select look.*, row_number() over (partition by partner_id, waits order by due_time, sequence) as place from look) ranked
        ),
        moved as (
            update exchanges e
            set state = case when due.taken then 'sending' else 'queued' end,
                generation = e.generation + case when due.taken then 1 else 0 end,
                due_time = case when due.taken then hub_now() + $3 else least(greatest(due.now + $7, due.first_due_time), due.now + $8) end
            from due where e.id = due.id and (due.taken or due.waits)
            returning e.id, e.generation, e.kind, e.partner_id, e.case_id, e.subject, e.create_time, due.taken
        ),
        found as (
            select partner_id, count(*) filter (where taken) as taken, count(*) >= min(free) or bool_or(not taken and not waits) as crowded from due group by partner_id
        ),
        served as (
            update lanes l
            set tokens = coalesce(room.allowance, 0) - found.taken, refill_time = room.refill_time + room.steps * interval '100 ms', serve_time = room.now,
                health = case when l.health = 'up' then 'up' else 'probing' end,
                probe_time = case when l.health = 'up' then null else room.now + $9 end
            from found join room using (partner_id) where l.partner_id = found.partner_id and found.taken > 0 and $1 = 'push'
        ),
        here as (
            update lanes l set health = 'up', failures = 0, failed_probes = 0, probe_time = null
            from room where l.partner_id = room.partner_id and $1 = 'pull' and l.health <> 'up'
        )
        select moved.id, moved.generation, moved.kind, moved.partner_id, moved.case_id, moved.subject, moved.create_time, hub_now(),
            array(select partner_id from found where crowded union select partner_id from room where free < 1 and $1 = 'push'),
            coalesce((select bool_and(p.delivery = $1) from partners p where p.id = any($2)), true)
        from (select) one left join moved on moved.taken
        """;

    /// <summary>From all lanes that are pushed to.</summary>
    /// <param name="held">What the caller has under way: it is not taken again, even if its lease could not be renewed.</param>
    public Task<Taken> TakeAsync(int limit, Guid[] held, CancellationToken ct) => TakeAsync(TakeFromAll, DeliveryMode.Push, null, limit, held, ct);

    /// <summary>From these partners' lanes, those of them that are pushed to.</summary>
    /// <param name="held">What the caller has under way: it is not taken again, even if its lease could not be renewed.</param>
    public Task<Taken> TakeAsync(IReadOnlyCollection<string> partnerIds, int limit, Guid[] held, CancellationToken ct) => TakeAsync(TakeFromSome, DeliveryMode.Push, partnerIds, limit, held, ct);

    /// <summary>For a partner that pulls.</summary>
    public Task<Taken> TakeForAsync(string partnerId, int limit, CancellationToken ct) => TakeAsync(TakeForOne, DeliveryMode.Pull, [partnerId], limit, [], ct);

    async Task<Taken> TakeAsync(string sql, DeliveryMode mode, IReadOnlyCollection<string>? partnerIds, int limit, Guid[] held, CancellationToken ct)
    {
        Points.Reach(Points.ClaimBegins);
        var delivery = options.Value;
        await using var command = source.CreateCommand(sql);
        command.Parameters.Add(new() { Value = EnumText<DeliveryMode>.Of(mode) });
        command.Parameters.Add(new() { Value = (object?)partnerIds?.ToArray() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = mode == DeliveryMode.Push ? delivery.Lease : delivery.PullLease });
        command.Parameters.Add(new() { Value = (long)limit });
        command.Parameters.Add(new() { Value = lanes.Value.MaxInFlightOf(mode) });
        command.Parameters.Add(new() { Value = lanes.Value.MaxPerSecond });
        command.Parameters.Add(new() { Value = delivery.LookAgain });
        command.Parameters.Add(new() { Value = PutAsideFor });
        // A probe is over by then, whatever became of its node.
        command.Parameters.Add(new() { Value = delivery.AttemptTimeout + delivery.Lease });
        command.Parameters.Add(new() { Value = held });
        var claims = new List<Claimed>();
        var (now, crowded, served) = (default(DateTimeOffset), Array.Empty<string>(), true);
        await using (var reader = await command.ExecuteReaderAsync(CancellationToken.None))
        {
            while (await reader.ReadAsync(ct))
            {
                (now, crowded, served) = (reader.GetFieldValue<DateTimeOffset>(7), reader.GetFieldValue<string[]>(8), reader.GetBoolean(9));
                if (reader.IsDBNull(0)) continue;
                var header = new ExchangeHeader(
                    reader.GetGuid(0), reader.GetString(2), reader.GetString(3), reader.GetGuid(4), reader.GetString(5), reader.GetFieldValue<DateTimeOffset>(6));
                claims.Add(new Claimed(header, reader.GetInt32(1)));
            }
        }

        if (claims.Count > 0) Points.Reach(Points.Claimed);
        return new Taken(claims, now, crowded, served);
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
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    /// <summary>Due at once, for whoever asks next: it has not left after all. What has been claimed anew or has left is left alone.</summary>
    public async Task GiveBackAsync(IReadOnlyCollection<Claim> claims, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            update exchanges set due_time = (select hub_now()) where id in (
                select e.id from exchanges e join unnest($1::uuid[], $2::int[]) c (id, generation) on e.id = c.id and e.generation = c.generation
                where e.state = 'sending' order by e.id for update of e)
            """);
        command.Parameters.Add(new() { Value = claims.Select(c => c.ExchangeId).ToArray() });
        command.Parameters.Add(new() { Value = claims.Select(c => c.Generation).ToArray() });
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    /// <summary>For how long the oldest due exchange of open push lanes has waited for somebody to take it: since its lane was served last or might be probed again. Negative: the next one is due,
    /// or a lane may be probed, in so long. A lane that is full waits for its partner.</summary>
    public async Task<TimeSpan?> OldestDueAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            select max(n.now - greatest(x.due_time, l.serve_time, l.probe_time))
            from (select hub_now() as now) n cross join lanes l join partners p on p.id = l.partner_id
            cross join lateral (
                select due_time from exchanges x
                where x.partner_id = l.partner_id and x.state in ('queued', 'sending')
                order by x.due_time limit 1
            ) x
            where p.delivery = 'push' and l.pause_time is null
              and (select count(*) from exchanges s where s.partner_id = l.partner_id and s.state = 'sending' and s.due_time > n.now) < coalesce(l.max_in_flight, $1)
            """);
        command.Parameters.Add(new() { Value = lanes.Value.MaxInFlight });
        return await command.ExecuteScalarAsync(CancellationToken.None) as TimeSpan?;
    }
}
