using Npgsql;
using Passerelle.Hub.Platform;
using Passerelle.Tests.Clocks;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Faults;

/// <summary>Four hubs that sweep one database, with clocks of their own that are wrong, killed by SIGKILL at every point that firing passes: no rung is lost, none is told twice.</summary>
[Collection("Clusters")]
public sealed class FiringFaultTests(Postgres postgres)
{
    const int AtOnce = 800;

    static readonly string[] points = [Points.FireBegins, Points.FireTaken, Points.FireSaved, Points.Fired, Points.NotificationSaved];

    static readonly TimeSpan[] clocks = [TimeSpan.Zero, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(-10), TimeSpan.FromHours(24)];

    [Fact]
    public async Task Sweepers_that_are_killed_at_any_point_lose_no_rung_and_tell_none_twice()
    {
        await using var cluster = await FaultCluster.StartAsync(postgres.NewFolder());
        await using var source = NpgsqlDataSource.Create(cluster.ConnectionString);
        var nodes = clocks.Index().Select(c => new FaultNode("ABCD"[c.Index].ToString(), cluster.ConnectionString, postgres.NewFolder(), 1, ["Notifications:Gap=00:00:01"])).ToList();
        try
        {
            // The first migrates.
            await nodes[0].StartAsync(clocks[0]);
            await Task.WhenAll(nodes.Zip(clocks).Skip(1).Select(n => n.First.StartAsync(n.Second)));
            var seeded = 0;
            foreach (var (index, point) in points.Index())
            {
                var victim = nodes[index % nodes.Count];
                victim.Arm(point, 1);
                // Until it was the victim's turn.
                for (var wave = 0; wave < 30 && !victim.Hub.HasExited; wave++)
                {
                    await source.SeedPromisesAsync(await cluster.NowAsync() - TimeSpan.FromHours(49), AtOnce);
                    seeded += AtOnce;
                    await DrainedAsync();
                }

                Assert.True(victim.Hub.HasExited, $"Nobody reached {point}.");
                await victim.KillAsync();
                await victim.StartAsync(victim.ClockOffset);
            }

            // Ahead of their time by the database's clock, whatever the nodes say.
            await source.SeedPromisesAsync(await cluster.NowAsync() - TimeSpan.FromHours(23), 100);
            await source.SeedPromisesAsync(await cluster.NowAsync() - TimeSpan.FromHours(49), AtOnce);
            seeded += AtOnce;
            await DrainedAsync();
            await Eventually.BecomesTrueAsync(async () => await CountAsync("select count(*) from notices where state = 'queued'") == 0, () => "Something was never told.");

            // When everyone is away, that too is told, of what is due meanwhile: it is no rung of a policy.
            Assert.Equal(4 * seeded, await CountAsync("select count(*) from clock_firings where rung not like 'away@%'"));
            Assert.Equal(seeded, await CountAsync("select count(*) from events where type = 'clock.overdue' and detail = 'start+24:00:00 start+36:00:00 start+44:00:00 breach'"));
            Assert.Equal(seeded, await CountAsync("select count(distinct subject) from events where type like 'clock.%' and type <> 'clock.unattended'"));
            Assert.Equal(seeded, await CountAsync("select count(*) from notices where state = 'told' and rungs not like 'away@%'"));
            Assert.Equal(0, await CountAsync("select (select sum(clock_count) from notifications)::bigint - (select count(distinct (notification_id, clock_id)) from notices where state = 'told')"));
            Assert.Equal(100, await CountAsync("select count(*) from clocks where state = 'running'"));
            FaultSettings.Print($"{seeded} clocks, {await CountAsync("select count(*) from notifications")} notifications");
        }
        finally
        {
            foreach (var node in nodes) await node.DisposeAsync();
        }

        async Task<long> CountAsync(string sql) => (await cluster.QueryAsync(sql, r => r.GetInt64(0))).Single();

        Task DrainedAsync() => Eventually.BecomesTrueAsync(async () => await CountAsync("select count(*) from clocks where next_fire_time < hub_now()") == 0, () => "Something was never fired.");
    }
}
