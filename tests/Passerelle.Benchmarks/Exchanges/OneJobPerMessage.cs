using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Hangfire;
using Hangfire.PostgreSql;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Benchmarks.Harness;
using Passerelle.Client;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Benchmarks.Exchanges;

/// <summary>The usual way, with the same packages: a row and a Hangfire job for each message, all settings as they come, 20 workers. No consent, no register, no retry schedule of
/// its own, no order, no lanes, no clocks, no events: what it leaves out is to its advantage.</summary>
static class OneJobPerMessage
{
    public const string Command = "one-job-per-message";
    public const string Database = "one_job";

    const int Workers = 20;

    /// <summary>How its persons are called, so that the generator knows them.</summary>
    public static string PersonName(int i) => "persons/" + IdOf(i);

    public static async Task<int> RunAsync(string[] configuration)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = configuration, ContentRootPath = AppContext.BaseDirectory });
        var settings = builder.Configuration;
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenLocalhost(settings.GetValue<int>("Http"), l => l.Protocols = HttpProtocols.Http1);
            kestrel.ListenLocalhost(settings.GetValue<int>("Grpc"), l => l.Protocols = HttpProtocols.Http2);
        });
        var storage = settings["Storage"]!;
        builder.Services.AddDbContextPool<Db>(db => db.UseNpgsql(storage));
        await using (var db = new Db(new DbContextOptionsBuilder<Db>().UseNpgsql(storage).Options)) await FillAsync(db, settings.GetValue<int>("Persons"), settings.GetValue<int>("Seed"));
        builder.Services.AddHangfire(hangfire => hangfire.UsePostgreSqlStorage(postgres => postgres.UseNpgsqlConnection(storage), new PostgreSqlStorageOptions { SchemaName = "jobs" }));
        if (settings.GetValue<bool>("Deliver")) builder.Services.AddHangfireServer(server => server.WorkerCount = Workers);
        builder.Services.AddSingleton(new Partners(settings["Partners"]!.Split(',')));
        builder.Services.AddGrpc();
        await using var app = builder.Build();
        app.MapGrpcService<Door>();
        app.MapGet("/health/ready", () => Results.Ok());
        await app.RunAsync();
        return 0;
    }

    static Guid IdOf(int i) => new(i + 1, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);

    static async Task FillAsync(Db db, int persons, int seed)
    {
        if (!await db.Database.EnsureCreatedAsync()) return;
        for (var i = 0; i < persons; i++) db.People.Add(new Person { Id = IdOf(i), Name = Secret.Seal($"Camille Essai {i}"), Cv = Secret.Seal(GeneratedCv.Write(seed, i)) });
        await db.SaveChangesAsync();
    }

    public sealed class Person
    {
        public Guid Id { get; init; }

        public byte[] Name { get; init; } = [];

        public byte[] Cv { get; init; } = [];
    }

    public sealed class Message
    {
        public Guid Id { get; init; }

        public Guid PersonId { get; init; }

        public Person Person { get; init; } = null!;

        public string Partner { get; init; } = "";

        public byte[] Introduction { get; init; } = [];

        public string State { get; set; } = "queued";

        public DateTimeOffset CreateTime { get; init; }

        public DateTimeOffset? DeliveryTime { get; set; }
    }

    public sealed class Db(DbContextOptions<Db> options) : DbContext(options)
    {
        public DbSet<Person> People => Set<Person>();

        public DbSet<Message> Messages => Set<Message>();
    }

    sealed class Door(Db db, IBackgroundJobClient jobs) : ReferralService.ReferralServiceBase
    {
        public override async Task<CreateReferralResponse> CreateReferral(CreateReferralRequest request, ServerCallContext context)
        {
            var now = TimeProvider.System.GetUtcNow();
            var message = new Message
            {
                Id = Guid.CreateVersion7(now),
                PersonId = Guid.Parse(request.Person.AsSpan("persons/".Length)),
                Partner = request.Partner,
                Introduction = Secret.Seal(request.Introduction),
                CreateTime = now,
            };
            await using (var transaction = await db.Database.BeginTransactionAsync(context.CancellationToken))
            {
                db.Messages.Add(message);
                await db.SaveChangesAsync(context.CancellationToken);
                await transaction.CommitAsync(context.CancellationToken);
            }

            jobs.Enqueue<Deliver>(d => d.RunAsync(message.Id, CancellationToken.None));
            return new CreateReferralResponse { Referral = new Referral { Name = $"referrals/{message.Id}", Exchange = $"exchanges/{message.Id}", Person = request.Person, Partner = request.Partner, State = Referral.Types.State.Open } };
        }
    }

    /// <summary>The job.</summary>
    public sealed class Deliver(Db db, Partners partners)
    {
        public async Task RunAsync(Guid id, CancellationToken ct)
        {
            var message = await db.Messages.Include(m => m.Person).SingleAsync(m => m.Id == id, ct);
            var file = new ReferralFile
            {
                Referral = $"referrals/{id}",
                Person = $"persons/{message.PersonId}",
                GivenName = Secret.Open(message.Person.Name),
                Introduction = Secret.Open(message.Introduction),
                JsonResume = Secret.Open(message.Person.Cv),
            };
            var envelope = new Envelope { Exchange = $"exchanges/{id}", Kind = "referral", Subject = $"referrals/{id}", Attempt = 1, CreateTime = Timestamp.FromDateTimeOffset(message.CreateTime), Payload = Any.Pack(file) };
            await partners.Of(message.Partner).DeliverExchangeAsync(new() { Envelope = envelope }, cancellationToken: ct);
            (message.State, message.DeliveryTime) = ("delivered", TimeProvider.System.GetUtcNow());
            await db.SaveChangesAsync(ct);
        }
    }

    /// <summary>One channel a partner, kept. Addresses in the order of the partners' numbers.</summary>
    public sealed class Partners(string[] addresses)
    {
        readonly ConcurrentDictionary<string, DeliveryService.DeliveryServiceClient> clients =
            new(addresses.Select((a, i) => KeyValuePair.Create("partners/" + Stage.PartnerId(i), new DeliveryService.DeliveryServiceClient(GrpcChannel.ForAddress(a)))));

        public DeliveryService.DeliveryServiceClient Of(string partner) => clients[partner];
    }

    /// <summary>AES-256-GCM, as the hub seals; with one key for all.</summary>
    static class Secret
    {
        static readonly byte[] Key = new byte[32];

        public static byte[] Seal(string text)
        {
            var plain = Encoding.UTF8.GetBytes(text);
            var result = new byte[28 + plain.Length];
            RandomNumberGenerator.Fill(result.AsSpan(0, 12));
            using var aes = new AesGcm(Key, 16);
            aes.Encrypt(result.AsSpan(0, 12), plain, result.AsSpan(28), result.AsSpan(12, 16));
            return result;
        }

        public static string Open(byte[] secret)
        {
            var plain = new byte[secret.Length - 28];
            using var aes = new AesGcm(Key, 16);
            aes.Decrypt(secret.AsSpan(0, 12), secret.AsSpan(28), secret.AsSpan(12, 16), plain);
            return Encoding.UTF8.GetString(plain);
        }
    }
}

