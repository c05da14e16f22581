using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Housing.Visits;

/// <summary>A matrix service on a real port: answers as it is told, and remembers what it was asked.</summary>
sealed class TableServer : IAsyncDisposable
{
    readonly WebApplication app;

    TableServer(WebApplication app, int port) => (this.app, Address) = (app, new Uri($"http://127.0.0.1:{port}/table/v1/driving/"));

    public Uri Address { get; }

    public string? Asked { get; private set; }

    public static async Task<TableServer> StartAsync(Func<HttpContext, Task> answer)
    {
        var port = HubProcess.FreePort();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var server = new TableServer(builder.Build(), port);
        server.app.Run(context =>
        {
            server.Asked = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
            return answer(context);
        });
        await server.app.StartAsync();
        return server;
    }

    public static Task<TableServer> StartAsync(string json) => StartAsync(context => context.Response.WriteAsync(json));

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
