using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Persistence;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Clocks;

/// <summary>What the sweep promises when things go wrong: machines' clocks, rows that cannot be read, outages, races.</summary>
public sealed class SweepTests(Postgres postgres)
{
    static readonly DateTimeOffset Start = new(2027, 3, 1, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task What_is_due_is_found_in_the_index_alone()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        await hub.Source.SeedPromisesAsync(Start.AddHours(-30), 100);
        await hub.Source.SeedPromisesAsync(Start.AddHours(-20), 20_000);
        // This server does not wait for the disk at each commit, and no page is known to be visible to all until it is there.
        await hub.ExecuteAsync("checkpoint");
        await hub.ExecuteAsync("vacuum analyze clocks");

        var plan = await PlanAsync(FireClocks.DueSql);

        Assert.Contains("Index Only Scan using ix_clocks_next_fire_time on clocks", plan, StringComparison.Ordinal);
        Assert.Contains("Heap Fetches: 0", plan, StringComparison.Ordinal);
        // Rows are read by their key, those that are due and no others.
        Assert.Contains("Index Scan using pk_clocks on clocks", plan, StringComparison.Ordinal);
        Assert.Contains("rows=100 ", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan on clocks", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("JIT", plan, StringComparison.Ordinal);
        Assert.Contains("Index Only Scan", await PlanAsync("select min(next_fire_time) from clocks"), StringComparison.Ordinal);

        async Task<string> PlanAsync(string sql)
        {
            await using var command = hub.Source.CreateCommand("explain (analyze, costs off, timing off, summary off) " + sql);
            await using var reader = await command.ExecuteReaderAsync();
            var lines = new List<string>();
            while (await reader.ReadAsync()) lines.Add(reader.GetString(0));
            return string.Join('\n', lines);
        }
    }

    [Theory]
    [InlineData("update clock_events set payload = '{\"policy\":\"lost\",\"version\":1}' where clock_id = '{0}'")]
    [InlineData("alter table clock_events drop constraint ck_clock_events_sound; update clock_events set payload = '{\"version\":\"one\"}' where clock_id = '{0}'")]
    public async Task A_clock_that_cannot_be_read_stops_no_other_and_is_tried_again_later(string spoil)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        await hub.Source.SeedPromisesAsync(Start, 50);
        var spoilt = (await hub.QueryAsync(db => db.Clocks.OrderBy(c => c.StartTime).Skip(7).FirstAsync())).Id;
        var payload = await hub.QueryAsync(db => db.ClockEvents.Where(e => e.ClockId == spoilt).Select(e => e.Payload).SingleAsync());
        await hub.ExecuteAsync(spoil.Replace("{0}", spoilt.ToString(), StringComparison.Ordinal));
        hub.ExpectedErrors = text => text.StartsWith($"clocks/{spoilt} cannot be fired", StringComparison.Ordinal);

        await hub.Time.FreezeAsync(Start.AddHours(24).AddSeconds(1));
        await hub.RunAsync<FireClocks>();

        Assert.Equal(49, await hub.QueryAsync(db => db.ClockFirings.CountAsync()));
        var left = await hub.QueryAsync(db => db.Clocks.SingleAsync(c => c.UnreadableTime != null));
        Assert.Equal((spoilt, Start.AddHours(24).AddSeconds(1)), (left.Id, left.UnreadableTime));
        await hub.RunAsync<FireClocks>();
        Assert.Single(hub.Logs.Entries, e => e.Level == LogLevel.Error);

        // It has been set right meanwhile.
        await hub.ExecuteAsync($"update clock_events set payload = '{payload}' where clock_id = '{spoilt}'");
        await hub.Time.AdvanceAsync(TimeSpan.FromMinutes(11));
        await hub.RunAsync<FireClocks>();
        Assert.Equal(50, await hub.QueryAsync(db => db.ClockFirings.CountAsync()));
        Assert.False(await hub.QueryAsync(db => db.Clocks.AnyAsync(c => c.UnreadableTime != null)));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(-10)]
    [InlineData(24 * 60)]
    [InlineData(-24 * 60)]
    public async Task Whatever_a_machines_clock_says_nothing_is_fired_early_or_left_out(int minutes)
    {
        var machine = new MachineTime(TimeSpan.FromMinutes(minutes));
        await using var hub = await HubHost.StartAsync(postgres, machine);
        var (promise, request) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(promise.After(24));
        await hub.RunAsync<FireClocks>();
        Assert.Empty(await hub.ToldAsync(request));
        Assert.Equal(TimeSpan.FromMicroseconds(-1), await hub.Services.GetRequiredService<FireClocks>().OldestDueAsync(TestContext.Current.CancellationToken));

        await hub.Time.FreezeAsync(promise.After(24).AddMicroseconds(1));
        await hub.RunAsync<FireClocks>();
        Assert.Equal(["clock.reminded start+24:00:00"], await hub.ToldAsync(request));

        // It steps back over what it has seen, and ahead again.
        machine.Offset = -machine.Offset;
        await hub.Time.FreezeAsync(promise.After(48));
        await hub.RunAsync<FireClocks>();
        machine.Offset = -machine.Offset;
        await hub.RunAsync<FireClocks>();
        Assert.Equal(["clock.reminded start+24:00:00", "clock.reminded start+36:00:00 start+44:00:00"], await hub.ToldAsync(request));
    }

