using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Clocks;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using Clock = Passerelle.Contracts.Clocks.V1.Clock;
using State = Passerelle.Contracts.Cases.V1.Request.Types.State;

namespace Passerelle.Tests.Cases;

/// <summary>A household that has asked the same twice gets one answer, no later than the first question promised.</summary>
public sealed class MergeTests(Postgres postgres)
{
    [Fact]
    public async Task The_one_that_goes_on_is_due_no_later_than_either_and_has_the_windows_of_both()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        var first = await candidate.Household.FileRequestAsync(hub);
        var referral = await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(10));
        var second = await candidate.Household.FileRequestAsync(hub);

        var merged = await Requests(hub).MergeRequestAsync(new() { Name = first.Name, Into = second.Name });

        Assert.Equal((State.Merged, second.Name, Clock.Types.State.Voided), (merged.Request.State, merged.Request.MergedInto, merged.Request.Promise.State));
        Assert.Equal((State.Open, "", Clock.Types.State.Running, first.Promise.DueTime), (merged.Into.State, merged.Into.MergedInto, merged.Into.Promise.State, merged.Into.Promise.DueTime));
        Assert.Equal([$"request.merged {second.Name}"], await MergedAsync(hub, first.Name));
        Assert.Equal(["clock.limited running"], await hub.ToldAsync(second.Name));
        var serves = await hub.QueryAsync(db => db.Clocks.Where(c => c.Subject == referral.Exchange).Select(c => c.PromiseId).SingleAsync());
        Assert.Equal(second.Promise.Name, $"clocks/{serves}");

        // Once is enough, and whoever looks for the first one finds where it goes on.
        Assert.Equal(merged, await Requests(hub).MergeRequestAsync(new() { Name = first.Name, Into = second.Name }));
        Assert.Single(await MergedAsync(hub, first.Name));
        await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => hub.AnswerRequestAsync(first.Name));
        Assert.Equal(Clock.Types.State.Met, (await hub.AnswerRequestAsync(second.Name)).State);
    }

    [Fact]
    public async Task One_that_was_asked_later_changes_nothing_for_the_first()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var first = await household.FileRequestAsync(hub);
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(10));
        var second = await household.FileRequestAsync(hub);
        var merged = await Requests(hub).MergeRequestAsync(new() { Name = second.Name, Into = first.Name });
        Assert.Equal((State.Merged, first.Promise.DueTime), (merged.Request.State, merged.Into.Promise.DueTime));
        Assert.Empty(await hub.ToldAsync(first.Name));
    }

    [Fact]
    public async Task Merging_heals_nothing_that_is_late()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var late = await household.FileRequestAsync(hub);
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(49));
        await hub.RunAsync<FireClocks>();
        var second = await household.FileRequestAsync(hub);
        var merged = await Requests(hub).MergeRequestAsync(new() { Name = late.Name, Into = second.Name });
        Assert.Equal((Clock.Types.State.Voided, Clock.Types.State.Overdue), (merged.Request.Promise.State, merged.Into.Promise.State));
        Assert.Equal(late.Promise.DueTime, merged.Into.Promise.DueTime);
    }

    [Fact]
    public async Task Each_into_the_other_at_once_leaves_one_that_goes_on()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        for (var round = 0; round < 10; round++)
        {
            var household = await Household.OpenAsync(hub);
            var (one, other) = (await household.FileRequestAsync(hub), await household.FileRequestAsync(hub));
            var merges = await Task.WhenAll(TryAsync(one.Name, other.Name), TryAsync(other.Name, one.Name));
            Assert.Equal(["", "STATE_CONFLICT"], merges.Order());
            State[] states = [await StateAsync(one.Name), await StateAsync(other.Name)];
            Assert.Equal([State.Open, State.Merged], states.Order());
        }

        async Task<string> TryAsync(string name, string into)
        {
            try { await Requests(hub).MergeRequestAsync(new() { Name = name, Into = into }); }
            catch (RpcException e) { return HubError.Of(e).Reason; }
            return "";
        }

        async Task<State> StateAsync(string name) => (await Requests(hub).GetRequestAsync(new() { Name = name })).Request.State;
    }

    [Fact]
    public async Task What_cannot_be_one_is_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var (one, other) = (await household.FileRequestAsync(hub), await household.FileRequestAsync(hub));
        var strangers = await (await Household.OpenAsync(hub)).FileRequestAsync(hub);
        var nobody = $"requests/{Guid.Empty}";
        foreach (var (name, into, field) in (IEnumerable<(string, string, string)>)[(one.Name, one.Name, "into"), (one.Name, strangers.Name, "into"), ("", other.Name, "name"), (one.Name, "", "into")])
            Assert.Equal([field], (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => Requests(hub).MergeRequestAsync(new() { Name = name, Into = into }).ResponseAsync)).Fields);
        foreach (var (name, into) in (IEnumerable<(string, string)>)[(one.Name, nobody), (nobody, one.Name)])
            await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => Requests(hub).MergeRequestAsync(new() { Name = name, Into = into }).ResponseAsync);
        await hub.AnswerRequestAsync(other.Name);
        foreach (var (name, into) in (IEnumerable<(string, string)>)[(one.Name, other.Name), (other.Name, one.Name)])
            await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => Requests(hub).MergeRequestAsync(new() { Name = name, Into = into }).ResponseAsync);
        Assert.Equal(State.Open, (await Requests(hub).GetRequestAsync(new() { Name = one.Name })).Request.State);
    }

    static Task<List<string>> MergedAsync(HubHost hub, string request) =>
        hub.QueryAsync(db => db.Events.Where(e => e.Subject == request && e.Type == "request.merged").Select(e => e.Type + " " + e.Detail).ToListAsync());

    static RequestService.RequestServiceClient Requests(HubHost hub) => new(hub.As("crm"));
}
