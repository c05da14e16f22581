using Microsoft.EntityFrameworkCore;
using Npgsql;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Exchanges;

/// <summary>What became of a claim.</summary>
public readonly record struct Completion(Claim Claim, SendOutcome Outcome);

/// <summary>Before and after a send, for many exchanges at once. No transaction is open while a partner is called.</summary>
public sealed class Dispatch(HubDb db, ExchangeDesk desk, IDepartures departures, GateBook gate, IEnumerable<IExchangeKind> kinds)
{
    /// <summary>Clears and composes claimed exchanges, and writes the attempts and the disclosures down before anything leaves.</summary>
    /// <param name="now">When they were claimed, by the database's clock.</param>
    /// <returns>Those that may leave and are still ours; the others have ended, belong to a newer claim, or are looked at again.</returns>
    public async Task<IReadOnlyList<Ready>> PrepareAsync(IReadOnlyCollection<Claimed> claimed, Transport transport, DateTimeOffset now, CancellationToken ct)
    {
        var (cleared, stopped) = (new List<(Claimed, Preparation.Cleared)>(claimed.Count), new List<(Claim, Verdict)>());
        foreach (var group in claimed.GroupBy(c => c.Header.Kind))
        {
            var prepared = await kinds.Single(k => k.Name == group.Key).PrepareAsync([.. group.Select(c => c.Header)], now, ct);
            foreach (var one in group)
            {
                switch (prepared[one.Header.Id])
                {
                    case Preparation.Cleared may:
                        cleared.Add((one, may));
                        break;
                    case Preparation.Stopped not:
                        stopped.Add((one.Claim, not.Why));
                        break;
                }
            }
        }

        await StopAsync(stopped, ct);
        var ready = await departures.LetLeaveAsync(cleared, transport, now, ct);
        if (ready.Count > 0) Points.Reach(Points.Prepared);
        // What kept some here may be that an agreement or a purpose has changed: whoever looks next must not go by what was known before.
        if (ready.Count < cleared.Count) gate.Forget();
        return ready;
    }

