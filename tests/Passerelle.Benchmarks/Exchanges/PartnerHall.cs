using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Passerelle.Benchmarks.Harness;
using Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Benchmarks.Exchanges;

/// <summary>The servers of many partners in one process of their own, one port each: they take what they are given and note when; told to hang, one never answers.</summary>
static class PartnerHall
{
    public const string Command = "partner-hall";

    public static async Task<int> RunAsync(string[] configuration)
    {
        // Not the sandbox's folder: it would be watched for changes, and PostgreSQL writes there.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = configuration, ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenLocalhost(builder.Configuration.GetValue<int>("Http"), l => l.Protocols = HttpProtocols.Http1);
            for (var i = 0; i < builder.Configuration.GetValue<int>("Partners"); i++) kestrel.Listen(System.Net.IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddSingleton<Book>();
        builder.Services.AddGrpc();
        await using var app = builder.Build();
        app.MapGrpcService<Door>();
        var book = app.Services.GetRequiredService<Book>();
        app.MapGet("/health/ready", () => book.Ports.Length > 0 ? Results.Ok() : Results.StatusCode(StatusCodes.Status503ServiceUnavailable));
        app.MapGet("/ports", () => string.Join(',', book.Ports));
        app.MapGet("/count", (int partners) => book.Count(partners).ToString(System.Globalization.CultureInfo.InvariantCulture));
        app.MapPost("/hang", (int partner, bool on) => book.Hang(partner, on));
        app.MapPost("/clear", book.Clear);
        app.MapGet("/arrivals", (int partners) => Results.Stream(output => book.WriteAsync(output, partners), "application/octet-stream"));
        await app.StartAsync();
        var http = builder.Configuration.GetValue<int>("Http");
        book.Open([.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Select(a => new Uri(a.Replace("localhost", "127.0.0.1", StringComparison.Ordinal)).Port).Where(p => p != http)]);
        await app.WaitForShutdownAsync();
        return 0;
    }

    sealed class Book
    {
        readonly ConcurrentDictionary<int, int> partnerOfPort = new();
        readonly ConcurrentDictionary<int, bool> hanging = new();
        volatile int[] ports = [];
        ConcurrentQueue<Arrival>[] arrivals = [];

        public int[] Ports => ports;

        public void Open(int[] opened)
        {
            for (var i = 0; i < opened.Length; i++) partnerOfPort[opened[i]] = i;
            arrivals = [.. opened.Select(_ => new ConcurrentQueue<Arrival>())];
            ports = opened;
        }

        public int PartnerOf(int port) => partnerOfPort[port];

        public bool IsHanging(int partner) => hanging.ContainsKey(partner);

        public void Hang(int partner, bool on)
        {
            if (on) hanging[partner] = true;
            else hanging.TryRemove(partner, out _);
        }

        public void Note(Arrival arrival) => arrivals[arrival.Partner].Enqueue(arrival);

        public long Count(int partners) => arrivals.Take(partners).Sum(a => (long)a.Count);

        public void Clear()
        {
            foreach (var queue in arrivals) queue.Clear();
        }

        public async Task WriteAsync(Stream output, int partners)
        {
            var bytes = new byte[Arrival.Size];
            await using var buffered = new BufferedStream(output, 1 << 16);
            foreach (var arrival in arrivals.Take(partners).SelectMany(a => a))
            {
                arrival.Write(bytes);
                await buffered.WriteAsync(bytes);
            }
        }
    }

    sealed class Door(Book book) : DeliveryService.DeliveryServiceBase
    {
        public override async Task<DeliverExchangeResponse> DeliverExchange(DeliverExchangeRequest request, ServerCallContext context)
        {
            // First of all: nothing that is done here shall count.
            var now = TimeProvider.System.GetUtcNow().UtcTicks;
            var envelope = request.Envelope;
            var partner = book.PartnerOf(context.GetHttpContext().Connection.LocalPort);
            book.Note(new Arrival(Guid.Parse(envelope.Exchange.AsSpan("exchanges/".Length)), now, partner, envelope.Payload.Value.Length));
            if (book.IsHanging(partner)) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            return new DeliverExchangeResponse();
        }
    }
}

/// <summary>What came in at a partner's door.</summary>
/// <param name="Ticks">When, in UTC.</param>
/// <param name="Bytes">Of the payload.</param>
readonly record struct Arrival(Guid Exchange, long Ticks, int Partner, int Bytes)
{
    public const int Size = 32;

    public void Write(Span<byte> bytes)
    {
        Exchange.TryWriteBytes(bytes);
        BitConverter.TryWriteBytes(bytes[16..], Ticks);
        BitConverter.TryWriteBytes(bytes[24..], Partner);
        BitConverter.TryWriteBytes(bytes[28..], Bytes);
    }

    public static Arrival Read(ReadOnlySpan<byte> bytes) =>
        new(new Guid(bytes[..16]), BitConverter.ToInt64(bytes[16..]), BitConverter.ToInt32(bytes[24..]), BitConverter.ToInt32(bytes[28..]));
}

/// <summary>The hall, seen from the benchmark.</summary>
sealed class Hall : IAsyncDisposable
{
    readonly ChildProcess process;
    readonly HttpClient http;

    Hall(ChildProcess process, HttpClient http) => (this.process, this.http) = (process, http);

    public IReadOnlyList<Uri> Addresses { get; private set; } = [];

    public static async Task<Hall> StartAsync(string folder, int partners, CancellationToken ct)
    {
        var port = ChildProcess.FreePort();
        var process = await ChildProcess.StartAsync("partners", folder, port, ["passerelle-bench.dll", PartnerHall.Command, $"--Http={port}", $"--Partners={partners}"], ct);
        var hall = new Hall(process, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") });
        var ports = await hall.http.GetStringAsync(new Uri("/ports", UriKind.Relative), ct);
        hall.Addresses = [.. ports.Split(',').Select(p => new Uri($"http://127.0.0.1:{p}"))];
        return hall;
    }

    /// <summary>How many deliveries came in at the doors of the first so many partners; repeats count.</summary>
    public async Task<long> CountAsync(int partners, CancellationToken ct) =>
        long.Parse(await http.GetStringAsync(new Uri($"/count?partners={partners}", UriKind.Relative), ct), System.Globalization.CultureInfo.InvariantCulture);

    public async Task<List<Arrival>> ArrivalsAsync(int partners, CancellationToken ct)
    {
        var bytes = await http.GetByteArrayAsync(new Uri($"/arrivals?partners={partners}", UriKind.Relative), ct);
        var arrivals = new List<Arrival>(bytes.Length / Arrival.Size);
        for (var at = 0; at < bytes.Length; at += Arrival.Size) arrivals.Add(Arrival.Read(bytes.AsSpan(at, Arrival.Size)));
        return arrivals;
    }

    public Task ClearAsync(CancellationToken ct) => PostAsync("/clear", ct);

    public Task HangAsync(int partner, bool on, CancellationToken ct) => PostAsync($"/hang?partner={partner}&on={on}", ct);

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await process.DisposeAsync();
    }

    async Task PostAsync(string path, CancellationToken ct) => (await http.PostAsync(new Uri(path, UriKind.Relative), null, ct)).EnsureSuccessStatusCode();
}
