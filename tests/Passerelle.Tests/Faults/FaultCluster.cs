using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Passerelle.Hub.Persistence;

namespace Passerelle.Tests.Faults;

/// <summary>A durable PostgreSQL of the harness's own: it can be stopped as by a power cut, started again, and made to drop its connections.</summary>
sealed class FaultCluster : IAsyncDisposable
{
    const string HarnessName = "fault-harness";

    static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(20);

    readonly string folder;
    readonly NpgsqlDataSource source;
    EmbeddedPostgres server;

    FaultCluster(string folder, EmbeddedPostgres server)
    {
        (this.folder, this.server) = (folder, server);
        ConnectionString = server.ConnectionString(Storage.DatabaseName);
        source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString) { ApplicationName = HarnessName, Timeout = 5 });
    }

    /// <summary>For the hubs.</summary>
    public string ConnectionString { get; }

    public static async Task<FaultCluster> StartAsync(string folder)
    {
        var server = await StartServerAsync(folder);
        await server.EnsureDatabaseAsync(Storage.DatabaseName, CancellationToken.None);
        return new FaultCluster(folder, server);
    }

    /// <summary>SIGQUIT, nothing is written down any more, and up again at once.</summary>
    /// <returns>When it answered again.</returns>
    public async Task<DateTimeOffset> RestartAsync()
    {
        var data = (await QueryAsync("show data_directory", r => r.GetString(0))).Single();
        var postmaster = int.Parse(File.ReadLines(Path.Combine(data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);
        using (var kill = Process.Start("/bin/kill", $"-QUIT {postmaster}")) await kill.WaitForExitAsync();
        await server.DisposeAsync();
        server = await StartServerAsync(folder);
        var answers = TimeProvider.System.GetUtcNow();
        Assert.Equal(ConnectionString, server.ConnectionString(Storage.DatabaseName));
        source.Clear();
        return answers;
    }

    /// <summary>Ends every connection but the harness's.</summary>
    public async Task<int> TerminateConnectionsAsync() =>
        (await QueryAsync(
            "select count(pg_terminate_backend(pid))::int from pg_stat_activity where datname = current_database() and application_name <> $1", r => r.GetInt32(0), HarnessName)).Single();

    /// <summary>Reads, again and again while the server is away.</summary>
    public async Task<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> row, params object[] parameters)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await using var command = source.CreateCommand(sql);
                foreach (var parameter in parameters) command.Parameters.Add(new() { Value = parameter });
                await using var reader = await command.ExecuteReaderAsync();
                var rows = new List<T>();
                while (await reader.ReadAsync()) rows.Add(row(reader));
                return rows;
            }
            catch (NpgsqlException e) when (e.IsTransient && Stopwatch.GetElapsedTime(since) < AnswersWithin)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    /// <summary>By the database's clock.</summary>
    public async Task<DateTimeOffset> NowAsync() => (await QueryAsync("select clock_timestamp()", r => r.GetFieldValue<DateTimeOffset>(0))).Single();

    public async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        await server.DisposeAsync();
    }

    static Task<EmbeddedPostgres> StartServerAsync(string folder) => EmbeddedPostgres.StartAsync(folder, durable: true, ["max_connections=300"], CancellationToken.None);
}
