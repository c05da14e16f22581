using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Employment.V1;

namespace Passerelle.Hub.Employment;

public sealed class OfferService(HubDb db, RequestLedger ledger, OfferBook book) : Wire.OfferService.OfferServiceBase
{
    public override async Task<Wire.UpsertOfferResponse> UpsertOffer(Wire.UpsertOfferRequest request, ServerCallContext context)
    {
        var partnerId = context.Caller().RequirePartner();
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        if (request.Offer is null) violations.Add("offer", "is required");
        var content = request.Offer is { } offer ? OfferContent.Read(offer, "offer.", violations) : null;
        violations.ThrowIfAny();
        return await ledger.OnceAsync(context, requestId, request, async _ =>
            new Wire.UpsertOfferResponse { Offer = (await book.StoreAsync(partnerId, content!, context.CancellationToken)).ToWire() });
    }

    public override async Task<Wire.PushOffersResponse> PushOffers(IAsyncStreamReader<Wire.PushOffersRequest> requestStream, ServerCallContext context)
    {
        var partnerId = context.Caller().RequirePartner();
        var pushed = await PushedOffers.ReadAsync(requestStream, context.CancellationToken);
        return await ledger.OnceAsync(context, pushed.RequestId, pushed.Digest, async _ =>
        {
            var changes = await book.StoreAllAsync(partnerId, pushed.Offers, context.CancellationToken);
            var response = new Wire.PushOffersResponse
            {
                ReceivedCount = pushed.ReceivedCount,
                NewCount = changes[OfferChange.New].Count(),
                ChangedCount = changes[OfferChange.Changed].Count(),
                UnchangedCount = changes[OfferChange.Unchanged].Count(),
                RejectedCount = pushed.ReceivedCount - pushed.Offers.Count,
            };
            response.Rejected.AddRange(pushed.Rejections);
            return response;
        });
    }

    public override async Task<Wire.WithdrawOfferResponse> WithdrawOffer(Wire.WithdrawOfferRequest request, ServerCallContext context)
    {
        var partnerId = context.Caller().RequirePartner();
        var id = ReadName(request.Name);
        var ct = context.CancellationToken;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var now = await book.LockAsync(partnerId, ct);
        var offer = await db.Offers.SingleOrDefaultAsync(o => o.Id == id && o.PartnerId == partnerId, ct) ?? throw new ResourceNotFound(request.Name);
        offer.Withdraw(now);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return new Wire.WithdrawOfferResponse { Offer = offer.ToWire() };
    }

    public override async Task<Wire.GetOfferResponse> GetOffer(Wire.GetOfferRequest request, ServerCallContext context)
    {
        var id = ReadName(request.Name);
        var offer = await db.Offers.AsNoTracking().SingleOrDefaultAsync(o => o.Id == id, context.CancellationToken);
        if (offer is null || !context.Caller().Sees(offer.PartnerId)) throw new ResourceNotFound(request.Name);
        return new Wire.GetOfferResponse { Offer = offer.ToWire() };
    }

    public override async Task<Wire.ListOffersResponse> ListOffers(Wire.ListOffersRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        if (request.CommuneCode.Length > 0) OfferContent.CheckCommune(request.CommuneCode, "commune_code", violations);
        // By revision instead of id: what changes while somebody turns the pages moves to the front, behind the reader, and nothing is given twice.
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var own = context.Caller().PartnerId;
        var read = await db.Offers.AsNoTracking()
            .Where(o => o.State == OfferState.Open && (own == null || o.PartnerId == own))
            .Where(o => request.CommuneCode == "" || o.CommuneCode == request.CommuneCode)
            .Where(o => page.After == null || o.Revision.CompareTo(page.After.Value) < 0)
            .OrderByDescending(o => o.Revision).Take(page.Size + 1).ToListAsync(context.CancellationToken);
        var (items, next) = page.Cut(read, o => o.Revision);
        var response = new Wire.ListOffersResponse { NextPageToken = next };
        response.Offers.AddRange(items.Select(o => o.ToWire()));
        return response;
    }

    static Guid ReadName(string name)
    {
        var violations = new Violations();
        var id = violations.Id(name, Names.Offers, "name");
        violations.ThrowIfAny();
        return id;
    }
}
