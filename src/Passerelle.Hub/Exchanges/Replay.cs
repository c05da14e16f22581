using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Platform.Jobs;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Exchanges;

/// <summary>Sends undeliverable exchanges again, oldest first, a bounded transaction at a time. A rehearsal asks the same questions and writes nothing.</summary>
/// <remarks>A run that breaks off in the middle has done what it has done; the next one goes on, since what was sent again is not undeliverable any more.</remarks>
public sealed partial class Replay(IServiceScopeFactory scopes, Nudge<DeliverDue> nudge, ChangeSignal changes, ILogger<Replay> logger)
{
    const int BatchSize = 500;

    /// <summary>How many refused ones are named; all are counted.</summary>
    public const int MostNamed = 100;

    /// <summary>It cannot be composed, for a reason that is ours.</summary>
    public const string NotComposed = "NOT_COMPOSED";

    public sealed record Outcome(long Replayed, long RefusedCount, IReadOnlyList<(Guid ExchangeId, string Reason)> Refused);

    /// <param name="since">Only what was given up then or later.</param>
    /// <param name="rehearse">Only say what would be done.</param>
    public async Task<Outcome> RunAsync(DateTimeOffset since, string? partnerId, bool rehearse, CancellationToken ct)
    {
        var tally = new Tally();
        var (after, until) = ((Time: since, Id: Guid.Empty), (DateTimeOffset?)null);
        while (true)
        {
            var page = await PageAsync(after, until, partnerId, ct);
            // What is given up again meanwhile belongs to the next run: a partner that goes on refusing would keep this one busy for ever.
            until ??= page.Now;
            if (page.Found is []) return new Outcome(tally.Replayed, tally.RefusedCount, tally.Refused);
            await HandleAsync([.. page.Found.Select(f => f.Id)], rehearse, tally, ct);
            after = page.Found[^1];
        }
    }

    async Task<(List<(DateTimeOffset Time, Guid Id)> Found, DateTimeOffset Now)> PageAsync((DateTimeOffset Time, Guid Id) after, DateTimeOffset? until, string? partnerId, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<HubDb>();
        var now = await db.NowAsync(ct);
        var last = until ?? now;
        var undeliverable = partnerId is null
            ? db.Exchanges.FromSql($"select * from exchanges where state = 'undeliverable' and (end_time, id) > ({after.Time}, {after.Id}) and end_time <= {last} order by end_time, id limit {BatchSize}")
            : db.Exchanges.FromSql(
                $"""
                select * from exchanges where partner_id = {partnerId} and state = 'undeliverable' and (end_time, id) > ({after.Time}, {after.Id}) and end_time <= {last}
                order by end_time, id limit {BatchSize}
                """);
        var found = await undeliverable.AsNoTracking().Select(e => new { e.EndTime, e.Id }).ToListAsync(ct);
        return ([.. found.OrderBy(f => f.EndTime).ThenBy(f => f.Id).Select(f => (f.EndTime!.Value, f.Id))], now);
    }

    async Task HandleAsync(IReadOnlyList<Guid> ids, bool rehearse, Tally tally, CancellationToken ct)
    {
        try
        {
            tally.Add(await TransactAsync(ids, rehearse, ct));
        }
        catch (Exception e) when (e is not OperationCanceledException && !ErrorInterceptor.IsStorageOutage(e))
        {
            if (ids is [var one])
            {
                LogNotComposed(e, Names.Of(Names.Exchanges, one));
                tally.Add((0, [(one, NotComposed)]));
                return;
            }

            // One exchange's trouble is not the others'.
            foreach (var id in ids) await HandleAsync([id], rehearse, tally, ct);
        }
    }

    async Task<(int Replayed, List<(Guid, string)> Refused)> TransactAsync(IReadOnlyList<Guid> ids, bool rehearse, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (db, desk) = (scope.ServiceProvider.GetRequiredService<HubDb>(), scope.ServiceProvider.GetRequiredService<ExchangeDesk>());
        var kinds = scope.ServiceProvider.GetServices<IExchangeKind>().ToDictionary(k => k.Name);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var (wanted, places) = (ids.ToArray(), ids.Index().ToDictionary(i => i.Item, i => i.Index));
        // What somebody has dealt with meanwhile is left alone.
        var exchanges = await db.Exchanges.FromSql($"select * from exchanges where id = any({wanted}) and state = 'undeliverable' order by id for update").ToListAsync(ct);
        var now = await db.NowAsync(ct);
        var (replayed, refused) = (0, new List<(Guid, string)>());
        foreach (var group in exchanges.GroupBy(e => e.Kind))
        {
            var prepared = await kinds[group.Key].PrepareAsync([.. group.Select(e => e.Header)], now, ct);
            foreach (var exchange in group)
            {
                switch (prepared[exchange.Id])
                {
                    // What is held for now goes back to its place in line as well.
                    case Preparation.Cleared or Preparation.Stopped { Why: Verdict.Held }:
                        exchange.Redeliver(now);
                        desk.Tell(exchange, "exchange.redelivered", now);
                        replayed++;
                        break;
                    case Preparation.Stopped { Why: Verdict.Refused why }:
                        refused.Add((exchange.Id, why.Reason));
                        break;
                    case Preparation.Stopped { Why: Verdict.Lapsed why }:
                        refused.Add((exchange.Id, why.Reason));
                        break;
                }
            }
        }

        // They were locked by id; they are named as they were given, oldest first.
        refused = [.. refused.OrderBy(r => places[r.Item1])];
        if (rehearse) return (replayed, refused);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        nudge.Now();
        changes.Pulse();
        return (replayed, refused);
    }

    sealed class Tally
    {
        public long Replayed { get; private set; }

        public long RefusedCount { get; private set; }

        public List<(Guid ExchangeId, string Reason)> Refused { get; } = [];

        public void Add((int Replayed, List<(Guid, string)> Refused) batch)
        {
            (Replayed, RefusedCount) = (Replayed + batch.Replayed, RefusedCount + batch.Refused.Count);
            Refused.AddRange(batch.Refused.Take(MostNamed - Refused.Count));
        }
    }

    [LoggerMessage(1, LogLevel.Error, "{Exchange} cannot be composed; it stays undeliverable")]
    partial void LogNotComposed(Exception exception, string exchange);
}
