using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Rights;

/// <summary>Erases a person, at their word or at the end of what may be kept: one path for both.</summary>
/// <remarks>
/// In one transaction: what has not left is withdrawn, live consents are withdrawn, those who got the data are told, the slices remove their content, and the key is destroyed, last.
/// What stays are ids, kinds and times: the register, the ledger, and rows for statistics.
/// </remarks>
public sealed class Erasure(HubDb db, Stopping stopping, RecallDesk recalls, Vault vault, IEnumerable<IPersonalData> slices)
{
    public const string Reason = "PERSON_ERASED";
    const string Erased = "person.erased";

    /// <returns>Null when the person was not erased.</returns>
    public async Task<(DateTimeOffset Time, Recall? Recall)?> FindAsync(Guid personId, CancellationToken ct)
    {
        var name = Names.Of(Names.Persons, personId);
        var erased = await db.Events.Where(e => e.Subject == name && e.Type == Erased).Select(e => (DateTimeOffset?)e.Time).FirstOrDefaultAsync(ct);
        if (erased is null) return null;
        return (erased.Value, await db.Recalls.AsNoTracking().Where(r => r.PersonId == personId && r.Reason == RecallReason.Erased && r.CreateTime == erased).FirstOrDefaultAsync(ct));
    }

    /// <summary>In the caller's transaction. Nudge the delivery after the commit. Repeating it changes nothing.</summary>
    /// <param name="by">Who has it done: an application, or the hub itself.</param>
    public async Task<(DateTimeOffset Time, Recall? Recall)> EraseAsync(Guid personId, Guid caseId, string by, CancellationToken ct)
    {
        var locked = await stopping.LockAsync(personId, purpose: null, ct);
        var now = await db.NowAsync(ct);
        await stopping.StopAsync([.. locked.Select(l => l.Exchange)], Reason, ct);
        var consents = await db.Consents.FromSql($"select * from consents where person_id = {personId} and withdraw_time is null order by id for update").ToListAsync(ct);
        var entries = new List<ConsentEntry>();
        foreach (var consent in consents.Where(c => c.Withdraw(now)))
        {
            db.Events.Add(HubEvent.Of("consent.withdrawn", now, consent.Name, caseId, consent.PartnerId));
            entries.Add(ConsentEntry.Withdrawn(consent, personId, method: null, by, now));
        }

        var recall = await recalls.OpenAsync(RecallReason.Erased, personId, caseId, consentId: null, now, ct);
        foreach (var slice in slices) await slice.EraseAsync(personId, ct);
        if (await vault.DestroyAsync(personId, ct)) db.Events.Add(HubEvent.Of(Erased, now, Names.Of(Names.Persons, personId), caseId));
        await db.SaveChangesAsync(ct);
        await ConsentEntry.Ledger.AppendAsync(db, entries, ct);
        return (now, recall);
    }
}
