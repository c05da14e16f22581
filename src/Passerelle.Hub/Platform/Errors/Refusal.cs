using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Passerelle.Contracts.Common.V1;

namespace Passerelle.Hub.Platform.Errors;

/// <summary>A call that the hub refuses, for a reason that the contract names. One subtype per way to fail, beside the code that fails.</summary>
public abstract class Refusal(StatusCode code, ErrorReason reason, string message, params (string Key, string Value)[] metadata) : Exception(message)
{
    public StatusCode Code { get; } = code;

    public ErrorReason Reason { get; } = reason;

    public IReadOnlyList<(string Key, string Value)> Metadata { get; } = metadata;

    /// <summary>Details beyond the ErrorInfo that every refusal has.</summary>
    protected virtual IEnumerable<Any> Details => [];

    public Google.Rpc.Status ToStatus()
    {
        var info = new ErrorInfo { Domain = "passerelle", Reason = Reason.ToReasonName() };
        foreach (var (key, value) in Metadata) info.Metadata[key] = value;
        var status = new Google.Rpc.Status { Code = (int)Code, Message = Message };
        status.Details.Add(Any.Pack(info));
        status.Details.AddRange(Details);
        return status;
    }
}

/// <summary>Fields are missing or malformed: all of them, at once.</summary>
public sealed class FieldInvalid(IReadOnlyCollection<BadRequest.Types.FieldViolation> violations, ErrorReason reason = ErrorReason.FieldInvalid)
    : Refusal(StatusCode.InvalidArgument, reason, $"{violations.Count} invalid field(s): {string.Join(", ", violations.Take(5).Select(v => v.Field))}")
{
    public IReadOnlyCollection<BadRequest.Types.FieldViolation> Violations { get; } = violations;

    protected override IEnumerable<Any> Details
    {
        get
        {
            var badRequest = new BadRequest();
            badRequest.FieldViolations.AddRange(Violations);
            yield return Any.Pack(badRequest);
        }
    }
}

/// <summary>There is no such resource, or the caller may not know of it: the two answers are the same.</summary>
public sealed class ResourceNotFound(string resource)
    : Refusal(StatusCode.NotFound, ErrorReason.ResourceNotFound, $"{resource} does not exist.", ("resource", resource));

public sealed class RequestIdReused(string requestId)
    : Refusal(StatusCode.AlreadyExists, ErrorReason.RequestIdReused, $"request_id {requestId} was used for another request.");

public sealed class StateConflict(string resource, string state, string message)
    : Refusal(StatusCode.FailedPrecondition, ErrorReason.StateConflict, message, ("resource", resource), ("state", state));

public sealed class ConcurrentChange(string resource)
    : Refusal(StatusCode.Aborted, ErrorReason.ConcurrentChange, $"{resource} changed meanwhile.", ("resource", resource));

public sealed class StreamMalformed(string message)
    : Refusal(StatusCode.InvalidArgument, ErrorReason.StreamMalformed, message);

public sealed class TooLarge(string what, long limit)
    : Refusal(StatusCode.ResourceExhausted, ErrorReason.TooLarge, $"{what} is larger than {limit} bytes.", ("limit", limit.ToString(System.Globalization.CultureInfo.InvariantCulture)));

public sealed class PageTokenInvalid()
    : Refusal(StatusCode.InvalidArgument, ErrorReason.PageTokenInvalid, "The page token is not valid for this call. Start again without it.");

public sealed class CursorInvalid()
    : Refusal(StatusCode.InvalidArgument, ErrorReason.CursorInvalid, "The cursor is not valid. Start again without it.");

public sealed class CredentialsMissing()
    : Refusal(StatusCode.Unauthenticated, ErrorReason.CredentialsMissing, "Send `authorization: Bearer <key>` or a client certificate.");

public sealed class CredentialsInvalid()
    : Refusal(StatusCode.Unauthenticated, ErrorReason.CredentialsInvalid, "The key or certificate is not valid.");

public sealed class ScopeMissing(string scope)
    : Refusal(StatusCode.PermissionDenied, ErrorReason.ScopeMissing, $"This call needs the scope {scope}.", ("scope", scope));

public sealed class StorageUnavailable(TimeSpan retryAfter)
    : Refusal(StatusCode.Unavailable, ErrorReason.StorageUnavailable, "The hub cannot reach its storage. Try again.")
{
    protected override IEnumerable<Any> Details => [Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(retryAfter) })];
}

public sealed class InternalDefect(string trace)
    : Refusal(StatusCode.Internal, ErrorReason.Internal, "A defect of the hub. Quote the trace to us.", ("trace", trace));

public static class ErrorReasons
{
    /// <summary>The name as the contract writes it, e.g. CONSENT_MISSING.</summary>
    public static string ToReasonName(this ErrorReason reason) =>
        ErrorReasonReflection.Descriptor.EnumTypes[0].FindValueByNumber((int)reason).Name["ERROR_REASON_".Length..];
}
