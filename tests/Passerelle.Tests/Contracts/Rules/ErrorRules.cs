using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;

namespace Passerelle.Tests.Contracts.Rules;

/// <summary>Error reasons: each has a canonical code, and the RPCs say which they give.</summary>
static partial class ErrorRules
{
    const string Prefix = "ERROR_REASON_";

    // Any RPC may give these, so none lists them.
    static readonly HashSet<string> general =
        ["CREDENTIALS_MISSING", "CREDENTIALS_INVALID", "SCOPE_MISSING", "CONCURRENT_CHANGE", "STORAGE_UNAVAILABLE", "RATE_LIMITED", "INTERNAL"];

    static readonly HashSet<string> canonicalCodes =
        [.. Google.Rpc.CodeReflection.Descriptor.EnumTypes.Single().Values.Select(value => value.Name).Where(name => name != "OK")];

    public static IEnumerable<string> EachReasonBeginsWithItsCanonicalCode(Contract contract) =>
        from reason in Reasons(contract)
        let code = CodeSentence().Match(reason.Declaration.Sentence()).Groups[1].Value
        where !canonicalCodes.Contains(code)
        select $"{reason.FullName}: its comment begins with the canonical code, as \"NOT_FOUND. There is no ...\"";

    public static IEnumerable<string> ReasonsThatRpcsNameExist(Contract contract)
    {
        var known = Reasons(contract).Select(Short).ToHashSet();
        return
            from rpc in contract.Rpcs
            from name in Named(rpc)
            where !known.Contains(name)
            select $"{rpc.FullName}: names the error {name}, which ErrorReason does not have";
    }

    public static IEnumerable<string> GeneralReasonsAreNotRepeated(Contract contract) =>
        from rpc in contract.Rpcs
        from name in Named(rpc)
        where general.Contains(name)
        select $"{rpc.FullName}: names {name}, which any RPC may give";

    public static IEnumerable<string> EachReasonIsNamedByAnRpc(Contract contract)
    {
        var named = contract.Rpcs.SelectMany(Named).ToHashSet();
        return
            from reason in Reasons(contract)
            where !general.Contains(Short(reason)) && !named.Contains(Short(reason))
            select $"{reason.FullName}: no RPC names it after \"Errors:\"";
    }

    /// <summary>What a request holds says some of what can be wrong with it.</summary>
    public static IEnumerable<string> RpcsNameTheErrorsThatTheirRequestImplies(Contract contract)
    {
        (string What, Func<MethodDescriptor, bool> Has, string Reason)[] implied =
        [
            ("takes a request_id", rpc => rpc.IsCreating(), "REQUEST_ID_REUSED"),
            ("takes a page_token", rpc => rpc.InputType.FindFieldByName("page_token") is not null, "PAGE_TOKEN_INVALID"),
            ("takes a start_cursor", rpc => rpc.InputType.FindFieldByName("start_cursor") is not null, "CURSOR_INVALID"),
            ("takes a stream", rpc => rpc.IsClientStreaming, "STREAM_MALFORMED"),
            ("takes the name of a resource", rpc => rpc.InputType.FindFieldByName("name") is not null, "RESOURCE_NOT_FOUND"),
        ];
        return
            from rpc in contract.Rpcs
            from rule in implied
            where rule.Has(rpc) && !Named(rpc).Contains(rule.Reason)
            select $"{rpc.FullName}: {rule.What}, so it names {rule.Reason} after \"Errors:\"";
    }

    static IEnumerable<EnumValueDescriptor> Reasons(Contract contract) => contract.ErrorReason?.Values.Where(value => value.Number != 0) ?? [];

    static string Short(EnumValueDescriptor reason) => reason.Name.StartsWith(Prefix, StringComparison.Ordinal) ? reason.Name[Prefix.Length..] : reason.Name;

    static IEnumerable<string> Named(MethodDescriptor rpc)
    {
        var sentence = rpc.Declaration.Sentence();
        var start = sentence.IndexOf("Errors:", StringComparison.Ordinal);
        return start < 0 ? [] : ReasonName().Matches(sentence[start..]).Select(match => match.Value);
    }

    [GeneratedRegex(@"^([A-Z_]+)\. \S")]
    private static partial Regex CodeSentence();

    [GeneratedRegex(@"\b[A-Z][A-Z0-9_]{3,}\b")]
    private static partial Regex ReasonName();
}
