using Google.Rpc;
using Grpc.Core;

namespace Passerelle.Hub.Exchanges;

/// <summary>What became of a try. A closed set.</summary>
public abstract record SendOutcome
{
    SendOutcome() { }

    /// <summary>The partner has it.</summary>
    public sealed record Accepted : SendOutcome;

    /// <summary>Not this time.</summary>
    /// <param name="Error">The code's name, or a word of ours.</param>
    /// <param name="RetryAfter">When the partner said so.</param>
    /// <param name="Missed">The partner as a whole is out of reach, not just for this exchange: its lane takes note, and its schedule does not suffer once the lane is down.</param>
    public sealed record NotYet(string Error, TimeSpan? RetryAfter = null, bool Missed = false) : SendOutcome;

    /// <summary>The partner will never take it.</summary>
    public sealed record Refused(string Error) : SendOutcome;

    /// <summary>The one table of what a partner's status means; the contract (DeliveryService) says the same.</summary>
    public static SendOutcome Of(RpcException exception) => exception.StatusCode switch
    {
        StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.AlreadyExists or StatusCode.FailedPrecondition or StatusCode.OutOfRange or StatusCode.DataLoss
            => new Refused(CodeName(exception.StatusCode)),
        StatusCode.ResourceExhausted or StatusCode.Aborted or StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled or StatusCode.OK
            => new NotYet(CodeName(exception.StatusCode), RetryInfoOf(exception)),
        // The last three are a partner's misconfiguration: it is mended, and then delivered. A partner that says when to come back is there.
        StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Unauthenticated or StatusCode.PermissionDenied or StatusCode.Unimplemented
            => RetryInfoOf(exception) is { } retry ? new NotYet(CodeName(exception.StatusCode), retry) : new NotYet(CodeName(exception.StatusCode), Missed: true),
    };

    static TimeSpan? RetryInfoOf(RpcException exception)
    {
        try { return exception.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan(); }
        // What a partner sends as details is its own affair: unreadable ones are none.
        catch (Exception e) when (e is Google.Protobuf.InvalidProtocolBufferException or InvalidOperationException or OverflowException) { return null; }
    }

    static string CodeName(StatusCode code) => ((Code)(int)code) switch
    {
        var known when Enum.IsDefined(known) => System.Text.Json.JsonNamingPolicy.SnakeCaseUpper.ConvertName(known.ToString()),
        _ => "UNKNOWN",
    };
}
