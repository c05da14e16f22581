using Google.Protobuf.Collections;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Platform.Jobs;
using Passerelle.Hub.Privacy;
using Passerelle.Hub.Privacy.Accesses;
using AnswerCase = Passerelle.Contracts.Schooling.V1.AnswerEnrolmentRequest.AnswerOneofCase;
using Wire = Passerelle.Contracts.Schooling.V1;

namespace Passerelle.Hub.Schooling;

public sealed class EnrolmentService(HubDb db, RequestLedger ledger, ExchangeDesk desk, Vault vault, AccessLog access, Nudge<DeliverDue> delivery, ChangeSignal changes)
    : Wire.EnrolmentService.EnrolmentServiceBase
{
    public const int MaxDocuments = 20;
    const int MaxPreviousSchool = 200;
    const int MaxMessage = 2000;

    public override async Task<Wire.CreateEnrolmentResponse> CreateEnrolment(Wire.CreateEnrolmentRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var personId = violations.Id(request.Person, Names.Persons, "person");
        var partnerId = violations.PartnerId(request.Partner, "partner");
        violations.Member(request.Level, "level");
        var startDate = violations.Date(request.StartDate, "start_date", required: true);
        violations.Text(request.PreviousSchool, "previous_school", MaxPreviousSchool, required: false);
        var documentIds = ReadDocuments(request.Documents, violations);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var response = await ledger.OnceAsync(context, requestId, request, async now =>
        {
            var child = await db.Persons.AsNoTracking().SingleOrDefaultAsync(p => p.Id == personId, ct) ?? throw new ResourceNotFound(request.Person);
            violations.Check(child.Role == PersonRole.Child, "person", "must be a child");
            await CheckDocumentsAsync(documentIds, personId, [], violations, ct);
            violations.ThrowIfAny();
            var partner = await db.Partners.AsNoTracking().SingleOrDefaultAsync(p => p.Id == partnerId, ct) ?? throw new ResourceNotFound(request.Partner);
            if (partner.Kind != PartnerKind.Schooling) throw new PartnerKindMismatch(partnerId, PartnerKind.Schooling);
            var id = Guid.CreateVersion7(now);
            db.Events.Add(HubEvent.Of("enrolment.created", now, Enrolment.NameOf(id), child.CaseId, partnerId));
            var exchange = desk.Open(EnrolmentKind.KindName, partnerId, child.CaseId, Enrolment.NameOf(id), now);
            var enrolment = Enrolment.Submit(id, child, exchange, (Level)request.Level, startDate!.Value, request.PreviousSchool, documentIds, await vault.OpenAsync(personId, ct), now);
            db.Enrolments.Add(enrolment);
            return new Wire.CreateEnrolmentResponse { Enrolment = ToWire(enrolment) };
        });
        delivery.Now(partnerId);
        changes.Pulse();
        return response;
    }

    public override async Task<Wire.CompleteEnrolmentResponse> CompleteEnrolment(Wire.CompleteEnrolmentRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var id = violations.Id(request.Name, Names.Enrolments, "name");
        violations.Check(request.Documents.Count > 0, "documents", "is required");
        var documentIds = ReadDocuments(request.Documents, violations);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var response = await ledger.OnceAsync(context, requestId, request, async now =>
        {
            var enrolment = await LockAsync(id, request.Name, context.Caller(), ct);
            // First: what is wrong with the documents does not matter where none is asked for.
            enrolment.RequireIncomplete();
            violations.Check(enrolment.Documents.Count + documentIds.Count <= MaxDocuments, "documents", $"must be at most {MaxDocuments} with those sent before");
            await CheckDocumentsAsync(documentIds, enrolment.PersonId, [.. enrolment.DocumentIds], violations, ct);
            violations.ThrowIfAny();
            db.Events.Add(HubEvent.Of("enrolment.completed", now, enrolment.Name, enrolment.CaseId, enrolment.PartnerId));
            enrolment.Complete(desk.Open(EnrolmentKind.KindName, enrolment.PartnerId, enrolment.CaseId, enrolment.Name, now), documentIds);
            return new Wire.CompleteEnrolmentResponse { Enrolment = ToWire(enrolment) };
        });
        delivery.Now();
        changes.Pulse();
        return response;
    }

    public override async Task<Wire.GetEnrolmentResponse> GetEnrolment(Wire.GetEnrolmentRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Enrolments, "name");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var found = await VisibleTo(context.Caller()).AsNoTracking().Include(e => e.Documents).SingleOrDefaultAsync(e => e.Id == id, ct) ?? throw new ResourceNotFound(request.Name);
        await access.ReadAsync(context, found.Name, found.CaseId, found.PersonId);
        return new Wire.GetEnrolmentResponse { Enrolment = ToWire(found), AnswerMessage = await vault.FindAsync(found.PersonId, ct) is { } cipher ? found.OpenAnswerMessage(cipher) : "" };
    }

    public override async Task<Wire.ListEnrolmentsResponse> ListEnrolments(Wire.ListEnrolmentsRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var caseId = violations.OptionalId(request.Case, Names.Cases, "case");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var read = await VisibleTo(context.Caller()).AsNoTracking().Include(e => e.Documents)
            .Where(e => (caseId == null || e.CaseId == caseId) && (page.After == null || e.Id.CompareTo(page.After.Value) < 0))
            .OrderByDescending(e => e.Id).Take(page.Size + 1).ToListAsync(context.CancellationToken);
        var (items, next) = page.Cut(read, e => e.Id);
        var response = new Wire.ListEnrolmentsResponse { NextPageToken = next };
        response.Enrolments.AddRange(items.Select(ToWire));
        return response;
    }

    public override async Task<Wire.AnswerEnrolmentResponse> AnswerEnrolment(Wire.AnswerEnrolmentRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var id = violations.Id(request.Name, Names.Enrolments, "name");
        var answer = ReadAnswer(request, violations);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var response = await ledger.OnceAsync(context, requestId, request, async _ =>
        {
            var enrolment = await LockAsync(id, request.Name, context.Caller(), ct);
            enrolment.RequireUnanswered();
            var exchange = await desk.AnswerAsync(enrolment.ExchangeId, answer!.Code, ct);
            enrolment.Answer(answer, await vault.OpenAsync(enrolment.PersonId, ct), exchange.AnswerTime!.Value);
            return new Wire.AnswerEnrolmentResponse { Enrolment = ToWire(enrolment) };
        });
        changes.Pulse();
        return response;
    }

    /// <summary>A partner's own, once the file has been sent to it for the first time. There is a second round only after an answer to the first.</summary>
    IQueryable<Enrolment> VisibleTo(Caller caller) => caller.PartnerId is { } own
        ? db.Enrolments.Where(e => e.PartnerId == own && (e.Round > 1 || db.Attempts.Any(a => a.ExchangeId == e.ExchangeId)))
        : db.Enrolments;

    async Task<Enrolment> LockAsync(Guid id, string name, Caller caller, CancellationToken ct)
    {
        if (!await VisibleTo(caller).AnyAsync(e => e.Id == id, ct)) throw new ResourceNotFound(name);
        var enrolment = (await db.Enrolments.FromSql($"select * from enrolments where id = {id} for update").ToListAsync(ct)).Single();
        await db.Entry(enrolment).Collection(e => e.Documents).LoadAsync(ct);
        return enrolment;
    }

    static List<Guid> ReadDocuments(RepeatedField<string> names, Violations violations)
    {
        violations.Check(names.Count <= MaxDocuments, "documents", $"must be at most {MaxDocuments}");
        var ids = new List<Guid>();
        for (var i = 0; i < names.Count; i++)
        {
            var id = violations.Id(names[i], Names.Documents, $"documents[{i}]");
            violations.Check(id == Guid.Empty || !ids.Contains(id), $"documents[{i}]", "is there twice");
            ids.Add(id);
        }

        return ids;
    }

    async Task CheckDocumentsAsync(List<Guid> ids, Guid personId, HashSet<Guid> sentBefore, Violations violations, CancellationToken ct)
    {
        var own = (await db.Documents.Where(d => ids.Contains(d.Id) && d.PersonId == personId).Select(d => d.Id).ToListAsync(ct)).ToHashSet();
        for (var i = 0; i < ids.Count; i++)
        {
            violations.Check(own.Contains(ids[i]), $"documents[{i}]", "is not a document of this child");
            violations.Check(!sentBefore.Contains(ids[i]), $"documents[{i}]", "was sent before");
        }
    }

    static EnrolmentAnswer? ReadAnswer(Wire.AnswerEnrolmentRequest request, Violations violations)
    {
        violations.Check(request.AnswerCase != AnswerCase.None, "answer", "is required");
        return request.AnswerCase switch
        {
            AnswerCase.None => null,
            AnswerCase.Accepted => new EnrolmentAnswer.Accepted { Message = Message(request.Accepted.Message, "accepted") },
            AnswerCase.Refused => new EnrolmentAnswer.Refused(Reason(request.Refused.Reason)) { Message = Message(request.Refused.Message, "refused") },
            AnswerCase.DocumentsMissing => new EnrolmentAnswer.DocumentsMissing(Kinds(request.DocumentsMissing.Kinds)) { Message = Message(request.DocumentsMissing.Message, "documents_missing") },
        };

        string Message(string message, string path)
        {
            violations.Text(message, $"{path}.message", MaxMessage, required: false);
            return message;
        }

        RefusalReason Reason(Wire.RefusalReason reason)
        {
            violations.Member(reason, "refused.reason");
            return (RefusalReason)reason;
        }

        List<DocumentKind> Kinds(RepeatedField<Wire.Document.Types.Kind> kinds)
        {
            violations.Check(kinds.Count > 0, "documents_missing.kinds", "is required");
            violations.Members(kinds, "documents_missing.kinds");
            return [.. kinds.Select(k => (DocumentKind)k)];
        }
    }

    static Wire.Enrolment ToWire(Enrolment enrolment)
    {
        var wire = new Wire.Enrolment
        {
            Name = enrolment.Name,
            Case = Names.Of(Names.Cases, enrolment.CaseId),
            Person = Names.Of(Names.Persons, enrolment.PersonId),
            Partner = Names.OfPartner(enrolment.PartnerId),
            Exchange = Names.Of(Names.Exchanges, enrolment.ExchangeId),
            State = (Wire.Enrolment.Types.State)enrolment.State,
            RefusalReason = (Wire.RefusalReason)(enrolment.RefusalReason ?? 0),
            CreateTime = enrolment.CreateTime.ToWire(),
            AnswerTime = enrolment.AnswerTime.ToWire(),
        };
        wire.Documents.AddRange(enrolment.DocumentIds.Select(id => Names.Of(Names.Documents, id)));
        wire.MissingKinds.AddRange(enrolment.MissingKinds.Select(k => (Wire.Document.Types.Kind)EnumText<DocumentKind>.Parse(k)));
        return wire;
    }
}
