using System.Globalization;
using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>The day has no room for so many visits.</summary>
public sealed class VisitsDoNotFit(int fitting, int minimum)
    : Refusal(StatusCode.FailedPrecondition, ErrorReason.VisitsDoNotFit, $"Only {fitting} of the visits find room in the day.",
        ("fitting", fitting.ToString(CultureInfo.InvariantCulture)), ("minimum", minimum.ToString(CultureInfo.InvariantCulture)));
