using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Passerelle.Hub.Persistence;

/// <summary>Ready means: the database answers, has our tables, and lets us become what partners read with.</summary>
public sealed class StorageHealth(NpgsqlDataSource source, PartnerSource partners) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var command = source.CreateCommand("select hub_now()");
            await command.ExecuteScalarAsync(CancellationToken.None);
            await using var narrowed = await partners.OpenAsync("", cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (NpgsqlException e)
        {
            return HealthCheckResult.Unhealthy(e.SqlState ?? "unreachable");
        }
    }
}
