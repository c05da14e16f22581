using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Partners.V1;

namespace Passerelle.Hub.Partners;

public sealed partial class PartnerService(
    HubDb db, PartnerDesk desk, PushAddresses addresses, IOptions<LaneOptions> lanes, LaneChanged laneChanged, ChangeSignal changes) : Wire.PartnerService.PartnerServiceBase
{
    public override async Task<Wire.GetPartnerResponse> GetPartner(Wire.GetPartnerRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.PartnerId(request.Name, "name");
        violations.ThrowIfAny();
        var partner = await db.Partners.AsNoTracking().Include(p => p.Lane).FirstOrDefaultAsync(p => p.Id == id, context.CancellationToken);
        if (partner is null || !context.Caller().Sees(partner.Id)) throw new ResourceNotFound(request.Name);
        return new Wire.GetPartnerResponse { Partner = ToWire(partner) };
    }

    public override async Task<Wire.ListPartnersResponse> ListPartners(Wire.ListPartnersRequest request, ServerCallContext context)
    {
        // Partners are few and their ids are chosen by people: the token is simply the last id, as a position in the alphabet.
        var violations = new Violations();
        violations.Check(request.PageSize >= 0, "page_size", "must not be negative");
        violations.Check(Enum.IsDefined(request.Kind), "kind", "is not a value that this version knows");
        violations.ThrowIfAny();
        if (request.PageToken.Length > 0 && !Names.TryParsePartner(request.PageToken, out _)) throw new PageTokenInvalid();
        var size = request.PageSize == 0 ? 50 : Math.Min(request.PageSize, 200);
        var after = request.PageToken.Length == 0 ? "" : request.PageToken["partners/".Length..];
        var own = context.Caller().PartnerId;
        var kind = (PartnerKind)request.Kind;
        var read = await db.Partners.AsNoTracking().Include(p => p.Lane)
            .Where(p => (own == null || p.Id == own) && (request.Kind == 0 || p.Kind == kind))
            .Where(p => p.Id.CompareTo(after) > 0)
            .OrderBy(p => p.Id).Take(size + 1).ToListAsync(context.CancellationToken);
        var response = new Wire.ListPartnersResponse { NextPageToken = read.Count > size ? Names.OfPartner(read[size - 1].Id) : "" };
        response.Partners.AddRange(read.Take(size).Select(ToWire));
        return response;
    }

    Wire.Partner ToWire(Partner partner) => new()
    {
        Name = Names.OfPartner(partner.Id),
        DisplayName = partner.DisplayName,
        Kind = (Wire.Partner.Types.Kind)partner.Kind,
        Delivery = (Wire.Partner.Types.Delivery)partner.Delivery,
        Paused = partner.Lane.IsPaused,
        Health = (Wire.Partner.Types.Health)partner.Lane.Health,
        PauseTime = partner.Lane.PauseTime.ToWire(),
        PauseReason = partner.Lane.PauseReason ?? "",
        ProbeTime = partner.Lane.ProbeTime.ToWire(),
        MaxInFlight = partner.Lane.MaxInFlight ?? lanes.Value.MaxInFlightOf(partner.Delivery),
        MaxPerSecond = partner.Lane.MaxPerSecond ?? lanes.Value.MaxPerSecond,
    };
}
