using Grpc.Core;
using Microsoft.EntityFrameworkCore;
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
        return new Wire.ChangeDeliveryResponse { Partner = ToWire(await ChangeAsync(id, (partner, now) => Redirect(partner, address, now), context)) };
    }

    /// <summary>Another way is a new start: what was known of the old one's health says nothing of it. A partner that pulls is always healthy.</summary>
    static void Redirect(Partner partner, Uri? address, DateTimeOffset now)
    {
        if (partner.PushAddress == address?.ToString()) return;
        if (address is null) partner.ReceiveByPull();
        else partner.ReceiveByPush(address);
        partner.Lane.Reached();
        partner.Lane.StandInLine(now);
    }

    Uri? PushAddress(Wire.ChangeDeliveryRequest request, Violations violations)
    {
        if (request.Delivery == Wire.Partner.Types.Delivery.Push) return addresses.Check(request.PushAddress, "push_address", violations);
        violations.Check(request.PushAddress.Length == 0, "push_address", "must be empty unless the partner receives by push");
        return null;
    }

    /// <summary>Under the lane's lock: no claim is being made on what is changed, and two operators come one after the other.</summary>
    async Task<Partner> ChangeAsync(string id, Action<Partner, DateTimeOffset> change, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var lane = (await db.Lanes.FromSql($"select * from lanes where partner_id = {id} for update").ToListAsync(ct)).SingleOrDefault();
        if (lane is null || !context.Caller().Sees(id)) throw new ResourceNotFound(Names.OfPartner(id));
        // Read once the lane is ours: EF Core puts the two together.
        var partner = await db.Partners.SingleAsync(p => p.Id == id, ct);
        change(partner, await db.NowAsync(ct));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        laneChanged();
        changes.Pulse();
        return partner;
    }
}
