using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Partners;

/// <summary>Finds out who calls, holds the call to the scope that the contract declares and to what one caller may take, and narrows what a partner's call can see. Health and reflection need nothing of it.</summary>
public sealed class CallerInterceptor(CallerDirectory directory, CallLimits limits, OpenStreams streams) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        if (AccessRules.Of(context.Method) is not { } rule) return await continuation(request, context);
        var holder = await AdmitAsync(context, rule);
        using var place = limits.Take(holder.Caller, isStream: false);
        await RequireSightAsync(request, rule, holder, context);
        // One connection for all that the call reads: each that is opened is told anew who looks, which is an exchange with the database.
        if (rule.OnlyReads && holder.Caller.PartnerId is not null) await context.GetHttpContext().RequestServices.GetRequiredService<HubDb>().Database.OpenConnectionAsync(context.CancellationToken);
        return await continuation(request, context);
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        if (AccessRules.Of(context.Method) is not { } rule) return await continuation(requestStream, context);
        var holder = await AdmitAsync(context, rule);
        using var place = limits.Take(holder.Caller, isStream: true);
        return await streams.WhileHeldAsync(holder, context, held => continuation(limits.Patient(requestStream, context), held));
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        if (AccessRules.Of(context.Method) is not { } rule)
        {
            await continuation(request, responseStream, context);
            return;
        }

        var holder = await AdmitAsync(context, rule);
        using var place = limits.Take(holder.Caller, isStream: true);
        await RequireSightAsync(request, rule, holder, context);
        await streams.WhileHeldAsync(holder, context, async held =>
        {
            await continuation(request, responseStream, held);
            return true;
        });
    }

    async ValueTask<Holder> AdmitAsync(ServerCallContext context, AccessRule rule)
    {
        var holder = await directory.FindAsync(context);
        limits.Count(holder.Caller);
        if (!holder.Caller.Scopes.Contains(rule.Scope)) throw new ScopeMissing(rule.Scope);
        context.SetCaller(holder.Caller);
        if (holder.Caller.PartnerId is { } partnerId) SightOf(context).Narrow(partnerId, rule.OnlyReads);
        return holder;
    }

    /// <summary>A verb works with the hub's own eyes: what a partner calls it on, the partner must see. What it may not see gets the answer of what is not there, from the same line.</summary>
    static async ValueTask RequireSightAsync<TRequest>(TRequest request, AccessRule rule, Holder holder, ServerCallContext context)
    {
        if (rule.OnlyReads || holder.Caller.PartnerId is null || request is not IMessage message) return;
        if (message.Descriptor.FindFieldByName("name") is not { FieldType: FieldType.String } field) return;
        var name = (string)field.Accessor.GetValue(message);
        if (!await SightOf(context).CanSeeAsync(name, context.CancellationToken)) throw new ResourceNotFound(name);
    }

    static Sight SightOf(ServerCallContext context) => context.GetHttpContext().RequestServices.GetRequiredService<Sight>();
}
