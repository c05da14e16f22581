using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Passerelle.Client;
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

    /// <summary>Takes note of calls and answers them when the returned action is called.</summary>
    public Action Hold()
    {
        var held = new TaskCompletionSource();
        app.Services.GetRequiredService<State>().Held = held.Task;
        return held.SetResult;
    }

    /// <summary>What it does with a call instead of taking it; e.g. throws the status that it answers with.</summary>
    public Func<ServerCallContext, Task> Answer { set => app.Services.GetRequiredService<State>().Answer = value; }

    /// <summary>What stands before the server and answers in its place, in HTTP only.</summary>
    public Action<HttpResponse> Proxy { set => app.Services.GetRequiredService<State>().Proxy = value; }

    /// <summary>Open connections.</summary>
    public int Connections => app.Services.GetRequiredService<State>().Connections;

    /// <summary>What came beside each envelope.</summary>
    public ConcurrentQueue<Metadata> Metadata => app.Services.GetRequiredService<State>().Metadata;

    /// <summary>Takes only what this verifies.</summary>
    public PayloadVerifier Verifier { set => app.Services.GetRequiredService<State>().Verifier = value; }

    /// <param name="listen">How it listens, e.g. with TLS; without it in clear.</param>
    public static async Task<PartnerServer> StartAsync(Action<ListenOptions>? listen = null)
    {
        var port = HubProcess.FreePort();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port, l =>
        {
            l.Protocols = HttpProtocols.Http2;
            l.Use(next => async connection =>
            {
                var state = l.ApplicationServices.GetRequiredService<State>();
                state.Count(1);
                try { await next(connection); }
                finally { state.Count(-1); }
            });
            listen?.Invoke(l);
        }));
        builder.Services.AddSingleton<State>();
        builder.Services.AddGrpc();
        var app = builder.Build();
        app.Use((context, next) =>
        {
            if (app.Services.GetRequiredService<State>().Proxy is not { } proxy) return next(context);
            proxy(context.Response);
            return Task.CompletedTask;
        });
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

        public ConcurrentQueue<Metadata> Metadata { get; } = new();

        public PayloadVerifier? Verifier { get; set; }

        public bool Hang { get; set; }

        public Func<ServerCallContext, Task>? Answer { get; set; }

        public Action<HttpResponse>? Proxy { get; set; }

        public Task Held { get; set; } = Task.CompletedTask;

        public int Connections => connections;

        int connections;

        public void Count(int change) => Interlocked.Add(ref connections, change);
    }

    public sealed class Door(State state) : DeliveryService.DeliveryServiceBase
    {
        public override async Task<DeliverExchangeResponse> DeliverExchange(DeliverExchangeRequest request, ServerCallContext context)
        {
            state.Verifier?.Verify(context.RequestHeaders, request.Envelope);
            state.Metadata.Enqueue(context.RequestHeaders);
            state.Received.Enqueue(request.Envelope);
            if (state.Answer is { } answer) await answer(context);
            if (state.Hang) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            await state.Held;
            return new DeliverExchangeResponse();
        }
    }
}
