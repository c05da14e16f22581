using Microsoft.Extensions.Options;
using NodaTime;
using Npgsql;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Employment;

/// <summary>
/// Before everyone leaves: tells advisors of referrals whose window ends while nobody is there, and that could then be offered to nobody else. When it has lapsed nobody could do
/// anything any more.
/// </summary>
/// <remarks>Each node looks once for each absence; the event, written under the referral's lock, is what makes it told once.</remarks>
public sealed class ForewarnReferrals(NpgsqlDataSource source, IServiceScopeFactory scopes, IOptions<ResponseOptions> options, ChangeSignal changes) : IDueWork
{
    static readonly Duration LookAhead = Duration.FromDays(7);

    Absence? seen;
    Instant? dueSince;

    public TimeSpan LookEvery => TimeSpan.FromMinutes(1);

    public string SweepCron => "*/10 * * * *";

    public async Task<TimeSpan?> OldestDueAsync(CancellationToken ct)
    {
        var now = await NowAsync(ct);
        // From this node's first look on: it may have started in the middle of an absence.
        dueSince = Ahead(now) is { } absence && absence != seen ? dueSince ?? now : null;
        return dueSince is { } since ? (now - since).ToTimeSpan() : null;
    }

    public async Task RunAsync(CancellationToken ct)
    {
        if (Ahead(await NowAsync(ct)) is not { } absence || absence == seen) return;
        foreach (var referral in await LapsingAsync(absence, ct))
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<HubDb>();
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            await scope.ServiceProvider.GetRequiredService<ReferralFollowUp>().ForewarnAsync(referral, ct);
            await db.SaveChangesAsync(ct);
            await transaction.CommitAsync(ct);
        }

        seen = absence;
        changes.Pulse();
    }

    /// <summary>The next absence, once it is time to tell of it.</summary>
    Absence? Ahead(Instant now) =>
        Forecast.QuietTimes(options.Value.ServiceHours(), Duration.FromTimeSpan(options.Value.WarnBefore), now, now + LookAhead) is [var next, ..] && next.AlertTime <= now ? next.Absence : null;

    async Task<Instant> NowAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand("select hub_now()");
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        await reader.ReadAsync(ct);
        return Instant.FromDateTimeOffset(reader.GetFieldValue<DateTimeOffset>(0));
    }

    /// <summary>Those of which nobody has been told, and after which nobody may be left. Through all windows that run: once or twice a day that costs less than an index that each delivery keeps.</summary>
    async Task<List<Guid>> LapsingAsync(Absence absence, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            select r.id from clocks c join exchanges e on e.id = substr(c.subject, 11)::uuid join referrals r on r.exchange_id = e.id
            where c.family = 'partner_window' and c.state = 'running' and c.due_time > $1 and c.due_time <= $2 and r.state = 'open' and r.follow_up is null
              and not exists (select from events t where t.case_id = r.case_id and t.subject = 'referrals/' || r.id and t.type = 'referral.forewarned')
              and (r.partner_chosen
                or exists (select from person_restrictions s where s.person_id = r.person_id and s.scope = 'everything')
                or not exists (
                    select from referral_takers(r.person_id, hub_now()) p cross join lateral (select from live_consents(r.person_id, 'employment_referral', p.id, hub_now()) limit 1) consented)
                or not exists (select from clock_policies k where k.id = c.policy_id and k.version = c.policy_version and k.terms #>> '{reoffer,order}' = 'by_load'))
            order by c.due_time
            """);
        command.Parameters.Add(new() { Value = absence.From.ToDateTimeOffset() });
        command.Parameters.Add(new() { Value = absence.Until.ToDateTimeOffset() });
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        var referrals = new List<Guid>();
        while (await reader.ReadAsync(ct)) referrals.Add(reader.GetGuid(0));
        return referrals;
    }
}
