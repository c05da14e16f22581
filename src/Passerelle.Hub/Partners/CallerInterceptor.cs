using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Partners;

/// <summary>Finds out who calls and holds the call to the scope that the contract declares. Health and reflection need neither.</summary>
public sealed class CallerInterceptor(CallerDirectory directory) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        await AdmitAsync(context);
        return await continuation(request, context);
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await AdmitAsync(context);
        return await continuation(requestStream, context);
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await AdmitAsync(context);
        await continuation(request, responseStream, context);
    }

    async ValueTask AdmitAsync(ServerCallContext context)
    {
        if (AccessRules.ScopeOf(context.Method) is not { } scope) return;
        var caller = await directory.FindAsync(context);
        if (!caller.Scopes.Contains(scope)) throw new ScopeMissing(scope);
        context.SetCaller(caller);
    }
}

/// <summary>The scope of every RPC of the contract, read from its descriptors.</summary>
public static class AccessRules
{
    static readonly ConcurrentDictionary<string, string?> Scopes = new(
        from file in ContractFiles.All
        from service in file.Services
        from method in service.Methods
        select KeyValuePair.Create($"/{service.FullName}/{method.Name}", (string?)method.GetOptions().GetExtension(OptionsExtensions.Access).Scope));

    /// <summary>Null for RPCs that are not of the contract: health and reflection.</summary>
    public static string? ScopeOf(string method) => Scopes.GetValueOrDefault(method);
}
