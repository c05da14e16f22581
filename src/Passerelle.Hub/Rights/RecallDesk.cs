using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Rights;

/// <summary>Opens recalls: to everybody who got the data by the register, and has not let it go since.</summary>
public sealed class RecallDesk(HubDb db, ExchangeDesk desk)
{
    /// <summary>In the caller's transaction. Nudge the delivery after the commit.</summary>
    /// <param name="consentId">Only what left by this consent, and only to those whom no other one allows to have it.</param>
    /// <returns>Null when nobody has to be told.</returns>
    public async Task<Recall?> OpenAsync(RecallReason reason, Guid personId, Guid caseId, Guid? consentId, DateTimeOffset now, CancellationToken ct)
    {
        var recipients = await RecipientsAsync(reason, personId, consentId, now, ct);
        if (recipients.Count == 0) return null;
        var recall = Recall.Open(reason, personId, caseId, consentId, now);
        db.Recalls.Add(recall);
        db.Events.Add(HubEvent.Of("recall.opened", now, recall.Name, caseId, detail: EnumText<RecallReason>.Of(reason)));
        foreach (var partnerId in recipients)
        {
            var id = Guid.CreateVersion7(now);
            recall.Tell(RecallNotice.To(id, recall, desk.Open(RecallKind.KindName, partnerId, caseId, RecallNotice.NameOf(id), now, neverHeld: true)));
        }

        return recall;
    }

    async Task<List<string>> RecipientsAsync(RecallReason reason, Guid personId, Guid? consentId, DateTimeOffset now, CancellationToken ct)
    {
        var got = await db.Disclosures.Where(d => d.PersonId == personId && d.Purpose != Purpose.Recall && (consentId == null || d.ConsentId == consentId))
            .GroupBy(d => d.PartnerId).Select(g => new { PartnerId = g.Key, Last = g.Max(d => d.Time), Purpose = g.Max(d => d.Purpose) }).OrderBy(g => g.PartnerId).ToListAsync(ct);
        // Who said, after it got something last, that it has nothing any more, need not be asked again.
        var gone = reason == RecallReason.Rectified ? [] : (await (
            from recall in db.Recalls
            join notice in db.RecallNotices on recall.Id equals notice.RecallId
            where recall.PersonId == personId && recall.Reason != RecallReason.Rectified && (notice.Outcome == RecallOutcome.Done || notice.Outcome == RecallOutcome.NotHeld)
            group notice by notice.PartnerId into answered
            select new { PartnerId = answered.Key, Last = answered.Max(n => n.AnswerTime) }).ToListAsync(ct)).ToDictionary(a => a.PartnerId, a => a.Last);
        var left = got.Where(g => !(gone.GetValueOrDefault(g.PartnerId) > g.Last)).ToList();
        if (consentId is null) return [.. left.Select(g => g.PartnerId)];
        var recipients = new List<string>();
        foreach (var one in left)
            if (!await db.LiveConsents(personId, EnumText<Purpose>.Of(one.Purpose), one.PartnerId, now).AnyAsync(ct)) recipients.Add(one.PartnerId);
        return recipients;
    }
}
