using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Places;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Platform.Jobs;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing.Searches;

public sealed partial class SearchService(HubDb db, RequestLedger ledger, Nudge<MatchSearches> matching, ChangeSignal changes, WatchLoop watch) : Wire.SearchService.SearchServiceBase
{
    public override async Task<Wire.CreateSearchResponse> CreateSearch(Wire.CreateSearchRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var asked = request.Search ?? new();
        var caseId = violations.Id(asked.Case, Names.Cases, "search.case");
        violations.Check(asked.Name.Length == 0, "search.name", "is output only");
        SearchInput.Check(asked, violations);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var response = await ledger.OnceAsync(context, requestId, request, async now =>
        {
            if (!await db.Cases.AnyAsync(c => c.Id == caseId, ct)) throw new ResourceNotFound(asked.Case);
            var search = Search.Open(Guid.CreateVersion7(now), caseId, SearchInput.Read(asked, await PlaceBook.LoadAsync(db, ct)), now);
            db.Searches.Add(search);
            db.Events.Add(HubEvent.Of("search.created", now, search.Name, caseId));
            return new Wire.CreateSearchResponse { Search = SearchWire.Of(search) };
        });
        Tell();
        return response;
    }

    public override async Task<Wire.GetSearchResponse> GetSearch(Wire.GetSearchRequest request, ServerCallContext context)
    {
        var id = NameOf(request.Name, "name");
        var search = await db.Searches.AsNoTracking().SingleOrDefaultAsync(s => s.Id == id, context.CancellationToken) ?? throw new ResourceNotFound(request.Name);
        return new Wire.GetSearchResponse { Search = SearchWire.Of(search) };
    }

    public override async Task<Wire.ListSearchesResponse> ListSearches(Wire.ListSearchesRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var caseId = violations.OptionalId(request.Case, Names.Cases, "case");
        violations.Check(Enum.IsDefined(request.State), "state", "is not a value that this version knows");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var state = (SearchState)request.State;
        var read = await db.Searches.AsNoTracking()
            .Where(s => (caseId == null || s.CaseId == caseId) && (request.State == 0 || s.State == state) && (page.After == null || s.Id.CompareTo(page.After.Value) < 0))
            .OrderByDescending(s => s.Id).Take(page.Size + 1).ToListAsync(context.CancellationToken);
        var (items, next) = page.Cut(read, s => s.Id);
        var response = new Wire.ListSearchesResponse { NextPageToken = next };
        response.Searches.AddRange(items.Select(SearchWire.Of));
        return response;
    }

    public override async Task<Wire.UpdateSearchResponse> UpdateSearch(Wire.UpdateSearchRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var asked = request.Search ?? new();
        var id = violations.Id(asked.Name, Names.Searches, "search.name");
        SearchInput.CheckMask(request.UpdateMask, violations);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var search = await LockAsync(id, asked.Name, ct);
        var changed = SearchWire.Of(search);
        foreach (var path in request.UpdateMask.Paths)
        {
            // Set to what is asked for, also where that is nothing; a merge would leave lists and messages as they were.
            var field = Wire.Search.Descriptor.FindFieldByName(path);
            field.Accessor.Clear(changed);
            if (field.IsRepeated) SearchInput.CopyList(field, asked, changed);
            else if (field.Accessor.GetValue(asked) is { } value) field.Accessor.SetValue(changed, value);
        }

        SearchInput.Check(changed, violations);
        violations.ThrowIfAny();
        var wishes = SearchInput.Read(changed, await PlaceBook.LoadAsync(db, ct));
        var now = await db.NowAsync(ct);
        search.Change(wishes, now);
        db.Events.Add(HubEvent.Of("search.changed", now, search.Name, search.CaseId));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        Tell();
        return new Wire.UpdateSearchResponse { Search = SearchWire.Of(search) };
    }

    public override async Task<Wire.EndSearchResponse> EndSearch(Wire.EndSearchRequest request, ServerCallContext context)
    {
        var id = NameOf(request.Name, "name");
        var ct = context.CancellationToken;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var search = await LockAsync(id, request.Name, ct);
        var now = await db.NowAsync(ct);
        if (search.End(now)) db.Events.Add(HubEvent.Of("search.ended", now, search.Name, search.CaseId));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        changes.Pulse();
        return new Wire.EndSearchResponse { Search = SearchWire.Of(search) };
    }

    async Task<Search> LockAsync(Guid id, string name, CancellationToken ct) =>
        (await db.Searches.FromSql($"select * from searches where id = {id} for update").ToListAsync(ct)).SingleOrDefault() ?? throw new ResourceNotFound(name);

    void Tell()
    {
        matching.Now();
        changes.Pulse();
    }

    static Guid NameOf(string name, string field)
    {
        var violations = new Violations();
        var id = violations.Id(name, Names.Searches, field);
        violations.ThrowIfAny();
        return id;
    }
}
