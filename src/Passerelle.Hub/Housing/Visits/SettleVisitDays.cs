using Npgsql;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>Days for which something has happened that no call tells of: a consent was withdrawn or ran out, an agency could not be reached, the contact was erased, a restriction was lifted, or the
/// day has begun before it stood.</summary>
public sealed partial class SettleVisitDays(
    NpgsqlDataSource source, IServiceScopeFactory scopes, Nudge<DeliverDue> delivery, ChangeSignal changes, TimeProvider time, ILogger<SettleVisitDays> logger) : IDueWork
{
    /// <summary>Each of them says why a day is not as it was left. One that has been settled is no longer among them.</summary>
    const string Due =
        """
        select d.id from visit_days d cross join (select hub_now() as time) now
        where d.state <> 'released' and (d.state <> 'confirmed' or d.end_time > now.time) and case
            when d.start_time <= now.time then d.state <> 'confirmed'
            when not exists (select from vault.person_keys k where k.person_id = d.person_id) then true
            else exists (
                select from visit_requests v left join exchanges e on e.id = v.exchange_id
                where v.day_id = d.id and (
                    v.state = 'asked' and e.state in ('undeliverable', 'withdrawn', 'expired')
                    or v.state in ('asked', 'accepted', 'proposed', 'confirmed') and not exists (select from live_consents(d.person_id, 'housing_visit', v.partner_id, now.time))
                    or (v.state = 'proposed' or d.state = 'held') and not exists (select from person_restrictions r where r.person_id = d.person_id and r.scope = 'everything')))
            end
        order by d.id
        """;

    /// <summary>Since when this node has seen days that are due, by its stopwatch: when what they wait for happened is nowhere written.</summary>
    long? dueSince;

    public TimeSpan LookEvery => TimeSpan.FromSeconds(30);

    public string SweepCron => "*/5 * * * *";

    public async Task<TimeSpan?> OldestDueAsync(CancellationToken ct)
    {
        dueSince = (await ReadAsync(ct)).Count > 0 ? dueSince ?? time.GetTimestamp() : null;
        return dueSince is { } since ? time.GetElapsedTime(since) : null;
    }

    public async Task RunAsync(CancellationToken ct)
    {
        foreach (var id in await ReadAsync(ct))
        {
            ct.ThrowIfCancellationRequested();
            try { await SettleAsync(id, ct); }
            // One that cannot be settled keeps no other waiting: it stays due.
            catch (Exception e) when (!ct.IsCancellationRequested) { LogNotSettled(e, Names.Of(Names.VisitDays, id)); }
        }
    }

    async Task SettleAsync(Guid id, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (db, visits) = (scope.ServiceProvider.GetRequiredService<HubDb>(), scope.ServiceProvider.GetRequiredService<VisitDesk>());
        var room = await scope.ServiceProvider.GetRequiredService<VisitPlanning>().PrepareAsync(id, ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (await visits.LockAsync(id, ct) is not { } day) return;
        await visits.SettleAsync(day, room, ct);
        await transaction.CommitAsync(ct);
        delivery.Now();
        changes.Pulse();
    }

    async Task<List<Guid>> ReadAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand(Due);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        var ids = new List<Guid>();
        while (await reader.ReadAsync(ct)) ids.Add(reader.GetGuid(0));
        return ids;
    }

    [LoggerMessage(1, LogLevel.Error, "{Day} could not be settled; it stays due")]
    partial void LogNotSettled(Exception exception, string day);
}
