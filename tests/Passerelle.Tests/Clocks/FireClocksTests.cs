using Microsoft.EntityFrameworkCore;
using NodaTime;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Clocks.History;
using Passerelle.Tests.Support;
using Clock = Passerelle.Contracts.Clocks.V1.Clock;

namespace Passerelle.Tests.Clocks;

/// <summary>The sweep on a real database.</summary>
public sealed class FireClocksTests(Postgres postgres)
{
    [Fact]
    public async Task Each_rung_is_told_at_its_time_and_the_breach_one_microsecond_after_the_deadline()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (promise, request) = await hub.PromiseAsync();
        foreach (var (hours, microseconds) in new[] { (24.0, 0), (24, 1), (30, 0), (36, 1), (44, 1), (48, 0), (48, 1), (60, 0) })
        {
            await hub.Time.FreezeAsync(promise.After(hours).AddMicroseconds(microseconds));
            await hub.RunAsync<FireClocks>();
            await hub.RunAsync<FireClocks>();
        }

        Assert.Equal(["clock.reminded start+24:00:00", "clock.reminded start+36:00:00", "clock.reminded start+44:00:00", "clock.overdue breach"], await hub.ToldAsync(request));
        var overdue = await hub.PromiseOfAsync(request);
        Assert.Equal((Clock.Types.State.Overdue, promise.After(48).AddMicroseconds(1)), (overdue.State, overdue.OverdueNoticeTime.ToDateTimeOffset()));
    }

    [Fact]
    public async Task What_was_missed_while_nobody_swept_is_told_as_one_event_that_names_it_all()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (promise, request) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(promise.After(40));
        await hub.RunAsync<FireClocks>();
        Assert.Equal(["clock.reminded start+24:00:00 start+36:00:00"], await hub.ToldAsync(request));

        await hub.Time.FreezeAsync(promise.After(7 * 24));
        await hub.RunAsync<FireClocks>();

        Assert.Equal(["clock.reminded start+24:00:00 start+36:00:00", "clock.overdue start+44:00:00 breach"], await hub.ToldAsync(request));
        var firings = await hub.QueryAsync(db => db.ClockFirings.OrderBy(f => f.DueTime).ToListAsync());
        Assert.Equal([24, 36, 44, 48], firings.Select(f => (f.DueTime - promise.After(0)).TotalHours));
        Assert.Equal(promise.DueTime.ToDateTimeOffset(), await hub.QueryAsync(db => db.Events.Where(e => e.Type == "clock.overdue").Select(e => e.Time).SingleAsync()));
    }

    [Fact]
    public async Task Several_sweepers_on_one_database_fire_each_rung_once()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        for (var n = 0; n < 20; n++) await household.FileRequestAsync(hub);
        // More than a batch, without filing each.
        await hub.ExecuteAsync(
            """
            with copied as (
                insert into clocks (
                    id, family, subject, case_id, partner_id, state, start_time, due_time, next_fire_time, generation, answer_time, overdue_notice_time, policy_id, policy_version)
                select c.copy_id, family, subject || '-' || n, case_id, partner_id, state, start_time, due_time, next_fire_time, generation, answer_time, overdue_notice_time, policy_id, policy_version
                from (select gen_random_uuid() as copy_id, n, clocks.* from clocks cross join generate_series(1, 30) n) c
                returning id, subject
            )
            insert into clock_events (clock_id, number, id, kind, effective_time, record_time, by, why, payload)
            select copied.id, number, e.id, kind, effective_time, record_time, by, why, payload
            from copied join clocks o on o.subject = left(copied.subject, 45) join clock_events e on e.clock_id = o.id
            """);
        foreach (var hours in new[] { 25, 24 })
        {
            await hub.Time.AdvanceAsync(TimeSpan.FromHours(hours));
            await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => hub.RunAsync<FireClocks>()));
        }

        // The primary key makes a second firing impossible; nothing is told twice, and nobody is left out.
        var told = await hub.QueryAsync(db => db.Events.Where(e => e.Type.StartsWith("clock.")).GroupBy(e => new { e.Subject, e.Type }).Select(g => new { g.Key.Type, Count = g.Count() }).ToListAsync());
        Assert.Equal(620, told.Count(t => t.Type == "clock.reminded"));
        Assert.Equal(620, told.Count(t => t.Type == "clock.overdue"));
        Assert.All(told, t => Assert.Equal(1, t.Count));
        Assert.Equal(4 * 620, await hub.QueryAsync(db => db.ClockFirings.CountAsync()));
        Assert.Equal(620, await hub.QueryAsync(db => db.Clocks.CountAsync(c => c.State == Standing.Overdue && c.NextFireTime == null)));
    }

    [Theory]
    [InlineData(0, Clock.Types.State.Met, 0)]
    [InlineData(1, Clock.Types.State.Missed, 1)]
    public async Task An_answer_and_a_breach_in_one_instant_give_one_verdict(int microseconds, Clock.Types.State verdict, int mostTold)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        await hub.Time.FreezeAsync(new DateTimeOffset(2027, 3, 1, 9, 0, 0, TimeSpan.Zero));
        var requests = new List<string>();
        for (var n = 0; n < 20; n++) requests.Add((await household.FileRequestAsync(hub)).Name);
        await hub.Time.FreezeAsync((await hub.PromiseOfAsync(requests[0])).DueTime.ToDateTimeOffset().AddMicroseconds(microseconds));

        await Task.WhenAll([.. requests.Select(r => hub.AnswerRequestAsync(r)), .. Enumerable.Range(0, 4).Select(_ => hub.RunAsync<FireClocks>())]);

        foreach (var request in requests)
        {
            Assert.Equal(verdict, (await hub.PromiseOfAsync(request)).State);
            Assert.InRange((await hub.ToldAsync(request)).Count(t => t.StartsWith("clock.overdue", StringComparison.Ordinal)), 0, mostTold);
        }
    }

    [Fact]
    public async Task Rungs_are_fired_anew_for_a_deadline_that_was_moved_but_not_those_reached_before()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Response:RereadPoliciesEvery=00:00:00");
        await hub.OfferAsync(ClockFamily.Promise, new PolicyTerms { MayPause = true, Rungs = [PolicyRung.AtPercent(25), PolicyRung.BeforeDeadline(Duration.FromHours(4))] });
        var (promise, request) = await hub.PromiseAsync();
        async Task AtAsync(double hours, Func<Task>? then = null)
        {
            await hub.Time.FreezeAsync(promise.After(hours).AddMicroseconds(1));
            await hub.RunAsync<FireClocks>();
            if (then is not null) await then();
        }

        await AtAsync(12);
        await AtAsync(20, () => hub.PauseAsync(promise.Name));
        await AtAsync(70);
        await AtAsync(70, () => hub.ResumeAsync(promise.Name));
        await AtAsync(94);
        await AtAsync(98);

        Assert.Equal(["clock.reminded 25%", "clock.paused paused", "clock.resumed running", "clock.reminded due-4:00:00", "clock.overdue breach"], await hub.ToldAsync(request));
    }
}
