using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Console;
using Passerelle.Client;
using Passerelle.Simulator.Hub;

namespace Passerelle.Simulator.Partners;

/// <summary>Runs the partners of the demonstration until it is told to stop.</summary>
static class PartnersCommand
{
    public static OptionSet Options { get; } = new(Required: ["--keys"], Valued: ["--listen", "--hub"], Flags: []);

    public static async Task<int> RunAsync(ParsedOptions options, TimeProvider time)
    {
        var listen = options.Find("--listen") ?? "http://127.0.0.1:5082";
        if (!Uri.TryCreate(listen, UriKind.Absolute, out var address) || !IPAddress.TryParse(address.Host, out var ip))
        {
            await Console.Error.WriteLineAsync($"--listen takes an IP address and a port, e.g. http://127.0.0.1:5082, not {listen}.");
            return 2;
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(ip, address.Port, endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.ColorBehavior = LoggerColorBehavior.Disabled;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning);
        builder.Services.AddGrpc();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));

        var keys = await KeyFile.ReadAsync(options["--keys"], time, CancellationToken.None);
        builder.Services.AddSingleton(services =>
            new DemoPartners(keys, options.Find("--hub"), time, services.GetRequiredService<ILoggerFactory>().CreateLogger("partners")));
        // A keys file of an earlier hub names none; what comes is then taken unverified.
        if (keys.Caller("emploi-demo").VerifyWith is { Count: > 0 } verifyWith) builder.Services.AddSingleton(new PayloadVerifier(verifyWith, time: time));
        foreach (var position in Enumerable.Range(0, 3))
        {
            builder.Services.AddSingleton<IHostedService>(services => new PullDoor(
                services.GetRequiredService<DemoPartners>().Pulling[position], time,
                services.GetRequiredService<ILoggerFactory>().CreateLogger("partners")));
        }

        await using var app = builder.Build();
        app.MapGrpcService<PushDoor>();
        Control.Map(app);
        await app.StartAsync();
        Console.WriteLine($"Partners are listening on {app.Urls.First()}");
        await app.WaitForShutdownAsync();
        return 0;
    }
}
