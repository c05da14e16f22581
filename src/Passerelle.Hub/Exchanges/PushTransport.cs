using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Options;
using Wire = Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Hub.Exchanges;

/// <summary>Sends an envelope to a partner's server and says what became of it.</summary>
public interface IPartnerTransport
{
    Task<SendOutcome> SendAsync(string partnerId, Wire.Envelope envelope, CancellationToken ct);
}

/// <summary>gRPC to the partner's DeliveryService; one channel per address, kept.</summary>
public sealed class PushTransport(Npgsql.NpgsqlDataSource source, IOptions<DeliveryOptions> options, TimeProvider time) : IPartnerTransport, IDisposable
{
    readonly ConcurrentDictionary<Uri, GrpcChannel> channels = new();

    public async Task<SendOutcome> SendAsync(string partnerId, Wire.Envelope envelope, CancellationToken ct)
    {
        await using var command = source.CreateCommand("select push_address from partners where id = $1");
        command.Parameters.Add(new() { Value = partnerId });
        var address = new Uri((string)(await command.ExecuteScalarAsync(ct))!);
        var client = new Wire.DeliveryService.DeliveryServiceClient(channels.GetOrAdd(address, Connect));
        using var timeout = new CancellationTokenSource(options.Value.AttemptTimeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
        try
        {
            await client.DeliverExchangeAsync(new Wire.DeliverExchangeRequest { Envelope = envelope }, cancellationToken: stop.Token);
            return new SendOutcome.Accepted();
        }
        catch (RpcException) when (timeout.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            return new SendOutcome.NotYet("DEADLINE_EXCEEDED", Missed: true);
        }
        catch (RpcException e)
        {
            ct.ThrowIfCancellationRequested();
            return SendOutcome.Of(e);
        }
    }

    static GrpcChannel Connect(Uri address) => GrpcChannel.ForAddress(address, new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            ConnectTimeout = TimeSpan.FromSeconds(5),
        },
    });

    public void Dispose()
    {
        foreach (var channel in channels.Values) channel.Dispose();
    }
}
