using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Passerelle.Client;

/// <summary>
/// Adds to every call who we are and why we read. An interceptor rather than <see cref="CallCredentials"/>, which gRPC refuses to send on a connection without TLS.
/// </summary>
internal sealed class CallerInterceptor(PasserelleOptions options) : Interceptor
{
    private readonly Metadata _own = Own(options);

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
        => continuation(request, WithOwn(context));

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        => continuation(request, WithOwn(context));

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
        => continuation(request, WithOwn(context));

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
        => continuation(WithOwn(context));

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
        => continuation(WithOwn(context));

    private ClientInterceptorContext<TRequest, TResponse> WithOwn<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
        where TRequest : class
        where TResponse : class
    {
        // The caller's own metadata is copied, not changed: it may serve for several calls. What it says wins.
        var headers = new Metadata();
        foreach (var entry in context.Options.Headers ?? Metadata.Empty)
            headers.Add(entry);
        foreach (var entry in _own)
        {
            if (headers.Get(entry.Key) is null)
                headers.Add(entry);
        }
        return new(context.Method, context.Host, context.Options.WithHeaders(headers));
    }

    private static Metadata Own(PasserelleOptions options)
    {
        var own = Reading.For(options.Purpose, options.Actor);
        if (options.ApiKey is { } key)
            own.Add("authorization", $"Bearer {key}");
        return own;
    }
}
