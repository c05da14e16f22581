using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Passerelle.Hub.Platform;

namespace Passerelle.Tests.Support;

/// <summary>RPCs by their descriptors: whatever the contract has, called with requests that are written as JSON.</summary>
public static class AnyRpc
{
    static readonly JsonParser Parser = new(JsonParser.Settings.Default);

    /// <summary>All that the hub serves; what partners' servers implement is not the hub's.</summary>
    public static IReadOnlyList<MethodDescriptor> All { get; } =
        [.. ContractFiles.All.SelectMany(f => f.Services).SelectMany(s => s.Methods).Where(m => AccessRules.ScopeOf(PathOf(m)) != "partner.server").OrderBy(m => m.FullName, StringComparer.Ordinal)];

    public static string PathOf(MethodDescriptor rpc) => $"/{rpc.Service.FullName}/{rpc.Name}";

    /// <summary>As `ReferralService.GetReferral`.</summary>
    public static string ShortName(this MethodDescriptor rpc) => $"{rpc.Service.Name}.{rpc.Name}";

    /// <summary>A client stream sends the one message and ends; a server stream is read until its first checkpoint, or its end.</summary>
    public static async Task<List<IMessage>> CallAsync(this MethodDescriptor rpc, CallInvoker invoker, string json)
    {
        var bytes = Marshallers.Create(b => b, b => b);
        var type = (rpc.IsClientStreaming, rpc.IsServerStreaming) switch
        {
            (false, false) => MethodType.Unary,
            (true, false) => MethodType.ClientStreaming,
            (false, true) => MethodType.ServerStreaming,
            (true, true) => throw new NotSupportedException("The contract has no duplex stream yet."),
        };
        var method = new Method<byte[], byte[]>(type, rpc.Service.FullName, rpc.Name, bytes, bytes);
        var options = new CallOptions(deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(60));
        var request = Parser.Parse(json, rpc.InputType).ToByteArray();
        if (type == MethodType.Unary) return [Read(await invoker.AsyncUnaryCall(method, null, options, request))];
        if (type == MethodType.ClientStreaming)
        {
            using var sending = invoker.AsyncClientStreamingCall(method, null, options);
            try
            {
                await sending.RequestStream.WriteAsync(request);
                await sending.RequestStream.CompleteAsync();
            }
            catch (Exception e) when (e is RpcException or InvalidOperationException)
            {
                // Refused before it was sent: why is in the response.
            }

            return [Read(await sending.ResponseAsync)];
        }

        var items = new List<IMessage>();
        using var call = invoker.AsyncServerStreamingCall(method, null, options, request);
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            items.Add(Read(call.ResponseStream.Current));
            if (items[^1].Descriptor.FindFieldByName("checkpoint_time") is { } checkpoint && checkpoint.Accessor.GetValue(items[^1]) is not null) break;
        }

        return items;

        IMessage Read(byte[] response) => rpc.OutputType.Parser.ParseFrom(response);
    }

    /// <summary>Every string in a message, at any depth; what is packed in an Any is opened.</summary>
    public static IEnumerable<string> Strings(this IMessage message)
    {
        if (message is Any any)
            return ContractFiles.All.SelectMany(f => f.MessageTypes).FirstOrDefault(t => any.Is(t)) is { } type ? type.Parser.ParseFrom(any.Value).Strings() : [];
        return
            from field in message.Descriptor.Fields.InDeclarationOrder()
            let value = field.Accessor.GetValue(message)
            from found in field.IsMap ? [] : field.IsRepeated ? ((System.Collections.IEnumerable)value).Cast<object>().SelectMany(Of) : Of(value)
            select found;

        static IEnumerable<string> Of(object? value) => value switch
        {
            string text => [text],
            IMessage inner => inner.Strings(),
            _ => [],
        };
    }
}
