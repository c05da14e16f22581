using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Passerelle.Hub.Feeds;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing;

/// <summary>The typed door.</summary>
public sealed partial class ListingService
{
    public override async Task<Wire.UpsertListingResponse> UpsertListing(Wire.UpsertListingRequest request, ServerCallContext context)
    {
        var partnerId = context.Caller().RequirePartner();
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var draft = ReadOne(request.Listing, violations);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var response = await ledger.OnceAsync(context, requestId, request, async _ =>
        {
            using var rows = new ListingRows();
            rows.AddDistinct(draft!);
            var merge = MergeOf(partnerId, rows);
            await merge.CompareAsync(complete: [], ct);
            await merge.RunAsync(ct);
            await holds.SettleAsync(partnerId, complete: [], rows.Identities(), ct);
            var listing = await db.Listings.AsNoTracking().SingleAsync(l => l.PartnerId == partnerId && l.Agency == draft!.AgencyId && l.TechnicalId == draft.TechnicalId, ct);
            return new Wire.UpsertListingResponse { Listing = listing.ToWire() };
        });
        changed();
        return response;
    }

    public override async Task<Wire.SyncListingsResponse> SyncListings(IAsyncStreamReader<Wire.SyncListingsRequest> requestStream, ServerCallContext context)
    {
        var partnerId = context.Caller().RequirePartner();
        using var stream = await SyncedListings.ReadAsync(requestStream, context.CancellationToken);
        return await import.RunAsync(partnerId, stream, CallMark.Of(context, stream.RequestId, stream.Digest), context.CancellationToken);
    }

    public override async Task<Wire.WithdrawListingResponse> WithdrawListing(Wire.WithdrawListingRequest request, ServerCallContext context)
    {
        var partnerId = context.Caller().RequirePartner();
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Listings, "name");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var own = db.Listings.AsNoTracking().Where(l => l.Id == id && l.PartnerId == partnerId);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        using var none = new ListingRows();
        var merge = MergeOf(partnerId, none);
        await merge.LockAsync(ct);
        var listing = await own.SingleOrDefaultAsync(ct) ?? throw new ResourceNotFound(request.Name);
        if (listing.State == ListingState.OnMarket)
        {
            await merge.WithdrawAsync([id], ct);
            listing = await own.SingleAsync(ct);
        }

        await transaction.CommitAsync(ct);
        changed();
        return new Wire.WithdrawListingResponse { Listing = listing.ToWire() };
    }

    ListingMerge MergeOf(string partnerId, ListingRows rows) => new((NpgsqlConnection)db.Database.GetDbConnection(), partnerId, rows);

    /// <summary>Here a person, or a program under its eyes, waits for the answer: what a stream would leave out and report is refused too.</summary>
    static ListingDraft? ReadOne(Wire.Listing? listing, Violations violations)
    {
        if (!violations.Check(listing is not null, "listing", "is required")) return null;
        var record = new WireListingRecord("listing.");
        record.Take(listing!, 1);
        var line = new ListingReader(record).Read();
        IEnumerable<FieldFinding> findings = line is RejectedLine rejected ? [rejected.Reason, .. rejected.AlsoFound] : ((DraftLine<ListingDraft>)line).Warnings;
        foreach (var finding in findings) violations.Add(finding.Field, finding.Sentence);
        return (line as DraftLine<ListingDraft>)?.Draft;
    }
}
