using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Passerelle.Hub;
using Passerelle.Hub.Persistence;
using Passerelle.Tests.Support;

[assembly: AssemblyFixture(typeof(Postgres))]

namespace Passerelle.Tests.Support;

/// <summary>One throw-away PostgreSQL for the run, with a migrated template that each hub gets a clone of.</summary>
public sealed class Postgres : IAsyncLifetime
{
    const string Template = "template_hub";

    const string FolderStem = "passerelle-tests-";

    readonly string folder = Path.Combine(Path.GetTempPath(), FolderStem + Environment.ProcessId);
    EmbeddedPostgres? cluster;
    int clones;

    public async ValueTask InitializeAsync()
    {
        SweepLeftovers();
        // The user that PostgreSQL runs as must be able to walk down here.
        Directory.CreateDirectory(folder, (UnixFileMode)Convert.ToInt32("711", 8));
        cluster = await EmbeddedPostgres.StartAsync(folder, durable: false, ["max_connections=600", "shared_buffers=256MB"], TestContext.Current.CancellationToken);
        await cluster.EnsureDatabaseAsync(Template, CancellationToken.None);
        await using (var app = await HubApp.BuildAsync(["--ConnectionStrings:Hub=" + cluster.ConnectionString(Template)], CancellationToken.None))
        {
            await Storage.MigrateAsync(app.Services, CancellationToken.None);
            app.Services.GetRequiredService<Hangfire.JobStorage>();
            await TestTime.InstallAsync(app.Services.GetRequiredService<NpgsqlDataSource>());
        }

        // One forgotten connection to the template would make every clone fail.
        await ExecuteAsync($"alter database {Template} with allow_connections false");
    }

    /// <summary>A connection string to a new clone.</summary>
    public async Task<string> CloneAsync()
    {
        var name = $"hub_{Interlocked.Increment(ref clones)}";
        await ExecuteAsync($"create database {name} template {Template} strategy file_copy");
        return cluster!.ConnectionString(name);
    }

    /// <summary>A connection string to a new database with nothing in it.</summary>
    public async Task<string> EmptyAsync()
    {
        var name = $"empty_{Interlocked.Increment(ref clones)}";
        await ExecuteAsync($"create database {name} template template0");
        return cluster!.ConnectionString(name);
    }

    public async ValueTask DisposeAsync()
    {
        if (cluster is not null) await cluster.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A place for a test's own files and clusters, gone with the run.</summary>
    public string NewFolder() => Directory.CreateDirectory(Path.Combine(folder, $"f{Interlocked.Increment(ref clones)}"), (UnixFileMode)Convert.ToInt32("711", 8)).FullName;

    /// <summary>What runs that were killed have left behind.</summary>
    static void SweepLeftovers()
    {
        foreach (var left in Directory.GetDirectories(Path.GetTempPath(), FolderStem + "*"))
            if (int.TryParse(Path.GetFileName(left)[FolderStem.Length..], out var owner) && !Directory.Exists($"/proc/{owner}")) Directory.Delete(left, recursive: true);
    }

    async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(cluster!.ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}

/// <summary>Puts a time that tests can move in the place of the database's.</summary>
public sealed class TestTime(NpgsqlDataSource source)
{
    public static async Task InstallAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand(
            """
            create table test_time (ahead interval not null, frozen timestamptz);
            insert into test_time values ('0', null);
            grant select on test_time to public;
            create or replace function hub_now() returns timestamptz language sql volatile parallel safe
              as 'select coalesce(frozen, clock_timestamp() + ahead) from test_time';
            """);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Time goes on, that much further.</summary>
    public Task AdvanceAsync(TimeSpan by) => SetAsync("ahead = ahead + $1, frozen = frozen + $1", by);

    /// <summary>Time stands still at this instant.</summary>
    public Task FreezeAsync(DateTimeOffset at) => SetAsync("frozen = $1", at.ToUniversalTime());

    async Task SetAsync(string assignment, object value)
    {
        await using var command = source.CreateCommand($"update test_time set {assignment}");
        command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync();
    }
}
