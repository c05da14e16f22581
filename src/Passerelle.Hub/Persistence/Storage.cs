using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Passerelle.Hub.Persistence;

/// <summary>Which database the hub works on.</summary>
public static class Storage
{
    public const string DatabaseName = "passerelle";

    static readonly WholeStatements whole = new();

    public static void AddStorage(this IServiceCollection services, string connectionString)
    {
        var complete = Complete(connectionString);
        services.AddNpgsqlDataSource(complete);
        services.AddSingleton(provider => new PartnerSource(complete, provider.GetRequiredService<DbContextOptions<HubDb>>(), provider.GetService<ILoggerFactory>()));
        services.AddSingleton(new LoneConnections(complete));
        services.AddScoped<Sight>();
        services.AddPooledDbContextFactory<HubDb>((provider, options) => Configure(options, provider.GetRequiredService<NpgsqlDataSource>()));
        // Who serves a partner's call that only reads gets nothing else to read with: see Sight.
        services.AddScoped(provider => provider.GetRequiredService<Sight>().CreateContext());
    }

    public static void Configure(DbContextOptionsBuilder options, NpgsqlDataSource source) =>
        options.UseNpgsql(source, npgsql => npgsql.MigrationsHistoryTable("migrations")).UseSnakeCaseNamingConvention().AddInterceptors(whole);

    /// <summary>Brings the database to the present version. Two nodes at once: the second waits.</summary>
    public static async Task MigrateAsync(IServiceProvider services, CancellationToken ct)
    {
        await using var db = await services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync(ct);
        await db.Database.MigrateAsync(ct);
    }

    static string Complete(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        // What an operator wrote wins; these are what the hub wants where nothing is said.
        void Default(string key, object value) { if (!builder.ShouldSerialize(key)) builder[key] = value; }
        Default("Max Auto Prepare", 200);
        Default("Timeout", 5);
        Default("Command Timeout", 30);
        Default("Application Name", "passerelle-hub");
        Default("Keepalive", 30);
        // The hub leaves no state in a session (settings, locks and temporary tables end with their transaction), so a connection need not be wiped at each use:
        // that would be a transaction of its own before every piece of work.
        Default("No Reset On Close", true);
        // Each statement of the hub has the shape of its plan: planning it again for every length of a list would cost more than running it.
        // And what it asks for often is in memory: to read a few rows by an index costs little more than to read on.
        Default("Options", "-c plan_cache_mode=force_generic_plan -c random_page_cost=1.1");
        Default("Include Error Detail", false);
        return builder.ToString();
    }
}

/// <summary>For the design-time tools, which need a context and no database.</summary>
public sealed class HubDbDesign : Microsoft.EntityFrameworkCore.Design.IDesignTimeDbContextFactory<HubDb>
{
    public HubDb CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<HubDb>();
        Storage.Configure(options, NpgsqlDataSource.Create("Host=nowhere"));
        return new HubDb(options.Options);
    }
}
