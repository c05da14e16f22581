using System.Globalization;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Faults;

/// <summary>One hub process among several on a database: it can be made to die at a named point, and to live by a clock that is wrong.</summary>
sealed class FaultNode : IAsyncDisposable
{
    /// <summary>Preloaded, it shifts every clock of a process, Hangfire's included, which takes no TimeProvider.</summary>
    const string ClockLibrary = "libfaketimeMT.so.1";

    readonly Dictionary<string, string> environment = new()
    {
        ["DOTNET_STARTUP_HOOKS"] = Path.Combine(AppContext.BaseDirectory, "Passerelle.FaultHook.dll"),
        ["PASSERELLE_FAULT_OWNER"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
    };

    readonly string armFile;
    readonly string[] settings;
    readonly GrpcChannel channel;

    public FaultNode(string name, string connectionString, string folder, int partnerPort, string[] settings)
    {
        (Name, this.settings) = (name, settings);
        armFile = Path.Combine(folder, "arm");
        environment["PASSERELLE_FAULT_ARM"] = armFile;
        Hub = HubProcess.NodeOn(connectionString, folder, partnerPort, environment);
        channel = GrpcChannel.ForAddress(Hub.GrpcAddress, new GrpcChannelOptions
        {
            // A channel whose hub was away tries again after a second, then after up to two minutes: a node that is back is to be asked at once.
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(50),
            MaxReconnectBackoff = TimeSpan.FromMilliseconds(200),
        });
    }

    public string Name { get; }

    public HubProcess Hub { get; }

    /// <summary>How far its clock is from everybody else's.</summary>
    public TimeSpan ClockOffset { get; private set; }

    /// <summary>It is being started again after a kill; what needs two nodes waits for that.</summary>
    public Task Starting { get; private set; } = Task.CompletedTask;

    public async Task StartAsync(TimeSpan clockOffset)
    {
        ClockOffset = clockOffset;
        Disarm();
        foreach (var variable in (string[])["LD_PRELOAD", "FAKETIME", "FAKETIME_DONT_FAKE_MONOTONIC", "FAKETIME_FORCE_MONOTONIC_FIX"]) environment.Remove(variable);
        if (clockOffset != TimeSpan.Zero)
        {
            environment["LD_PRELOAD"] = FindClockLibrary();
            environment["FAKETIME"] = FormattableString.Invariant($"{clockOffset.TotalSeconds:+0;-0}s");
            // .NET waits by the monotonic clock, which stays as it is; the library's own remedy for such waits would turn them into none.
            environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
            environment["FAKETIME_FORCE_MONOTONIC_FIX"] = "0";
        }

        await Hub.StartAsync(settings);
        await CheckClockAsync();
    }

    /// <summary>It writes its time into every HTTP answer: a clock that was to be wrong and is not would prove nothing.</summary>
    async Task CheckClockAsync()
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri($"{Hub.HttpAddress}/health/live"));
        var off = answer.Headers.Date - TimeProvider.System.GetUtcNow();
        Assert.True(off is { } known && (known - ClockOffset).Duration() < TimeSpan.FromSeconds(30), $"The clock of node {Name} is off by {off}, and was to be by {ClockOffset}.");
    }

    public void StartAgainSoon() => Starting = StartAsync(ClockOffset);

    /// <summary>It will be killed when it passes that point for the n-th time from now on.</summary>
    public void Arm(string point, int passing)
    {
        File.WriteAllText(armFile + ".new", $"{point}:{passing}");
        File.Move(armFile + ".new", armFile, overwrite: true);
    }

    public void Disarm() => File.Delete(armFile);

    /// <summary>SIGKILL from outside; nothing when it has ended already.</summary>
    public async Task KillAsync()
    {
        if (!Hub.HasExited) await Hub.KillAsync();
        // What the clock's library shares between processes, and a killed one leaves behind.
        foreach (var left in (string[])[$"/dev/shm/faketime_shm_{Hub.ProcessId}", $"/dev/shm/sem.faketime_sem_{Hub.ProcessId}"]) File.Delete(left);
    }

    public CallInvoker As(string caller)
    {
        var key = Hub.KeyOf(caller);
        return channel.Intercept(metadata =>
        {
            metadata.Add("authorization", $"Bearer {key}");
            metadata.Add("passerelle-purpose", "case_handling");
            return metadata;
        });
    }

    public async ValueTask DisposeAsync()
    {
        // A start under way ends by itself; its failure is no news any more.
        try { await Starting; }
        catch (Xunit.Sdk.XunitException) { }

        await KillAsync();
        FaultSettings.KeepLog(this);
        channel.Dispose();
        await Hub.DisposeAsync();
    }

    static string FindClockLibrary() =>
        ((string[])["/usr/lib", "/usr/lib64", "/usr/local/lib"]).Where(Directory.Exists)
            .SelectMany(lib => Directory.GetDirectories(lib).Append(lib))
            .SelectMany(place => (string[])[Path.Combine(place, ClockLibrary), Path.Combine(place, "faketime", ClockLibrary)])
            .FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"{ClockLibrary} is missing: install it (Debian, Ubuntu: libfaketime).");
}
