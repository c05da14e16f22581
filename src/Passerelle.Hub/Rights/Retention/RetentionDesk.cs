using Microsoft.EntityFrameworkCore;
using Npgsql;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Rights.Retention;

/// <summary>Something whose term is known.</summary>
/// <param name="DueTime">When it may not be kept any more.</param>
/// <param name="Announced">When it was announced; null: not yet.</param>
public sealed record Retained(RetainedKind Kind, string Subject, Guid? PersonId, Guid CaseId, DateTimeOffset DueTime, DateTimeOffset? Announced, int NoticeDays)
{
    /// <summary>It goes when its term is over, and who is concerned has known for long enough.</summary>
    public DateTimeOffset GoTime => NoticeDays == 0 ? DueTime : Announced is not { } told ? DateTimeOffset.MaxValue : Max(DueTime, told.AddDays(NoticeDays));

    static DateTimeOffset Max(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}

/// <summary>What is kept too long: found, announced, and made to go, in short transactions, each by the path by which a person's word has it erased.</summary>
public sealed class RetentionDesk(HubDb db, NpgsqlDataSource source, Erasure erasure)
{
    const string Recorder = "retention";

    /// <summary>By night it goes through all cases.</summary>
    const int QueryTimeoutSeconds = 600;

    /// <summary>What goes by a time if nothing changes until then: a rehearsal of what announcing and purging would do.</summary>
    public async Task<IReadOnlyList<Retained>> FindAsync(DateTimeOffset until, CancellationToken ct)
    {
        var rules = await RulesAsync(ct);
        var found = new List<Retained>();
        foreach (var rule in rules)
        {
            await using var command = source.CreateCommand(
                $"""
                select k.subject, k.person_id, k.case_id, k.since + make_interval(months => $1, days => $2), n.time
                from ({RetentionSql.Of(rule.Kind)}) k left join retention_notices n on n.subject = k.subject and n.kind = $3
                where k.since + make_interval(months => $1, days => $2) <= $4 order by 4, 1
                """);
            command.CommandTimeout = QueryTimeoutSeconds;
            command.Parameters.Add(new() { Value = rule.Months });
            command.Parameters.Add(new() { Value = rule.Days });
            command.Parameters.Add(new() { Value = EnumText<RetainedKind>.Of(rule.Kind) });
            command.Parameters.Add(new() { Value = until.ToUniversalTime() });
            await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
            while (await reader.ReadAsync(ct))
            {
                found.Add(new Retained(
                    rule.Kind, reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetGuid(1), reader.GetGuid(2), reader.GetFieldValue<DateTimeOffset>(3),
                    reader.IsDBNull(4) ? null : reader.GetFieldValue<DateTimeOffset>(4), rule.NoticeDays));
            }
        }

        return found;
    }

    /// <summary>Tells of what goes within its notice: once for each, in the case's timeline.</summary>
    /// <returns>How many.</returns>
    public async Task<int> AnnounceAsync(CancellationToken ct)
    {
        var now = await db.NowAsync(ct);
        var longest = (await RulesAsync(ct)).Max(r => r.NoticeDays);
        var announced = 0;
        foreach (var one in (await FindAsync(now.AddDays(longest), ct)).Where(r => r.Announced is null && r.NoticeDays > 0 && r.DueTime <= now.AddDays(r.NoticeDays)))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            var kind = EnumText<RetainedKind>.Of(one.Kind);
            if (await db.Database.ExecuteSqlAsync($"insert into retention_notices (subject, kind, time) values ({one.Subject}, {kind}, {now}) on conflict do nothing", ct) == 1)
            {
                db.Events.Add(HubEvent.Of("retention.announced", now, one.Subject, one.CaseId, detail: kind));
                await db.SaveChangesAsync(ct);
                announced++;
            }

            await transaction.CommitAsync(ct);
            db.ChangeTracker.Clear();
        }

        return announced;
    }

