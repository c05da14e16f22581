using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;
using Source = Passerelle.Contracts.Privacy.V1.Breach.SourceOneofCase;
using Wire = Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Hub.Rights.Breaches;

public sealed class BreachService(HubDb db, RequestLedger ledger, BreachPersons persons) : Wire.BreachService.BreachServiceBase
{
    const int MaxWhich = 100;

    public override async Task<Wire.FileBreachResponse> FileBreach(Wire.FileBreachRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var wanted = request.Breach ?? new Wire.Breach();
        violations.Check(request.Breach is not null, "breach", "is required");
        var which = WhichOf(wanted, violations);
        violations.Check(wanted.StartTime is not null, "breach.start_time", "is required");
        violations.Check(wanted.EndTime is not null, "breach.end_time", "is required");
        var (start, end, found) = (violations.OptionalTime(wanted.StartTime, "breach.start_time"), violations.OptionalTime(wanted.EndTime, "breach.end_time"), violations.OptionalTime(wanted.FindTime, "breach.find_time"));
        violations.Check(start is null || end is null || start < end, "breach.end_time", "must be after start_time");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        return await ledger.OnceAsync(context, requestId, request, async now =>
        {
            violations.Check(found is null || found <= now, "breach.find_time", "must not be ahead");
            violations.ThrowIfAny();
            if (wanted.SourceCase == Source.Partner && !await db.Partners.AnyAsync(p => p.Id == which, ct)) throw new ResourceNotFound(wanted.Partner);
            var breach = Breach.File((BreachSource)(wanted.SourceCase - Source.Partner + 1), which, start!.Value, end!.Value, found ?? now, now);
            db.Breaches.Add(breach);
            return new Wire.FileBreachResponse { Breach = breach.ToWire() };
        });
    }

    static string WhichOf(Wire.Breach wanted, Violations violations)
    {
        switch (wanted.SourceCase)
        {
            case Source.Partner:
                return violations.PartnerId(wanted.Partner, "breach.partner");
            case Source.Caller:
                violations.Text(wanted.Caller, "breach.caller", MaxWhich);
                return wanted.Caller;
            case Source.MasterKey:
                violations.Text(wanted.MasterKey, "breach.master_key", MaxWhich);
                return wanted.MasterKey;
            case Source.None:
                violations.Add("breach.source", "is required: partner, caller or master_key");
                return "";
            default:
                throw new InvalidOperationException($"Nobody knows the source {wanted.SourceCase}.");
        }
    }

    public override async Task<Wire.GetBreachResponse> GetBreach(Wire.GetBreachRequest request, ServerCallContext context)
    {
        var breach = await FindAsync(request.Name, context.CancellationToken);
        return new Wire.GetBreachResponse { Breach = breach.ToWire(), PersonCount = await persons.CountAsync(breach, context.CancellationToken) };
    }

    public override async Task<Wire.ListBreachesResponse> ListBreaches(Wire.ListBreachesRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var read = await db.Breaches.AsNoTracking().Where(b => page.After == null || b.Id.CompareTo(page.After.Value) < 0).OrderByDescending(b => b.Id).Take(page.Size + 1).ToListAsync(context.CancellationToken);
        var (items, next) = page.Cut(read, b => b.Id);
        var response = new Wire.ListBreachesResponse { NextPageToken = next };
        response.Breaches.AddRange(items.Select(b => b.ToWire()));
        return response;
    }

    public override async Task<Wire.ListBreachPersonsResponse> ListBreachPersons(Wire.ListBreachPersonsRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        violations.Id(request.Name, Names.Breaches, "name");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var breach = await FindAsync(request.Name, context.CancellationToken);
        var (items, next) = page.Cut(await persons.ReadAsync(breach, page.After, page.Size + 1, context.CancellationToken), p => p.PersonId);
        var response = new Wire.ListBreachPersonsResponse { NextPageToken = next };
        response.Persons.AddRange(items.Select(ToWire));
        return response;
    }

    public override async Task<Wire.CloseBreachResponse> CloseBreach(Wire.CloseBreachRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Breaches, "name");
        violations.Member(request.Outcome, "outcome");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var breach = (await db.Breaches.FromSql($"select * from breaches where id = {id} for update").ToListAsync(ct)).SingleOrDefault() ?? throw new ResourceNotFound(request.Name);
        breach.Close((BreachOutcome)request.Outcome, await db.NowAsync(ct));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return new Wire.CloseBreachResponse { Breach = breach.ToWire() };
    }

    async Task<Breach> FindAsync(string name, CancellationToken ct)
    {
        var violations = new Violations();
        var id = violations.Id(name, Names.Breaches, "name");
        violations.ThrowIfAny();
        return await db.Breaches.AsNoTracking().SingleOrDefaultAsync(b => b.Id == id, ct) ?? throw new ResourceNotFound(name);
    }

    static Wire.BreachPerson ToWire(TouchedPerson touched)
    {
        var wire = new Wire.BreachPerson { Person = Names.Of(Names.Persons, touched.PersonId), Case = Names.Of(Names.Cases, touched.CaseId) };
        wire.Data.AddRange(DataCategories.Read(touched.Data).Distinct().Order().Select(c => (Contracts.Common.V1.DataCategory)c));
        return wire;
    }
}
