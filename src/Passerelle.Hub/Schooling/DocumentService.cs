using Google.Protobuf;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;
using Passerelle.Hub.Privacy.Accesses;
using Wire = Passerelle.Contracts.Schooling.V1;

namespace Passerelle.Hub.Schooling;

public sealed class DocumentService(HubDb db, RequestLedger ledger, Vault vault, AccessLog access, ChangeSignal changes) : Wire.DocumentService.DocumentServiceBase
{
    const int ChunkSize = 64 * 1024;

    public override async Task<Wire.UploadDocumentResponse> UploadDocument(IAsyncStreamReader<Wire.UploadDocumentRequest> requestStream, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        // Nothing is open while the bytes come, however slowly: the transaction begins when all are here.
        var upload = await DocumentUpload.ReadAsync(requestStream, ct);
        var announced = upload.Header.Document;
        // The header holds the SHA-256 that the bytes were found to have: its digest is that of the whole stream.
        var response = await ledger.OnceAsync(context, upload.RequestId, upload.Header, async now =>
        {
            var person = await db.Persons.AsNoTracking().SingleOrDefaultAsync(p => p.Id == upload.PersonId, ct) ?? throw new ResourceNotFound(announced.Person);
            var cipher = await vault.OpenAsync(person.Id, ct);
            var document = Document.Keep(person.Id, announced, cipher, now);
            db.Documents.Add(document);
            db.DocumentContents.Add(DocumentContent.Of(document, upload.Content.Span, cipher));
            db.Events.Add(HubEvent.Of("document.uploaded", now, document.Name, person.CaseId, detail: EnumText<DocumentKind>.Of(document.Kind)));
            return new Wire.UploadDocumentResponse { Name = document.Name, CreateTime = now.ToWire() };
        });
        changes.Pulse();
        return response;
    }

    public override async Task DownloadDocument(Wire.DownloadDocumentRequest request, IServerStreamWriter<Wire.DownloadDocumentResponse> responseStream, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Documents, "name");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var document = await db.Documents.AsNoTracking().SingleOrDefaultAsync(d => d.Id == id, ct) ?? throw new ResourceNotFound(request.Name);
        var partnerId = context.Caller().PartnerId;
        var sentIn = partnerId is null ? null : await FindSentAsync(id, partnerId, ct) ?? throw new ResourceNotFound(request.Name);
        var cipher = await vault.OpenAsync(document.PersonId, ct);
        var content = (await db.DocumentContents.AsNoTracking().SingleAsync(c => c.DocumentId == id, ct)).Open(cipher);
        if (sentIn is not null) await RecordDisclosureAsync(document, sentIn, ct);
        var caseId = await db.Persons.Where(p => p.Id == document.PersonId).Select(p => (Guid?)p.CaseId).SingleOrDefaultAsync(ct);
        await access.ReadAsync(context, document.Name, caseId, document.PersonId);
        await responseStream.WriteAsync(new Wire.DownloadDocumentResponse { Document = document.ToWire(cipher) }, ct);
        for (var start = 0; start < content.Length; start += ChunkSize)
        {
            var chunk = UnsafeByteOperations.UnsafeWrap(content.AsMemory(start, Math.Min(ChunkSize, content.Length - start)));
            await responseStream.WriteAsync(new Wire.DownloadDocumentResponse { Chunk = chunk }, ct);
        }
    }

    /// <summary>The last exchange that brought this document to the partner. Sent means that an attempt exists: what only waits to be sent does not exist for it.</summary>
    Task<Exchange?> FindSentAsync(Guid documentId, string partnerId, CancellationToken ct) => (
        from added in db.EnrolmentDocuments
        join exchange in db.Exchanges on added.ExchangeId equals exchange.Id
        where added.DocumentId == documentId && exchange.PartnerId == partnerId && db.Attempts.Any(a => a.ExchangeId == exchange.Id)
        orderby exchange.Id descending
        select exchange).AsNoTracking().FirstOrDefaultAsync(ct);

    /// <summary>Committed before the first byte leaves: a download that breaks off is in the register too.</summary>
    async Task RecordDisclosureAsync(Document document, Exchange exchange, CancellationToken ct)
    {
        var now = await db.NowAsync(ct);
        db.Disclosures.Add(Disclosure.OfDownload(document.PersonId, exchange.PartnerId, Purpose.SchoolEnrolment, Ground.PublicTask, exchange.Id, now));
        db.Events.Add(HubEvent.Of("document.downloaded", now, document.Name, exchange.CaseId, exchange.PartnerId));
        await db.SaveChangesAsync(ct);
        changes.Pulse();
    }
}
