using Google.Protobuf;
using Grpc.Core;

namespace Passerelle.Client;

/// <summary>A client stream of bytes: the header first, then chunks, then the one response.</summary>
internal static class Upload
{
    /// <summary>64 KiB: the size that the contract calls good.</summary>
    private const int ChunkBytes = 64 * 1024;

    public static async Task<TResponse> SendAsync<TRequest, TResponse>(
        AsyncClientStreamingCall<TRequest, TResponse> call, TRequest header, Stream content, Func<ByteString, TRequest> chunk,
        IProgress<long>? sent, CancellationToken cancellationToken)
    {
        return await SendAsync(call, Messages(), cancellationToken);

        async IAsyncEnumerable<TRequest> Messages()
        {
            yield return header;
            long total = 0;
            while (true)
            {
                // A new array each time: the message owns it, and gRPC may still be sending the one before.
                var buffer = new byte[ChunkBytes];
                var read = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
                if (read == 0)
                    break;
                yield return chunk(UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, read)));
                // Asked for the next message: this one was handed over.
                sent?.Report(total += read);
                if (read < ChunkBytes)
                    break;
            }
        }
    }

    public static async Task<TResponse> SendAsync<TRequest, TResponse>(
        AsyncClientStreamingCall<TRequest, TResponse> call, IAsyncEnumerable<TRequest> messages, CancellationToken cancellationToken)
    {
        using (call)
        {
            await foreach (var message in messages.WithCancellation(cancellationToken))
            {
                if (!await TryWriteAsync(() => call.RequestStream.WriteAsync(message, cancellationToken), cancellationToken))
                    return await ResponseAsync(call, cancellationToken);
            }
            _ = await TryWriteAsync(call.RequestStream.CompleteAsync, cancellationToken);
            return await ResponseAsync(call, cancellationToken);
        }
    }

    /// <summary>
    /// False when the hub has answered before the end, with an error or with the response of an equal request: writing then fails without a
    /// useful reason, and the response has it.
    /// </summary>
    private static async Task<bool> TryWriteAsync(Func<Task> write, CancellationToken cancellationToken)
    {
        try
        {
            await write();
            return true;
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task<TResponse> ResponseAsync<TRequest, TResponse>(AsyncClientStreamingCall<TRequest, TResponse> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call.ResponseAsync;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
    }
}
