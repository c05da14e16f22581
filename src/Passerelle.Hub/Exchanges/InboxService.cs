using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Hub.Exchanges;

/// <summary>The inbox of partners that pull: the same claims, the same preparation, the same window as push.</summary>
public sealed partial class InboxService(
    HubDb db, ExchangeClaims claims, IServiceScopeFactory scopes, WatchLoop watch, ChangeSignal changes, ILogger<InboxService> logger) : Wire.InboxService.InboxServiceBase
{
    public override async Task WatchInbox(Wire.WatchInboxRequest request, IServerStreamWriter<Wire.WatchInboxResponse> responseStream, ServerCallContext context)
    {
        var partnerId = context.Caller().RequirePartner();
        var partner = await db.Partners.AsNoTracking().SingleAsync(p => p.Id == partnerId, context.CancellationToken);
        if (partner.Delivery != DeliveryMode.Pull) throw new StateConflict(Names.OfPartner(partnerId), "push", "Exchanges for this partner are pushed to its server.");
        await watch.RunAsync(
            async ct =>
            {
                // One at a time: what a slow reader has not taken yet must not wait under a lease that runs.
                if ((await claims.TakeAsync(DeliveryMode.Pull, partnerId, 1, ct)).Claims is not [var claim]) return false;
                if (await PrepareAsync(claim, ct) is { } envelope) await responseStream.WriteAsync(new Wire.WatchInboxResponse { Envelope = envelope }, ct);
                return true;
            },
            async (now, ct) => await responseStream.WriteAsync(new Wire.WatchInboxResponse { CheckpointTime = Timestamp.FromDateTimeOffset(now) }, ct),
            context.CancellationToken);
    }

    /// <summary>One exchange that cannot be composed does not end the stream: its lease ends, and it is tried again.</summary>
    async Task<Wire.Envelope?> PrepareAsync(Claim claim, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        try
        {
            return await scope.ServiceProvider.GetRequiredService<Dispatch>().PrepareAsync([claim], Transport.Pull, ct) is [var ready] ? ready.Envelope : null;
        }
        catch (Exception e) when (e is not OperationCanceledException && !ErrorInterceptor.IsStorageOutage(e))
        {
            LogNotPrepared(e, Names.Of(Names.Exchanges, claim.ExchangeId), claim.Generation);
            return null;
        }
    }

    public override async Task<Wire.AcknowledgeExchangeResponse> AcknowledgeExchange(Wire.AcknowledgeExchangeRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Exchanges, "name");
        violations.ThrowIfAny();
        await using var scope = scopes.CreateAsyncScope();
        var exchange = await scope.ServiceProvider.GetRequiredService<ExchangeDesk>().AcknowledgeAsync(id, context.Caller().RequirePartner(), context.CancellationToken);
        changes.Pulse();
        return new Wire.AcknowledgeExchangeResponse { Exchange = await ExchangeService.ToWireAsync(db, exchange, context.CancellationToken) };
    }

    [LoggerMessage(1, LogLevel.Error, "{Exchange} attempt {Attempt} could not be composed; its lease will end")]
    partial void LogNotPrepared(Exception exception, string exchange, int attempt);
}
