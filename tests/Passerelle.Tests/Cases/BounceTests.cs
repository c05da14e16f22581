using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Clocks.History;
using Passerelle.Tests.Clocks;
using Passerelle.Tests.Support;
using AnswerKind = Passerelle.Contracts.Cases.V1.AnswerKind;
using Clock = Passerelle.Contracts.Clocks.V1.Clock;
using ClockEvent = Passerelle.Contracts.Clocks.V1.ClockEvent;
using ClockFamily = Passerelle.Hub.Clocks.ClockFamily;

namespace Passerelle.Tests.Cases;

/// <summary>What counts as an answer to a household, and what becomes of a message that comes back.</summary>
public sealed class BounceTests(Postgres postgres)
{
    [Fact]
    public async Task A_message_that_came_back_opens_the_request_again_at_its_old_deadline()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (promise, request) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(promise.After(10));
        var answered = await AnswerAsync(hub, request, AnswerKind.MessageDelivered);
        await hub.Time.FreezeAsync(promise.After(20));

        var reopened = await BounceAsync(hub, request, answered.Promise.AnswerTime);

        Assert.Equal((Request.Types.State.Open, AnswerKind.Unspecified, Clock.Types.State.Running), (reopened.State, reopened.AnswerKind, reopened.Promise.State));
        Assert.Equal((promise.DueTime, null), (reopened.Promise.DueTime, reopened.Promise.AnswerTime));
        Assert.Equal(["clock.reopened running"], await hub.ToldAsync(request));
        var written = (await hub.Clocks().GetClockAsync(new() { Name = promise.Name })).Events[^1];
        Assert.Equal((ClockEvent.Types.Kind.Reopened, "crm", "BOUNCE", ""), (written.Kind, written.By, written.Why, written.SetAside));
        Assert.Equal("", (await Requests(hub).GetRequestAsync(new() { Name = request })).AnswerText);
    }

    [Fact]
    public async Task A_word_of_it_that_comes_again_takes_no_other_answer_back()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (promise, request) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(promise.After(10));
        var first = (await AnswerAsync(hub, request, AnswerKind.MessageDelivered)).Promise.AnswerTime;
        await BounceAsync(hub, request, first);
        Assert.Equal(Request.Types.State.Open, (await BounceAsync(hub, request, first)).State);
        await hub.Time.FreezeAsync(promise.After(20));
        var second = await AnswerAsync(hub, request, AnswerKind.MessageDelivered);

        var after = await BounceAsync(hub, request, first);

        Assert.Equal(second, after);
        Assert.Equal((Request.Types.State.Answered, Clock.Types.State.Met, promise.After(20)), (after.State, after.Promise.State, after.Promise.AnswerTime.ToDateTimeOffset()));
    }

    [Fact]
    public async Task One_that_comes_back_after_the_deadline_leaves_the_promise_overdue()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (promise, request) = await hub.PromiseAsync();
        var answered = await AnswerAsync(hub, request, AnswerKind.MessageDelivered);
        await hub.Time.FreezeAsync(promise.After(50));

        var reopened = await BounceAsync(hub, request, answered.Promise.AnswerTime);

        Assert.Equal((Clock.Types.State.Overdue, promise.DueTime), (reopened.Promise.State, reopened.Promise.DueTime));
        Assert.Equal("clock.overdue start+24:00:00 start+36:00:00 start+44:00:00 breach", (await hub.ToldAsync(request))[0]);
    }

    [Fact]
    public async Task What_was_no_message_or_never_sent_does_not_come_back()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (promise, request) = await hub.PromiseAsync();
        await RefusedAsync(promise.StartTime);
        await hub.Time.FreezeAsync(promise.After(10));
        var called = await AnswerAsync(hub, request, AnswerKind.CallLogged);
        await RefusedAsync(called.Promise.AnswerTime);

        Assert.Equal(["answer_time"], (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => BounceAsync(hub, request, null))).Fields);
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => BounceAsync(hub, $"requests/{Household.NewId()}", promise.StartTime));
        Assert.Equal(called, (await Requests(hub).GetRequestAsync(new() { Name = request })).Request);

        Task RefusedAsync(Timestamp time) => HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => BounceAsync(hub, request, time));
    }

    [Fact]
    public async Task A_policy_says_which_answers_count()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Response:RereadPoliciesEvery=00:00:00");
        await hub.OfferAsync(ClockFamily.Promise, new PolicyTerms { Answers = new HashSet<Hub.Clocks.History.AnswerKind> { Hub.Clocks.History.AnswerKind.CallLogged } });
        var (promise, request) = await hub.PromiseAsync();

        await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => AnswerAsync(hub, request, AnswerKind.MessageDelivered));

        Assert.Equal((Request.Types.State.Open, Clock.Types.State.Running), await StandingAsync());
        await AnswerAsync(hub, request, AnswerKind.CallLogged);
        Assert.Equal((Request.Types.State.Answered, Clock.Types.State.Met), await StandingAsync());

        async Task<(Request.Types.State, Clock.Types.State)> StandingAsync() => ((await Requests(hub).GetRequestAsync(new() { Name = request })).Request.State, (await hub.PromiseOfAsync(request)).State);
    }

    [Theory]
    [InlineData(ClockEvent.Types.AnswerKind.AutomaticReceipt)]
    [InlineData(ClockEvent.Types.AnswerKind.InternalNote)]
    [InlineData(ClockEvent.Types.AnswerKind.StatusChange)]
    [InlineData(ClockEvent.Types.AnswerKind.Bounce)]
    public async Task Receipts_notes_changes_of_state_and_bounces_are_no_answer_by_any_call(ClockEvent.Types.AnswerKind kind)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (promise, request) = await hub.PromiseAsync();
        // The contract has no word for them where a request is answered.
        var error = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => AnswerAsync(hub, request, (AnswerKind)kind));
        Assert.Equal(["kind"], error.Fields);
        await AnswerAsync(hub, request, AnswerKind.CallLogged);
        var correction = ClockCalls.AnsweredAt(promise.Name, promise.StartTime.ToDateTimeOffset());
        correction.AddedAnswerKind = kind;

        await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, async () => await hub.Clocks().CorrectClockAsync(correction));

        Assert.Equal(Clock.Types.State.Met, (await hub.PromiseOfAsync(request)).State);
    }

    static RequestService.RequestServiceClient Requests(HubHost hub) => new(hub.As("crm"));

    static async Task<Request> AnswerAsync(HubHost hub, string request, AnswerKind kind) =>
        (await Requests(hub).AnswerRequestAsync(new() { RequestId = Household.NewId(), Name = request, Kind = kind, Text = Marker.Of("REPONSE") })).Request;

    static async Task<Request> BounceAsync(HubHost hub, string request, Timestamp? time) => (await Requests(hub).BounceAnswerAsync(new() { Name = request, AnswerTime = time })).Request;
}
