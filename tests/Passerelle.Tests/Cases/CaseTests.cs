using Passerelle.Contracts.Cases.V1;
using Passerelle.Hub.Clocks;
using Passerelle.Tests.Support;
using Clock = Passerelle.Contracts.Clocks.V1.Clock;

namespace Passerelle.Tests.Cases;

public sealed class CaseTests(Postgres postgres)
{
    [Fact]
    public async Task A_request_starts_the_promise_and_its_answer_stops_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var filed = await household.FileRequestAsync(hub);
        Assert.Equal(TimeSpan.FromHours(48), (filed.Promise.DueTime - filed.Promise.StartTime).ToTimeSpan());
        Assert.Equal(Clock.Types.State.Running, filed.Promise.State);

        var answered = await AnswerAsync(hub, filed.Name);

        Assert.Equal(Request.Types.State.Answered, answered.State);
        Assert.Equal(Clock.Types.State.Met, answered.Promise.State);
        var whole = await new CaseService.CaseServiceClient(hub.As("crm")).GetCaseAsync(new() { Name = household.Case });
        Assert.Equal(["case.opened", "request.filed", "request.answered"], whole.Timeline.Select(e => e.Type));
        Assert.Equal(Marker.Of("NOM-UN"), whole.Members[0].FamilyName);
    }

    [Fact]
    public async Task A_request_nobody_answers_is_overdue_at_its_deadline_and_a_late_answer_is_kept_as_late()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var filed = await household.FileRequestAsync(hub);

        await hub.Time.FreezeAsync(filed.Promise.DueTime.ToDateTimeOffset());
        await hub.RunAsync<FireClocks>();
        Assert.Equal(Clock.Types.State.Running, (await GetAsync(hub, filed.Name)).Promise.State);

        await hub.Time.AdvanceAsync(TimeSpan.FromMicroseconds(1));
        await hub.RunAsync<FireClocks>();
        var overdue = await GetAsync(hub, filed.Name);
        Assert.Equal(Clock.Types.State.Overdue, overdue.Promise.State);
        Assert.Equal(filed.Promise.DueTime, overdue.Promise.DueTime);

        var answered = await AnswerAsync(hub, filed.Name);
        Assert.Equal(Clock.Types.State.Missed, answered.Promise.State);
        var whole = await new CaseService.CaseServiceClient(hub.As("crm")).GetCaseAsync(new() { Name = household.Case });
        Assert.Equal(["case.opened", "request.filed", "clock.reminded", "clock.overdue", "request.answered"], whole.Timeline.Select(e => e.Type));
        Assert.Equal(filed.Promise.DueTime, whole.Timeline.Single(e => e.Type == "clock.overdue").Time);
    }

    static async Task<Request> AnswerAsync(HubHost hub, string name) =>
        (await new RequestService.RequestServiceClient(hub.As("crm")).AnswerRequestAsync(new()
        {
            RequestId = Household.NewId(), Name = name, Kind = AnswerKind.CallLogged, Text = Marker.Of("REPONSE"),
        })).Request;

    static async Task<Request> GetAsync(HubHost hub, string name) =>
        (await new RequestService.RequestServiceClient(hub.As("crm")).GetRequestAsync(new() { Name = name })).Request;
}
