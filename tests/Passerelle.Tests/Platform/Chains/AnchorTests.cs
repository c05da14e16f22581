using Microsoft.Extensions.DependencyInjection;
using Passerelle.Hub.Platform.Chains;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Platform.Chains;

public sealed class AnchorTests(Postgres postgres)
{
    [Fact]
    public async Task What_is_new_at_the_ends_is_written_down_and_nothing_twice()
    {
        var path = Path.Combine(postgres.NewFolder(), "below", "anchors.log");
        await using var hub = await HubHost.StartAsync(postgres, "Anchors:File=" + path);
        var anchorer = hub.Services.GetRequiredService<Anchorer>();
        await anchorer.LookAsync(CancellationToken.None);
        Assert.False(File.Exists(path));

        var random = new Random(1);
        await Entries.AppendAsync(hub, random, 3);
        await anchorer.LookAsync(CancellationToken.None);
        await anchorer.LookAsync(CancellationToken.None);
        await Entries.AppendAsync(hub, random, 2);
        await anchorer.LookAsync(CancellationToken.None);

        var anchors = await new AnchorFile(path, TimeProvider.System).ReadAsync(CancellationToken.None);
        Assert.Equal([3, 5], anchors.All.Select(a => a.Sequence));
        Assert.All(anchors.All, a => Assert.Equal("access", a.Chain));
        Assert.Empty(anchors.Unreadable);
        var report = await hub.QueryAsync(db => Entries.VerifyAsync(db, anchors));
        Assert.Equal((true, 2), (report.IsWhole, report.Anchored));
    }

    [Fact]
    public async Task A_node_that_stops_writes_down_the_ends_that_there_are()
    {
        var path = Path.Combine(postgres.NewFolder(), "anchors.log");
        await using (var hub = await HubHost.StartAsync(postgres, "Anchors:File=" + path, "Jobs:Watchdog=true")) await Entries.AppendAsync(hub, new Random(1), 4);
        Assert.Equal(4, Assert.Single((await new AnchorFile(path, TimeProvider.System).ReadAsync(CancellationToken.None)).All).Sequence);
    }

    [Fact]
    public async Task Anchoring_that_fails_is_an_alarm_until_it_works_again()
    {
        var folder = postgres.NewFolder();
        var path = Path.Combine(folder, "anchors.log");
        // A folder stands where the file should be.
        Directory.CreateDirectory(path);
        await using var hub = await HubHost.StartAsync(postgres, "Anchors:File=" + path);
        hub.ExpectedErrors = text => text.Contains("ALARM anchors_failing", StringComparison.Ordinal);
        await Entries.AppendAsync(hub, new Random(1), 1);
        var anchorer = hub.Services.GetRequiredService<Anchorer>();
        await anchorer.LookAsync(CancellationToken.None);
        await anchorer.LookAsync(CancellationToken.None);
        Assert.Equal([$"anchors_failing on {Environment.MachineName} open"], await AlarmsAsync(hub));

        Directory.Delete(path);
        await anchorer.LookAsync(CancellationToken.None);
        Assert.Equal([$"anchors_failing on {Environment.MachineName} over"], await AlarmsAsync(hub));
        Assert.Single(File.ReadAllLines(path));
    }

    [Fact]
    public async Task Several_nodes_may_share_a_file()
    {
        var path = Path.Combine(postgres.NewFolder(), "anchors.log");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(node => Task.Run(async () =>
        {
            for (var i = 1; i <= 20; i++)
                await new AnchorFile(path, TimeProvider.System).AppendAsync([new Anchor(TimeProvider.System.GetUtcNow(), $"c{node}", i, new byte[32])], CancellationToken.None);
        })));
        var anchors = await new AnchorFile(path, TimeProvider.System).ReadAsync(CancellationToken.None);
        Assert.Equal((160, 0), (anchors.All.Count, anchors.Unreadable.Count));
        Assert.Equal(Enumerable.Range(1, 20).Select(i => (long)i), anchors.All.Where(a => a.Chain == "c5").Select(a => a.Sequence));
    }

    [Fact]
    public async Task A_line_that_was_changed_or_cut_is_noticed_and_the_next_one_is_whole()
    {
        var path = Path.Combine(postgres.NewFolder(), "anchors.log");
        var file = new AnchorFile(path, TimeProvider.System);
        Anchor[] three = [.. Enumerable.Range(1, 3).Select(i => new Anchor(new DateTimeOffset(2026, 9, 1, 10, 0, i, TimeSpan.Zero), "access", i, new byte[32]))];
        await file.AppendAsync(three, CancellationToken.None);
        Assert.Equal(three.Select(a => a.ToString()), (await file.ReadAsync(CancellationToken.None)).All.Select(a => a.ToString()));

        var lines = File.ReadAllLines(path);
        File.WriteAllText(path, $"{lines[0]}\n{lines[1].Replace(" access ", " access", StringComparison.Ordinal)}\n{lines[2][..^3]}");
        await file.AppendAsync([three[0]], CancellationToken.None);
        var read = await file.ReadAsync(CancellationToken.None);
        Assert.Equal([2, 3], read.Unreadable);
        Assert.Equal(2, read.All.Count);
    }

    static async Task<List<string>> AlarmsAsync(HubHost hub)
    {
        await using var command = hub.Source.CreateCommand("select name || case when clear_time is null then ' open' else ' over' end from alarms order by raise_time");
        await using var reader = await command.ExecuteReaderAsync();
        var alarms = new List<string>();
        while (await reader.ReadAsync()) alarms.Add(reader.GetString(0));
        return alarms;
    }
}
