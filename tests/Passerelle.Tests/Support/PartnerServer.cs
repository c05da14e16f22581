using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Tests.Support;

/// <summary>A partner's own server on a real port: takes what it is given, or hangs.</summary>
public sealed class PartnerServer : IAsyncDisposable
{
    readonly WebApplication app;

    PartnerServer(WebApplication app, int port) => (this.app, Port) = (app, port);

    public int Port { get; }

    public ConcurrentQueue<Envelope> Received => app.Services.GetRequiredService<State>().Received;

    /// <summary>Takes note of a call and never answers it.</summary>
    public bool Hang { set => app.Services.GetRequiredService<State>().Hang = value; }

    public static async Task<PartnerServer> StartAsync()
    {
        var port = HubProcess.FreePort();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port, l => l.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton<State>();
        builder.Services.AddGrpc();
        var app = builder.Build();
        app.MapGrpcService<Door>();
        await app.StartAsync();
        return new PartnerServer(app, port);
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    public sealed class State
    {
        public ConcurrentQueue<Envelope> Received { get; } = new();

        public bool Hang { get; set; }
    }

    public sealed class Door(State state) : DeliveryService.DeliveryServiceBase
    {
        public override async Task<DeliverExchangeResponse> DeliverExchange(DeliverExchangeRequest request, ServerCallContext context)
        {
            state.Received.Enqueue(request.Envelope);
            if (state.Hang) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            return new DeliverExchangeResponse();
        }
    }
}
