using Google.Type;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing;

public sealed class ListingService(HubDb db, WatchLoop watch) : Wire.ListingService.ListingServiceBase
{
    const int WatchPage = 500;

    public override async Task<Wire.GetListingResponse> GetListing(Wire.GetListingRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Listings, "name");
        violations.ThrowIfAny();
        var listing = await db.Listings.AsNoTracking().SingleOrDefaultAsync(l => l.Id == id, context.CancellationToken);
        if (listing is null || !context.Caller().Sees(listing.PartnerId)) throw new ResourceNotFound(request.Name);
        return new Wire.GetListingResponse { Listing = ToWire(listing) };
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
        response.Listings.AddRange(items.Select(ToWire));
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
                (var listings, var end, read) = await ReadChangesAsync(cursor, own, partner, ct);
                foreach (var listing in listings)
                {
                    cursor = new FeedCursor(listing.ChangedTransaction, listing.ChangedSequence);
                    await responseStream.WriteAsync(new Wire.WatchListingsResponse { Cursor = cursor.ToString(), Listing = ToWire(listing) }, ct);
                }

                // Past what others changed: the next look need not pass over it again.
                if (listings.Count == 0) cursor = end;
                return listings.Count > 0;
            },
            async ct => await responseStream.WriteAsync(new Wire.WatchListingsResponse { Cursor = cursor.ToString(), CheckpointTime = read.ToWire() }, ct),
            context.CancellationToken);
    }

    /// <summary>What changed behind the cursor, below the oldest transaction that still runs (EventFeed says why), and where that ends.</summary>
    async Task<(List<Listing> Listings, FeedCursor End, DateTimeOffset ReadTime)> ReadChangesAsync(FeedCursor after, string? own, string? partner, CancellationToken ct)
    {
        // As bigint: EF Core would take an unsigned one for a decimal.
        var (limit, now) = (await db.Database.SqlQuery<Horizon>($"""select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as transaction, hub_now() as time""").ToListAsync(ct))[0];
        // From the future of this database: it is another one's, or a backup was restored.
        if (after.Transaction >= (ulong)limit) throw new CursorInvalid();
        var listings = await db.Listings.FromSql(
            $"""
            select * from listings
            where (changed_transaction, changed_sequence) > ({(long)after.Transaction}::text::xid8, {after.Sequence}) and changed_transaction < {limit}::text::xid8
              and ({own}::text is null or partner_id = {own}) and ({partner}::text is null or partner_id = {partner})
            order by changed_transaction, changed_sequence limit {WatchPage}
            """).AsNoTracking().ToListAsync(ct);
        return (listings, new FeedCursor((ulong)limit - 1, long.MaxValue), now);
    }

    sealed record Horizon(long Transaction, DateTimeOffset Time);

    static Wire.Listing ToWire(Listing listing)
    {
        var wire = new Wire.Listing
        {
            Name = Names.Of(Names.Listings, listing.Id),
            Partner = Names.OfPartner(listing.PartnerId),
            Agency = listing.Agency,
            TechnicalId = listing.TechnicalId,
            Reference = listing.Reference ?? "",
            State = (Wire.Listing.Types.State)listing.State,
            Transaction = ToWire(listing.Transaction),
            PropertyType = listing.PropertyTypeText,
            Title = listing.Title ?? "",
            Description = listing.Description ?? "",
            Price = PriceOf(listing),
            Postcode = listing.Postcode ?? "",
            City = listing.City ?? "",
            SurfaceM2 = (double)(listing.Surface ?? 0),
            LandM2 = (double)(listing.LandSurface ?? 0),
            Rooms = listing.Rooms ?? 0,
            Bedrooms = listing.Bedrooms ?? 0,
            EnergyLabel = LetterOf(listing.EnergyClass),
            EmissionLabel = LetterOf(listing.GhgClass),
            AvailabilityDate = listing.AvailableFrom.ToWire(),
            CreateTime = listing.CreateTime.ToWire(),
            UpdateTime = listing.UpdateTime.ToWire(),
        };
        wire.PhotoUris.AddRange(listing.Photos);
        return wire;
    }

    static Wire.Listing.Types.Transaction ToWire(Transaction transaction) => transaction switch
    {
        Transaction.Sale => Wire.Listing.Types.Transaction.Sale,
        Transaction.Rental => Wire.Listing.Types.Transaction.Rental,
        Transaction.SeasonalRental => Wire.Listing.Types.Transaction.HolidayRental,
        Transaction.LifeAnnuity or Transaction.Investment or Transaction.BusinessSale or Transaction.LeaseTransfer or Transaction.CatalogueHouse => Wire.Listing.Types.Transaction.Other,
    };

    /// <summary>What is paid: a rent that the agency gives without its charges has them added.</summary>
    static Money? PriceOf(Listing listing)
    {
        if (listing.PriceHidden) return null;
        var cents = listing.PriceCents + (listing.Transaction == Transaction.Rental && listing.RentIncludesCharges == false ? listing.ChargesCents ?? 0 : 0);
        return new Money { CurrencyCode = "EUR", Units = cents / 100, Nanos = (int)(cents % 100) * 10_000_000 };
    }

    static string LetterOf(EnergyClass? energyClass) => energyClass is { } given and <= EnergyClass.G ? given.ToString() : "";
}
