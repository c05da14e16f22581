using Microsoft.Extensions.DependencyInjection.Extensions;
using Passerelle.Hub;
using Passerelle.Hub.Privacy.Accesses;

namespace Passerelle.Benchmarks.Privacy;

/// <summary>The hub, on the same database, whose access log goes nowhere: what the log costs is the difference.</summary>
static class HubWithoutLog
{
    public const string Command = "hub-without-log";

    public static async Task<int> RunAsync(string[] configuration)
    {
        await using var app = await HubApp.BuildAsync(configuration, CancellationToken.None, builder => builder.Services.Replace(ServiceDescriptor.Singleton<IAccessWriter, Nowhere>()));
        await app.StartHubAsync(CancellationToken.None);
        await app.WaitForShutdownAsync();
        return 0;
    }

    public sealed class Nowhere : IAccessWriter
    {
        public Task WriteAsync(AccessNote note) => Task.CompletedTask;
    }
}
