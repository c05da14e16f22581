using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Passerelle.Simulator.Hub;

/// <summary>Sends the caller's key and its purpose with every call, and bounds every call that is not a feed.</summary>
sealed class CallerInterceptor(string key, TimeProvider time) : Interceptor
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, Bounded(WithKey(context)));

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(Bounded(WithKey(context)));

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, WithKey(context));

    ClientInterceptorContext<TRequest, TResponse> WithKey<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
        where TRequest : class where TResponse : class
    {
        var headers = new Metadata { { "authorization", $"Bearer {key}" }, { "passerelle-purpose", "case_handling" } };
        foreach (var entry in context.Options.Headers ?? []) headers.Add(entry);
        return new(context.Method, context.Host, context.Options.WithHeaders(headers));
    }

    ClientInterceptorContext<TRequest, TResponse> Bounded<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
        where TRequest : class where TResponse : class =>
        context.Options.Deadline is not null
            ? context
            : new(context.Method, context.Host, context.Options.WithDeadline((time.GetUtcNow() + Limit).UtcDateTime));
}
