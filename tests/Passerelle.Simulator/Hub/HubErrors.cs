using Google.Rpc;
using Grpc.Core;

namespace Passerelle.Simulator.Hub;

static class HubErrors
{
    /// <summary>The hub's reason, e.g. `CONSENT_MISSING`; empty when the error is not one of the hub's.</summary>
    public static string Reason(this RpcException error) => error.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason ?? "";

    /// <summary>The canonical name, e.g. `FAILED_PRECONDITION`.</summary>
    public static string CanonicalName(this Grpc.Core.StatusCode code) =>
        System.Text.Json.JsonNamingPolicy.SnakeCaseUpper.ConvertName(code.ToString());

    /// <summary>Code, reason and violations in one line.</summary>
    public static string Describe(this RpcException error)
    {
        var violations = error.GetRpcStatus()?.GetDetail<BadRequest>()?.FieldViolations ?? [];
        var fields = string.Join("; ", violations.Select(v => $"{v.Field}: {v.Description}"));
        return $"{error.StatusCode.CanonicalName()} {error.Reason()} {error.Status.Detail}{(fields == "" ? "" : $" ({fields})")}";
    }

    /// <summary>Worth the same call again, with the same request id.</summary>
    public static bool IsPassing(this RpcException error) =>
        error.StatusCode is Grpc.Core.StatusCode.Unavailable or Grpc.Core.StatusCode.Aborted or Grpc.Core.StatusCode.DeadlineExceeded;
}
