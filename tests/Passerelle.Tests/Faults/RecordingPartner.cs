using System.Collections.Concurrent;
using System.Security.Cryptography;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Faults;

/// <summary>An exchange as a partner got it, once or again.</summary>
sealed record Receipt(string Exchange, int Attempt, DateTimeOffset At, string PayloadHash);

/// <summary>What partners wrote down: everything that arrived, in order of arrival, and what it led to.</summary>
sealed class Receipts
{
    readonly Lock gate = new();
    readonly List<Receipt> all = [];
    readonly ConcurrentDictionary<string, int> effects = new();
    readonly MemoryInbox inbox = new();

    public IReadOnlyList<Receipt> All { get { lock (gate) return [.. all]; } }

    /// <summary>How often each exchange had an effect.</summary>
    public IReadOnlyDictionary<string, int> Effects => effects;

    public void Take(Envelope envelope)
    {
        var hash = Convert.ToHexString(SHA256.HashData(envelope.Payload.Value.Span));
        lock (gate) all.Add(new Receipt(envelope.Exchange, envelope.Attempt, TimeProvider.System.GetUtcNow(), hash));
        if (inbox.IsNew(envelope)) effects.AddOrUpdate(envelope.Exchange, 1, (_, n) => n + 1);
    }

    /// <summary>The seam for the client package's inbox, which keeps what was received in the partner's database. Until it is there: in memory, by the exchange's name.</summary>
    sealed class MemoryInbox
    {
        readonly ConcurrentDictionary<string, bool> known = new();

        public bool IsNew(Envelope envelope) => known.TryAdd(envelope.Exchange, true);
    }
}

/// <summary>The server of partners that receive by push: takes everything.</summary>
sealed class RecordingPartner : IAsyncDisposable
{
    readonly WebApplication app;

    RecordingPartner(WebApplication app, int port) => (this.app, Port) = (app, port);

    public int Port { get; }

    public static async Task<RecordingPartner> StartAsync(Receipts receipts)
    {
        var port = HubProcess.FreePort();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port, l => l.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton(receipts);
        builder.Services.AddGrpc();
        var app = builder.Build();
        app.MapGrpcService<Door>();
        await app.StartAsync();
        return new RecordingPartner(app, port);
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await app.StopAsync(patience.Token);
        await app.DisposeAsync();
    }

    sealed class Door(Receipts receipts) : DeliveryService.DeliveryServiceBase
    {
        public override Task<DeliverExchangeResponse> DeliverExchange(DeliverExchangeRequest request, ServerCallContext context)
        {
            receipts.Take(request.Envelope);
            return Task.FromResult(new DeliverExchangeResponse());
        }
    }
}