/// <summary>The usual way, seen from the benchmark: called exactly as the hub is.</summary>
sealed class UsualWay : IAsyncDisposable
{
    readonly ChildProcess process;
    readonly PasserelleClient[] clients;

    UsualWay(ChildProcess process, PasserelleClient[] clients) => (this.process, this.clients) = (process, clients);

    /// <param name="deliver">False: jobs are enqueued, and stay there.</param>
    public static async Task<UsualWay> StartAsync(Stage stage, BenchOptions options, bool deliver, CancellationToken ct)
    {
        var (http, grpc) = (ChildProcess.FreePort(), ChildProcess.FreePort());
        var process = await ChildProcess.StartAsync(
            "usual", stage.Sandbox.Folder, http,
            [
                "passerelle-bench.dll", OneJobPerMessage.Command, "--Storage=" + stage.Sandbox.ConnectionStringOf(OneJobPerMessage.Database), $"--Http={http}", $"--Grpc={grpc}",
                $"--Persons={options.Persons}", $"--Seed={options.Seed}", $"--Deliver={deliver}", "--Partners=" + string.Join(',', stage.Hall.Addresses),
            ],
            ct);
        return new UsualWay(process, [.. stage.Clients.Select(_ => stage.Sandbox.ConnectTo(new Uri($"http://127.0.0.1:{grpc}"), "crm-demo"))]);
    }

    public Generator Generator(int persons) => new(clients, [.. Enumerable.Range(0, persons).Select(OneJobPerMessage.PersonName)], Stage.Partners);

    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients) client.Dispose();
        await process.DisposeAsync();
    }
}
