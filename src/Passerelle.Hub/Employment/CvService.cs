using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Employment.V1;

namespace Passerelle.Hub.Employment;

public sealed class CvService(HubDb db, RequestLedger ledger, Vault vault, ChangeSignal changes) : Wire.CvService.CvServiceBase
{
    public override async Task<Wire.AttachCvResponse> AttachCv(Wire.AttachCvRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var personId = violations.Id(request.Person, Names.Persons, "person");
        violations.Check(request.JsonResume.Length > 0, "json_resume", "is required");
        violations.ThrowIfAny();
        var document = Encoding.UTF8.GetBytes(request.JsonResume);
        CheckDocument(document);
        var ct = context.CancellationToken;
        var response = await ledger.OnceAsync(context, requestId, request, async now =>
        {
            var person = await db.LockAdultAsync(personId, ct);
            await db.Cvs.Where(c => c.PersonId == personId).ExecuteDeleteAsync(ct);
            var cv = Cv.Attach(personId, document, await vault.OpenAsync(personId, ct), now);
            db.Cvs.Add(cv);
            var name = Names.Of(Names.Cvs, cv.Id);
            db.Events.Add(HubEvent.Of("cv.attached", now, name, person.CaseId));
            return new Wire.AttachCvResponse
            {
                Cv = new() { Name = name, Person = request.Person, CreateTime = now.ToWire(), SizeBytes = document.Length, Sha256 = ByteString.CopyFrom(SHA256.HashData(document)) },
            };
        });
        changes.Pulse();
        return response;
    }

    static void CheckDocument(byte[] document)
    {
        if (document.Length > JsonResume.MaxBytes) throw new TooLarge("The CV", JsonResume.MaxBytes);
        if (JsonResume.Check(document) is { Count: > 0 } problems)
            throw new FieldInvalid(
                // A problem of the whole document has no path of its own.
                [.. problems.Select(p => new BadRequest.Types.FieldViolation { Field = p.Path.Length == 0 ? "json_resume" : p.Path, Description = p.Problem })],
                ErrorReason.CvInvalid);
    }
}
