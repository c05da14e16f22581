using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;
using Passerelle.Hub.Privacy.Accesses;
using Wire = Passerelle.Contracts.Cases.V1;

namespace Passerelle.Hub.Cases;

public sealed class RequestService(HubDb db, RequestLedger ledger, ClockBook clocks, Vault vault, AccessLog access, ChangeSignal changes) : Wire.RequestService.RequestServiceBase
{
    const int MaxText = 5000;
    const int MaxAdvisor = 100;

    public override async Task<Wire.FileRequestResponse> FileRequest(Wire.FileRequestRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var caseId = violations.Id(request.Case, Names.Cases, "case");
        var personId = violations.Id(request.Person, Names.Persons, "person");
        violations.Member(request.Need, "need");
        violations.Text(request.Text, "text", MaxText);
        violations.Text(request.Advisor, "advisor", MaxAdvisor, required: false);
        violations.Check(Enum.IsDefined(request.Origin), "origin", "is not a value that this version knows");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var response = await ledger.OnceAsync(context, requestId, request, async now =>
        {
            if (!await db.Cases.AnyAsync(c => c.Id == caseId, ct)) throw new ResourceNotFound(request.Case);
            if (!await db.Persons.AnyAsync(p => p.Id == personId && p.CaseId == caseId, ct)) throw new ResourceNotFound(request.Person);
            Origin? origin = request.Origin == 0 ? null : (Origin)request.Origin;
            var filed = Request.File(caseId, personId, (Need)request.Need, origin, request.Text, await vault.OpenAsync(personId, ct), now);
            db.Requests.Add(filed);
            db.Events.Add(HubEvent.Of("request.filed", now, filed.Name, caseId, detail: EnumText<Need>.Of(filed.Need)));
            var advisor = request.Advisor.Length == 0 ? null : request.Advisor;
            var promise = await clocks.StartAsync(
                ClockFamily.Promise, filed.Name, caseId, partnerId: null, EnumText<Need>.Of(filed.Need), now, ct, advisor: advisor, origin: origin is { } way ? EnumText<Origin>.Of(way) : null);
            return new Wire.FileRequestResponse { Request = ToWire(filed, promise) };
        });
        changes.Pulse();
        return response;
    }

    public override async Task<Wire.AnswerRequestResponse> AnswerRequest(Wire.AnswerRequestRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var id = violations.Id(request.Name, Names.Requests, "name");
        violations.Member(request.Kind, "kind");
        violations.Text(request.Text, "text", MaxText);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var response = await ledger.OnceAsync(context, requestId, request, async _ =>
        {
            var asked = (await db.Requests.FromSql($"select * from requests where id = {id} for update").ToListAsync(ct)).SingleOrDefault() ?? throw new ResourceNotFound(request.Name);
            asked.Answer((AnswerKind)request.Kind, request.Text, await vault.OpenAsync(asked.PersonId, ct));
            var promise = await clocks.AnswerAsync(asked.Name, Counted((AnswerKind)request.Kind), ct);
            db.Events.Add(HubEvent.Of("request.answered", promise.AnswerTime!.Value, asked.Name, asked.CaseId, detail: EnumText<Clocks.History.Standing>.Of(promise.State)));
            return new Wire.AnswerRequestResponse { Request = ToWire(asked, promise) };
        });
        changes.Pulse();
        return response;
    }

