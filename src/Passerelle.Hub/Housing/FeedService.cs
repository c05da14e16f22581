using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing;

public sealed class FeedService(HubDb db, RequestLedger ledger, ChangeSignal changes) : Wire.FeedService.FeedServiceBase
{
    const int MaxFileName = 200;
    const int MaxChunkBytes = 1024 * 1024;

    public override async Task<Wire.ImportFeedResponse> ImportFeed(IAsyncStreamReader<Wire.ImportFeedRequest> requestStream, ServerCallContext context)
    {
        var partnerId = context.Caller().RequirePartner();
        var ct = context.CancellationToken;
        var header = await ReadHeaderAsync(requestStream, ct);
        var violations = new Violations();
        var requestId = violations.RequestId(header.RequestId);
        violations.Text(header.FileName, "file_name", MaxFileName, required: false);
        violations.ThrowIfAny();
        try
        {
            using var spool = new FeedSpool();
            await foreach (var chunk in ReadChunksAsync(requestStream, ct)) await spool.WriteAsync(chunk, ct);
            // Whatever is wrong with the file as a whole is found here, before the database hears of it.
            using var feed = FeedFile.Open(spool.File);
            var received = new FeedReceived(header.FileName, $"{feed.Format} {feed.FormatVersion}".TrimEnd(), feed.Encoding, spool.Hash(), spool.File.Length);
            var digest = SHA256.HashData([.. header.ToByteArray(), .. received.Sha256]);
            var response = await ledger.OnceAsync(context, requestId, digest, now => ApplyAsync(partnerId, feed, received, now, ct));
            changes.Pulse();
            return response;
        }
        catch (FeedRefused refused)
        {
            throw refused.ToRefusal();
        }
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
        return new Wire.GetImportReportResponse { Report = report.ToWire(problems) };
    }

    public override async Task<Wire.ListImportReportsResponse> ListImportReports(Wire.ListImportReportsRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var own = context.Caller().PartnerId;
        var read = await db.ImportReports.AsNoTracking()
            .Where(r => (own == null || r.PartnerId == own) && (page.After == null || r.Id.CompareTo(page.After.Value) < 0))
            .OrderByDescending(r => r.Id).Take(page.Size + 1).ToListAsync(context.CancellationToken);
        var (items, next) = page.Cut(read, r => r.Id);
        var response = new Wire.ListImportReportsResponse { NextPageToken = next };
        response.Reports.AddRange(items.Select(r => r.ToWire([])));
        return response;
    }

    async Task<Wire.ImportFeedResponse> ApplyAsync(string partnerId, FeedFile feed, FeedReceived received, DateTimeOffset now, CancellationToken ct)
    {
        var merge = new ListingMerge((NpgsqlConnection)db.Database.GetDbConnection(), partnerId, now);
        if (!await merge.TryLockAsync(ct)) throw new FeedUnderWay();
        var tally = new FeedTally();
        var merged = await merge.RunAsync(tally.Count(feed.ReadLines()), tally, ct);
        var report = ImportReport.Of(Guid.CreateVersion7(now), partnerId, received, tally, merged, now);
        var problems = tally.Problems(report.Id);
        db.ImportReports.Add(report);
        db.ImportProblems.AddRange(problems);
        return new Wire.ImportFeedResponse { Report = report.ToWire(problems) };
    }

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
