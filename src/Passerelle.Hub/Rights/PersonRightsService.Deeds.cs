using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Hub.Rights;

/// <summary>What is done at a person's word: corrected, restricted, no longer sent, erased.</summary>
public sealed partial class PersonRightsService
{
    public override async Task<Wire.RectifyPersonResponse> RectifyPerson(Wire.RectifyPersonRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var profile = request.Person ?? new Contracts.Cases.V1.Person();
        violations.Check(request.Person is not null, "person", "is required");
        var personId = violations.Id(profile.Name, Names.Persons, "person.name");
        PersonProfile.Check(profile, "person", violations);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var response = await ledger.OnceAsync(context, requestId, request, async now =>
        {
            var person = (await db.Persons.FromSql($"select * from persons where id = {personId} for update").ToListAsync(ct)).SingleOrDefault() ?? throw new ResourceNotFound(profile.Name);
            if (!violations.Check((PersonRole)profile.Role == person.Role, "person.role", "stays as it was")) violations.ThrowIfAny();
            person.Rectify(profile, await vault.OpenAsync(personId, ct));
            await lookups.ReplaceAsync(personId, profile.Email, profile.Phone, ct);
            db.Events.Add(HubEvent.Of("person.rectified", now, profile.Name, person.CaseId));
            var recall = await recalls.OpenAsync(RecallReason.Rectified, personId, person.CaseId, consentId: null, now, ct);
            await desk.CloseOpenAsync(personId, PersonRight.Rectification, now, ct);
            return new Wire.RectifyPersonResponse { Recall = recall?.Name ?? "" };
        });
        delivery.Now();
        changes.Pulse();
        return response;
    }

    public override async Task<Wire.RestrictPersonResponse> RestrictPerson(Wire.RestrictPersonRequest request, ServerCallContext context)
    {
        var personId = IdOf(request.Name, Names.Persons);
        var ct = context.CancellationToken;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var caseId = await desk.CaseOfAsync(personId, request.Name, ct);
        // Waits for what is just leaving; what leaves after this is asked whether it may, see Departures.
        await stopping.LockAsync(personId, purpose: null, ct);
        var now = await db.NowAsync(ct);
        if (await FindRestrictionAsync(personId, ct) is not { } restriction)
        {
            restriction = new PersonRestriction(personId, PersonRestriction.Everything, RestrictionReason.Restricted, now);
            db.PersonRestrictions.Add(restriction);
            db.Events.Add(HubEvent.Of("person.restricted", now, request.Name, caseId));
            await desk.CloseOpenAsync(personId, PersonRight.Restriction, now, ct);
        }

        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        changes.Pulse();
        return new Wire.RestrictPersonResponse { RestrictTime = restriction.Time.ToWire() };
    }

    public override async Task<Wire.LiftRestrictionResponse> LiftRestriction(Wire.LiftRestrictionRequest request, ServerCallContext context)
    {
        var personId = IdOf(request.Name, Names.Persons);
        var ct = context.CancellationToken;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var caseId = await desk.CaseOfAsync(personId, request.Name, ct);
        var locked = await stopping.LockAsync(personId, purpose: null, ct);
        if (await FindRestrictionAsync(personId, ct) is { } restriction)
        {
            db.PersonRestrictions.Remove(restriction);
            var now = await db.NowAsync(ct);
            db.Events.Add(HubEvent.Of("person.restriction_lifted", now, request.Name, caseId));
            foreach (var (exchange, _) in locked) exchange.Release(now);
        }

        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        delivery.Now();
        changes.Pulse();
        return new Wire.LiftRestrictionResponse();
    }

