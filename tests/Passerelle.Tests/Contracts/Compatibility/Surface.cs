using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Passerelle.Contracts.Common.V1;

namespace Passerelle.Tests.Contracts.Compatibility;

/// <summary>
/// What callers can see of a contract, as a flat list: each thing under a key that never changes within v1
/// ("field passerelle.cases.v1.Case #2"), with the facts about it that never change either (name, type, ...).
/// Comparing two contracts is then comparing two lists: a key that is gone or a fact that differs breaks callers, a new key does not.
/// </summary>
sealed class Surface
{
    static readonly ExtensionRegistry options = [OptionsExtensions.Access, AnnotationsExtensions.Http];

    readonly SortedDictionary<string, Dictionary<string, string>> things = new(StringComparer.Ordinal);

    Surface(FileDescriptorSet set)
    {
        foreach (var file in set.File)
            Add(file);
    }

    /// <summary>Reads a serialised FileDescriptorSet.</summary>
    public static Surface Of(byte[] descriptorSet) => new(FileDescriptorSet.Parser.WithExtensionRegistry(options).ParseFrom(descriptorSet));

    /// <summary>What a caller of the older contract would trip over.</summary>
    public static IEnumerable<string> Breaks(Surface older, Surface newer)
    {
        foreach (var (key, facts) in older.things)
        {
            if (!newer.things.TryGetValue(key, out var now))
            {
                yield return $"{key}{(facts.TryGetValue("name", out var name) ? $" ({name})" : "")}: removed";
                continue;
            }
            foreach (var (fact, before) in facts)
                if (now[fact] != before)
                    yield return $"{key}: {fact} was {before}, is {now[fact]}";
        }
    }

    public static IEnumerable<string> Additions(Surface older, Surface newer) => newer.things.Keys.Where(key => !older.things.ContainsKey(key));

    void Add(FileDescriptorProto file)
    {
        Add($"file {file.Name}", ("package", file.Package), ("csharp_namespace", file.Options?.CsharpNamespace ?? ""));
        foreach (var message in file.MessageType)
            Add(file, file.Package, message);
        foreach (var e in file.EnumType)
            Add(file, file.Package, e);
        foreach (var extension in file.Extension)
            Add($"extension {extension.Extendee} #{extension.Number}", ("name", extension.Name), ("type", TypeOf(extension)), ("label", extension.Label.ToString()));
        foreach (var service in file.Service)
            Add(file, service);
    }

    void Add(FileDescriptorProto file, string scope, DescriptorProto message)
    {
        var name = $"{scope}.{message.Name}";
        Add($"message {name}", ("file", file.Name));
        foreach (var field in message.Field)
        {
            // protoc wraps each proto3 `optional` field in a oneof of its own: that is presence, not membership.
            var oneof = field.HasOneofIndex && !field.Proto3Optional ? message.OneofDecl[field.OneofIndex].Name : "none";
            Add($"field {name} #{field.Number}",
                ("name", field.Name), ("type", TypeOf(field)), ("label", field.Label.ToString()), ("oneof", oneof),
                ("presence", field.Proto3Optional ? "explicit" : "implicit"), ("json_name", field.JsonName));
        }
        foreach (var nested in message.NestedType)
            Add(file, name, nested);
        foreach (var e in message.EnumType)
            Add(file, name, e);
    }

    void Add(FileDescriptorProto file, string scope, EnumDescriptorProto e)
    {
        Add($"enum {scope}.{e.Name}", ("file", file.Name));
        foreach (var value in e.Value)
            Add($"value {scope}.{e.Name} #{value.Number}", ("name", value.Name));
    }

    void Add(FileDescriptorProto file, ServiceDescriptorProto service)
    {
        var name = $"{file.Package}.{service.Name}";
        Add($"service {name}", ("file", file.Name));
        foreach (var rpc in service.Method)
        {
            Add($"rpc {name}.{rpc.Name}",
                ("request", Stream(rpc.ClientStreaming) + rpc.InputType), ("response", Stream(rpc.ServerStreaming) + rpc.OutputType),
                // A credential that holds the scope of today must do tomorrow.
                ("scope", rpc.Options?.GetExtension(OptionsExtensions.Access)?.Scope ?? "none"));
            if (rpc.Options?.GetExtension(AnnotationsExtensions.Http) is { } http)
                foreach (var binding in http.AdditionalBindings.Prepend(http))
                    Add($"http {name}.{rpc.Name} {Pattern(binding)}", ("body", binding.Body), ("response_body", binding.ResponseBody));
        }
    }

    void Add(string key, params (string Name, string Value)[] facts) => things.Add(key, facts.ToDictionary(fact => fact.Name, fact => fact.Value));

    static string TypeOf(FieldDescriptorProto field) => field.HasTypeName ? field.TypeName : field.Type.ToString();

    static string Stream(bool streaming) => streaming ? "stream " : "";

    static string Pattern(HttpRule http) => http.PatternCase == HttpRule.PatternOneofCase.Custom
        ? $"{http.Custom.Kind} {http.Custom.Path}"
        : $"{http.PatternCase} {http.Get}{http.Post}{http.Put}{http.Patch}{http.Delete}";
}
