using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing.Searches;

public sealed partial class SearchService
{
    const int WatchPage = 500;

    public override async Task<Wire.ListSearchMatchesResponse> ListSearchMatches(Wire.ListSearchMatchesRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var searchId = violations.Id(request.Search, Names.Searches, "search");
        violations.Check(Enum.IsDefined(request.State), "state", "is not a value that this version knows");
        violations.Check(Enum.IsDefined(request.Kind), "kind", "is not a value that this version knows");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var search = await db.Searches.AsNoTracking().SingleOrDefaultAsync(s => s.Id == searchId, ct) ?? throw new ResourceNotFound(request.Search);
        var (state, kind) = ((MatchState)request.State, (MatchKind)request.Kind);
        var read = await db.SearchMatches.AsNoTracking()
            .Where(m => m.SearchId == searchId && (request.State == 0 || m.State == state) && (request.Kind == 0 || m.Kind == kind))
            .Where(m => page.After == null || m.ListingId.CompareTo(page.After.Value) < 0)
            .OrderByDescending(m => m.ListingId).Take(page.Size + 1).ToListAsync(ct);
        var (items, next) = page.Cut(read, m => m.ListingId);
        var response = new Wire.ListSearchMatchesResponse { NextPageToken = next };
        response.Matches.AddRange(items.Select(m => SearchWire.Of(m, search.Transaction)));
        return response;
    }

    public override async Task WatchSearchMatches(Wire.WatchSearchMatchesRequest request, IServerStreamWriter<Wire.WatchSearchMatchesResponse> responseStream, ServerCallContext context)
    {
        var violations = new Violations();
        var searchId = violations.OptionalId(request.Search, Names.Searches, "search");
        var caseId = violations.OptionalId(request.Case, Names.Cases, "case");
        violations.ThrowIfAny();
        var cursor = FeedCursor.Parse(request.StartCursor);
        DateTimeOffset read = default;
        await watch.RunAsync(
            async ct =>
            {
                (var found, var end, read) = await ReadAsync(cursor, searchId, caseId, ct);
                foreach (var (match, transaction, isNew) in found)
                {
                    cursor = isNew ? new FeedCursor(match.CreateTransaction, match.CreateSequence) : new FeedCursor(match.ChangedTransaction, match.ChangedSequence);
                    await responseStream.WriteAsync(new Wire.WatchSearchMatchesResponse { Cursor = cursor.ToString(), Match = SearchWire.Of(match, transaction), IsNew = isNew }, ct);
                }

                // Past what others changed: the next look need not pass over it again.
                if (found.Count == 0) cursor = end;
                return found.Count > 0;
            },
            async ct => await responseStream.WriteAsync(new Wire.WatchSearchMatchesResponse { Cursor = cursor.ToString(), CheckpointTime = read.ToWire() }, ct),
            context.CancellationToken);
    }

    /// <summary>What was found or changed behind the cursor, below the oldest transaction that still runs (EventFeed says why), and where that ends.</summary>
    /// <remarks>A match has two places: where it was found, and where it changed last. Had it only the last one, a reader who comes late could not tell what it has been told of.</remarks>
    async Task<(List<(SearchMatch Match, Transaction Of, bool IsNew)> Found, FeedCursor End, DateTimeOffset ReadTime)> ReadAsync(
        FeedCursor after, Guid? searchId, Guid? caseId, CancellationToken ct)
    {
        // As bigint: EF Core would take an unsigned one for a decimal.
        var (limit, now) = (await db.Database.SqlQuery<Horizon>($"""select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as transaction, hub_now() as time""").ToListAsync(ct))[0];
        // From the future of this database: it is another one's, or a backup was restored.
        if (after.Transaction >= (ulong)limit) throw new CursorInvalid();
        var made = db.SearchMatches.FromSql(
            $"""
            select m.* from search_matches m join searches s on s.id = m.search_id
            where (m.create_transaction, m.create_sequence) > ({(long)after.Transaction}::text::xid8, {after.Sequence}) and m.create_transaction < {limit}::text::xid8
              and ({searchId}::uuid is null or m.search_id = {searchId}) and ({caseId}::uuid is null or s.case_id = {caseId})
            order by m.create_transaction, m.create_sequence limit {WatchPage}
            """);
        var changed = db.SearchMatches.FromSql(
            $"""
            select m.* from search_matches m join searches s on s.id = m.search_id
            where (m.changed_transaction, m.changed_sequence) > ({(long)after.Transaction}::text::xid8, {after.Sequence}) and m.changed_transaction < {limit}::text::xid8
              and m.changed_sequence <> m.create_sequence
              and ({searchId}::uuid is null or m.search_id = {searchId}) and ({caseId}::uuid is null or s.case_id = {caseId})
            order by m.changed_transaction, m.changed_sequence limit {WatchPage}
            """);
        var found = (await WithTransactionAsync(made, ct)).Select(f => (Place: (f.Match.CreateTransaction, f.Match.CreateSequence), f.Match, f.Of, IsNew: true))
            .Concat((await WithTransactionAsync(changed, ct)).Select(f => (Place: (f.Match.ChangedTransaction, f.Match.ChangedSequence), f.Match, f.Of, IsNew: false)));
        return ([.. found.OrderBy(f => f.Place).Take(WatchPage).Select(f => (f.Match, f.Of, f.IsNew))], new FeedCursor((ulong)limit - 1, long.MaxValue), now);
    }

    /// <summary>A match is told in words of a rent or of a price.</summary>
    async Task<List<(SearchMatch Match, Transaction Of)>> WithTransactionAsync(IQueryable<SearchMatch> matches, CancellationToken ct) =>
        [.. (await matches.AsNoTracking().Join(db.Searches, m => m.SearchId, s => s.Id, (match, s) => new { match, s.Transaction }).ToListAsync(ct)).Select(f => (f.match, f.Transaction))];

    sealed record Horizon(long Transaction, DateTimeOffset Time);
}