    public override async Task<Wire.DecideObjectionResponse> DecideObjection(Wire.DecideObjectionRequest request, ServerCallContext context)
    {
        var id = IdOf(request.Name, Names.RightsRequests);
        var ct = context.CancellationToken;
        var response = new Wire.DecideObjectionResponse();
        response.Request = await CloseAsync(id, request.Name, async (found, now) =>
        {
            if (found.Right != PersonRight.Objection) throw new StateConflict(found.Name, EnumText<PersonRight>.Of(found.Right), "It is no objection.");
            if (found.State != RightsRequestState.Open) return request.Uphold ? null : RightsDeclineReason.NotGiven;
            var locked = await stopping.LockAsync(found.PersonId, found.Purpose, ct);
            var scope = EnumText<Purpose>.Of(found.Purpose!.Value);
            db.PersonRestrictions.RemoveRange(await db.PersonRestrictions.Where(r => r.PersonId == found.PersonId && r.Scope == scope).ToListAsync(ct));
            await db.SaveChangesAsync(ct);
            if (!request.Uphold)
            {
                foreach (var (exchange, _) in locked) exchange.Release(now);
                return RightsDeclineReason.NotGiven;
            }

            db.PersonRestrictions.Add(PersonRestriction.Of(found.PersonId, found.Purpose.Value, RestrictionReason.ObjectionUpheld, now));
            response.Stopped.AddRange((await stopping.StopAsync([.. locked.Select(l => l.Exchange)], GateTerms.Objection, ct)).Stopped);
            response.Recall = (await recalls.OpenAsync(RecallReason.Erased, found.PersonId, found.CaseId, consentId: null, now, ct))?.Name ?? "";
            return null;
        }, ct);
        return response;
    }

    Task<PersonRestriction?> FindRestrictionAsync(Guid personId, CancellationToken ct) =>
        db.PersonRestrictions.SingleOrDefaultAsync(r => r.PersonId == personId && r.Scope == PersonRestriction.Everything, ct);

    public override async Task<Wire.ErasePersonResponse> ErasePerson(Wire.ErasePersonRequest request, ServerCallContext context)
    {
        var personId = IdOf(request.Name, Names.Persons);
        var ct = context.CancellationToken;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var caseId = await desk.CaseOfAsync(personId, request.Name, ct);
        if (await erasure.FindAsync(personId, ct) is not { } before)
        {
            var now = await db.NowAsync(ct);
            await desk.RequireGivenAsync(personId, PersonRight.Erasure, purpose: null, now, ct);
            // First: an erasure ends with the ledger's end locked, and must take no other lock after that.
            await desk.CloseOpenAsync(personId, PersonRight.Erasure, now, ct);
            before = await erasure.EraseAsync(personId, caseId, context.Caller().Id, ct);
            await db.SaveChangesAsync(ct);
        }

        await transaction.CommitAsync(ct);
        delivery.Now();
        changes.Pulse();
        return new Wire.ErasePersonResponse { EraseTime = before.Time.ToWire(), Recall = before.Recall?.Name ?? "" };
    }

    public override async Task<Wire.GetErasureCertificateResponse> GetErasureCertificate(Wire.GetErasureCertificateRequest request, ServerCallContext context)
    {
        var personId = IdOf(request.Name, Names.Persons);
        var ct = context.CancellationToken;
        await desk.CaseOfAsync(personId, request.Name, ct);
        if (await erasure.FindAsync(personId, ct) is not { } erased) throw new StateConflict(request.Name, "kept", "The person was not erased.");
        var told = await db.Recalls.AsNoTracking().Include(r => r.Notices).Where(r => r.PersonId == personId && r.Reason != RecallReason.Rectified).OrderBy(r => r.Id).ToListAsync(ct);
        var ids = told.SelectMany(r => r.Notices).Select(n => n.ExchangeId).ToArray();
        var deliveries = await db.Exchanges.Where(e => ids.Contains(e.Id)).ToDictionaryAsync(e => e.Id, e => e.DeliveryTime, ct);
        var certificate = await certificates.SignAsync(new JsonObject
        {
            ["document"] = CertificateText.ErasureTitle,
            ["personne"] = request.Name,
            ["effacee_le"] = erased.Time.ToString("O"),
            ["constat"] = CertificateText.ErasureSaid,
            ["rappels"] = new JsonArray([.. told.Select(r => (JsonNode)Certificates.Of(r.ToWire(deliveries)))]),
        }, ct);
        return new Wire.GetErasureCertificateResponse { Certificate = ByteString.CopyFrom(certificate) };
    }
}
