using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Npgsql;
using Passerelle.Client;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Hub.Persistence;

namespace Passerelle.Benchmarks.Harness;

/// <summary>What one benchmark runs in: a throw-away PostgreSQL with durable settings, the real hub on real ports, and a folder. All of it is gone afterwards.</summary>
sealed class Sandbox : IAsyncDisposable
{
    /// <summary>Of a hub that holds generated persons only.</summary>
    public static readonly string MasterKey = Convert.ToBase64String(new byte[32]);

    const string FolderStem = "passerelle-bench-";

    static int started;

    readonly string[] program;
    readonly EmbeddedPostgres postgres;
    readonly int httpPort = ChildProcess.FreePort();
    readonly int grpcPort = ChildProcess.FreePort();

    Sandbox(string folder, EmbeddedPostgres postgres, NpgsqlDataSource source, Machine machine, string[] program) =>
        (Folder, this.postgres, Source, Machine, this.program) = (folder, postgres, source, machine, program);

    public string Folder { get; }

    public NpgsqlDataSource Source { get; }

    public Machine Machine { get; }

    public string SocketFolder => postgres.SocketFolder;

    public string ConnectionString => ConnectionStringOf(Storage.DatabaseName);

    public string PostgresLog => Path.Combine(Folder, "postgres.log");

    /// <summary>Null while it is stopped.</summary>
    public ChildProcess? Hub { get; private set; }

    public string ConnectionStringOf(string database) => postgres.ConnectionString(database);

    /// <param name="hubSettings">Configuration of the hub, as Section:Key=value.</param>
    /// <param name="postgresSettings">More server settings, as name=value.</param>
    /// <param name="program">Instead of the hub: an assembly and its first arguments, which takes the rest as the hub does.</param>
    public static async Task<Sandbox> StartAsync(CancellationToken ct, IEnumerable<string>? hubSettings = null, IEnumerable<string>? postgresSettings = null, params string[] program)
    {
        SweepLeftovers();
        // Not for others to look into; but the user that PostgreSQL runs as must be able to walk down here.
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"{FolderStem}{Environment.ProcessId}-{Interlocked.Increment(ref started)}"), (UnixFileMode)Convert.ToInt32("711", 8)).FullName;
        EmbeddedPostgres? postgres = null;
        NpgsqlDataSource? source = null;
        try
        {
            // Two servers with a pool of 100 each. Everything else is as PostgreSQL, and the hub's own embedded one, have it.
            postgres = await EmbeddedPostgres.StartAsync(folder, durable: true, ["max_connections=300", .. postgresSettings ?? []], ct);
            await postgres.EnsureDatabaseAsync(Storage.DatabaseName, ct);
            source = NpgsqlDataSource.Create(postgres.ConnectionString(Storage.DatabaseName) + ";Command Timeout=600");
            var machine = await Machine.DescribeAsync(source, ct);
            if (machine.Postgresql is not { AreDurable: true }) throw new InvalidOperationException("Figures count with fsync and synchronous_commit on; this PostgreSQL has them off.");
            var sandbox = new Sandbox(folder, postgres, source, machine, program is [] ? ["passerelle-hub.dll"] : program);
            await sandbox.StartHubAsync(hubSettings ?? [], ct);
            return sandbox;
        }
        catch
        {
            await StopAsync(folder, postgres, source);
            throw;
        }
    }

    /// <summary>On the same ports each time, so that clients stay good.</summary>
    public async Task StartHubAsync(IEnumerable<string> settings, CancellationToken ct) => Hub = await ChildProcess.StartAsync(
        "hub", Folder, httpPort,
        [
            .. program, "--ConnectionStrings:Hub=" + ConnectionString, "--Data:Directory=" + Folder,
            "--Vault:MasterKey=" + MasterKey, "--Demo:Enabled=true", $"--Listen:Http={httpPort}", $"--Listen:Grpc={grpcPort}", .. settings.Select(s => "--" + s),
        ],
        ct);

    public async Task StopHubAsync()
    {
        if (Hub is { } running) await running.DisposeAsync();
        Hub = null;
    }

    /// <summary>The hub, as one of the demonstration's callers.</summary>
    public PasserelleClient ConnectAs(string caller) => Connect(new Uri($"http://127.0.0.1:{grpcPort}"), KeyOf(caller));

    /// <summary>The same without the client package: for messages that are bytes already.</summary>
    public GrpcChannel ChannelAs(string caller) => GrpcChannel.ForAddress(new Uri($"http://127.0.0.1:{grpcPort}"), new GrpcChannelOptions
    {
        Credentials = ChannelCredentials.Create(ChannelCredentials.Insecure, CallCredentials.FromInterceptor((_, metadata) =>
        {
            metadata.Add("authorization", "Bearer " + KeyOf(caller));
            return Task.CompletedTask;
        })),
        UnsafeUseInsecureChannelCallCredentials = true,
    });

    /// <summary>Another server, called exactly as the hub is.</summary>
    public PasserelleClient ConnectTo(Uri address, string caller) => Connect(address, KeyOf(caller));

    public async Task ExecuteAsync(string sql, CancellationToken ct, params object[] parameters)
    {
        await using var command = Source.CreateCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(new() { Value = parameter });
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task<T> ReadAsync<T>(string sql, CancellationToken ct, params object[] parameters)
    {
        await using var command = Source.CreateCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(new() { Value = parameter });
        return (T)(await command.ExecuteScalarAsync(ct))!;
    }

    public async ValueTask DisposeAsync()
    {
        await StopHubAsync();
        await StopAsync(Folder, postgres, Source);
    }

    static PasserelleClient Connect(Uri address, string key) => PasserelleClient.Connect(new PasserelleOptions { Address = address, ApiKey = key, Purpose = AccessPurpose.CaseHandling, MaxAttempts = 1 });

    string KeyOf(string caller)
    {
        using var keys = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "dev-keys.json")));
        return keys.RootElement.GetProperty("callers").EnumerateArray().Single(c => c.GetProperty("name").GetString() == caller).GetProperty("key").GetString()!;
    }

    static async Task StopAsync(string folder, EmbeddedPostgres? postgres, NpgsqlDataSource? source)
    {
        if (source is not null) await source.DisposeAsync();
        if (postgres is not null) await postgres.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>What runs that were killed have left behind.</summary>
    static void SweepLeftovers()
    {
        foreach (var left in Directory.GetDirectories(Path.GetTempPath(), FolderStem + "*"))
            if (int.TryParse(Path.GetFileName(left)[FolderStem.Length..].Split('-')[0], out var owner) && !Directory.Exists($"/proc/{owner}")) Directory.Delete(left, recursive: true);
    }
}
