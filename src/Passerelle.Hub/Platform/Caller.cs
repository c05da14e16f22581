using Grpc.Core;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Platform;

/// <summary>Who calls: an internal application, or a partner, which sees its own rows only.</summary>
/// <param name="Id">The credential's owner, stable across keys: request ids are remembered per caller.</param>
/// <param name="PartnerId">Null for an internal application.</param>
public sealed record Caller(string Id, string? PartnerId, IReadOnlySet<string> Scopes)
{
    /// <summary>True when the caller may see a row of this partner.</summary>
    public bool Sees(string partnerId) => PartnerId is null || PartnerId == partnerId;

    /// <summary>The partner that the caller is. RPCs whose scope only partners hold use it.</summary>
    public string RequirePartner() => PartnerId ?? throw new ScopeMissing("of a partner");
}

public static class CallerContext
{
    const string Key = "passerelle.caller";

    public static Caller Caller(this ServerCallContext context) => (Caller)context.GetHttpContext().Items[Key]!;

    public static void SetCaller(this ServerCallContext context, Caller caller) => context.GetHttpContext().Items[Key] = caller;
}