    /// <summary>Makes go what may not be kept any more, and was announced for long enough.</summary>
    /// <returns>How many.</returns>
    public async Task<int> PurgeAsync(CancellationToken ct)
    {
        var now = await db.NowAsync(ct);
        var purged = 0;
        foreach (var one in (await FindAsync(now, ct)).Where(r => r.GoTime <= now))
        {
            if (one.Kind is RetainedKind.Draft or RetainedKind.Case) await ErasePersonsAsync(one.CaseId, ct);
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            if (await GoAsync(one, ct))
            {
                db.Events.Add(HubEvent.Of("retention.purged", await db.NowAsync(ct), one.Subject, one.CaseId, detail: EnumText<RetainedKind>.Of(one.Kind)));
                await db.SaveChangesAsync(ct);
                purged++;
            }

            await transaction.CommitAsync(ct);
            db.ChangeTracker.Clear();
        }

        return purged;
    }

    /// <returns>False when it was gone already: another node was quicker.</returns>
    async Task<bool> GoAsync(Retained one, CancellationToken ct)
    {
        var id = Guid.Parse(one.Subject.AsSpan(one.Subject.IndexOf('/', StringComparison.Ordinal) + 1));
        switch (one.Kind)
        {
            case RetainedKind.Draft or RetainedKind.Case:
                // A reference that leads to a paper file goes too. What stays counts, and names nobody.
                return await db.Database.ExecuteSqlAsync($"update cases set reference = 'purged-' || id where id = {id} and reference not like 'purged-%'", ct) > 0;
            case RetainedKind.Cv or RetainedKind.CvUnconsented:
                return await db.Database.ExecuteSqlAsync($"delete from cvs where id = {id}", ct) > 0;
            case RetainedKind.DeclinedIntroduction:
                return await db.Database.ExecuteSqlAsync($"update referrals set introduction = ''::bytea where id = {id} and octet_length(introduction) > 0", ct) > 0;
            case RetainedKind.SchoolFile:
                var texts = await db.Database.ExecuteSqlAsync(
                    $"update enrolments set previous_school = null, answer_message = case when answer_message is null then null else ''::bytea end where id = {id} and (previous_school is not null or octet_length(answer_message) > 0)", ct);
                // A document that another file of the child, of a later year, holds too goes with that one.
                return texts + await db.Database.ExecuteSqlAsync(
                    $"""
                    delete from document_contents t using enrolment_documents d where d.enrolment_id = {id} and t.document_id = d.document_id
                      and not exists (select from enrolment_documents o join enrolments n on n.id = o.enrolment_id join enrolments own on own.id = {id}
                                      where o.document_id = d.document_id and n.start_date > own.start_date)
                    """, ct) > 0;
            case RetainedKind.CallLog:
                return await db.Database.ExecuteSqlAsync($"update requests set answer_text = ''::bytea where id = {id} and octet_length(answer_text) > 0", ct) > 0;
            default:
                throw new InvalidOperationException($"Nobody knows how {one.Kind} goes.");
        }
    }

    /// <summary>Every person of a case, as if they had asked, each in a transaction of its own: an erasure ends with the ledger's end locked, and must take no other lock after that.</summary>
    async Task ErasePersonsAsync(Guid caseId, CancellationToken ct)
    {
        foreach (var person in await db.PersonKeys.Where(k => k.CaseId == caseId).OrderBy(k => k.PersonId).Select(k => k.PersonId).ToListAsync(ct))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            await erasure.EraseAsync(person, caseId, Recorder, ct);
            await db.SaveChangesAsync(ct);
            await transaction.CommitAsync(ct);
            db.ChangeTracker.Clear();
        }
    }

    /// <summary>Those in force, of each kind one.</summary>
    async Task<List<RetentionRule>> RulesAsync(CancellationToken ct)
    {
        var now = await db.NowAsync(ct);
        var all = await db.RetentionRules.AsNoTracking().Where(r => r.StartTime <= now).ToListAsync(ct);
        return [.. all.GroupBy(r => r.Kind).Select(g => g.MaxBy(r => r.Version)!).OrderBy(r => r.Kind)];
    }
}
