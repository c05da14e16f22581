using System.Globalization;
using Google.Rpc;
using Grpc.Core;

namespace Passerelle.Hub.Exchanges;

/// <summary>What a try says of the partner's server: its lane takes note.</summary>
public enum Contact
{
    /// <summary>Nothing: the trouble was ours, or the partner spoke to us by another way.</summary>
    None = 1,

    /// <summary>It answered, if only to refuse.</summary>
    Reached,

    /// <summary>It is out of reach as a whole, not just for this exchange, whose schedule does not suffer once the lane is down.</summary>
    Missed,
}

/// <summary>What became of a try. A closed set.</summary>
public abstract record SendOutcome
{
    SendOutcome(Contact contact) => Contact = contact;

    public Contact Contact { get; }

    /// <summary>The partner has it.</summary>
    public sealed record Accepted() : SendOutcome(Contact.Reached);

    /// <summary>Not this time.</summary>
    /// <param name="Error">The code's name, or a word of ours.</param>
    /// <param name="RetryAfter">When the partner said so.</param>
    /// <param name="Contact">What it says of the partner's server.</param>
    public sealed record NotYet(string Error, TimeSpan? RetryAfter = null, Contact Contact = Contact.None) : SendOutcome(Contact);

    /// <summary>The partner will never take it.</summary>
    /// <param name="Error">The code's name, or a word of ours.</param>
    /// <param name="Contact">What it says of the partner's server.</param>
    public sealed record Refused(string Error, Contact Contact = Contact.None) : SendOutcome(Contact);

    /// <summary>The one table of what a partner's status means; the contract (DeliveryService) says the same.</summary>
    /// <param name="headers">What came before the status; empty when nothing did.</param>
    public static SendOutcome Of(RpcException exception, Metadata headers) => exception.StatusCode switch
    {
        StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.AlreadyExists or StatusCode.FailedPrecondition or StatusCode.OutOfRange or StatusCode.DataLoss
            => new Refused(CodeName(exception.StatusCode), Contact.Reached),
        StatusCode.ResourceExhausted or StatusCode.Aborted or StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled or StatusCode.OK
            // With an exception inside, it is the HTTP client's word for how a call broke: nobody at the partner has said it.
            => new NotYet(CodeName(exception.StatusCode), DelayOf(exception, headers), exception.Status.DebugException is null ? Contact.Reached : Contact.None),
        // The last three are a partner's misconfiguration: it is mended, and then delivered. A partner that says when to come back is there.
        StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Unauthenticated or StatusCode.PermissionDenied or StatusCode.Unimplemented
            => DelayOf(exception, headers) is { } retry ? new NotYet(CodeName(exception.StatusCode), retry, Contact.Reached) : new NotYet(CodeName(exception.StatusCode), Contact: Contact.Missed),
    };

    static TimeSpan? DelayOf(RpcException exception, Metadata headers) => RetryInfoOf(exception) ?? SecondsIn(exception.Trailers) ?? SecondsIn(headers);

    /// <summary>HTTP's own way to say it, e.g. of a proxy that stands before the partner's server.</summary>
    static TimeSpan? SecondsIn(Metadata metadata) => uint.TryParse(metadata.GetValue("retry-after"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : null;

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
