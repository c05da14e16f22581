using Microsoft.EntityFrameworkCore;
using NodaTime;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Clocks.Calendars;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Clocks.Calendars;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using Clock = Passerelle.Contracts.Clocks.V1.Clock;
using ClockFamily = Passerelle.Hub.Clocks.ClockFamily;

namespace Passerelle.Tests.Clocks;

/// <summary>What other systems have got wrong, on a real database. The same cases are told of the pure history by ClockHistoryTests.</summary>
public sealed class ClockRegressionTests(Postgres postgres)
{
    [Fact]
    public async Task An_answer_and_a_pause_saved_together_are_an_answer()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(When.Paris("2027-03-01 10:00").ToDateTimeOffset());
        var referred = new List<(Clock Window, string Referral)>();
        for (var n = 0; n < 10; n++)
        {
            var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync();
            await hub.RunAsync<DeliverDue>();
            referred.Add(((await hub.GetExchangeAsync(referral.Exchange)).Window, referral.Name));
        }

        await hub.Time.FreezeAsync(referred[0].Window.After(10));
        // In one instant, by whoever comes first.
        await Task.WhenAll(referred.SelectMany(r => new[] { hub.AnswerAsync(EmploymentCalls.Interested(r.Referral)), PauseAsync(r.Window.Name) }));
        await hub.Time.FreezeAsync(referred[0].Window.After(500));
        await hub.RunAsync<FireClocks>();

        foreach (var (window, _) in referred)
        {
            var clock = (await hub.Clocks().GetClockAsync(new() { Name = window.Name })).Clock;
            Assert.Equal((Clock.Types.State.Met, window.After(10)), (clock.State, clock.AnswerTime.ToDateTimeOffset()));
        }

        Assert.Equal(0, await hub.QueryAsync(db => db.Events.CountAsync(e => e.Type == "clock.overdue")));

        async Task PauseAsync(string clock)
        {
            try { await hub.PauseAsync(clock); }
            // The answer came first.
            catch (Grpc.Core.RpcException e) when (e.StatusCode == Grpc.Core.StatusCode.FailedPrecondition) { }
        }
    }

    [Fact]
    public async Task Paused_then_closed_is_met_with_what_had_been_counted()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync();
        await hub.RunAsync<DeliverDue>();
        var window = (await hub.GetExchangeAsync(referral.Exchange)).Window;
        await hub.Time.FreezeAsync(window.After(10));
        await hub.PauseAsync(window.Name);
        await hub.Time.FreezeAsync(window.After(100));
        await hub.RunAsync<FireClocks>();

        await hub.AnswerAsync(EmploymentCalls.Interested(referral.Name));

        var said = await hub.ExplainClockAsync(window.Name);
        Assert.Equal((Clock.Types.State.Met, TimeSpan.FromHours(10)), (said.Clock.State, said.Counted.ToTimeSpan()));
        Assert.Equal([true, false], said.Intervals.Select(i => i.Counts));
        Assert.Empty(await hub.QueryAsync(db => db.ClockFirings.ToListAsync()));
    }

    [Fact]
    public async Task Closed_then_reopened_goes_on_towards_its_old_deadline()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Response:RereadPoliciesEvery=00:00:00");
        await hub.OfferAsync(ClockFamily.Promise, new PolicyTerms { MayPause = true });
        var (promise, request) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(promise.After(10));
        await hub.PauseAsync(promise.Name);
        await hub.Time.FreezeAsync(promise.After(20));
        await hub.AnswerRequestAsync(request);
        await hub.Time.FreezeAsync(promise.After(40));

        var reopened = await hub.ReopenAsync(promise.Name);

        // The pause ended with the answer; the time since has gone on.
        Assert.Equal((Clock.Types.State.Running, promise.After(58)), (reopened.State, reopened.DueTime.ToDateTimeOffset()));
        await hub.Time.FreezeAsync(promise.After(58).AddMicroseconds(1));
        await hub.RunAsync<FireClocks>();
        Assert.Equal("clock.overdue", (await hub.ToldAsync(request))[^1].Split(' ')[0]);
    }

    [Fact]
    public async Task A_deactivated_policy_takes_no_new_clocks_and_keeps_those_it_has()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Response:RereadPoliciesEvery=00:00:00");
        var key = await hub.OfferAsync(ClockFamily.Promise, new PolicyTerms { MayPause = true, Window = Duration.FromHours(24), Rungs = [PolicyRung.AtPercent(50)] });
        var (promise, request) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(promise.After(1));
        await hub.ExecuteAsync($"update clock_policy_offers set until_time = hub_now() where policy_id = '{key.Id}'");
        Assert.Equal("promise@1", (await hub.PromiseAsync()).Promise.Policy);

        // What it says still holds for the clock that has it: pauses, rungs, deadline.
        await hub.PauseAsync(promise.Name);
        await hub.Time.FreezeAsync(promise.After(11));
        Assert.Equal(promise.After(34), (await hub.ResumeAsync(promise.Name)).DueTime.ToDateTimeOffset());
        await hub.Time.FreezeAsync(promise.After(34).AddMicroseconds(1));
        await hub.RunAsync<FireClocks>();
        Assert.Equal("clock.overdue 50% breach", (await hub.ToldAsync(request))[^1]);
    }

    /// <summary>As DeadlineTests has them, through the database and back.</summary>
    [Theory]
    [InlineData("2027-03-27 10:00", RepeatedTime.Earlier, "2027-03-29 11:00")]
    [InlineData("2026-10-24 10:00", RepeatedTime.Earlier, "2026-10-26 09:00")]
    [InlineData("2027-03-26 18:05", RepeatedTime.Earlier, "2027-03-28 19:05")]
    [InlineData("2026-10-25 02:30", RepeatedTime.Earlier, "2026-10-27 01:30")]
    [InlineData("2026-10-25 02:30", RepeatedTime.Later, "2026-10-27 02:30")]
    public async Task Promises_fall_due_after_48_hours_of_the_instant_line(string filed, RepeatedTime which, string due)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(When.Paris(filed, which).ToDateTimeOffset());
        Assert.Equal(due, Instant.FromDateTimeOffset((await hub.PromiseAsync()).Promise.DueTime.ToDateTimeOffset()).InParis());
    }
}