    [Fact]
    public async Task A_node_knows_when_the_next_rung_comes()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        Assert.Null(await WaitedAsync());
        var (promise, _) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(promise.After(24).AddMilliseconds(-700));
        Assert.Equal(TimeSpan.FromMilliseconds(-700) - TimeSpan.FromMicroseconds(1), await WaitedAsync());
        await hub.Time.FreezeAsync(promise.After(24).AddSeconds(2));
        Assert.Equal(TimeSpan.FromSeconds(2) - TimeSpan.FromMicroseconds(1), await WaitedAsync());

        Task<TimeSpan?> WaitedAsync() => hub.Services.GetRequiredService<FireClocks>().OldestDueAsync(TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(6, "clock.reminded start+24:00:00")]
    [InlineData(48, "clock.overdue start+24:00:00 start+36:00:00 start+44:00:00 breach")]
    [InlineData(7 * 24, "clock.overdue start+24:00:00 start+36:00:00 start+44:00:00 breach")]
    public async Task After_an_outage_across_summer_time_everything_missed_is_one_message_that_says_so(int hours, string told)
    {
        // Friday 18:05 in Paris; it is due on Sunday at 19:05, after the night in which summer time begins.
        var start = new DateTimeOffset(2027, 3, 26, 17, 5, 0, TimeSpan.Zero);
        await using var hub = await HubHost.StartAsync(postgres, "Notifications:Gap=00:00:00");
        await hub.Time.FreezeAsync(start);
        var (promise, request) = await hub.PromiseAsync();
        Assert.Equal(start.AddHours(48), promise.DueTime.ToDateTimeOffset());
        var back = promise.After(23).AddHours(hours);
        await hub.Time.FreezeAsync(back);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => hub.RunAsync<FireClocks>()));

        Assert.Equal([told], await hub.ToldAsync(request));
        // Sunday is Easter, Monday a holiday: a reminder waits until Tuesday, a broken promise does not.
        if (!told.Contains("breach", StringComparison.Ordinal)) await hub.Time.FreezeAsync(new DateTimeOffset(2027, 3, 30, 6, 0, 0, TimeSpan.Zero).AddMicroseconds(1));
        await hub.RunAsync<FireClocks>();
        var notification = await hub.QueryAsync(db => db.Notifications.OrderBy(n => n.Sequence).FirstAsync());
        Assert.Equal(1, notification.ClockCount);
        Assert.Contains("Un de ces rappels vous parvient en retard", notification.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ten_thousand_answers_in_the_millisecond_of_the_deadline_give_ten_thousand_verdicts()
    {
        const int Count = 10_000, Around = 500;
        await using var hub = await HubHost.StartAsync(postgres, "Logging:LogLevel:Default=Warning");
        var now = Start.AddDays(10);
        await hub.Time.FreezeAsync(now);
        // Deadlines from half a millisecond before now to half a millisecond after.
        for (var made = 0; made < Count; made += 2 * Around) await hub.Source.SeedPromisesAsync(now.AddHours(-48).AddMicroseconds(-Around), 2 * Around);
        var seed = 20270301;
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var subjects = (await hub.QueryAsync(db => db.Clocks.Select(c => c.Subject).ToArrayAsync())).ToArray();
        new Random(seed).Shuffle(subjects);

        // A few in each transaction, as somebody does who answers them all.
        var answering = Parallel.ForEachAsync(subjects.Chunk(10), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, async (some, ct) =>
        {
            await using var scope = hub.Services.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<HubDb>();
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            foreach (var subject in some) await scope.ServiceProvider.GetRequiredService<ClockBook>().AnswerAsync(subject, AnswerKind.CallLogged, ct);
            await db.SaveChangesAsync(ct);
            await transaction.CommitAsync(ct);
        });
        // Behind what has been answered already, so that the two meet everywhere.
        await Eventually.BecomesTrueAsync(async () => await hub.QueryAsync(db => db.Clocks.CountAsync(c => c.AnswerTime != null)) > Count / 10, () => "Nobody answers.");
        await Task.WhenAll([answering, .. Enumerable.Range(0, 4).Select(_ => hub.RunAsync<FireClocks>())]);

        var verdicts = await hub.QueryAsync(db => db.Clocks.GroupBy(c => new { c.State, InTime = c.DueTime >= now }).Select(g => new { g.Key.State, g.Key.InTime, Count = g.Count() }).ToListAsync());
        Assert.Equal([(Standing.Met, true, Count / 2), (Standing.Missed, false, Count / 2)], verdicts.OrderByDescending(v => v.InTime).Select(v => (v.State, v.InTime, v.Count)));
        var answers = await hub.QueryAsync(db => db.ClockEvents.Where(e => e.Kind == ClockFactKind.Answered).GroupBy(e => e.ClockId).Select(g => g.Count()).ToListAsync());
        Assert.Equal((Count, 1), (answers.Count, answers.Max()));
        var told = await hub.QueryAsync(db => (from e in db.Events join c in db.Clocks on e.Subject equals c.Subject select new { e.Type, c.Subject, c.DueTime }).ToListAsync());
        Assert.All(told, t => Assert.Equal(t.DueTime < now ? "clock.overdue" : "clock.reminded", t.Type));
        Assert.Equal(told.Count, told.DistinctBy(t => t.Subject).Count());
        Assert.Equal(told.Count, await hub.QueryAsync(db => db.Notices.CountAsync()));
        // Both were first somewhere, or nothing has been tried.
        Assert.InRange(told.Count, 1, Count - 1);
    }
}
