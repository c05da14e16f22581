using Hangfire.PostgreSql;
using Npgsql;

namespace Passerelle.Hub.Platform.Jobs;

/// <summary>Hangfire shares the hub's pool.</summary>
public sealed class HangfireConnections(NpgsqlDataSource source) : IConnectionFactory
{
    public NpgsqlConnection GetOrCreateConnection() => source.CreateConnection();
}
