using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Passerelle.Tests.Support;

/// <summary>A hub as it runs for real: its own process, real ports, Hangfire on, the demonstration's callers. It can be killed outright and started again on the same database and ports.</summary>
public sealed class HubProcess : IAsyncDisposable
{
    static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(60);

    readonly string connectionString;
    readonly string folder;
    readonly int httpPort = FreePort();
    readonly int grpcPort = FreePort();
    readonly int tlsPort = FreePort();
    readonly int partnerPort;
    Process? process;
    GrpcChannel? channel;

    HubProcess(string connectionString, string folder, int partnerPort) => (this.connectionString, this.folder, this.partnerPort) = (connectionString, folder, partnerPort);

    /// <summary>Where emploi-demo's server is expected.</summary>
    public Uri PartnerAddress => new($"http://127.0.0.1:{partnerPort}");

    public string ConnectionString => connectionString;

    public string Folder => folder;

    public string KeysFile => Path.Combine(folder, "dev-keys.json");

    public string GrpcAddress => $"http://127.0.0.1:{grpcPort}";

    public string HttpAddress => $"http://127.0.0.1:{httpPort}";

    public string TlsAddress => $"https://127.0.0.1:{tlsPort}";

    public string Log => Path.Combine(folder, "hub.log");

    /// <summary>Variables of the process at its next start, beside those of this one.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Not started yet, or ended since.</summary>
    public bool HasExited => process is not { HasExited: false };

    public int ProcessId => process?.Id ?? 0;

    /// <param name="partnerPort">Where emploi-demo's server will be; 0 for a free port.</param>
    /// <param name="settings">Configuration, as Section:Key=value.</param>
    public static async Task<HubProcess> StartAsync(Postgres postgres, int partnerPort = 0, params string[] settings)
    {
        var hub = new HubProcess(await postgres.CloneAsync(), postgres.NewFolder(), partnerPort == 0 ? FreePort() : partnerPort);
        await hub.StartAsync(settings);
        return hub;
    }

    /// <summary>A hub with its own embedded PostgreSQL and its certificates, as ./run.sh starts it.</summary>
    public static async Task<HubProcess> StartEmbeddedAsync(Postgres postgres, int partnerPort = 0, params string[] settings)
    {
        var hub = new HubProcess("", postgres.NewFolder(), partnerPort == 0 ? FreePort() : partnerPort);
        await hub.StartAsync(settings);
        return hub;
    }

    /// <summary>One of several hubs on a database that is there: not started yet. The first to start migrates it.</summary>
    public static HubProcess NodeOn(string connectionString, string folder, int partnerPort, IReadOnlyDictionary<string, string> environment) =>
        new(connectionString, folder, partnerPort) { Environment = environment };

    public async Task StartAsync(params string[] settings)
    {
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "passerelle-hub.dll"), "--ConnectionStrings:Hub=" + connectionString, "--Data:Directory=" + folder,
            "--Vault:MasterKey=" + Convert.ToBase64String(new byte[32]), "--Demo:Enabled=true", $"--Demo:PartnerAddress={PartnerAddress}",
            $"--Listen:Http={httpPort}", $"--Listen:Grpc={grpcPort}", $"--Listen:Tls={tlsPort}", .. settings.Select(s => "--" + s),
        ];
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = folder, UseShellExecute = false };
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        foreach (var argument in (string[])["-c", "log=$1; shift; exec dotnet \"$@\" >>\"$log\" 2>&1", "hub", Log, .. arguments]) start.ArgumentList.Add(argument);
        process?.Dispose();
        process = Process.Start(start)!;
        using var http = new HttpClient { BaseAddress = new Uri(HttpAddress) };
        await Eventually.BecomesTrueAsync(async () =>
        {
            Assert.False(process.HasExited, $"The hub ended while starting:\n{Tail()}");
            try { return (await http.GetAsync(new Uri("/health/ready", UriKind.Relative))).IsSuccessStatusCode; }
            catch (HttpRequestException) { return false; }
        }, () => $"The hub was not ready:\n{Tail()}", StartsWithin);
    }

    /// <summary>SIGKILL: nothing is tidied up.</summary>
    public async Task KillAsync()
    {
        process!.Kill();
        await process.WaitForExitAsync();
        channel?.Dispose();
        channel = null;
    }

    /// <summary>Waits for an end that somebody else brings about.</summary>
    /// <returns>When it was.</returns>
    public async Task<DateTimeOffset> ExitAsync(CancellationToken ct)
    {
        var running = process!;
        await running.WaitForExitAsync(ct);
        return running.ExitTime;
    }

    /// <summary>SIGTERM, as a supervisor stops it; the exit code.</summary>
    public async Task<int> StopAsync()
    {
        using (var kill = Process.Start("/bin/kill", $"-TERM {process!.Id}")) await kill.WaitForExitAsync();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>Calls as one of the demonstration's callers, e.g. crm-demo.</summary>
    public CallInvoker As(string caller)
    {
        var key = KeyOf(caller);
        channel ??= GrpcChannel.ForAddress(GrpcAddress);
        return channel.Intercept(metadata =>
        {
            metadata.Add("authorization", $"Bearer {key}");
            metadata.Add("passerelle-purpose", "case_handling");
            return metadata;
        });
    }

    public string KeyOf(string caller)
    {
        using var keys = JsonDocument.Parse(File.ReadAllText(KeysFile));
        return keys.RootElement.GetProperty("callers").EnumerateArray().Single(c => c.GetProperty("name").GetString() == caller).GetProperty("key").GetString()!;
    }

    public async ValueTask DisposeAsync()
    {
        channel?.Dispose();
        if (process is null) return;
        if (!process.HasExited) await StopAsync();
        process.Dispose();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public string Tail() => File.Exists(Log) ? string.Join('\n', File.ReadLines(Log).TakeLast(30)) : "(no log)";
}
