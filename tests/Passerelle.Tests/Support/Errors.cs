using Google.Rpc;
using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Tests.Support;

/// <summary>An error as the contract describes it: a code, exactly one ErrorInfo of ours, and details.</summary>
public sealed record HubError(StatusCode Code, string Reason, IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<string> Fields, TimeSpan? RetryDelay)
{
    public static async Task<HubError> OfAsync(ErrorReason reason, StatusCode code, Func<Task> call)
    {
        var error = Of(await Assert.ThrowsAsync<RpcException>(call));
        Assert.Equal((reason.ToReasonName(), code), (error.Reason, error.Code));
        return error;
    }

    public static HubError Of(RpcException exception)
    {
        var status = exception.GetRpcStatus();
        Assert.True(status is not null, $"No google.rpc.Status came with {exception.Status}.");
        Assert.Equal((int)exception.StatusCode, status.Code);
        var info = Assert.Single(status.Details, d => d.Is(ErrorInfo.Descriptor)).Unpack<ErrorInfo>();
        Assert.Equal("passerelle", info.Domain);
        return new HubError(
            exception.StatusCode, info.Reason, info.Metadata,
            [.. status.GetDetail<BadRequest>()?.FieldViolations.Select(v => v.Field) ?? []],
            status.GetDetail<RetryInfo>()?.RetryDelay.ToTimeSpan());
    }
}
