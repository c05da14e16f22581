using System.Text.RegularExpressions;
using Google.Api;
using Google.Protobuf.Reflection;

namespace Passerelle.Tests.Contracts.Rules;

/// <summary>RPCs: their messages, who may call them, how they look over HTTP, how they repeat.</summary>
static partial class RpcRules
{
    public static IEnumerable<string> EachHasItsOwnRequestAndResponse(Contract contract)
    {
        foreach (var rpc in contract.Rpcs)
        {
            if (!Own(rpc, rpc.InputType, "Request"))
                yield return $"{rpc.FullName}: takes its own {rpc.Name}Request, from the same file";
            if (!Own(rpc, rpc.OutputType, "Response"))
                yield return $"{rpc.FullName}: returns its own {rpc.Name}Response, from the same file";
        }
        var envelopes = contract.Rpcs.SelectMany(rpc => new[] { rpc.InputType, rpc.OutputType }).ToHashSet();
        foreach (var field in contract.Fields.Where(field => field.FieldType == FieldType.Message && envelopes.Contains(field.MessageType)))
            yield return $"{field.FullName}: a request or response is never part of another message";
    }

    public static IEnumerable<string> EachDeclaresAnAccessScope(Contract contract) =>
        from rpc in contract.Rpcs
        where !ScopeName().IsMatch(rpc.Scope() ?? "")
        select $"{rpc.FullName}: declares option (passerelle.common.v1.access) = {{ scope: \"<area>.<verb>\" }}";

    public static IEnumerable<string> UnaryOnesAndNoOthersSpeakHttp(Contract contract) =>
        from rpc in contract.Rpcs
        where !rpc.IsServedByPartner() && rpc.IsUnary() != (rpc.Http() is not null)
        select rpc.IsUnary()
            ? $"{rpc.FullName}: a unary RPC has option (google.api.http)"
            : $"{rpc.FullName}: a stream has no HTTP form: websites and scripts poll the unary RPCs beside it";

    public static IEnumerable<string> HttpReadsAreGetsAndTheRestArePosts(Contract contract)
    {
        var seen = new Dictionary<string, string>();
        foreach (var rpc in contract.Rpcs)
        {
            if (rpc.Http() is not { } http)
                continue;
            var (verb, path) = VerbAndPath(http);
            if (verb != (rpc.IsRead() ? "get" : "post"))
                yield return $"{rpc.FullName}: Get and List are HTTP get, Explain and Report too, everything else is post; found {verb}";
            if (http.Body != (rpc.IsRead() ? "" : "*"))
                yield return $"{rpc.FullName}: a post has body \"*\", a get has none";
            var version = rpc.File.Package.Split('.')[^1];
            if (!path.StartsWith($"/{version}/", StringComparison.Ordinal))
                yield return $"{rpc.FullName}: its path begins with /{version}/, found {path}";
            foreach (Match variable in PathVariable().Matches(path))
                if (rpc.InputType.FindFieldByName(variable.Groups[1].Value) is null)
                    yield return $"{rpc.FullName}: its path names {variable.Groups[1].Value}, which {rpc.InputType.Name} does not have";
            if (!seen.TryAdd($"{verb} {path}", rpc.FullName))
                yield return $"{rpc.FullName}: {seen[$"{verb} {path}"]} has the same path {path}";
        }
    }

    public static IEnumerable<string> ListsArePaged(Contract contract)
    {
        foreach (var rpc in contract.Rpcs.Where(rpc => rpc.IsList()))
        {
            if (!rpc.IsUnary())
                yield return $"{rpc.FullName}: a list never streams; a Watch does";
            if (rpc.InputType.FindFieldByName("page_size")?.FieldType != FieldType.Int32)
                yield return $"{rpc.InputType.FullName}: has int32 page_size";
            if (rpc.InputType.FindFieldByName("page_token")?.FieldType != FieldType.String)
                yield return $"{rpc.InputType.FullName}: has string page_token";
            if (rpc.OutputType.FindFieldByName("next_page_token")?.FieldType != FieldType.String)
                yield return $"{rpc.OutputType.FullName}: has string next_page_token";
            if (rpc.OutputType.FindFieldByNumber(1) is not { IsRepeated: true, FieldType: FieldType.Message })
                yield return $"{rpc.OutputType.FullName}: its field 1 is the page, a repeated message";
        }
        foreach (var rpc in contract.Rpcs.Where(rpc => !rpc.IsList()))
            if (rpc.InputType.FindFieldByName("page_token") is not null || rpc.OutputType.FindFieldByName("next_page_token") is not null)
                yield return $"{rpc.FullName}: only a List has pages";
    }

    public static IEnumerable<string> UpdatesHaveAMask(Contract contract) =>
        from rpc in contract.Rpcs
        where rpc.Name.StartsWith("Update", StringComparison.Ordinal)
            && rpc.InputType.FindFieldByName("update_mask")?.Is("google.protobuf.FieldMask") != true
        select $"{rpc.FullName}: its request has google.protobuf.FieldMask update_mask";

    /// <summary>Networks repeat calls: every change either recognises a repeat or is unharmed by it, and says which.</summary>
    public static IEnumerable<string> ChangesCanBeRepeated(Contract contract)
    {
        foreach (var rpc in contract.Rpcs.Where(rpc => !rpc.IsRead() && !rpc.IsServedByPartner()))
            if (!rpc.IsCreating() && !rpc.Declaration.Sentence().Contains("Repeating it is harmless", StringComparison.Ordinal))
                yield return $"{rpc.FullName}: has a request_id, or its comment says \"Repeating it is harmless\"";
        foreach (var field in contract.Fields.Where(field => field.Name == "request_id"))
            if (field.FieldType != FieldType.String || field.IsRepeated || field.FieldNumber != 1)
                yield return $"{field.FullName}: is string request_id = 1";
    }

    static bool Own(MethodDescriptor rpc, MessageDescriptor message, string suffix) =>
        message.Name == rpc.Name + suffix && message.File == rpc.File && message.ContainingType is null;

    static (string Verb, string Path) VerbAndPath(HttpRule http) => http.PatternCase switch
    {
        HttpRule.PatternOneofCase.Get => ("get", http.Get),
        HttpRule.PatternOneofCase.Post => ("post", http.Post),
        HttpRule.PatternOneofCase.Put => ("put", http.Put),
        HttpRule.PatternOneofCase.Patch => ("patch", http.Patch),
        HttpRule.PatternOneofCase.Delete => ("delete", http.Delete),
        HttpRule.PatternOneofCase.Custom => (http.Custom.Kind, http.Custom.Path),
        HttpRule.PatternOneofCase.None => ("", ""),
    };

    [GeneratedRegex(@"^[a-z]+\.[a-z]+$")]
    private static partial Regex ScopeName();

    [GeneratedRegex(@"\{([a-z_]+)")]
    private static partial Regex PathVariable();
}
