using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Partners;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Tests.Exchanges;

/// <summary>A partner changes from push to pull and back with exchanges under way.</summary>
public sealed class DeliveryModeTests(Postgres postgres)
{
    [Fact]
    public async Task None_is_lost_and_none_is_reordered_within_a_case()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var family = await Referring.FamilyAsync(hub, 5, "emploi");
        hub.Partner.Next(async _ =>
        {
            // Under way by push, it is not given by pull, nor is anything behind it.
            await hub.ServeByPullAsync("emploi");
            Assert.Empty((await Referring.ItemsAsync(hub, partner: "emploi")).Given());
            return new SendOutcome.NotYet("INTERNAL");
        });
        await hub.RunAsync<DeliverDue>();
        await hub.Time.AdvanceAsync(TimeSpan.FromSeconds(6));
        Assert.Equal([(family[0], 2)], (await Referring.ItemsAsync(hub, partner: "emploi")).Given());

        // Under way by pull, it is not pushed before its lease is over.
        await hub.ServeByPushAsync("emploi");
        await hub.RunAsync<DeliverDue>();
        Assert.Single(hub.Partner.Received);
        await hub.Time.AdvanceAsync(TimeSpan.FromSeconds(61));
        hub.Partner.Next(new SendOutcome.Accepted());
        hub.Partner.Next(async _ =>
        {
            await hub.ServeByPullAsync("emploi");
            return new SendOutcome.Accepted();
        });
        await hub.RunAsync<DeliverDue>();
        Assert.Equal([(family[0], 1), (family[0], 3), (family[1], 1)], hub.Partner.Received.Select(e => (e.Exchange, e.Attempt)));
        // What it still had from before it may acknowledge.
        Assert.Equal(State.AwaitingAnswer, (await hub.AcknowledgeAsync(family[0], "emploi")).State);

        Assert.Equal([(family[2], 1)], (await Referring.ItemsAsync(hub, partner: "emploi")).Given());
        await hub.AcknowledgeAsync(family[2], "emploi");
        Assert.Equal([(family[3], 1)], (await Referring.ItemsAsync(hub, partner: "emploi")).Given());
        await hub.ServeByPushAsync("emploi");
        await hub.RunAsync<DeliverDue>();
        await hub.AcknowledgeAsync(family[3], "emploi");
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(family[4], hub.Partner.Received.Last().Exchange);
        foreach (var name in family) Assert.Equal(State.AwaitingAnswer, (await hub.GetExchangeAsync(name)).State);
    }

    [Fact]
    public async Task An_open_stream_ends_when_its_partner_is_changed_to_push()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        using var inbox = hub.Inbox("interim").WatchInbox(new());
        Assert.Empty(await inbox.DrainAsync());

        await hub.ServeByPushAsync("interim");

        var error = await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => inbox.NextAsync());
        Assert.Equal("push", error.Metadata["state"]);
    }

    [Fact]
    public async Task What_is_rejected_by_pull_says_nothing_of_the_server_that_came_since()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ServeByPullAsync("emploi");
        var made = await Referring.SeparatelyAsync(hub, 2, "emploi");
        await Referring.ItemsAsync(hub, partner: "emploi");
        await hub.ServeByPushAsync("emploi");
        await hub.ExecuteAsync("update lanes set health = 'down', failures = 5, probe_time = hub_now() + interval '1 hour' where partner_id = 'emploi'");

        await hub.Inbox("emploi").RejectExchangeAsync(new() { Name = made[0], Attempt = 1 });
        await hub.Inbox("emploi").RejectExchangeAsync(new() { Name = made[1], Attempt = 1, Permanent = true });

        Assert.Equal((LaneHealth.Down, 5), await hub.QueryAsync(async db => await db.Lanes.SingleAsync(l => l.PartnerId == "emploi") is var lane ? (lane.Health, lane.Failures) : default));
    }

    [Fact]
    public async Task A_partner_whose_server_was_down_is_there_once_it_pulls()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Lanes:DownAfter=1", "Lanes:ProbeSchedule:0=01:00:00");
        var made = await Referring.SeparatelyAsync(hub, 2, "emploi");
        hub.Partner.Always = (_, _) => Task.FromResult<SendOutcome>(new SendOutcome.NotYet("UNAVAILABLE", Contact: Contact.Missed));
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(State.Held, (await hub.GetExchangeAsync(made[0])).State);

        await hub.ServeByPullAsync("emploi");
        await hub.Time.AdvanceAsync(TimeSpan.FromSeconds(6));

        Assert.Equal(made, (await Referring.ItemsAsync(hub, partner: "emploi")).Given().Select(g => g.Exchange).Order());
        Assert.Equal(LaneHealth.Up, await hub.QueryAsync(db => db.Lanes.Where(l => l.PartnerId == "emploi").Select(l => l.Health).SingleAsync()));
    }
}