    public override async Task<Wire.BounceAnswerResponse> BounceAnswer(Wire.BounceAnswerRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Requests, "name");
        var time = violations.OptionalTime(request.AnswerTime, "answer_time");
        violations.Check(request.AnswerTime is not null, "answer_time", "is required");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var asked = (await db.Requests.FromSql($"select * from requests where id = {id} for update").ToListAsync(ct)).SingleOrDefault() ?? throw new ResourceNotFound(request.Name);
        var promise = await clocks.BounceAsync(asked.Name, time!.Value, new Ordered(context.Caller().Id, "BOUNCE"), ct);
        if (promise.IsOpen && asked.Reopen()) db.Events.Add(HubEvent.Of("request.reopened", await db.NowAsync(ct), asked.Name, asked.CaseId));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        changes.Pulse();
        return new Wire.BounceAnswerResponse { Request = ToWire(asked, promise) };
    }

    public override async Task<Wire.MergeRequestResponse> MergeRequest(Wire.MergeRequestRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var (id, intoId) = (violations.Id(request.Name, Names.Requests, "name"), violations.Id(request.Into, Names.Requests, "into"));
        violations.Check(id != intoId || violations.Count > 0, "into", "is the request itself");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var both = await db.Requests.FromSql($"select * from requests where id in ({id}, {intoId}) order by id for update").ToListAsync(ct);
        var merged = both.Find(r => r.Id == id) ?? throw new ResourceNotFound(request.Name);
        var into = both.Find(r => r.Id == intoId) ?? throw new ResourceNotFound(request.Into);
        violations.Check(into.CaseId == merged.CaseId, "into", "is of another case");
        violations.ThrowIfAny();
        if (merged.MergeInto(into))
        {
            await clocks.MergeAsync(into.Name, merged.Name, ct);
            db.Events.Add(HubEvent.Of("request.merged", await db.NowAsync(ct), merged.Name, merged.CaseId, detail: into.Name));
        }

        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        changes.Pulse();
        var promises = await db.Clocks.AsNoTracking().Where(c => c.Subject == merged.Name || c.Subject == into.Name).ToDictionaryAsync(c => c.Subject, ct);
        return new Wire.MergeRequestResponse { Request = ToWire(merged, promises[merged.Name]), Into = ToWire(into, promises[into.Name]) };
    }

    public override async Task<Wire.GetRequestResponse> GetRequest(Wire.GetRequestRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Requests, "name");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var found = await db.Requests.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, ct) ?? throw new ResourceNotFound(request.Name);
        var promise = await db.Clocks.AsNoTracking().SingleAsync(c => c.Subject == found.Name, ct);
        await access.ReadAsync(context, found.Name, found.CaseId, found.PersonId);
        var response = new Wire.GetRequestResponse { Request = ToWire(found, promise) };
        if (await vault.FindAsync(found.PersonId, ct) is { } cipher) (response.Text, response.AnswerText) = (found.OpenText(cipher), found.OpenAnswerText(cipher));
        return response;
    }

    public override async Task<Wire.ListRequestsResponse> ListRequests(Wire.ListRequestsRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        violations.Check(Enum.IsDefined(request.State), "state", "is not a value that this version knows");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var (state, ct) = ((RequestState)request.State, context.CancellationToken);
        var read = await db.Requests.AsNoTracking()
            .Where(r => (request.State == 0 || r.State == state) && (page.After == null || r.Id.CompareTo(page.After.Value) > 0))
            .OrderBy(r => r.Id).Take(page.Size + 1).ToListAsync(ct);
        var (items, next) = page.Cut(read, r => r.Id);
        var names = items.Select(r => r.Name).ToList();
        var promises = await db.Clocks.AsNoTracking().Where(c => names.Contains(c.Subject)).ToDictionaryAsync(c => c.Subject, ct);
        var response = new Wire.ListRequestsResponse { NextPageToken = next };
        response.Requests.AddRange(items.Select(r => ToWire(r, promises[r.Name])));
        return response;
    }

    /// <summary>What the promise's policy calls it.</summary>
    static Clocks.History.AnswerKind Counted(AnswerKind kind) => kind switch
    {
        AnswerKind.MessageDelivered => Clocks.History.AnswerKind.MessageDelivered,
        AnswerKind.CallLogged => Clocks.History.AnswerKind.CallLogged,
        AnswerKind.AppointmentConfirmed => Clocks.History.AnswerKind.AppointmentConfirmed,
    };

    public static Wire.Request ToWire(Request request, Clock promise) => new()
    {
        Name = request.Name,
        Case = Names.Of(Names.Cases, request.CaseId),
        Person = Names.Of(Names.Persons, request.PersonId),
        Need = (Wire.Need)request.Need,
        State = (Wire.Request.Types.State)request.State,
        CreateTime = request.CreateTime.ToWire(),
        Promise = ClockService.ToWire(promise),
        AnswerKind = (Wire.AnswerKind)(request.AnswerKind ?? 0),
        Origin = (Wire.Origin)(request.Origin ?? 0),
        MergedInto = request.MergedIntoId is { } into ? Names.Of(Names.Requests, into) : "",
    };
}
