using Microsoft.EntityFrameworkCore;
using Npgsql;
using Passerelle.Hub.Persistence;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Persistence;

public sealed class CancellationTests(Postgres postgres)
{
    /// <summary>Takes PostgreSQL some milliseconds to plan.</summary>
    const string Joins = "pg_class a join pg_class b using (oid) join pg_class c using (oid) join pg_class d using (oid) join pg_class e using (oid) join pg_class f using (oid) join pg_class g using (oid)";

    [Fact]
    public async Task Who_hangs_up_while_a_statement_is_planned_spoils_no_connection()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var settings = new NpgsqlConnectionStringBuilder(hub.Source.ConnectionString) { AutoPrepareMinUsages = 1, MaxPoolSize = 1 };
        await using var source = NpgsqlDataSource.Create(settings.ConnectionString);
        var options = new DbContextOptionsBuilder<HubDb>();
        Storage.Configure(options, source);
        await using var db = new HubDb(options.Options);
        var asked = 0;
        for (var n = 0; n < 100; n++)
        {
            using var hangsUp = new CancellationTokenSource(TimeSpan.FromMilliseconds(1 + n % 5));
            var ask = $"select a.oid::bigint as \"Value\" from {Joins} where a.oid > {n + 1}";
            try
            {
                await db.Database.SqlQueryRaw<long>(ask).ToListAsync(hangsUp.Token);
                asked++;
            }
            catch (OperationCanceledException)
            {
                // While the rows were read, or before it was asked.
            }

            Assert.NotEmpty(await db.Database.SqlQueryRaw<long>(ask).ToListAsync(TestContext.Current.CancellationToken));
        }

        Assert.True(asked < 100, "Nobody hung up in time.");
    }
}
