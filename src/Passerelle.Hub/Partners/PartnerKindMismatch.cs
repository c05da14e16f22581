using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Partners;

/// <summary>The partner is not of the kind that this takes.</summary>
public sealed class PartnerKindMismatch(string partnerId, PartnerKind needed)
    : Refusal(StatusCode.FailedPrecondition, ErrorReason.PartnerKindMismatch, $"The partner is not of the kind {EnumText<PartnerKind>.Of(needed)}.",
        ("partner", Names.OfPartner(partnerId)), ("kind", EnumText<PartnerKind>.Of(needed)));
