using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace Passerelle.Hub.Persistence;

/// <summary>Connections that see one partner's rows only: physical ones of their own pool, which have become the partners' role, and are told who looks whenever they are opened.</summary>
/// <remarks>Nothing else hands out its connections: one that was not told would still see what the one before saw.</remarks>
public sealed class PartnerSource : IAsyncDisposable
{
    /// <summary>Of one node, unless the connection string says less. A read holds one for milliseconds; a stream holds none while it waits.</summary>
    const int MostConnections = 20;

    readonly NpgsqlDataSource source;
    readonly DbContextOptions<HubDb> options;

    /// <param name="like">The hub's own options: with one model for both, compiled queries serve both.</param>
    public PartnerSource(string connectionString, DbContextOptions<HubDb> like, ILoggerFactory? loggers = null)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        builder.UseLoggerFactory(loggers);
        builder.ConnectionStringBuilder.MaxPoolSize = Math.Min(builder.ConnectionStringBuilder.MaxPoolSize, MostConnections);
        builder.ConnectionStringBuilder.MinPoolSize = 0;
        builder.UsePhysicalConnectionInitializer(BecomePartner, BecomePartnerAsync);
        source = builder.Build();
        options = new DbContextOptionsBuilder<HubDb>(like).UseNpgsql(source).AddInterceptors(new TellsWhoLooks()).Options;
    }

    /// <summary>A context through which one partner looks. It is the caller's to dispose.</summary>
    public HubDb CreateContext(string partnerId) => new(options) { SeenBy = partnerId };

    /// <summary>A connection through which one partner looks.</summary>
    public async ValueTask<NpgsqlConnection> OpenAsync(string partnerId, CancellationToken ct)
    {
        var connection = await source.OpenConnectionAsync(ct);
        try
        {
            await TellAsync(connection, partnerId);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();

    static void BecomePartner(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand($"set role {PartnerRows.Role}", connection);
        command.ExecuteNonQuery();
    }

    static async Task BecomePartnerAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand($"set role {PartnerRows.Role}", connection);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    static NpgsqlCommand Telling(DbConnection connection, string partnerId)
    {
        // An empty name would be the one that nobody has: it sees nothing.
        var command = new NpgsqlCommand($"select set_config('{PartnerRows.Setting}', $1, false)", (NpgsqlConnection)connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = partnerId });
        return command;
    }

    static async Task TellAsync(DbConnection connection, string partnerId)
    {
        await using var command = Telling(connection, partnerId);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    /// <summary>Whenever a context opens its connection. One that could not be told is closed: it must not be found open and used.</summary>
    sealed class TellsWhoLooks : DbConnectionInterceptor
    {
        public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            try
            {
                await TellAsync(connection, Looking(eventData));
            }
            catch
            {
                await connection.CloseAsync();
                throw;
            }
        }

        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
        {
            try
            {
                using var command = Telling(connection, Looking(eventData));
                command.ExecuteNonQuery();
            }
            catch
            {
                connection.Close();
                throw;
            }
        }

        static string Looking(ConnectionEndEventData eventData) => (eventData.Context as HubDb)?.SeenBy ?? "";
    }
}
