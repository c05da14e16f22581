using Microsoft.EntityFrameworkCore;
using Npgsql;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Housing.Visits;

/// <summary>Many at once, on two hubs; and what the database itself refuses, whoever writes it.</summary>
public sealed class VisitRaceTests(Postgres postgres)
{
    const int Agencies = 10;

    [Fact]
    public async Task Ten_agencies_that_accept_at_once_on_two_hubs_make_one_day()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub, Agencies);
        var request = await tour.Household.FileRequestAsync(hub);
        var day = await tour.AskedAsync(minimum: Agencies);
        await using var beside = await hub.StartBesideAsync();

        await AtOnceAsync(hub, beside, tour, day, visit => visit.Accepted());

        Assert.Equal($"Confirmed: {string.Join(", ", Enumerable.Repeat("Confirmed", Agencies))}", await hub.StandingAsync(day));
        // Once: one confirmation each, one answer to the household.
        Assert.Equal(["visit_day.created", "visit_day.held", "visit_day.confirmed"], await hub.ToldAsync(day));
        Assert.Equal(2 * Agencies, await hub.QueryAsync(db => db.Exchanges.CountAsync()));
        Assert.Equal(1, await hub.QueryAsync(db => db.Events.CountAsync(e => e.Type == "request.answered" && e.Subject == request.Name)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_ten_agencies_say_at_once_no_day_is_half_confirmed(int seed)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub, Agencies);
        var day = await tour.AskedAsync(minimum: 2);
        await using var beside = await hub.StartBesideAsync();
        var random = new Random(seed);
        for (var round = 0; round < 4 && (await hub.GetDayAsync(day.Name)).State != VisitDay.Types.State.Released; round++)
        {
            var choices = tour.Agencies.ToDictionary(a => a, _ => (What: random.Next(10), Hour: random.Next(16) / 2.0));
            await AtOnceAsync(hub, beside, tour, day, visit => (choices[visit.Partner["partners/".Length..]], visit.State) switch
            {
                ({ What: < 6 }, VisitRequest.Types.State.Asked) => visit.Accepted(),
                ({ What: < 8, Hour: var hour }, VisitRequest.Types.State.Asked or VisitRequest.Types.State.Accepted or VisitRequest.Types.State.Confirmed) => visit.Proposed((hour, 1.5)),
                ({ What: 9 }, VisitRequest.Types.State.Asked or VisitRequest.Types.State.Accepted or VisitRequest.Types.State.Confirmed) => visit.Refused(),
                _ => null,
            });
            await hub.RunAsync<DeliverDue>();
            var now = await hub.GetDayAsync(day.Name);
            var live = now.Visits.Where(v => v.State is VisitRequest.Types.State.Asked or VisitRequest.Types.State.Accepted or VisitRequest.Types.State.Confirmed).ToList();
            if (now.State == VisitDay.Types.State.Confirmed) Assert.All(live, v => Assert.Equal(VisitRequest.Types.State.Confirmed, v.State));
            else Assert.DoesNotContain(live, v => v.State == VisitRequest.Types.State.Confirmed);
            var slots = live.Where(v => v.Slot is not null).OrderBy(v => v.Slot.StartTime).ToList();
            Assert.All(slots.Zip(slots.Skip(1)), pair => Assert.True(pair.First.Slot.EndTime <= pair.Second.Slot.StartTime));
        }
    }

    [Fact]
    public async Task The_database_refuses_two_visits_at_once_and_half_a_day()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub, agencies: 2);
        await tour.ConfirmedAsync();
        await RefusedAsync(PostgresErrorCodes.ExclusionViolation, "update visit_requests set slot_start = (select min(slot_start) from visit_requests), slot_end = (select min(slot_start) from visit_requests) + length");
        await RefusedAsync(PostgresErrorCodes.IntegrityConstraintViolation, "update visit_requests set state = 'accepted' where partner_id = 'immo-1'");
        await RefusedAsync(PostgresErrorCodes.IntegrityConstraintViolation, "update visit_days set state = 'held', confirm_time = null");
        await RefusedAsync(PostgresErrorCodes.IntegrityConstraintViolation, "update visit_days set state = 'released', confirm_time = null, release_reason = 'TEST'");
        await RefusedAsync(PostgresErrorCodes.CheckViolation, "update visit_requests set slot_start = null, slot_end = null where partner_id = 'immo-1'");
        await RefusedAsync(PostgresErrorCodes.UniqueViolation, "insert into visit_days select (jsonb_populate_record(d, jsonb_build_object('id', gen_random_uuid()))).* from visit_days d");
        await hub.OpeningHours("immo-1").SetOpeningHoursAsync(new() { Partner = "partners/immo-1", Hours = new() { Spans = { new OpeningHours.Types.Span { Day = Weekday.Monday, From = "09:00", Until = "12:00" } } } });
        await RefusedAsync(PostgresErrorCodes.ExclusionViolation, "insert into opening_spans values ('immo-1', '', 1, 660, 780)");

        async Task RefusedAsync(string code, string sql) => Assert.Equal(code, (await Assert.ThrowsAsync<PostgresException>(() => hub.ExecuteAsync(sql))).SqlState);
    }

    /// <summary>Each agency says its word, half of them to each hub, all at the same moment.</summary>
    static async Task AtOnceAsync(HubHost hub, HubHost beside, Tour tour, VisitDay day, Func<VisitRequest, AnswerVisitRequestRequest?> choose)
    {
        var visits = (await hub.GetDayAsync(day.Name)).Visits;
        foreach (var agency in tour.Agencies) await beside.IssueKeyAsync(agency);
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = visits.Select((visit, n) => (Answer: choose(visit), Partner: visit.Partner["partners/".Length..], Hub: n % 2 == 0 ? hub : beside)).Where(c => c.Answer is not null)
            .Select(async c =>
            {
                await start.Task;
                try { await c.Hub.VisitRequests(c.Partner).AnswerVisitRequestAsync(c.Answer!); }
                // Its question was replaced, or its day released, by whoever came before.
                catch (Grpc.Core.RpcException e) when (HubError.Of(e).Reason is "STATE_CONFLICT" or "FIELD_INVALID" or "RESOURCE_NOT_FOUND") { }
            }).ToList();
        start.SetResult();
        await Task.WhenAll(calls);
    }
}
