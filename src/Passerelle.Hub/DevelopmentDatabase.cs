using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub;

/// <summary>Where no database is configured: the embedded one, with a master key, a development authority and certificates, all in the data folder.</summary>
public sealed class DevelopmentDatabase(EmbeddedPostgres postgres, DevelopmentAuthority authority) : IAsyncDisposable
{
    public DevelopmentAuthority Authority => authority;

    public static async Task<DevelopmentDatabase?> StartWhenNeededAsync(ConfigurationManager configuration, CancellationToken ct)
    {
        if (configuration.GetConnectionString("Hub") is { Length: > 0 }) return null;
        var folder = Path.GetFullPath(configuration["Data:Directory"] ?? ".data");
        var postgres = await EmbeddedPostgres.StartAsync(folder, durable: true, [], ct);
        await postgres.EnsureDatabaseAsync(Storage.DatabaseName, ct);
        var masterKey = Path.Combine(folder, "master.key");
        var hasKey = configuration["Vault:MasterKey"] is not null || configuration.GetSection("Vault:MasterKeyCommand").Exists();
        if (!hasKey) MasterKeys.EnsureFile(configuration["Vault:MasterKeyFile"] ?? masterKey);
        var authority = DevelopmentAuthority.Open(Path.Combine(folder, "certificates"), TimeProvider.System.GetUtcNow());
        configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:Hub"] = postgres.ConnectionString(Storage.DatabaseName),
            ["Vault:MasterKeyFile"] = configuration["Vault:MasterKeyFile"] ?? (hasKey ? null : masterKey),
            ["Anchors:File"] = configuration["Anchors:File"] ?? Path.Combine(folder, "anchors.log"),
            ["Listen:Certificate"] = configuration["Listen:Certificate"] ?? authority.Ensure("localhost", forServer: true, TimeProvider.System.GetUtcNow()),
            ["Listen:ClientAuthority"] = configuration["Listen:ClientAuthority"] ?? authority.AuthorityPath,
        });
        return new DevelopmentDatabase(postgres, authority);
    }

    public ValueTask DisposeAsync() => postgres.DisposeAsync();
}
