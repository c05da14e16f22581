using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Npgsql;
using Passerelle.Hub;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Tests.Support;

/// <summary>A hub in this process, on a database of its own, with a partner that does as it is told. Hangfire is off: tests run the jobs by hand.
/// When it ends, it checks what must hold after any test: no defect in the logs, no marker anywhere it must not be, sound rows.</summary>
public sealed class HubHost : IAsyncDisposable
{
    readonly WebApplication app;
    readonly string connectionString;
    readonly Dictionary<string, string> keys;
    readonly GrpcChannel channel;

    HubHost(WebApplication app, string connectionString, Dictionary<string, string> keys, ScriptedPartner partner, LogRecorder logs)
    {
        (this.app, this.connectionString, this.keys, Partner, Logs) = (app, connectionString, keys, partner, logs);
        channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = app.GetTestServer().CreateHandler(), MaxReceiveMessageSize = null });
        Time = new TestTime(Source);
    }

    /// <summary>The partners there are: id, kind, and whether it receives by push.</summary>
    static readonly (string Id, PartnerKind Kind, bool Push)[] Partners =
    [
        ("emploi", PartnerKind.Employment, true), ("interim", PartnerKind.Employment, false), ("agence", PartnerKind.Housing, false),
        ("agence-deux", PartnerKind.Housing, false), ("ecole", PartnerKind.Schooling, false), ("ecole-deux", PartnerKind.Schooling, false),
    ];

    public ScriptedPartner Partner { get; }

    public LogRecorder Logs { get; }

    public string ConnectionString => connectionString;

    public TestTime Time { get; }

    public IServiceProvider Services => app.Services;

    public NpgsqlDataSource Source => app.Services.GetRequiredService<NpgsqlDataSource>();

    /// <summary>Log entries of level Error that a test brings about on purpose.</summary>
    public Predicate<string> ExpectedErrors { get; set; } = _ => false;

    /// <param name="settings">Configuration, as Section:Key=value.</param>
    public static async Task<HubHost> StartAsync(Postgres postgres, params string[] settings) => await StartOnAsync(await postgres.CloneAsync(), settings);

    /// <summary>On a machine with a clock of its own.</summary>
    public static async Task<HubHost> StartAsync(Postgres postgres, TimeProvider machine, params string[] settings) => await StartOnAsync(await postgres.CloneAsync(), settings, machine);

    /// <summary>With other parts than it has.</summary>
    public static async Task<HubHost> StartAsync(Postgres postgres, Action<IServiceCollection> change, params string[] settings) => await StartOnAsync(await postgres.CloneAsync(), settings, change: change);

    /// <summary>Another node on this one's database, with keys of its own.</summary>
    public Task<HubHost> StartBesideAsync(params string[] settings) => StartOnAsync(connectionString, settings);

    /// <summary>On an empty database of the test's own.</summary>
    public static async Task<HubHost> StartOnNewAsync(string connectionString, params string[] settings)
    {
        await using (var app = await HubApp.BuildAsync(["--ConnectionStrings:Hub=" + connectionString], CancellationToken.None)) await Storage.MigrateAsync(app.Services, CancellationToken.None);
        return await StartOnAsync(connectionString, settings);
    }

    static async Task<HubHost> StartOnAsync(string connectionString, string[] settings, TimeProvider? machine = null, Action<IServiceCollection>? change = null)
    {
        var (partner, logs) = (new ScriptedPartner(), new LogRecorder());
        string[] args =
        [
            "--ConnectionStrings:Hub=" + connectionString, "--Vault:MasterKey=" + Convert.ToBase64String(new byte[32]), "--Jobs:Server=false", "--Jobs:Watchdog=false",
            "--Logging:LogLevel:Default=Debug", .. settings.Select(s => "--" + s),
        ];
        var app = await HubApp.BuildAsync(args, TestContext.Current.CancellationToken, builder =>
        {
            builder.WebHost.UseTestServer();
            builder.Logging.ClearProviders().AddProvider(logs);
            builder.Services.Replace(ServiceDescriptor.Singleton<IPartnerTransport>(partner));
            // Hangfire keeps its log provider in a static: one host's would outlive it and break the next one's jobs.
            builder.Services.Replace(ServiceDescriptor.Singleton<Hangfire.Logging.ILogProvider>(new NoOpLogProvider()));
            builder.Services.Replace(ServiceDescriptor.Singleton(new Random(20260901)));
            if (machine is not null) builder.Services.Replace(ServiceDescriptor.Singleton(machine));
            change?.Invoke(builder.Services);
        });
        var keys = await RegisterCallersAsync(app.Services);
        // As the hub does before it serves: the secret is there before the first call, or a call that is refused would seem to have changed something.
        await app.Services.GetRequiredService<HubSecret>().DeriveAsync("start", TestContext.Current.CancellationToken);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new HubHost(app, connectionString, keys, partner, logs);
    }

    /// <summary>Calls as this caller: `crm` (an internal application), or a partner's id; null calls without a key.</summary>
    public CallInvoker As(string? caller) => WithKey(caller is null ? null : keys[caller]);

    public string KeyOf(string caller) => keys[caller];

    public CallInvoker WithKey(string? key) => Bare(key).Intercept(metadata =>
    {
        metadata.Add("passerelle-purpose", "case_handling");
        return metadata;
    });

    /// <summary>Calls without saying why.</summary>
    public CallInvoker BareAs(string caller) => Bare(keys[caller]);

    public HttpClient Http(string caller)
    {
        var client = app.GetTestClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", keys[caller]);
        client.DefaultRequestHeaders.Add("passerelle-purpose", "case_handling");
        return client;
    }

    CallInvoker Bare(string? key) => channel.Intercept(metadata =>
    {
        if (key is not null) metadata.Add("authorization", $"Bearer {key}");
        return metadata;
    });

    /// <summary>For a partner that a test has added: from then on it can be called as.</summary>
    public async Task IssueKeyAsync(string partnerId)
    {
        await using var db = await app.Services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        var (credential, key) = Credential.IssueKey(partnerId, await db.Partners.SingleAsync(p => p.Id == partnerId), await db.NowAsync(CancellationToken.None), null);
        db.Credentials.Add(credential);
        await db.SaveChangesAsync();
        keys[partnerId] = key;
    }

    /// <summary>Does what a Hangfire job would do, once.</summary>
    public Task RunAsync<TWork>() where TWork : IDueWork => app.Services.GetRequiredService<TWork>().RunAsync(TestContext.Current.CancellationToken);

    public async Task<T> QueryAsync<T>(Func<HubDb, Task<T>> query)
    {
        await using var db = await app.Services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        return await query(db);
    }

    /// <summary>With a service, in a scope of its own.</summary>
    public async Task<T> WithAsync<TService, T>(Func<TService, Task<T>> work) where TService : notnull
    {
        await using var scope = app.Services.CreateAsyncScope();
        return await work(scope.ServiceProvider.GetRequiredService<TService>());
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>From now on the storage is away for whoever changes these rows of a table.</summary>
    /// <param name="which">A condition on `old` and `new`.</param>
    public Task OutageAsync(string table, string which) => ExecuteAsync(
        $"""
        create table outage_since as select hub_now() as time;
        create function outage_of_{table}() returns trigger language plpgsql as $$ begin raise sqlstate '57P01' using message = 'The storage is away.'; end $$;
        create trigger outage before update on {table} for each row when ({which}) execute function outage_of_{table}();
        """);

    /// <summary>Whether the outage has lasted so long.</summary>
    public async Task<bool> OutageLastsAsync(TimeSpan span)
    {
        await using var command = Source.CreateCommand("select hub_now() - time >= $1 from outage_since");
        command.Parameters.Add(new() { Value = span });
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    public Task OutageEndsAsync(string table) => ExecuteAsync($"drop trigger outage on {table}; drop table outage_since");

    /// <summary>Every table, row by row, as text: to look for what must not be there, or to see that nothing changed.</summary>
    public async Task<string> DumpAsync(params string[] except)
    {
        await using var tables = Source.CreateCommand("select table_schema || '.' || table_name from information_schema.tables where table_schema in ('public', 'vault', 'audit', 'hangfire') and table_type = 'BASE TABLE' order by 1");
        var names = new List<string>();
        await using (var reader = await tables.ExecuteReaderAsync()) while (await reader.ReadAsync()) names.Add(reader.GetString(0));
        var dump = new System.Text.StringBuilder();
        foreach (var name in names.Where(n => n is not ("public.test_time" or "hangfire.lock" or "hangfire.server") && !except.Contains(n)))
        {
            await using var rows = Source.CreateCommand($"select t::text from {name} t order by 1");
            await using var reader = await rows.ExecuteReaderAsync();
            while (await reader.ReadAsync()) dump.Append(name).Append(' ').AppendLine(reader.GetString(0));
        }

        return dump.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        var failures = await Invariants.FindBrokenAsync(this);
        channel.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        // A look at a node's health that falls into its stopping is logged as an error by the framework; it is none.
        failures.AddRange(Logs.Entries.Where(e => e.Level >= LogLevel.Error && !ExpectedErrors(e.Text) && !e.Text.Contains("'starting or stopping'", StringComparison.Ordinal)).Select(e => "Logged: " + e.Text));
        failures.AddRange(Logs.Entries.Where(e => Marker.IsIn(e.Text)).Select(e => "A marker was logged by " + e.Category));
        Assert.True(failures.Count == 0, string.Join(Environment.NewLine, failures.Take(10)));
    }

    static async Task<Dictionary<string, string>> RegisterCallersAsync(IServiceProvider services)
    {
        await using var db = await services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        var now = await db.NowAsync(CancellationToken.None);
        var keys = new Dictionary<string, string>();
        keys["crm"] = Issue("crm", null);
        foreach (var (id, kind, push) in Partners)
        {
            var partner = await db.Partners.FindAsync(id) ?? db.Partners.Add(Hub.Partners.Partner.Register(id, $"Partenaire {id}", kind, push ? new Uri($"http://{id}.invalid") : null, now)).Entity;
            keys[id] = Issue(id, partner);
            if (!await db.Agreements.AnyAsync(a => a.PartnerId == id)) db.Agreements.Add(Agreements.With(partner, now));
        }

        await db.SaveChangesAsync();
        return keys;

        string Issue(string owner, Partner? partner)
        {
            var (credential, key) = Credential.IssueKey(owner, partner, now, null);
            db.Credentials.Add(credential);
            return key;
        }
    }
}
