using System.Collections.Concurrent;
using Google.Api;
using Google.Protobuf.Reflection;
using Passerelle.Contracts.Common.V1;

namespace Passerelle.Hub.Platform;

/// <param name="Scope">What the caller's credential must hold.</param>
/// <param name="OnlyReads">It changes nothing: an HTTP GET, or a Watch. Downloads write down what they hand out.</param>
public sealed record AccessRule(string Scope, bool OnlyReads);

/// <summary>What the contract says of every RPC, read from its descriptors.</summary>
public static class AccessRules
{
    static readonly ConcurrentDictionary<string, AccessRule> Rules = new(
        from file in ContractFiles.All
        from service in file.Services
        from method in service.Methods
        select KeyValuePair.Create($"/{service.FullName}/{method.Name}", Of(method)));

    /// <summary>Null for RPCs that are not of the contract: health and reflection.</summary>
    public static AccessRule? Of(string method) => Rules.GetValueOrDefault(method);

    /// <summary>Null for RPCs that are not of the contract: health and reflection.</summary>
    public static string? ScopeOf(string method) => Of(method)?.Scope;

    static AccessRule Of(MethodDescriptor method)
    {
        var isGet = method.GetOptions().GetExtension(AnnotationsExtensions.Http) is { PatternCase: HttpRule.PatternOneofCase.Get };
        var isWatch = method is { IsServerStreaming: true, IsClientStreaming: false } && method.Name.StartsWith("Watch", StringComparison.Ordinal);
        return new AccessRule(method.GetOptions().GetExtension(OptionsExtensions.Access).Scope, isGet || isWatch);
    }
}
