using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Wire = Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Hub.Privacy;

public sealed class AgreementService(HubDb db) : Wire.AgreementService.AgreementServiceBase
{
    public override async Task<Wire.ListAgreementsResponse> ListAgreements(Wire.ListAgreementsRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var partnerId = violations.OptionalPartnerId(request.Partner, "partner");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var own = context.Caller().PartnerId;
        var read = await db.Agreements.AsNoTracking()
            .Where(a => (own == null || a.PartnerId == own) && (partnerId == null || a.PartnerId == partnerId) && (page.After == null || a.Id.CompareTo(page.After.Value) < 0))
            .OrderByDescending(a => a.Id).Take(page.Size + 1).ToListAsync(context.CancellationToken);
        var (items, next) = page.Cut(read, a => a.Id);
        var response = new Wire.ListAgreementsResponse { NextPageToken = next };
        response.Agreements.AddRange(items.Select(ToWire));
        return response;
    }

    static Wire.Agreement ToWire(Agreement agreement)
    {
        var wire = new Wire.Agreement
        {
            Name = Names.Of(Names.Agreements, agreement.Id),
            Partner = Names.OfPartner(agreement.PartnerId),
            Role = (Wire.Agreement.Types.Role)agreement.Role,
            Reference = agreement.Reference,
            StartTime = agreement.StartTime.ToWire(),
            EndTime = agreement.EndTime.ToWire(),
            RevokeTime = agreement.RevokeTime.ToWire(),
        };
        wire.Purposes.AddRange(agreement.Purposes.Select(p => (Wire.Purpose)EnumText<Purpose>.Parse(p)));
        wire.Categories.AddRange(agreement.Categories.Select(c => (Contracts.Common.V1.DataCategory)EnumText<DataCategory>.Parse(c)));
        return wire;
    }
}
