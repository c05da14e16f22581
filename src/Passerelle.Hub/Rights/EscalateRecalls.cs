using Microsoft.EntityFrameworkCore;
using Npgsql;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Alarms;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Rights;

/// <summary>Recipients that were to answer a recall by now, and have not, whether they were reached or not: an operator is told, once for each, and an alarm stands until they have answered.</summary>
public sealed class EscalateRecalls(NpgsqlDataSource source, IServiceScopeFactory scopes, ChangeSignal changes) : IDueWork
{
    const int BatchSize = 200;

    public static readonly AlarmRule Unanswered = new(
        "recall_unanswered", "select 'recallNotices/' || id from recall_notices where answer_time is null and escalate_time is not null");

    public TimeSpan LookEvery => TimeSpan.FromMinutes(1);

    public string SweepCron => "*/10 * * * *";

    public async Task<TimeSpan?> OldestDueAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand("select hub_now() - min(due_time) from recall_notices where answer_time is null and escalate_time is null");
        return await command.ExecuteScalarAsync(CancellationToken.None) as TimeSpan?;
    }

    public async Task RunAsync(CancellationToken ct)
    {
        while (await EscalateAsync(ct) == BatchSize) ct.ThrowIfCancellationRequested();
    }

    async Task<int> EscalateAsync(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<HubDb>();
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var due = await db.RecallNotices.FromSql(
            $"""
            select * from recall_notices where answer_time is null and escalate_time is null and due_time <= hub_now()
            order by due_time limit {BatchSize} for update skip locked
            """).ToListAsync(ct);
        if (due.Count == 0) return 0;
        var now = await db.NowAsync(ct);
        var recallIds = due.Select(n => n.RecallId).Distinct().ToArray();
        var recalls = await db.Recalls.AsNoTracking().Where(r => recallIds.Contains(r.Id)).ToDictionaryAsync(r => r.Id, ct);
        foreach (var notice in due)
        {
            notice.Escalate(now);
            var recall = recalls[notice.RecallId];
            db.Events.Add(HubEvent.Of("recall.escalated", now, recall.Name, recall.CaseId, notice.PartnerId));
        }

        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        changes.Pulse();
        return due.Count;
    }
}
