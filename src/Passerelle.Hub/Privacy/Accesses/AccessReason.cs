using System.Text.RegularExpressions;
using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Privacy.Accesses;

/// <summary>Why a call reads persons' data, and on whose behalf: what an application says in its metadata, and what follows from being a partner.</summary>
public sealed partial record AccessReason(AccessPurpose Purpose, string? Actor)
{
    public const string PurposeHeader = "passerelle-purpose";
    public const string ActorHeader = "passerelle-actor";

    /// <summary>What an application may say.</summary>
    public static readonly IReadOnlyDictionary<string, AccessPurpose> Words =
        Enum.GetValues<AccessPurpose>().Where(p => p != AccessPurpose.Partner).ToDictionary(EnumText<AccessPurpose>.Of);

    public static AccessReason Of(ServerCallContext context)
    {
        // Implied by its agreement with us.
        if (context.Caller().PartnerId is not null) return new(AccessPurpose.Partner, null);
        var headers = context.GetHttpContext().Request.Headers;
        if (!Words.TryGetValue(headers[PurposeHeader].ToString(), out var purpose)) throw new AccessPurposeMissing();
        var actor = headers[ActorHeader].ToString();
        if (actor.Length == 0) return new(purpose, null);
        // No name and no address: an id has neither blanks nor an at sign.
        return ActorId().IsMatch(actor) ? new(purpose, actor) : throw new FieldInvalid([new() { Field = ActorHeader, Description = "must be 1 to 100 letters, digits and characters of ._:/-" }]);
    }

    [GeneratedRegex(@"^[A-Za-z0-9._:/-]{1,100}\z")]
    private static partial Regex ActorId();
}

/// <summary>The call reads persons' data and does not say why.</summary>
public sealed class AccessPurposeMissing()
    : Refusal(StatusCode.InvalidArgument, ErrorReason.AccessPurposeMissing, $"This call reads persons' data: say why in the metadata {AccessReason.PurposeHeader}.",
        ("purposes", string.Join(", ", AccessReason.Words.Keys)));
