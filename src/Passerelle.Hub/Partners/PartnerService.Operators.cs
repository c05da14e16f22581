using Grpc.Core;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Partners.V1;

namespace Passerelle.Hub.Partners;

/// <summary>Called when the commit is done that may let the exchanges of a lane go: whoever delivers looks at once.</summary>
public delegate void LaneChanged();

/// <summary>For operators: hold, let go, another way.</summary>
public sealed partial class PartnerService
{
    public override async Task<Wire.PausePartnerResponse> PausePartner(Wire.PausePartnerRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.PartnerId(request.Name, "name");
        violations.Text(request.Reason, "reason", 200);
        violations.ThrowIfAny();
        return new Wire.PausePartnerResponse { Partner = ToWire(await ChangeAsync(id, (partner, now) => partner.Lane.Pause(request.Reason, now), context)) };
    }

    public override async Task<Wire.ResumePartnerResponse> ResumePartner(Wire.ResumePartnerRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.PartnerId(request.Name, "name");
        violations.ThrowIfAny();
        return new Wire.ResumePartnerResponse
        {
            Partner = ToWire(await ChangeAsync(id, (partner, now) =>
            {
                if (!partner.Lane.IsOpen) partner.Lane.StandInLine(now);
                partner.Lane.Resume();
            }, context)),
        };
    }

    public override async Task<Wire.ChangeDeliveryResponse> ChangeDelivery(Wire.ChangeDeliveryRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.PartnerId(request.Name, "name");
        violations.Member(request.Delivery, "delivery");
        var address = PushAddress(request, violations);
        violations.ThrowIfAny();
        return new Wire.ChangeDeliveryResponse { Partner = ToWire(await ChangeAsync(id, (partner, now) => partner.ReceiveAt(address, now), context)) };
    }

    Uri? PushAddress(Wire.ChangeDeliveryRequest request, Violations violations)
    {
        if (request.Delivery == Wire.Partner.Types.Delivery.Push) return addresses.Check(request.PushAddress, "push_address", violations);
        violations.Check(request.PushAddress.Length == 0, "push_address", "must be empty unless the partner receives by push");
        return null;
    }

    async Task<Partner> ChangeAsync(string id, Action<Partner, DateTimeOffset> change, ServerCallContext context)
    {
        if (!context.Caller().Sees(id) || await desk.ChangeAsync(id, change, context.CancellationToken) is not { } partner) throw new ResourceNotFound(Names.OfPartner(id));
        laneChanged();
        changes.Pulse();
        return partner;
    }
}
