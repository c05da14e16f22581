using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Feeds;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing;

public sealed class FeedService(HubDb db, FeedImport import, FeedHolds holds, RequestLedger ledger, WatchLoop watch, ListingsChanged changed) : Wire.FeedService.FeedServiceBase
{
    const int MaxFileName = 200;
    const int MaxChunkBytes = 1024 * 1024;
    const int WatchPage = 500;

    public override async Task<Wire.ImportFeedResponse> ImportFeed(IAsyncStreamReader<Wire.ImportFeedRequest> requestStream, ServerCallContext context)
    {
        var partnerId = context.Caller().RequirePartner();
        var ct = context.CancellationToken;
        var header = await ReadHeaderAsync(requestStream, ct);
        var violations = new Violations();
        var requestId = violations.RequestId(header.RequestId);
        violations.Text(header.FileName, "file_name", MaxFileName, required: false);
        var makeTime = violations.OptionalTime(header.MakeTime, "make_time");
        violations.ThrowIfAny();
        try
        {
            using var spool = new FeedSpool();
            await foreach (var chunk in ReadChunksAsync(requestStream, ct)) await spool.WriteAsync(chunk.Memory, ct);
            return await import.RunAsync(
                new FeedArrival(partnerId, spool, header.FileName, makeTime),
                sha256 => CallMark.Of(context, requestId, SHA256.HashData([.. header.ToByteArray(), .. sha256])),
                ct);
        }
        catch (FeedRefused refused)
        {
            throw refused.ToRefusal();
        }
    }

    public override async Task<Wire.DecideFeedResponse> DecideFeed(Wire.DecideFeedRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var id = violations.Id(request.Name, Names.ImportReports, "name");
        violations.Member(request.Verdict, "verdict");
        var order = Ordered.Read(request.By, request.Why, whyRequired: true, violations, context);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        if (!await db.ImportReports.AnyAsync(r => r.Id == id, ct)) throw new ResourceNotFound(request.Name);
        var response = await ledger.OnceAsync(context, requestId, request, async now =>
        {
            var report = await holds.DecideAsync(id, (FeedVerdict)request.Verdict, order.By, order.Why, now, ct);
            return new Wire.DecideFeedResponse { Report = report.ToWire([], await holds.OfAsync(id, ct), context.Caller()) };
        });
        changed();
        return response;
    }

    public override async Task<Wire.GetImportReportResponse> GetImportReport(Wire.GetImportReportRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.ImportReports, "name");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var report = await db.ImportReports.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, ct);
        if (report is null || !context.Caller().Sees(report.PartnerId)) throw new ResourceNotFound(request.Name);
        var problems = await db.ImportProblems.AsNoTracking().Where(p => p.ReportId == id).OrderBy(p => p.Position).ToListAsync(ct);
        return new Wire.GetImportReportResponse { Report = report.ToWire(problems, await holds.OfAsync(id, ct), context.Caller()) };
    }

    public override async Task<Wire.ListImportReportsResponse> ListImportReports(Wire.ListImportReportsRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var partner = violations.OptionalPartnerId(request.Partner, "partner");
        violations.Check(Enum.IsDefined(request.State), "state", "is not a value that this version knows");
        var state = (ImportReportState)request.State;
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var own = context.Caller().PartnerId;
        var query = db.ImportReports.AsNoTracking();
        if (own is not null) query = query.Where(r => r.PartnerId == own);
        if (partner is not null) query = query.Where(r => r.PartnerId == partner);
        if (request.State != Wire.ImportReport.Types.State.Unspecified) query = query.Where(r => r.State == state);
        if (page.After is { } after) query = query.Where(r => r.Id.CompareTo(after) < 0);
        var read = await query.OrderByDescending(r => r.Id).Take(page.Size + 1).ToListAsync(context.CancellationToken);
        var (items, next) = page.Cut(read, r => r.Id);
        var response = new Wire.ListImportReportsResponse { NextPageToken = next };
        response.Reports.AddRange(items.Select(r => r.ToWire([], [], context.Caller())));
        return response;
    }

    public override async Task WatchImportReports(Wire.WatchImportReportsRequest request, IServerStreamWriter<Wire.WatchImportReportsResponse> responseStream, ServerCallContext context)
    {
        var violations = new Violations();
        var partner = violations.OptionalPartnerId(request.Partner, "partner");
        violations.ThrowIfAny();
        var cursor = FeedCursor.Parse(request.StartCursor);
        var caller = context.Caller();
        DateTimeOffset read = default;
        await watch.RunAsync(
            async ct =>
            {
                var page = await ReadChangesAsync(cursor, caller.PartnerId, partner, ct);
                foreach (var report in page.Rows)
                {
                    cursor = new FeedCursor(report.ChangedTransaction, report.ChangedSequence);
                    await responseStream.WriteAsync(new Wire.WatchImportReportsResponse { Cursor = cursor.ToString(), Report = report.ToWire([], [], caller) }, ct);
                }

                // Past what others changed: the next look need not pass over it again.
                if (page.Rows.Count == 0) cursor = page.End;
                read = page.ReadTime;
                return page.Rows.Count > 0;
            },
            async ct => await responseStream.WriteAsync(new Wire.WatchImportReportsResponse { Cursor = cursor.ToString(), CheckpointTime = read.ToWire() }, ct),
            context.CancellationToken);
    }

    Task<ChangedPage<ImportReport>> ReadChangesAsync(FeedCursor after, string? own, string? partner, CancellationToken ct) => db.ReadChangesAsync(
        after,
        limit => db.ImportReports.FromSql(
            $"""
            select * from import_reports
            where (changed_transaction, changed_sequence) > ({(long)after.Transaction}::text::xid8, {after.Sequence}) and changed_transaction < {limit}::text::xid8
              and ({own}::text is null or partner_id = {own}) and ({partner}::text is null or partner_id = {partner})
            order by changed_transaction, changed_sequence limit {WatchPage}
            """),
        ct);

    static async Task<Wire.ImportFeedRequest.Types.Header> ReadHeaderAsync(IAsyncStreamReader<Wire.ImportFeedRequest> stream, CancellationToken ct) =>
        await stream.MoveNext(ct) && stream.Current.Header is { } header ? header : throw new StreamMalformed("The stream must begin with its header.");

    static async IAsyncEnumerable<ByteString> ReadChunksAsync(IAsyncStreamReader<Wire.ImportFeedRequest> stream, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        while (await stream.MoveNext(ct))
        {
            if (stream.Current.ItemCase != Wire.ImportFeedRequest.ItemOneofCase.Chunk) throw new StreamMalformed("Only chunks may follow the header.");
            if (stream.Current.Chunk.Length is 0 or > MaxChunkBytes) throw new StreamMalformed($"A chunk must be 1 to {MaxChunkBytes} bytes.");
            yield return stream.Current.Chunk;
        }
    }
}
