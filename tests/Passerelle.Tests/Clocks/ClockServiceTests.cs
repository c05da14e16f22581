using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Passerelle.Contracts.Clocks.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Clocks.History;
using Passerelle.Tests.Clocks.Calendars;
using Passerelle.Tests.Clocks.History;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using Clock = Passerelle.Contracts.Clocks.V1.Clock;
using ClockEvent = Passerelle.Contracts.Clocks.V1.ClockEvent;
using ClockFamily = Passerelle.Hub.Clocks.ClockFamily;

namespace Passerelle.Tests.Clocks;

/// <summary>What is asked of clocks, and done to them, over the wire.</summary>
public sealed class ClockServiceTests(Postgres postgres)
{
    [Fact]
    public async Task A_pause_moves_the_deadline_by_its_length()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (window, exchange) = await hub.WindowAsync();
        await hub.Time.FreezeAsync(window.After(10));
        var paused = await hub.PauseAsync(window.Name);
        Assert.Equal((Clock.Types.State.Paused, null), (paused.State, paused.DueTime));
        Assert.Equal(paused, await hub.PauseAsync(window.Name));

        await hub.Time.FreezeAsync(window.After(70));
        await hub.RunAsync<FireClocks>();
        var resumed = await hub.ResumeAsync(window.Name);
        Assert.Equal((Clock.Types.State.Running, window.After(108)), (resumed.State, resumed.DueTime.ToDateTimeOffset()));
        Assert.Equal(resumed, await hub.ResumeAsync(window.Name));

