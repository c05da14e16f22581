using Grpc.Core;
using Passerelle.Client;
using Passerelle.Contracts.Common.V1;

namespace Passerelle.Cli;

/// <summary>What the process returns: scripts depend on these, so that they never change.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Unexpected = 1;
    public const int Usage = 2;
    public const int Refused = 3;
    public const int NotAuthorised = 4;
    public const int Unavailable = 5;
    public const int SomeRejected = 6;

    /// <summary>128 + SIGINT, as shells have it.</summary>
    public const int Interrupted = 130;

    /// <summary>128 + SIGTERM.</summary>
    public const int Terminated = 143;

    /// <summary>The list for the help.</summary>
    public static string Help() => string.Join(
        '\n',
        new[] { Ok, Unexpected, Usage, Refused, NotAuthorised, Unavailable, SomeRejected, Interrupted }.Select(code => $"  {code,3}  {Sentences.Get($"Exit.{code}")}"));

    public static int Of(PasserelleError error) => error switch
    {
        { IsTls: true } => Unavailable,
        { Code: StatusCode.Unauthenticated or StatusCode.PermissionDenied } => NotAuthorised,
        { Code: StatusCode.Unavailable or StatusCode.DeadlineExceeded } or { Reason: ErrorReason.RateLimited } => Unavailable,
        { Code: StatusCode.Internal or StatusCode.Unknown or StatusCode.DataLoss or StatusCode.Unimplemented or StatusCode.Cancelled } => Unexpected,
        _ => Refused,
    };
}
