using Grpc.Core;
using Npgsql;
using Passerelle.Hub;
using Passerelle.Hub.Platform;
using Wire = Passerelle.Contracts.Cases.V1;

namespace Passerelle.Benchmarks.Status;

/// <summary>The least that a status call can cost: gRPC on the hub's own Kestrel settings, one row by its key, the same messages; no identity,
/// no errors, no telemetry.</summary>
static class BareServer
{
    public const string Command = "bare-server";

    public static async Task<int> RunAsync(string[] configuration)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = configuration, ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => Listening.Bind(kestrel, builder.Configuration.GetSection("Listen").Get<ListenOptions>()!));
        // As the hub: a statement that comes often is prepared, once on each connection.
        builder.Services.AddSingleton(NpgsqlDataSource.Create(builder.Configuration.GetConnectionString("Hub") + ";Max Auto Prepare=200;Keepalive=30"));
        builder.Services.AddGrpc();
        await using var app = builder.Build();
        app.MapGrpcService<OneRow>();
        app.MapGet("/health/ready", () => Results.Ok());
        await app.RunAsync();
        return 0;
    }

    sealed class OneRow(NpgsqlDataSource source) : Wire.CaseService.CaseServiceBase
    {
        public override async Task<Wire.GetCaseStatusResponse> GetCaseStatus(Wire.GetCaseStatusRequest request, ServerCallContext context)
        {
            await using var command = source.CreateCommand("select create_time from cases where id = $1");
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.Parse(request.Name.AsSpan("cases/".Length)) });
            await using var reader = await command.ExecuteReaderAsync(context.CancellationToken);
            if (!await reader.ReadAsync(context.CancellationToken)) throw new RpcException(new Grpc.Core.Status(StatusCode.NotFound, request.Name));
            return new Wire.GetCaseStatusResponse { RunningClocks = 1, NextDueTime = reader.GetFieldValue<DateTimeOffset>(0).ToWire() };
        }
    }
}