        Assert.Equal(resumed, (await hub.GetExchangeAsync(exchange)).Window);
        Assert.Equal(["clock.paused paused", "clock.resumed running"], await hub.ToldAsync(exchange));
        var events = (await hub.Clocks().GetClockAsync(new() { Name = window.Name })).Events;
        Assert.Equal([(1, ClockEvent.Types.Kind.Started), (2, ClockEvent.Types.Kind.Paused), (3, ClockEvent.Types.Kind.Resumed)], events.Select(e => (e.Number, e.Kind)));
        Assert.Equal(("partner-window@1", "crm:advisors/ada", "Vacances", "crm"), (events[0].Policy, events[1].By, events[1].Why, events[2].By));
    }

    [Fact]
    public async Task A_promise_cannot_be_paused_and_what_is_stopped_cannot_be_resumed()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (promise, request) = await hub.PromiseAsync();
        await RefusedAsync(() => hub.PauseAsync(promise.Name));
        await hub.AnswerRequestAsync(request);
        await RefusedAsync(() => hub.ResumeAsync(promise.Name));
        Assert.Equal([ClockEvent.Types.Kind.Started, ClockEvent.Types.Kind.Answered], (await hub.Clocks().GetClockAsync(new() { Name = promise.Name })).Events.Select(e => e.Kind));
    }

    [Fact]
    public async Task Facts_of_one_instant_are_recorded_one_after_the_other()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(new DateTimeOffset(2027, 3, 1, 9, 0, 0, TimeSpan.Zero));
        var (window, _) = await hub.WindowAsync();
        await hub.PauseAsync(window.Name);
        await hub.ResumeAsync(window.Name);
        await hub.PauseAsync(window.Name);

        var events = await hub.QueryAsync(db => db.ClockEvents.OrderBy(e => e.Number).ToListAsync());

        Assert.Equal([0.0, 1, 2, 3], events.Select(e => (e.RecordTime - window.After(0)).TotalMicroseconds));
        Assert.Equal(Standing.Paused, (await hub.QueryAsync(db => db.Clocks.SingleAsync())).State);
    }

    [Fact]
    public async Task A_correction_changes_a_verdict_and_keeps_who_and_why()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (promise, request) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(promise.After(50));
        await hub.RunAsync<FireClocks>();
        Assert.Equal(Clock.Types.State.Missed, (await hub.AnswerRequestAsync(request)).State);
        await hub.Time.FreezeAsync(promise.After(60));

        var call = ClockCalls.AnsweredAt(promise.Name, promise.After(47));
        var corrected = (await hub.Clocks().CorrectClockAsync(call)).Clock;

        Assert.Equal((Clock.Types.State.Met, promise.After(47), null), (corrected.State, corrected.AnswerTime.ToDateTimeOffset(), corrected.OverdueNoticeTime));
        Assert.Equal(corrected, (await hub.Clocks().CorrectClockAsync(call)).Clock);
        Assert.Equal(corrected, await hub.PromiseOfAsync(request));
        var events = (await hub.Clocks().GetClockAsync(new() { Name = promise.Name })).Events;
        Assert.Equal(3, events.Count);
        var written = events[2];
        Assert.Equal((ClockEvent.Types.Kind.Corrected, "crm:advisors/ada", "Appel noté trop tard", 2), (written.Kind, written.By, written.Why, written.RemovedNumber));
        Assert.Equal((ClockEvent.Types.Kind.Answered, promise.After(47), 3), (written.Added.Kind, written.Added.EffectiveTime.ToDateTimeOffset(), written.Added.Number));

        // What a correction put in is corrected under its number.
        corrected = (await hub.Clocks().CorrectClockAsync(ClockCalls.AnsweredAt(promise.Name, promise.After(49), removed: 3))).Clock;
        Assert.Equal((Clock.Types.State.Missed, promise.After(49)), (corrected.State, corrected.AnswerTime.ToDateTimeOffset()));
    }

    [Fact]
    public async Task A_correction_of_the_start_moves_the_deadline_and_may_heal_what_was_overdue()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (promise, request) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(promise.After(49));
        await hub.RunAsync<FireClocks>();
        Assert.Equal(Clock.Types.State.Overdue, (await hub.PromiseOfAsync(request)).State);

        var corrected = (await hub.Clocks().CorrectClockAsync(new()
        {
            RequestId = Household.NewId(), Name = promise.Name, RemovedNumber = 1, AddedKind = ClockEvent.Types.Kind.Started,
            AddedTime = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(promise.After(5)), Why = "Reçue plus tard",
        })).Clock;

        Assert.Equal((Clock.Types.State.Running, promise.After(53), null), (corrected.State, corrected.DueTime.ToDateTimeOffset(), corrected.OverdueNoticeTime));
        Assert.Equal(2, (await hub.QueryAsync(db => db.Clocks.SingleAsync())).Generation);
        await hub.Time.FreezeAsync(promise.After(53).AddMicroseconds(1));
        await hub.RunAsync<FireClocks>();
        Assert.Equal("clock.overdue breach", (await hub.ToldAsync(request))[^1]);
    }

    [Fact]
    public async Task A_correction_neither_stops_a_clock_nor_opens_one_nor_does_nothing()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (promise, request) = await hub.PromiseAsync();
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(2));
        await RefusedAsync(async () => await hub.Clocks().CorrectClockAsync(ClockCalls.AnsweredAt(promise.Name, promise.After(1), removed: 0)));
        await hub.AnswerRequestAsync(request);
        await RefusedAsync(async () => await hub.Clocks().CorrectClockAsync(new() { RequestId = Household.NewId(), Name = promise.Name, RemovedNumber = 2, Why = "Erreur" }));
        await RefusedAsync(async () => await hub.Clocks().CorrectClockAsync(ClockCalls.AnsweredAt(promise.Name, promise.After(1), removed: 7)));

        var ahead = ClockCalls.AnsweredAt(promise.Name, promise.After(99));
        Assert.Equal(["added_time"], (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, async () => await hub.Clocks().CorrectClockAsync(ahead))).Fields);
        var nothing = new CorrectClockRequest { RequestId = Household.NewId(), Name = promise.Name };
        Assert.Equal(["why", "added_kind"], (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, async () => await hub.Clocks().CorrectClockAsync(nothing))).Fields);
        Assert.Equal(2, await hub.QueryAsync(db => db.ClockEvents.CountAsync()));
    }

    [Fact]
    public async Task An_answer_that_was_none_opens_the_request_again_at_its_old_deadline()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (promise, request) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(promise.After(10));
        await hub.AnswerRequestAsync(request);
        await hub.Time.FreezeAsync(promise.After(30));

        var reopened = await hub.ReopenAsync(promise.Name);

        Assert.Equal((Clock.Types.State.Running, promise.DueTime, null), (reopened.State, reopened.DueTime, reopened.AnswerTime));
        Assert.Equal(reopened, await hub.ReopenAsync(promise.Name));
        // The rung that came while it was taken for answered is told now.
        Assert.Equal(["clock.reminded start+24:00:00", "clock.reopened running"], await hub.ToldAsync(request));
        await hub.Time.FreezeAsync(promise.After(49));
        Assert.Equal(Clock.Types.State.Missed, (await hub.AnswerRequestAsync(request)).State);
    }

    [Fact]
    public async Task The_answer_of_a_partner_stands()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        var referral = await candidate.ReferAsync();
        await hub.RunAsync<Passerelle.Hub.Exchanges.DeliverDue>();
        await hub.AnswerAsync(EmploymentCalls.Interested(referral.Name));

        await RefusedAsync(async () => await hub.ReopenAsync((await hub.GetExchangeAsync(referral.Exchange)).Window.Name));
    }

    [Fact]
    public async Task An_explanation_sums_to_what_was_counted_to_the_microsecond()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var key = await hub.OfferAsync(ClockFamily.Promise, new PolicyTerms { Window = Duration.FromHours(16), Calendar = ClockStory.Office, MayPause = true });
        // The Friday before Easter, until the Tuesday after.
        var start = When.Paris("2027-03-26 16:00").ToDateTimeOffset().AddMicroseconds(123_457);
        await hub.Time.FreezeAsync(start);
        var (promise, _) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(start.AddHours(1).AddMicroseconds(77));
        await hub.PauseAsync(promise.Name);
        await hub.Time.FreezeAsync(start.AddHours(1.5).AddMicroseconds(78));
        await hub.ResumeAsync(promise.Name);
        var end = When.Paris("2027-03-30 10:00").ToDateTimeOffset().AddMicroseconds(1);
        await hub.Time.FreezeAsync(end);

        var said = await hub.ExplainClockAsync(promise.Name);

        Assert.Equal((start, end), (said.Intervals[0].StartTime.ToDateTimeOffset(), said.EndTime.ToDateTimeOffset()));
        Assert.Equal(said.EndTime, said.Intervals[^1].EndTime);
        Assert.All(said.Intervals.Zip(said.Intervals.Skip(1)), pair => Assert.Equal(pair.First.EndTime, pair.Second.StartTime));
        Assert.Equal(said.Counted.ToTimeSpan(), said.Intervals.Where(i => i.Counts).Aggregate(TimeSpan.Zero, (sum, i) => sum + (i.EndTime - i.StartTime).ToTimeSpan()));
        // Friday 16:00 to 18:00 but half an hour and a microsecond, and an hour on Tuesday.
        Assert.Equal(TimeSpan.FromHours(2.5) - TimeSpan.FromMicroseconds(123_457), said.Counted.ToTimeSpan());
        var holiday = Assert.Single(said.Intervals, i => i.Rule == ClockInterval.Types.Rule.Holiday);
        Assert.Equal((false, "Lundi de Pâques", key.ToString()), (holiday.Counts, holiday.Detail, holiday.Policy));
        Assert.Contains(said.Intervals, i => i.Rule == ClockInterval.Types.Rule.Paused && !i.Counts);
    }

    [Fact]
    public async Task What_was_known_at_a_moment_stays_what_was_known_whatever_is_recorded_after_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(new DateTimeOffset(2027, 3, 1, 9, 0, 0, TimeSpan.Zero));
        var (promise, request) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(promise.After(49));
        await hub.RunAsync<FireClocks>();
        await hub.Time.FreezeAsync(promise.After(50));
        await hub.AnswerRequestAsync(request);
        await hub.Time.FreezeAsync(promise.After(60));
        await hub.Clocks().CorrectClockAsync(ClockCalls.AnsweredAt(promise.Name, promise.After(40)));

        async Task<(Clock.Types.State, double, int)> KnownAsync(double? hours)
        {
            var said = await hub.ExplainClockAsync(promise.Name, hours is { } h ? promise.After(h) : null);
            return (said.Clock.State, said.Counted.ToTimeSpan().TotalHours, said.Events.Count);
        }

        Assert.Equal((Clock.Types.State.Running, 0, 1), await KnownAsync(0));
        Assert.Equal((Clock.Types.State.Running, 45, 1), await KnownAsync(45));
        Assert.Equal((Clock.Types.State.Overdue, 49.5, 1), await KnownAsync(49.5));
        Assert.Equal((Clock.Types.State.Missed, 50, 2), await KnownAsync(55));
        Assert.Equal((Clock.Types.State.Met, 40, 3), await KnownAsync(60));
        Assert.Equal((Clock.Types.State.Met, 40, 3), await KnownAsync(null));
        foreach (var hours in new[] { -1.0, 61 })
        {
            var error = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.ExplainClockAsync(promise.Name, promise.After(hours)));
            Assert.Equal(["as_known_time"], error.Fields);
        }
    }

    [Fact]
    public async Task A_stranger_gets_not_found_and_a_partner_reads_its_own_window_without_who_and_why()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (window, _) = await hub.WindowAsync();
        var (promise, _) = await hub.PromiseAsync();
        await hub.PauseAsync(window.Name);

        foreach (var (caller, name) in new[] { ("interim", window.Name), ("agence", window.Name), ("emploi", promise.Name), ("crm", Hub.Platform.Names.Of("clocks", Guid.Parse(Household.NewId()))) })
        {
            await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, async () => await hub.Clocks(caller).GetClockAsync(new() { Name = name }));
            await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, async () => await hub.Clocks(caller).ExplainClockAsync(new() { Name = name }));
        }

        Assert.Empty((await hub.Clocks("interim").ListClocksAsync(new())).Clocks);
        Assert.Equal(window.Name, Assert.Single((await hub.Clocks("emploi").ListClocksAsync(new())).Clocks).Name);
        var own = await hub.Clocks("emploi").GetClockAsync(new() { Name = window.Name });
        Assert.Equal((ClockEvent.Types.Kind.Paused, "", ""), (own.Events[1].Kind, own.Events[1].By, own.Events[1].Why));
        var explained = (await hub.Clocks("emploi").ExplainClockAsync(new() { Name = window.Name })).ToString();
        foreach (var theirs in (string[])["advisors/ada", "Vacances"]) Assert.DoesNotContain(theirs, explained, StringComparison.Ordinal);
        await HubError.OfAsync(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, async () => await hub.Clocks("emploi").ResumeClockAsync(new() { Name = window.Name }));
    }

    [Fact]
    public async Task Clocks_are_listed_by_case_partner_and_state_page_by_page_newest_first()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var promises = new List<string>();
        for (var n = 0; n < 3; n++) promises.Insert(0, (await household.FileRequestAsync(hub)).Promise.Name);
        var (window, _) = await hub.WindowAsync();
        await hub.PauseAsync(window.Name);
        async Task<IEnumerable<string>> ListAsync(ListClocksRequest request) => (await hub.Clocks().ListClocksAsync(request)).Clocks.Select(c => c.Name);

        Assert.Equal([window.Name, .. promises], await ListAsync(new()));
        Assert.Equal(promises, await ListAsync(new() { Case = household.Case }));
        Assert.Equal([window.Name], await ListAsync(new() { Partner = "partners/emploi" }));
        Assert.Equal([window.Name], await ListAsync(new() { State = Clock.Types.State.Paused }));
        Assert.Empty(await ListAsync(new() { Case = household.Case, Partner = "partners/emploi" }));

        var page = await hub.Clocks().ListClocksAsync(new() { Case = household.Case, PageSize = 2 });
        Assert.Equal(promises[..2], page.Clocks.Select(c => c.Name));
        Assert.Equal(promises[2..], await ListAsync(new() { Case = household.Case, PageSize = 2, PageToken = page.NextPageToken }));
        await HubError.OfAsync(ErrorReason.PageTokenInvalid, StatusCode.InvalidArgument, () => ListAsync(new() { PageSize = 2, PageToken = page.NextPageToken }));
    }

    [Fact]
    public async Task What_the_policy_does_not_take_for_an_answer_leaves_the_request_open()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.OfferAsync(ClockFamily.Promise, new PolicyTerms { Answers = new HashSet<AnswerKind> { AnswerKind.AppointmentConfirmed } });
        var (promise, request) = await hub.PromiseAsync();

        await RefusedAsync(() => hub.AnswerRequestAsync(request));

        Assert.Equal(promise, await hub.PromiseOfAsync(request));
    }

    static Task<HubError> RefusedAsync(Func<Task> call) => HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, call);
}
