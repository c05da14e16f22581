using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Platform.Jobs;
using Wire = Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Hub.Rights;

public sealed class RecallService(HubDb db, RequestLedger ledger, ExchangeDesk desk, RecallDesk recalls, Certificates certificates, Nudge<DeliverDue> delivery, ChangeSignal changes)
    : Wire.RecallService.RecallServiceBase
{
    public override async Task<Wire.GetRecallResponse> GetRecall(Wire.GetRecallRequest request, ServerCallContext context) =>
        new() { Recall = (await ToWireAsync([await FindAsync(request.Name, context.CancellationToken)], context.CancellationToken))[0] };

    public override async Task<Wire.ListRecallsResponse> ListRecalls(Wire.ListRecallsRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var personId = violations.OptionalId(request.Person, Names.Persons, "person");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var read = await db.Recalls.AsNoTracking().Include(r => r.Notices)
            .Where(r => (personId == null || r.PersonId == personId) && (!request.Open || r.CloseTime == null) && (page.After == null || r.Id.CompareTo(page.After.Value) < 0))
            .OrderByDescending(r => r.Id).Take(page.Size + 1).ToListAsync(context.CancellationToken);
        var (items, next) = page.Cut(read, r => r.Id);
        var response = new Wire.ListRecallsResponse { NextPageToken = next };
        response.Recalls.AddRange(await ToWireAsync(items, context.CancellationToken));
        return response;
    }

    public override async Task<Wire.RecallRectifiedResponse> RecallRectified(Wire.RecallRectifiedRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var personId = violations.Id(request.Person, Names.Persons, "person");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var response = await ledger.OnceAsync(context, requestId, request, async now =>
        {
            var caseId = await db.Persons.Where(p => p.Id == personId).Select(p => (Guid?)p.CaseId).SingleOrDefaultAsync(ct) ?? throw new ResourceNotFound(request.Person);
            var recall = await recalls.OpenAsync(RecallReason.Rectified, personId, caseId, consentId: null, now, ct)
                ?? throw new StateConflict(request.Person, "undisclosed", "Nobody got data about this person.");
            return new Wire.RecallRectifiedResponse { Recall = recall.ToWire(new Dictionary<Guid, DateTimeOffset?>()) };
        });
        delivery.Now();
        changes.Pulse();
        return response;
    }

    public override async Task<Wire.AnswerRecallResponse> AnswerRecall(Wire.AnswerRecallRequest request, ServerCallContext context)
    {
        var partnerId = context.Caller().RequirePartner();
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var id = violations.Id(request.Name, Names.RecallNotices, "name");
        violations.Member(request.Outcome, "outcome");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var response = await ledger.OnceAsync(context, requestId, request, async _ =>
        {
            var notice = await db.RecallNotices.AsNoTracking().SingleOrDefaultAsync(n => n.Id == id, ct);
            if (notice is null || notice.PartnerId != partnerId || !await db.Attempts.AnyAsync(a => a.ExchangeId == notice.ExchangeId, ct)) throw new ResourceNotFound(request.Name);
            // The recall before its notices: of two last answers at once, the second one sees the first.
            var recall = (await db.Recalls.FromSql($"select * from recalls where id = {notice.RecallId} for update").ToListAsync(ct)).Single();
            await db.Entry(recall).Collection(r => r.Notices).LoadAsync(ct);
            notice = recall.Notices.Single(n => n.Id == id);
            notice.RequireUnanswered();
            var outcome = (RecallOutcome)request.Outcome;
            var exchange = await desk.AnswerAsync(notice.ExchangeId, EnumText<RecallOutcome>.Of(outcome), ct);
            var now = exchange.AnswerTime!.Value;
            notice.Answer(outcome, now);
            db.Events.Add(HubEvent.Of("recall.answered", now, recall.Name, recall.CaseId, partnerId, EnumText<RecallOutcome>.Of(outcome)));
            if (recall.CloseWhenAnswered(now)) db.Events.Add(HubEvent.Of("recall.closed", now, recall.Name, recall.CaseId));
            return new Wire.AnswerRecallResponse { Recipient = notice.ToWire(exchange.DeliveryTime) };
        });
        delivery.Now();
        changes.Pulse();
        return response;
    }

    public override async Task<Wire.GetRecallCertificateResponse> GetRecallCertificate(Wire.GetRecallCertificateRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var recall = await FindAsync(request.Name, ct);
        var wire = (await ToWireAsync([recall], ct))[0];
        return new Wire.GetRecallCertificateResponse { Certificate = Google.Protobuf.ByteString.CopyFrom(await certificates.OfRecallAsync(wire, ct)) };
    }

    async Task<Recall> FindAsync(string name, CancellationToken ct)
    {
        var violations = new Violations();
        var id = violations.Id(name, Names.Recalls, "name");
        violations.ThrowIfAny();
        return await db.Recalls.AsNoTracking().Include(r => r.Notices).SingleOrDefaultAsync(r => r.Id == id, ct) ?? throw new ResourceNotFound(name);
    }

    async Task<List<Wire.Recall>> ToWireAsync(IReadOnlyList<Recall> read, CancellationToken ct)
    {
        var ids = read.SelectMany(r => r.Notices).Select(n => n.ExchangeId).ToArray();
        var deliveries = await db.Exchanges.Where(e => ids.Contains(e.Id)).ToDictionaryAsync(e => e.Id, e => e.DeliveryTime, ct);
        return [.. read.Select(r => r.ToWire(deliveries))];
    }
}
