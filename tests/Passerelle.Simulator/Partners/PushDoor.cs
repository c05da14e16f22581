using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Passerelle.Client;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Simulator.Hub;

namespace Passerelle.Simulator.Partners;

/// <summary>What a partner that receives by push puts on its own server.</summary>
sealed class PushDoor(DemoPartners partners, IServiceProvider services, IHostApplicationLifetime lifetime) : DeliveryService.DeliveryServiceBase
{
    public override async Task<DeliverExchangeResponse> DeliverExchange(DeliverExchangeRequest request, ServerCallContext context)
    {
        services.GetService<PayloadVerifier>()?.Verify(context.RequestHeaders, request.Envelope);
        var partner = partners.Pushed;
        var code = await partner.ReceiveAsync(request.Envelope, context.CancellationToken, lifetime.ApplicationStopping);
        return code is { } turnedAway ? throw Refusal(turnedAway, partner.Behaviour.RetryAfter) : new DeliverExchangeResponse();
    }

    static RpcException Refusal(Grpc.Core.StatusCode code, TimeSpan? retryAfter)
    {
        var status = new Google.Rpc.Status { Code = (int)code, Message = $"turned away on command with {code.CanonicalName()}" };
        if (retryAfter is { } pause) status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(pause) }));
        return status.ToRpcException();
    }
}
