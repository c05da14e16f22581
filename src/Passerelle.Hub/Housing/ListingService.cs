using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing;

public sealed partial class ListingService(HubDb db, WatchLoop watch, RequestLedger ledger, FeedImport import, FeedHolds holds, ListingsChanged changed) : Wire.ListingService.ListingServiceBase
{
    const int WatchPage = 500;

    public override async Task<Wire.GetListingResponse> GetListing(Wire.GetListingRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Listings, "name");
        violations.ThrowIfAny();
        var listing = await db.Listings.AsNoTracking().SingleOrDefaultAsync(l => l.Id == id, context.CancellationToken);
        if (listing is null || !context.Caller().Sees(listing.PartnerId)) throw new ResourceNotFound(request.Name);
        return new Wire.GetListingResponse { Listing = listing.ToWire() };
    }

    public override async Task<Wire.ListListingsResponse> ListListings(Wire.ListListingsRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var partner = violations.OptionalPartnerId(request.Partner, "partner");
        violations.Check(System.Enum.IsDefined(request.Transaction), "transaction", "is not a value that this version knows");
        violations.Text(request.Postcode, "postcode", 12, required: false);
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var own = context.Caller().PartnerId;
        var query = db.Listings.AsNoTracking().Where(l => l.State == ListingState.OnMarket);
        if (own is not null) query = query.Where(l => l.PartnerId == own);
        if (partner is not null) query = query.Where(l => l.PartnerId == partner);
        if (request.Postcode.Length > 0) query = query.Where(l => l.Postcode == request.Postcode);
        query = request.Transaction switch
        {
            Wire.Listing.Types.Transaction.Unspecified => query,
            Wire.Listing.Types.Transaction.Sale => query.Where(l => l.Transaction == Transaction.Sale),
            Wire.Listing.Types.Transaction.Rental => query.Where(l => l.Transaction == Transaction.Rental),
            Wire.Listing.Types.Transaction.HolidayRental => query.Where(l => l.Transaction == Transaction.SeasonalRental),
            Wire.Listing.Types.Transaction.Other => query.Where(l => l.Transaction != Transaction.Sale && l.Transaction != Transaction.Rental && l.Transaction != Transaction.SeasonalRental),
        };
        if (page.After is { } after) query = query.Where(l => l.Id.CompareTo(after) > 0);
        var (items, next) = page.Cut(await query.OrderBy(l => l.Id).Take(page.Size + 1).ToListAsync(context.CancellationToken), l => l.Id);
        var response = new Wire.ListListingsResponse { NextPageToken = next };
        response.Listings.AddRange(items.Select(l => l.ToWire()));
        return response;
    }

    public override async Task WatchListings(Wire.WatchListingsRequest request, IServerStreamWriter<Wire.WatchListingsResponse> responseStream, ServerCallContext context)
    {
        var violations = new Violations();
        var partner = violations.OptionalPartnerId(request.Partner, "partner");
        violations.ThrowIfAny();
        var cursor = FeedCursor.Parse(request.StartCursor);
        var own = context.Caller().PartnerId;
        DateTimeOffset read = default;
        await watch.RunAsync(
            async ct =>
            {
                var page = await ReadChangesAsync(cursor, own, partner, ct);
                foreach (var listing in page.Rows)
                {
                    cursor = new FeedCursor(listing.ChangedTransaction, listing.ChangedSequence);
                    await responseStream.WriteAsync(new Wire.WatchListingsResponse { Cursor = cursor.ToString(), Listing = listing.ToWire() }, ct);
                }

                // Past what others changed: the next look need not pass over it again.
                if (page.Rows.Count == 0) cursor = page.End;
                read = page.ReadTime;
                return page.Rows.Count > 0;
            },
            async ct => await responseStream.WriteAsync(new Wire.WatchListingsResponse { Cursor = cursor.ToString(), CheckpointTime = read.ToWire() }, ct),
            context.CancellationToken);
    }

    Task<ChangedPage<Listing>> ReadChangesAsync(FeedCursor after, string? own, string? partner, CancellationToken ct) => db.ReadChangesAsync(
        after,
        limit => db.Listings.FromSql(
            $"""
            select * from listings
            where (changed_transaction, changed_sequence) > ({(long)after.Transaction}::text::xid8, {after.Sequence}) and changed_transaction < {limit}::text::xid8
              and ({own}::text is null or partner_id = {own}) and ({partner}::text is null or partner_id = {partner})
            order by changed_transaction, changed_sequence limit {WatchPage}
            """),
        ct);
}
