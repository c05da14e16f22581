using System.Diagnostics;
using System.Net.Sockets;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Passerelle.Hub.Platform.Errors;

/// <summary>Turns what a service throws into the status that the contract promises. Nothing else leaves: no text of an exception, no stack.</summary>
public sealed partial class ErrorInterceptor(IOptions<GrpcServiceOptions> grpc, ILogger<ErrorInterceptor> logger) : Interceptor
{
    static readonly TimeSpan StorageRetryDelay = TimeSpan.FromSeconds(2);

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try { return await continuation(request, context); }
        catch (Exception e) { throw Translate(e, context); }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try { return await continuation(requestStream, context); }
        catch (Exception e) { throw Translate(e, context); }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try { await continuation(request, responseStream, context); }
        catch (Exception e) { throw Translate(e, context); }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try { await continuation(requestStream, responseStream, context); }
        catch (Exception e) { throw Translate(e, context); }
    }

    RpcException Translate(Exception exception, ServerCallContext context)
    {
        switch (exception)
        {
            case Refusal refusal:
                LogRefused(context.Method, refusal.Reason.ToReasonName());
                return refusal.ToStatus().ToRpcException();
            // gRPC itself, in the middle of a stream: a message is larger than it reads.
            case RpcException { StatusCode: StatusCode.ResourceExhausted } when grpc.Value.MaxReceiveMessageSize is { } limit:
                return Translate(new TooLarge("The message", limit), context);
            case RpcException rpc:
                return rpc;
            case OperationCanceledException when context.CancellationToken.IsCancellationRequested:
            case IOException when context.CancellationToken.IsCancellationRequested:
                // The caller hung up or its deadline passed: nobody reads the answer.
                return new RpcException(new Status(StatusCode.Cancelled, "The call was cancelled."));
            case var e when IsStorageOutage(e):
                LogStorageUnavailable(context.Method, e.GetType().Name, (Find<PostgresException>(e))?.SqlState);
                return new StorageUnavailable(StorageRetryDelay).ToStatus().ToRpcException();
            default:
                var trace = Activity.Current?.TraceId.ToString() ?? context.GetHttpContext().TraceIdentifier;
                LogDefect(exception, context.Method, trace);
                return new InternalDefect(trace).ToStatus().ToRpcException();
        }
    }

    /// <summary>The database is away, full of connections, starting or stopping: waiting helps. Anything else that it says is our defect.</summary>
    public static bool IsStorageOutage(Exception exception) => Find<PostgresException>(exception) is { } said
        ? said.SqlState.StartsWith("08", StringComparison.Ordinal) || said.SqlState.StartsWith("57P", StringComparison.Ordinal) || said.SqlState == PostgresErrorCodes.TooManyConnections
        // The driver trips over its own feet when a connection is cut in the middle of an answer.
        : Find<NpgsqlException>(exception) is not null || Find<SocketException>(exception) is not null || exception is NullReferenceException { Source: "Npgsql" };

    static T? Find<T>(Exception? exception) where T : Exception
    {
        for (; exception is not null; exception = exception.InnerException)
            if (exception is T found) return found;
        return null;
    }

    [LoggerMessage(1, LogLevel.Information, "{Method} refused: {Reason}")]
    partial void LogRefused(string method, string reason);

    [LoggerMessage(2, LogLevel.Warning, "{Method} found the storage unavailable: {Kind} {SqlState}")]
    partial void LogStorageUnavailable(string method, string kind, string? sqlState);

    [LoggerMessage(3, LogLevel.Error, "{Method} failed, trace {Trace}")]
    partial void LogDefect(Exception exception, string method, string trace);
}
