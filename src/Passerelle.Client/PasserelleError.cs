using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
using Passerelle.Contracts.Common.V1;

namespace Passerelle.Client;

/// <summary>Why a call failed, as the hub says it, or as much as is known when the hub did not speak.</summary>
public sealed class PasserelleError
{
    private const string Domain = "passerelle";
    private static readonly EnumDescriptor Reasons = ErrorReasonReflection.Descriptor.FindTypeByName<EnumDescriptor>(nameof(ErrorReason));

    private PasserelleError(RpcException exception, ErrorInfo? info, BadRequest? badRequest, RetryInfo? retry)
    {
        Exception = exception;
        ReasonName = info?.Reason ?? "";
        Reason = info is null ? ErrorReason.Unspecified : (ErrorReason)(Reasons.FindValueByName("ERROR_REASON_" + info.Reason)?.Number ?? 0);
        Metadata = info?.Metadata.ToDictionary(StringComparer.Ordinal) ?? [];
        FieldViolations = badRequest?.FieldViolations.Select(v => new FieldViolation(v.Field, v.Description)).ToArray() ?? [];
        RetryDelay = retry?.RetryDelay?.ToTimeSpan();
    }

    /// <summary>The canonical code of gRPC.</summary>
    public StatusCode Code => Exception.StatusCode;

    /// <summary>The reason. <see cref="ErrorReason.Unspecified"/> when it did not come from the hub, or is newer than this package: see <see cref="ReasonName"/>.</summary>
    public ErrorReason Reason { get; }

    /// <summary>The reason as it was sent, e.g. <c>CONSENT_MISSING</c>; empty when the error did not come from the hub.</summary>
    public string ReasonName { get; }

    /// <summary>What completes the reason; each <see cref="ErrorReason"/> documents its keys. Never <see langword="null"/>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Every field that is missing or malformed; empty for another kind of error.</summary>
    public IReadOnlyList<FieldViolation> FieldViolations { get; }

    /// <summary>How long to wait before trying again, when the hub says so.</summary>
    public TimeSpan? RetryDelay { get; }

    /// <summary>What to quote to the hub's operators for <see cref="ErrorReason.Internal"/>; <see langword="null"/> when there is none.</summary>
    public string? Trace => Metadata.GetValueOrDefault("trace");

    /// <summary>The hub's own sentence, in English, for developers.</summary>
    public string Description => Exception.Status.Detail;

    /// <summary>The exception that this was read from.</summary>
    public RpcException Exception { get; }

    /// <summary>
    /// Whether the same call may succeed later as it is: nobody could be reached, or what was reached did not answer in the hub's words.
    /// </summary>
    public bool IsTransient => Code switch
    {
        StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Aborted => true,
        StatusCode.ResourceExhausted => Reason == ErrorReason.RateLimited,
        // A connection that breaks in the middle of a stream, or a proxy that gives up, shows as one of these without the hub's own reason.
        StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled => ReasonName.Length == 0 && !IsTls,
        _ => false,
    };

    /// <summary>Whether TLS was refused by either side: an authority that is not trusted, a name that does not match, a client certificate that is missing.</summary>
    public bool IsTls => Exception.Status.DebugException is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError };

    /// <summary>Reads the error that came with an exception. Never throws: what cannot be read is left out.</summary>
    /// <param name="exception">What a call threw.</param>
    public static PasserelleError From(RpcException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        var status = exception.Trailers.GetRpcStatus(ignoreParseError: true);
        var info = Detail<ErrorInfo>(status);
        // Somebody else's reason (a proxy's) may have the name of one of ours and mean something else.
        return new PasserelleError(exception, info?.Domain == Domain ? info : null, Detail<BadRequest>(status), Detail<RetryInfo>(status));
    }

    /// <summary>The code and the reason, without any value.</summary>
    public override string ToString() => ReasonName.Length == 0 ? Code.ToString() : $"{Code} {ReasonName}";

    private static T? Detail<T>(Google.Rpc.Status? status) where T : class, IMessage<T>, new()
    {
        foreach (var any in status?.Details ?? [])
        {
            try
            {
                if (any.TryUnpack<T>(out var detail))
                    return detail;
            }
            catch (InvalidProtocolBufferException)
            {
                // Half an explanation is better than an exception in its place.
            }
        }
        return null;
    }
}

/// <summary>A field of a request that is missing or malformed.</summary>
/// <param name="Field">Its proto path, e.g. <c>members[1].birth_date</c>; for a CV, its JSON path.</param>
/// <param name="Description">What is wrong, in English; the value is not repeated.</param>
public sealed record FieldViolation(string Field, string Description);
