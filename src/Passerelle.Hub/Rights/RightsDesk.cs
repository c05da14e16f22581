using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;
using AnswerKind = Passerelle.Hub.Clocks.History.AnswerKind;

namespace Passerelle.Hub.Rights;

/// <summary>Requests of persons about their data, with their clocks, in the caller's transaction.</summary>
public sealed class RightsDesk(HubDb db, ClockBook clocks, GateBook gate)
{
    /// <summary>What the hub does with a person's data, by its register and its consents: the grounds of all of it must give the right.</summary>
    public async Task RequireGivenAsync(Guid personId, PersonRight right, Purpose? purpose, DateTimeOffset now, CancellationToken ct)
    {
        var terms = await gate.ReadAnewAsync(db, ct);
        var purposes = purpose is { } named ? [named] : await PurposesAsync(personId, ct);
        foreach (var one in purposes)
            if (terms.Of(one, now) is { } law && !PersonRights.Of(law.Ground).Contains(right)) throw new RightNotGiven(personId, right, one);
    }

    public async Task<(RightsRequest Request, Clock Clock)> FileAsync(Guid personId, Guid caseId, PersonRight right, Purpose? purpose, DateTimeOffset now, CancellationToken ct)
    {
        var request = RightsRequest.File(personId, caseId, right, purpose, now);
        db.RightsRequests.Add(request);
        // While an objection is open, what it is about stays where it is.
        if (purpose is { } to && !await db.PersonRestrictions.AnyAsync(r => r.PersonId == personId && r.Scope == EnumText<Purpose>.Of(to), ct))
            db.PersonRestrictions.Add(PersonRestriction.Of(personId, to, RestrictionReason.ObjectionPending, now));
        db.Events.Add(HubEvent.Of("rights.requested", now, request.Name, caseId, detail: EnumText<PersonRight>.Of(right)));
        return (request, await clocks.StartAsync(ClockFamily.LegalTerm, request.Name, caseId, partnerId: null, need: null, now, ct));
    }

    /// <summary>Locked until the transaction ends.</summary>
    public async Task<RightsRequest?> LockAsync(Guid id, CancellationToken ct) =>
        (await db.RightsRequests.FromSql($"select * from rights_requests where id = {id} for update").ToListAsync(ct)).SingleOrDefault();

    /// <summary>The clock stops: a request that was declined has been answered too (GDPR, article 12(4)).</summary>
    public async Task CloseAsync(RightsRequest request, RightsDeclineReason? declined, DateTimeOffset now, CancellationToken ct)
    {
        if (!request.Close(declined, now)) return;
        await clocks.AnswerAsync(request.Name, AnswerKind.MessageDelivered, ct);
        db.Events.Add(HubEvent.Of("rights.closed", now, request.Name, request.CaseId, detail: EnumText<RightsRequestState>.Of(request.State)));
    }

    /// <summary>The person's open requests for what has just been done.</summary>
    public async Task CloseOpenAsync(Guid personId, PersonRight right, DateTimeOffset now, CancellationToken ct)
    {
        foreach (var request in await db.RightsRequests.FromSql($"select * from rights_requests where person_id = {personId} and state = 'open' order by id for update").ToListAsync(ct))
            if (request.Right == right) await CloseAsync(request, null, now, ct);
    }

    public async Task<Guid> CaseOfAsync(Guid personId, string name, CancellationToken ct) =>
        await db.Persons.Where(p => p.Id == personId).Select(p => (Guid?)p.CaseId).SingleOrDefaultAsync(ct) ?? throw new ResourceNotFound(name);

    async Task<List<Purpose>> PurposesAsync(Guid personId, CancellationToken ct) => await db.Disclosures.Where(d => d.PersonId == personId && d.Purpose != Purpose.Recall).Select(d => d.Purpose)
        .Union(db.Consents.Where(c => c.PersonId == personId).Select(c => c.Purpose)).Distinct().ToListAsync(ct);
}
