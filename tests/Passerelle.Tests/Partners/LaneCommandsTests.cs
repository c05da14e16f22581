using System.Diagnostics;
using Npgsql;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Partners;

/// <summary>The hub's own command line, as a process: lanes and alarms.</summary>
public sealed class LaneCommandsTests(Postgres postgres)
{
    [Fact]
    public async Task Limits_are_set_and_shown_and_open_alarms_are_listed()
    {
        var database = await postgres.CloneAsync();
        await using var source = NpgsqlDataSource.Create(database);
        await using (var command = source.CreateCommand(
            """
            insert into partners (id, display_name, kind, delivery, create_time) values ('abri-nord', 'Abri Nord', 'housing', 'pull', hub_now());
            insert into lanes (partner_id, health, failures, failed_probes, tokens, refill_time, serve_time) values ('abri-nord', 'up', 0, 0, 0, hub_now(), hub_now());
            insert into alarms (id, name, rows, count, raise_time, clear_time) values
                (gen_random_uuid(), 'window_missing', array['exchanges/1'], 3, hub_now(), null), (gen_random_uuid(), 'lane_missing', array['partners/x'], 1, hub_now(), hub_now());
            """)) await command.ExecuteNonQueryAsync();

        Assert.Matches(@"abri-nord\s+100 in flight\s+100/s\s+up", (await RunAsync(database, "lanes", "list")).Output);
        Assert.Matches(@"abri-nord\s+4 in flight\s+no limit\s+up", (await RunAsync(database, "lanes", "set", "abri-nord", "--max-in-flight", "4", "--max-per-second", "0")).Output);
        // What is not given is as the configuration says.
        Assert.Matches(@"abri-nord\s+100 in flight\s+9/s", (await RunAsync(database, "lanes", "set", "abri-nord", "--max-per-second", "9")).Output);
        Assert.NotEqual(0, (await RunAsync(database, "lanes", "set", "abri-nord", "--max-in-flight", "0")).Code);
        Assert.NotEqual(0, (await RunAsync(database, "lanes", "set", "nobody")).Code);

        var alarms = (await RunAsync(database, "alarms")).Output;
        Assert.Matches(@"window_missing\s+since .+ 3 rows: exchanges/1", alarms);
        Assert.DoesNotContain("lane_missing", alarms, StringComparison.Ordinal);
    }

    static async Task<(int Code, string Output)> RunAsync(string database, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "passerelle-hub.dll"), .. arguments]) start.ArgumentList.Add(argument);
        start.Environment["ConnectionStrings__Hub"] = database;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await error;
        return (process.ExitCode, await output);
    }
}
