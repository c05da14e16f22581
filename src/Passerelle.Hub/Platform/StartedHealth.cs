using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Passerelle.Hub.Platform;

/// <summary>Ready means, too: every port listens, and the node is not on its way out.</summary>
public sealed class StartedHealth(IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        lifetime.ApplicationStarted.IsCancellationRequested && !lifetime.ApplicationStopping.IsCancellationRequested
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy("starting or stopping"));
}
