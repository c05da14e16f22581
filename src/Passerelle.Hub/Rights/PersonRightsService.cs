using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Platform.Jobs;
using Passerelle.Hub.Privacy;
using Passerelle.Hub.Privacy.Accesses;
using Wire = Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Hub.Rights;

public sealed partial class PersonRightsService(
    HubDb db, RequestLedger ledger, RightsDesk desk, Vault vault, PersonLookups lookups, AccessLog access, PersonArchive archive, Erasure erasure, Stopping stopping, RecallDesk recalls, Certificates certificates,
    Nudge<Exchanges.DeliverDue> delivery, ChangeSignal changes) : Wire.PersonRightsService.PersonRightsServiceBase
{
    const int ChunkSize = 64 * 1024;

    public override async Task<Wire.FileRightsRequestResponse> FileRightsRequest(Wire.FileRightsRequestRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var personId = violations.Id(request.Person, Names.Persons, "person");
        violations.Member(request.Right, "right");
        violations.Check(request.Right != Wire.Right.Withdrawal, "right", "is done at once, by WithdrawConsent");
        if (request.Right == Wire.Right.Objection) violations.Member(request.Purpose, "purpose");
        else violations.Check(request.Purpose == 0, "purpose", "goes with an objection only");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var response = await ledger.OnceAsync(context, requestId, request, async now =>
        {
            var caseId = await desk.CaseOfAsync(personId, request.Person, ct);
            var (right, purpose) = ((PersonRight)request.Right, request.Purpose == 0 ? (Purpose?)null : (Purpose)request.Purpose);
            // Portability gives what falls under it, be that nothing; the others are of no use where the law does not give them.
            if (right is PersonRight.Erasure or PersonRight.Objection) await desk.RequireGivenAsync(personId, right, purpose, now, ct);
            var (filed, clock) = await desk.FileAsync(personId, caseId, right, purpose, now, ct);
            return new Wire.FileRightsRequestResponse { Request = filed.ToWire(clock) };
        });
        changes.Pulse();
        return response;
    }

    public override async Task<Wire.GetRightsRequestResponse> GetRightsRequest(Wire.GetRightsRequestRequest request, ServerCallContext context)
    {
        var id = IdOf(request.Name, Names.RightsRequests);
        var found = await db.RightsRequests.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, context.CancellationToken) ?? throw new ResourceNotFound(request.Name);
        return new Wire.GetRightsRequestResponse { Request = (await ToWireAsync([found], context.CancellationToken))[0] };
    }

    public override async Task<Wire.ListRightsRequestsResponse> ListRightsRequests(Wire.ListRightsRequestsRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var personId = violations.OptionalId(request.Person, Names.Persons, "person");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var read = await db.RightsRequests.AsNoTracking()
            .Where(r => (personId == null || r.PersonId == personId) && (!request.Open || r.State == RightsRequestState.Open) && (page.After == null || r.Id.CompareTo(page.After.Value) < 0))
            .OrderByDescending(r => r.Id).Take(page.Size + 1).ToListAsync(context.CancellationToken);
        var (items, next) = page.Cut(read, r => r.Id);
        var response = new Wire.ListRightsRequestsResponse { NextPageToken = next };
        response.Requests.AddRange(await ToWireAsync(items, context.CancellationToken));
        return response;
    }

    public override async Task<Wire.CloseRightsRequestResponse> CloseRightsRequest(Wire.CloseRightsRequestRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.RightsRequests, "name");
        violations.Check(Enum.IsDefined(request.DeclineReason), "decline_reason", "is not a value that this version knows");
        violations.ThrowIfAny();
        var declined = request.DeclineReason == 0 ? (RightsDeclineReason?)null : (RightsDeclineReason)request.DeclineReason;
        return new Wire.CloseRightsRequestResponse
        {
            Request = await CloseAsync(id, request.Name, (found, _) => declined is null && found.State == RightsRequestState.Open && found.Right is not (PersonRight.Access or PersonRight.Portability)
                ? throw new StateConflict(found.Name, EnumText<RightsRequestState>.Of(found.State), $"It is closed by what does it: {DoneBy(found.Right)}.")
                : Task.FromResult(declined), context.CancellationToken),
        };
    }

    static string DoneBy(PersonRight right) => right switch
    {
        PersonRight.Rectification => "RectifyPerson",
        PersonRight.Restriction => "RestrictPerson",
        PersonRight.Objection => "DecideObjection",
        PersonRight.Erasure => "ErasePerson",
        PersonRight.Withdrawal => "WithdrawConsent",
        PersonRight.Access or PersonRight.Portability => "CloseRightsRequest",
    };

    public override async Task DownloadPersonArchive(Wire.DownloadPersonArchiveRequest request, IServerStreamWriter<Wire.DownloadPersonArchiveResponse> responseStream, ServerCallContext context)
    {
        var personId = IdOf(request.Name, Names.Persons);
        var ct = context.CancellationToken;
        var caseId = await desk.CaseOfAsync(personId, request.Name, ct);
        await access.ReadAsync(context, request.Name, caseId, personId);
        var cipher = await vault.OpenEvenRestrictedAsync(personId, ct);
        await responseStream.WriteAsync(
            new Wire.DownloadPersonArchiveResponse { Archive = new() { Person = request.Name, FileName = $"{personId:D}.zip", MediaType = "application/zip" } }, ct);
        // What is written waits for what is sent: the archive is never in memory as a whole.
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 4 * ChunkSize, resumeWriterThreshold: ChunkSize));
        var writing = WriteAsync(pipe.Writer);
        try
        {
            while (true)
            {
                var read = await pipe.Reader.ReadAtLeastAsync(ChunkSize, ct);
                var buffer = read.Buffer;
                while (buffer.Length >= ChunkSize || (read.IsCompleted && !buffer.IsEmpty))
                {
                    var chunk = buffer.Slice(0, Math.Min(ChunkSize, buffer.Length));
                    await responseStream.WriteAsync(new Wire.DownloadPersonArchiveResponse { Chunk = ByteString.CopyFrom(chunk.ToArray()) }, ct);
                    buffer = buffer.Slice(chunk.End);
                }

                pipe.Reader.AdvanceTo(buffer.Start, buffer.End);
                if (read.IsCompleted) break;
            }
        }
        finally
        {
            await pipe.Reader.CompleteAsync();
            await writing;
        }

        async Task WriteAsync(PipeWriter writer)
        {
            Exception? broken = null;
            try { await archive.WriteAsync(personId, cipher, request.PortableOnly, writer.AsStream(leaveOpen: true), ct); }
            // It reaches the caller through the reader, or the caller has gone away.
            catch (Exception e) { broken = e; }
            await writer.CompleteAsync(broken);
        }
    }

    async Task<Wire.RightsRequest> CloseAsync(Guid id, string name, Func<RightsRequest, DateTimeOffset, Task<RightsDeclineReason?>> close, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var found = await desk.LockAsync(id, ct) ?? throw new ResourceNotFound(name);
        var now = await db.NowAsync(ct);
        await desk.CloseAsync(found, await close(found, now), now, ct);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        delivery.Now();
        changes.Pulse();
        return (await ToWireAsync([found], ct))[0];
    }

    static Guid IdOf(string name, string collection)
    {
        var violations = new Violations();
        var id = violations.Id(name, collection, "name");
        violations.ThrowIfAny();
        return id;
    }

    async Task<List<Wire.RightsRequest>> ToWireAsync(IReadOnlyList<RightsRequest> read, CancellationToken ct)
    {
        var names = read.Select(r => r.Name).ToList();
        var clocks = await db.Clocks.AsNoTracking().Where(c => names.Contains(c.Subject)).ToDictionaryAsync(c => c.Subject, ct);
        return [.. read.Select(r => r.ToWire(clocks[r.Name]))];
    }
}