    /// <summary>What may not leave has ended, and whoever was behind it in line is called; or it is held. The gate's decision is kept either way.</summary>
    async Task StopAsync(List<(Claim Claim, Verdict Why)> claims, CancellationToken ct)
    {
        if (claims.Count == 0) return;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var why = claims.ToDictionary(c => c.Claim.ExchangeId);
        var exchanges = await LockAsync([.. claims.Select(c => c.Claim)], ct);
        exchanges.RemoveAll(e => !e.IsClaimedBy(why[e.Id].Claim.Generation));
        var now = await db.NowAsync(ct);
        foreach (var exchange in exchanges)
        {
            var (claim, verdict) = why[exchange.Id];
            // One that is held is looked at time and again: only that it is, and why, is news.
            if (verdict is not Verdict.Held known || known.Reason != exchange.HoldReason) db.GateDecisions.Add(GateDecision.NotAllowed(claim, verdict, now));
            switch (verdict)
            {
                case Verdict.Refused refused:
                    await desk.WithdrawAsync(exchange, refused.Reason, ct);
                    break;
                case Verdict.Lapsed lapsed:
                    await desk.ExpireAsync(exchange, lapsed.Reason, ct);
                    break;
                case Verdict.Held held:
                    desk.Hold(exchange, held.Reason, now);
                    break;
                case Verdict.Allowed:
                    break;
            }
        }

        await db.SaveInBulkAsync(ct);
        await Line.CallNextAsync(db, exchanges, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Writes down what became of tries. A failure of a claim that is no longer the newest changes its attempt only; an acceptance delivers, whatever has become of its claim.</summary>
    /// <returns>True when something has come due by it: the next in line of what was delivered or has ended, or what a lane held that is open again.</returns>
    public async Task<bool> CompleteAsync(IReadOnlyCollection<Completion> completions, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var claims = completions.Select(c => c.Claim).ToList();
        // Locked whoever has claimed them since, so that no attempt is being ended by an answer or an acknowledgement at this very moment.
        var exchanges = (await LockAsync(claims, ct)).ToDictionary(e => e.Id);
        var begins = completions.Where(c => c.Outcome is SendOutcome.Accepted && exchanges[c.Claim.ExchangeId].DeliveryTime is null).Select(c => exchanges[c.Claim.ExchangeId].CaseId).Distinct();
        var (now, isTroubled, hasFollowers, promises) = await LookAroundAsync(exchanges.Values, [.. begins], ct);
        // What was accepted under the claim that still counts is an attempt under way: there is nothing to read.
        var plain = completions.Where(c => c.Outcome is SendOutcome.Accepted && exchanges[c.Claim.ExchangeId].IsClaimedBy(c.Claim.Generation)).Select(c => c.Claim).ToHashSet();
        var attempts = (await AttemptsAsync([.. claims.Where(c => !plain.Contains(c))], ct)).ToDictionary(a => (a.ExchangeId, a.Number));
        var lanes = isTroubled || completions.Any(c => c.Outcome.Contact == Contact.Missed) ? await LockLanesAsync(completions, ct) : [];
        var closed = lanes.Values.Where(l => !l.IsOpen).ToList();
        foreach (var (claim, outcome) in completions)
        {
            // The partner's own word, when it was quicker, weighs more than what we saw of the call.
            var attempt = plain.Contains(claim) ? db.Attempts.Attach(Attempt.UnderWay(claim.ExchangeId, claim.Generation)).Entity
                : attempts.GetValueOrDefault((claim.ExchangeId, claim.Generation)) is { Outcome: AttemptOutcome.Unknown } open ? open : null;
            var exchange = exchanges[claim.ExchangeId];
            var lane = lanes.GetValueOrDefault(claim.PartnerId);
            switch (outcome)
            {
                case SendOutcome.Accepted:
                    attempt?.End(AttemptOutcome.Accepted, null, now);
                    // It has it, however old the claim that brought it.
                    if (exchange.AwaitsDelivery) await desk.DeliverAsync(exchange, promises, now, ct);
                    break;
                case SendOutcome.NotYet notYet:
                    attempt?.End(AttemptOutcome.NotYet, notYet.Error, now);
                    // What a lane that is down costs is the partner's doing, not the exchange's: its schedule does not suffer.
                    if (exchange.IsClaimedBy(claim.Generation)) desk.TryLater(exchange, notYet, counts: notYet.Contact != Contact.Missed || lane is null or { Health: Partners.LaneHealth.Up }, now);
                    break;
                case SendOutcome.Refused refused:
                    attempt?.End(AttemptOutcome.Refused, refused.Error, now);
                    if (exchange.IsClaimedBy(claim.Generation)) desk.GiveUp(exchange, refused.Error, now);
                    break;
            }

            if (lane is not null) desk.Note(lane, outcome.Contact, now);
        }

        await db.SaveInBulkAsync(ct);
        await desk.EndStoppedAsync(exchanges.Values, ct);
        var called = hasFollowers ? await Line.CallNextAsync(db, exchanges.Values, ct) : 0;
        await transaction.CommitAsync(ct);
        Points.Reach(Points.Completed);
        return called > 0 || closed.Exists(l => l.IsOpen);
    }

    /// <summary>What else matters to exchanges that leave, in one exchange with the database: nearly always nothing does.</summary>
    /// <param name="begins">The cases of which a window begins.</param>
    /// <returns>The time; whether a lane has failures to forget; whether somebody is in line behind them; what the windows that begin may serve.</returns>
    async Task<(DateTimeOffset Now, bool IsTroubled, bool HasFollowers, OpenPromises Promises)> LookAroundAsync(IReadOnlyCollection<Exchange> exchanges, Guid[] begins, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch((NpgsqlConnection)db.Database.GetDbConnection());
        // First, since it may wait for whoever moves a promise; then the time.
        batch.BatchCommands.Add(OpenPromises.Question(begins));
        var around = new NpgsqlBatchCommand(
            """
            select hub_now(),
                exists (select from lanes where partner_id = any($1) and (failures > 0 or health <> 'up')),
                exists (
                    select from unnest($1, $2, $3) line (partner_id, case_id, id) cross join lateral (
                        select from exchanges e where e.partner_id = line.partner_id and e.case_id = line.case_id and e.state in ('queued', 'sending') and e.id <> line.id limit 1) other)
            """);
        around.Parameters.Add(new() { Value = exchanges.Select(e => e.PartnerId).ToArray() });
        around.Parameters.Add(new() { Value = exchanges.Select(e => e.CaseId).ToArray() });
        around.Parameters.Add(new() { Value = exchanges.Select(e => e.Id).ToArray() });
        batch.BatchCommands.Add(around);
        await using var reader = await batch.ExecuteReaderAsync(CancellationToken.None);
        var promises = await OpenPromises.ReadAsync(reader, ct);
        await reader.NextResultAsync(ct);
        await reader.ReadAsync(ct);
        return (reader.GetFieldValue<DateTimeOffset>(0), reader.GetBoolean(1), reader.GetBoolean(2), promises);
    }

    /// <summary>In one order, whoever locks several: nobody waits in a circle.</summary>
    Task<List<Exchange>> LockAsync(IReadOnlyCollection<Claim> claims, CancellationToken ct)
    {
        var ids = claims.Select(c => c.ExchangeId).ToArray();
        return db.Exchanges.FromSql($"select * from exchanges where id = any({ids}) order by id for update").ToListAsync(ct);
    }

    async Task<List<Attempt>> AttemptsAsync(IReadOnlyCollection<Claim> claims, CancellationToken ct)
    {
        if (claims.Count == 0) return [];
        var (ids, numbers) = (claims.Select(c => c.ExchangeId).ToArray(), claims.Select(c => c.Generation).ToArray());
        return await db.Attempts.FromSql($"select a.* from attempts a join unnest({ids}, {numbers}) c (id, number) on a.exchange_id = c.id and a.number = c.number").ToListAsync(ct);
    }

    /// <summary>The lanes that have something to note: a miss, or a contact after misses. The others, nearly always all, are left alone, and so is who has changed to pull meanwhile: there is no
    /// server to miss.</summary>
    async Task<Dictionary<string, Partners.Lane>> LockLanesAsync(IReadOnlyCollection<Completion> completions, CancellationToken ct)
    {
        var (reached, missed) = (PartnersOf(Contact.Reached), PartnersOf(Contact.Missed));
        return await db.Lanes.FromSql(
            $"""
            select * from lanes
            where (partner_id = any({missed}) or (partner_id = any({reached}) and (failures > 0 or health <> 'up')))
              and partner_id in (select id from partners where delivery = 'push')
            order by partner_id for update
            """).ToDictionaryAsync(l => l.PartnerId, ct);

        string[] PartnersOf(Contact contact) => [.. completions.Where(c => c.Outcome.Contact == contact).Select(c => c.Claim.PartnerId).Distinct()];
    }
}
