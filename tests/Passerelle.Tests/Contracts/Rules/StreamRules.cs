using Google.Protobuf.Reflection;

namespace Passerelle.Tests.Contracts.Rules;

/// <summary>Streams: feeds that can be resumed, and bytes or bulk that begin with a header.</summary>
static class StreamRules
{
    public static IEnumerable<string> StreamsGoOneWay(Contract contract) =>
        from rpc in contract.Rpcs
        where rpc.IsClientStreaming && rpc.IsServerStreaming
        select $"{rpc.FullName}: a stream goes one way; acknowledging and answering are unary";

    public static IEnumerable<string> ServerStreamsAreFeedsWithCheckpoints(Contract contract)
    {
        foreach (var rpc in contract.Rpcs.Where(rpc => rpc.IsServerStreaming && !IsDownload(rpc)))
        {
            if (!rpc.Name.StartsWith("Watch", StringComparison.Ordinal))
                yield return $"{rpc.FullName}: a server stream is named Watch... (or Download... for bytes)";
            var item = Item(rpc.OutputType);
            if (item?.Fields.Any(field => field.Name == "checkpoint_time" && field.Is("google.protobuf.Timestamp")) != true)
                yield return $"{rpc.OutputType.FullName}: has oneof item {{ ..., google.protobuf.Timestamp checkpoint_time }}";
            if (rpc.InputType.FindFieldByName("start_cursor")?.FieldType != FieldType.String)
                yield return $"{rpc.InputType.FullName}: has string start_cursor";
            if (rpc.OutputType.FindFieldByName("cursor") is not { FieldType: FieldType.String, RealContainingOneof: null })
                yield return $"{rpc.OutputType.FullName}: has string cursor, beside the oneof: checkpoints have one too";
        }
    }

    public static IEnumerable<string> DownloadsAreAHeaderThenChunks(Contract contract) =>
        from rpc in contract.Rpcs
        where IsDownload(rpc) && Item(rpc.OutputType) is not
        { Fields: [{ FieldNumber: 1, FieldType: FieldType.Message }, { Name: "chunk", FieldType: FieldType.Bytes }] }
        select $"{rpc.OutputType.FullName}: is oneof item {{ <what it is> = 1; bytes chunk = 2 }}";

    public static IEnumerable<string> ClientStreamsBeginWithAHeader(Contract contract)
    {
        foreach (var rpc in contract.Rpcs.Where(rpc => rpc.IsClientStreaming))
        {
            if (Item(rpc.InputType) is not { Fields: [{ Name: "header", FieldNumber: 1, FieldType: FieldType.Message } header, _, ..] }
                || header.MessageType.ContainingType != rpc.InputType)
                yield return $"{rpc.InputType.FullName}: is oneof item {{ Header header = 1; ... }} with a message Header of its own";
            if (rpc.InputType.Fields.InDeclarationOrder().Any(field => field.RealContainingOneof is null))
                yield return $"{rpc.InputType.FullName}: has nothing beside its oneof: what holds for the stream is in the header";
        }
    }

    static bool IsDownload(MethodDescriptor rpc) => rpc.IsServerStreaming && rpc.Name.StartsWith("Download", StringComparison.Ordinal);

    static OneofDescriptor? Item(MessageDescriptor message) => message.Oneofs.FirstOrDefault(oneof => oneof.Name == "item" && !oneof.IsSynthetic);
}
