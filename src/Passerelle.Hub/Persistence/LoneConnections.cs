using Npgsql;

namespace Passerelle.Hub.Persistence;

/// <summary>Connections outside the pool, for whoever leaves something in the session: a LISTEN, a lock that outlives a transaction. They end when they are closed.</summary>
public sealed class LoneConnections(string connectionString)
{
    readonly string unpooled = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ToString();

    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken ct)
    {
        var connection = new NpgsqlConnection(unpooled);
        try
        {
            await connection.OpenAsync(ct);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
