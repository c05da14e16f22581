using Grpc.Core;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Wire = Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Hub.Privacy;

public sealed class PurposeService(HubDb db, GateBook book) : Wire.PurposeService.PurposeServiceBase
{
    public override async Task<Wire.ReportPurposesResponse> ReportPurposes(Wire.ReportPurposesRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var time = violations.OptionalTime(request.Time, "time");
        violations.ThrowIfAny();
        var terms = await book.ReadAnewAsync(db, context.CancellationToken);
        var response = new Wire.ReportPurposesResponse();
        response.Purposes.AddRange(terms.InForce(time ?? await db.NowAsync(context.CancellationToken)).Select(ToWire));
        return response;
    }

    static Wire.PurposeTerms ToWire(PurposeTerms terms)
    {
        var wire = new Wire.PurposeTerms
        {
            Purpose = (Wire.Purpose)terms.Purpose,
            Version = terms.Version,
            Description = terms.Description,
            Ground = (Wire.Disclosure.Types.Ground)terms.Ground,
            AgreementRequired = terms.AgreementRequired,
            Guardians = (Wire.PurposeTerms.Types.Guardians)terms.Guardians,
            StartTime = terms.StartTime.ToWire(),
        };
        wire.Categories.AddRange(terms.Categories.Select(c => (Contracts.Common.V1.DataCategory)EnumText<DataCategory>.Parse(c)));
        wire.Recipients.AddRange(terms.Recipients.Select(r => (Contracts.Partners.V1.Partner.Types.Kind)EnumText<PartnerKind>.Parse(r)));
        wire.Rights.AddRange(PersonRights.Of(terms.Ground).Select(r => (Wire.Right)r));
        return wire;
    }
}
