using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Passerelle.Hub.Persistence;

/// <summary>Ready means: the database answers, and has our tables.</summary>
public sealed class StorageHealth(NpgsqlDataSource source) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var command = source.CreateCommand("select hub_now()");
            await command.ExecuteScalarAsync(CancellationToken.None);
            return HealthCheckResult.Healthy();
        }
        catch (NpgsqlException e)
        {
            return HealthCheckResult.Unhealthy(e.SqlState ?? "unreachable");
        }
    }
}
