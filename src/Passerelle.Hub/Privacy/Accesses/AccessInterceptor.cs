using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Passerelle.Hub.Privacy.Accesses;

/// <summary>Holds each call that reads persons' data to saying why, and lets none of it leave unless the access log has it: a service that forgets to say whose data it gives fails every time.</summary>
public sealed class AccessInterceptor : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        if (!PersonalReads.Are(context.Method)) return await continuation(request, context);
        AccessReason.Of(context);
        var response = await continuation(request, context);
        Check(response, context);
        return response;
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        if (!PersonalReads.Are(context.Method)) return await continuation(requestStream, context);
        AccessReason.Of(context);
        var response = await continuation(requestStream, context);
        Check(response, context);
        return response;
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        if (!PersonalReads.Are(context.Method)) return continuation(request, responseStream, context);
        AccessReason.Of(context);
        return continuation(request, new Checked<TResponse>(responseStream, context), context);
    }

    static void Check(object response, ServerCallContext context)
    {
        if (!AccessLog.IsNoted(context) && PersonalReads.Tells((IMessage)response)) throw new InvalidOperationException($"{context.Method} was about to give persons' data, and the access log does not know.");
    }

    sealed class Checked<T>(IServerStreamWriter<T> inner, ServerCallContext context) : IServerStreamWriter<T>
    {
        public WriteOptions? WriteOptions { get => inner.WriteOptions; set => inner.WriteOptions = value; }

        public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

        public Task WriteAsync(T message, CancellationToken cancellationToken)
        {
            Check(message!, context);
            return inner.WriteAsync(message, cancellationToken);
        }
    }
}
