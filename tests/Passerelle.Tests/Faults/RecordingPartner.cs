using System.Security.Cryptography;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Passerelle.Client;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Faults;

/// <summary>An exchange as a partner got it, once or again.</summary>
sealed record Receipt(string Exchange, int Attempt, DateTimeOffset At, string PayloadHash);

/// <summary>What partners wrote down: everything that arrived, in order of arrival, and what it led to in their own database, through the client package's inbox.</summary>
sealed class Receipts : IAsyncDisposable
{
    readonly Lock gate = new();
    readonly List<Receipt> all = [];
    readonly NpgsqlDataSource source;
    readonly DatabaseInbox inbox;

    Receipts(NpgsqlDataSource source) => (this.source, inbox) = (source, new DatabaseInbox(source));

    public IReadOnlyList<Receipt> All { get { lock (gate) return [.. all]; } }

    /// <param name="connectionString">The partners' own database, which no fault befalls.</param>
    public static async Task<Receipts> OpenAsync(string connectionString)
    {
        var receipts = new Receipts(NpgsqlDataSource.Create(connectionString));
        await receipts.inbox.CreateTableAsync();
        // No key: what comes twice is to be seen twice.
        await using var create = receipts.source.CreateCommand("create table effects (exchange text not null)");
        await create.ExecuteNonQueryAsync();
        return receipts;
    }

    public async Task TakeAsync(Envelope envelope)
    {
        var hash = Convert.ToHexString(SHA256.HashData(envelope.Payload.Value.Span));
        lock (gate) all.Add(new Receipt(envelope.Exchange, envelope.Attempt, TimeProvider.System.GetUtcNow(), hash));
        await inbox.ReceiveOnceAsync(envelope, async (transaction, ct) =>
        {
            await using var effect = new NpgsqlCommand("insert into effects (exchange) values ($1)", (NpgsqlConnection)transaction.Connection!, (NpgsqlTransaction)transaction);
            effect.Parameters.Add(new() { Value = envelope.Exchange });
            await effect.ExecuteNonQueryAsync(ct);
        });
    }

    /// <summary>How often each exchange had an effect.</summary>
    public async Task<IReadOnlyDictionary<string, int>> EffectsAsync()
    {
        await using var command = source.CreateCommand("select exchange, count(*)::int from effects group by exchange");
        await using var reader = await command.ExecuteReaderAsync();
        var effects = new Dictionary<string, int>();
        while (await reader.ReadAsync()) effects[reader.GetString(0)] = reader.GetInt32(1);
        return effects;
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();
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
        public override async Task<DeliverExchangeResponse> DeliverExchange(DeliverExchangeRequest request, ServerCallContext context)
        {
            await receipts.TakeAsync(request.Envelope);
            return new DeliverExchangeResponse();
        }
    }
}
