using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Platform.Alarms;
using Passerelle.Tests.Clocks;
using Passerelle.Tests.Housing;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Platform.Alarms;

/// <summary>What the watchman finds, within two looks: half a minute.</summary>
public sealed class WatchmanTests(Postgres postgres)
{
    static readonly DateTimeOffset Start = new(2027, 3, 1, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Two_looks_are_over_within_a_minute() => Assert.InRange(2 * Watchman.LookEvery + TimeSpan.FromSeconds(15), TimeSpan.Zero, TimeSpan.FromMinutes(1));

    [Fact]
    public async Task A_sweep_that_does_not_run_is_an_alarm_that_names_what_waits_until_it_runs()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (promise, _) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(promise.After(24).AddSeconds(15));
        Assert.Empty(await AlarmsAsync(hub, looks: 3));
        await hub.Time.FreezeAsync(promise.After(24).AddSeconds(16));
        hub.ExpectedErrors = text => text.StartsWith("ALARM clock_sweep_late: 1 rows", StringComparison.Ordinal);
        Assert.Empty(await AlarmsAsync(hub, looks: 1));

        var alarm = Assert.Single(await AlarmsAsync(hub, looks: 4));

        Assert.Equal(("clock_sweep_late", promise.Name), (alarm.Name, Assert.Single(alarm.Rows)));
        Assert.Single(hub.Logs.Entries, e => hub.ExpectedErrors(e.Text));
        // The audit has alarms of its own, and leaves this one alone.
        await hub.RunAsync<AuditExchanges>();
        Assert.Equal(alarm.Id, Assert.Single(await AlarmsAsync(hub, looks: 0)).Id);
        await hub.RunAsync<FireClocks>();
        Assert.Empty(await AlarmsAsync(hub, looks: 1));
    }

    [Fact]
    public async Task What_is_over_at_the_second_look_is_no_alarm()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (promise, _) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(promise.After(30));
        await AlarmsAsync(hub, looks: 1);
        await hub.RunAsync<FireClocks>();
        Assert.Empty(await AlarmsAsync(hub, looks: 2));
    }

    [Fact]
    public async Task A_clock_that_cannot_be_read_is_an_alarm_that_names_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        hub.ExpectedErrors = text => text.Contains("cannot be fired", StringComparison.Ordinal) || text.StartsWith("ALARM clock_unreadable", StringComparison.Ordinal);
        var (promise, _) = await hub.PromiseAsync();
        await hub.ExecuteAsync("update clock_events set payload = jsonb_set(payload, '{policy}', '\"lost\"')");
        await hub.Time.FreezeAsync(promise.After(25));
        await hub.RunAsync<FireClocks>();
        Assert.Equal(promise.Name, Assert.Single(Assert.Single(await AlarmsAsync(hub, looks: 2), a => a.Name == "clock_unreadable").Rows));
        await hub.ExecuteAsync("update clock_events set payload = jsonb_set(payload, '{policy}', '\"promise\"')");
    }

    [Fact]
    public async Task A_feed_that_has_gone_quiet_is_an_alarm_that_names_its_partner()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        hub.ExpectedErrors = text => text.StartsWith("ALARM feed_quiet", StringComparison.Ordinal);
        await hub.Time.FreezeAsync(Start);
        await hub.ExecuteAsync($"update partners set create_time = '{Start:O}'");
        await hub.QueryAsync(async db =>
        {
            (await db.Partners.SingleAsync(p => p.Id == "agence")).ExpectFeed(TimeSpan.FromHours(24));
            return await db.SaveChangesAsync();
        });
        await hub.Time.FreezeAsync(Start.AddHours(24));
        Assert.Empty(await AlarmsAsync(hub, looks: 2));
        await hub.Time.FreezeAsync(Start.AddHours(24).AddSeconds(1));
        Assert.Equal("partners/agence", Assert.Single(Assert.Single(await AlarmsAsync(hub, looks: 2), a => a.Name == "feed_quiet").Rows));

        await hub.ImportAsync(Feed.OfSales(["T1"]));
        Assert.Empty(await AlarmsAsync(hub, looks: 1));
        await hub.Time.FreezeAsync(Start.AddHours(48).AddSeconds(2));
        Assert.Single(await AlarmsAsync(hub, looks: 2), a => a.Name == "feed_quiet");
    }

    [Theory]
    [InlineData(2.5, true)]
    [InlineData(-2.5, true)]
    [InlineData(600, true)]
    [InlineData(1.2, false)]
    [InlineData(-1.2, false)]
    public async Task A_machine_whose_clock_is_off_by_more_than_two_seconds_is_an_alarm(double seconds, bool alarmed)
    {
        var machine = new MachineTime(TimeSpan.FromSeconds(seconds));
        await using var hub = await HubHost.StartAsync(postgres, machine);
        hub.ExpectedErrors = text => text.StartsWith("ALARM clock_skew", StringComparison.Ordinal);
        var alarms = await AlarmsAsync(hub, looks: 2);
        Assert.Equal(alarmed ? [Environment.MachineName] : [], alarms.SelectMany(a => a.Rows));

        machine.Offset = TimeSpan.Zero;
        Assert.Empty(await AlarmsAsync(hub, looks: 1));
    }

    static async Task<List<Alarm>> AlarmsAsync(HubHost hub, int looks)
    {
        for (var look = 0; look < looks; look++) await hub.Services.GetRequiredService<Watchman>().LookAsync(TestContext.Current.CancellationToken);
        return await hub.QueryAsync(db => db.Alarms.Where(a => a.ClearTime == null).ToListAsync());
    }
}
