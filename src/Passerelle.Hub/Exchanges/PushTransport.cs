using System.Security.Authentication;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Passerelle.Hub.Partners;
using Wire = Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Hub.Exchanges;

/// <summary>Sends an envelope to a partner's server and says what became of it.</summary>
public interface IPartnerTransport
{
    Task<SendOutcome> SendAsync(string partnerId, Wire.Envelope envelope, CancellationToken ct);
}

/// <summary>gRPC to the partner's DeliveryService, signed with the partner's keys.</summary>
public sealed class PushTransport(PushDirectory directory, PushChannels channels, IOptions<DeliveryOptions> options, TimeProvider time) : IPartnerTransport
{
    public async Task<SendOutcome> SendAsync(string partnerId, Wire.Envelope envelope, CancellationToken ct)
    {
        if (await directory.FindAsync(partnerId, ct) is not var (settings, now)) return new SendOutcome.NotYet("NOT_BY_PUSH");
        using var rent = channels.Open(partnerId, settings);
        var client = new Wire.DeliveryService.DeliveryServiceClient(rent.Channel);
        using var timeout = new CancellationTokenSource(options.Value.AttemptTimeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
        using var call = client.DeliverExchangeAsync(new Wire.DeliverExchangeRequest { Envelope = envelope }, PayloadSignature.Of(envelope, settings.Signers, now), cancellationToken: stop.Token);
        try
        {
            await call;
            return new SendOutcome.Accepted();
        }
        catch (RpcException) when (timeout.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            return new SendOutcome.NotYet("DEADLINE_EXCEEDED", Contact: Contact.Missed);
        }
        catch (RpcException e)
        {
            ct.ThrowIfCancellationRequested();
            return NotConnected(e) is { } word ? new SendOutcome.NotYet(word, Contact: Contact.Missed) : SendOutcome.Of(e, await HeadersAsync(call));
        }
    }

    static async Task<Metadata> HeadersAsync(AsyncUnaryCall<Wire.DeliverExchangeResponse> call)
    {
        try { return await call.ResponseHeadersAsync; }
        // There were none.
        catch (RpcException) { return []; }
    }

    /// <summary>Our own word for why there is no connection, where we have one: nobody at the partner said anything, and it can be mended.</summary>
    static string? NotConnected(RpcException exception)
    {
        for (var cause = exception.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            if (cause is PushForbidden forbidden) return forbidden.Word;
            // Whatever else ends a handshake: the server wants a certificate of ours that it knows, or speaks no TLS.
            if (cause is AuthenticationException) return "TLS_REFUSED";
        }

        // Nobody cancelled the call: the connection was not there in time, and the HTTP client says it with the same exception, which gRPC takes for a cancelled call.
        return exception.Status.DebugException is OperationCanceledException ? "NOT_CONNECTED" : null;
    }
}
