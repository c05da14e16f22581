using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Partners.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Exchanges;
using Passerelle.Tests.Support;
using Delivery = Passerelle.Contracts.Partners.V1.Partner.Types.Delivery;
using Health = Passerelle.Contracts.Partners.V1.Partner.Types.Health;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Tests.Partners;

/// <summary>Pausing, resuming, and changing how a partner receives.</summary>
public sealed class PartnerOperatorTests(Postgres postgres)
{
    static readonly DateTimeOffset Start = new(2027, 3, 1, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_paused_partner_gets_nothing_until_it_is_resumed_and_repeats_change_nothing()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        var paused = await PauseAsync(hub);
        Assert.Equal((true, Start, "Inventory"), (paused.Paused, paused.PauseTime.ToDateTimeOffset(), paused.PauseReason));
        var name = await hub.ReferAsync();
        await hub.Time.FreezeAsync(Start.AddHours(1));
        await hub.RunAsync<DeliverDue>();
        Assert.Equal((State.Held, 0), ((await hub.GetExchangeAsync(name)).State, hub.Partner.Received.Count));

        var again = await PauseAsync(hub, reason: "Still inventory");
        Assert.Equal((Start, "Still inventory"), (again.PauseTime.ToDateTimeOffset(), again.PauseReason));

        var resumed = await ResumeAsync(hub);
        Assert.Equal((false, null, ""), (resumed.Paused, resumed.PauseTime, resumed.PauseReason));
        Assert.Equal(resumed, await ResumeAsync(hub));
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(State.AwaitingAnswer, (await hub.GetExchangeAsync(name)).State);
    }

    [Fact]
    public async Task Resuming_takes_a_partner_that_was_down_for_healthy()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Lanes:DownAfter=1", "Lanes:ProbeSchedule:0=01:00:00");
        var name = await hub.ReferAsync();
        hub.Partner.Next(new SendOutcome.NotYet("UNAVAILABLE", Contact: Contact.Missed));
        await hub.RunAsync<DeliverDue>();
        var down = (await Client(hub).GetPartnerAsync(new() { Name = "partners/emploi" })).Partner;
        Assert.Equal(Health.Down, down.Health);
        Assert.NotNull(down.ProbeTime);

        Assert.Equal((Health.Up, null), ((await ResumeAsync(hub)).Health, (await ResumeAsync(hub)).ProbeTime));

        await hub.RedeliverAsync(name);
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(State.AwaitingAnswer, (await hub.GetExchangeAsync(name)).State);
    }

    [Fact]
    public async Task The_stream_of_a_paused_partner_that_pulls_stays_open_and_goes_on_when_it_is_resumed()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await PauseAsync(hub, Candidate.Pull);
        var name = await hub.ReferAsync(Candidate.Pull);
        using var inbox = hub.Inbox(Candidate.Pull).WatchInbox(new(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(60));
        Assert.True(await inbox.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.NotNull(inbox.ResponseStream.Current.CheckpointTime);

        await ResumeAsync(hub, Candidate.Pull);

        Assert.Equal(name, (await inbox.NextAsync()).Exchange);
    }

    [Fact]
    public async Task A_partner_changes_from_push_to_pull_and_back_and_nothing_is_lost_or_overtaken()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Lanes:DownAfter=1", "Lanes:ProbeSchedule:0=01:00:00", "Delivery:RetrySchedule:0=00:00:00");
        var (first, second) = await hub.ReferBothAsync();
        hub.Partner.Next(new SendOutcome.NotYet("UNAVAILABLE", Contact: Contact.Missed));
        await hub.RunAsync<DeliverDue>();

        var pulls = await ChangeAsync(hub, Delivery.Pull);
        Assert.Equal((Delivery.Pull, Health.Up), (pulls.Delivery, pulls.Health));
        Assert.Equal(pulls, await ChangeAsync(hub, Delivery.Pull));
        await hub.RunAsync<DeliverDue>();
        Assert.Single(hub.Partner.Received);
        using (var inbox = hub.Inbox("emploi").WatchInbox(new()))
        {
            Assert.Equal(first, (await inbox.NextAsync()).Exchange);
            await hub.Inbox("emploi").AcknowledgeExchangeAsync(new() { Name = first });
        }

        var pushes = await ChangeAsync(hub, Delivery.Push, "https://emploi.invalid:8443");
        Assert.Equal(Delivery.Push, pushes.Delivery);
        await hub.Time.AdvanceAsync(TimeSpan.FromMinutes(2));
        await hub.RunAsync<DeliverDue>();
        Assert.Equal([first, second], hub.Partner.Received.Select(e => e.Exchange));
        Assert.Equal("https://emploi.invalid:8443/", await hub.QueryAsync(async db => (await db.Partners.FindAsync("emploi"))!.PushAddress));
        foreach (var name in (string[])[first, second]) Assert.Equal(State.AwaitingAnswer, (await hub.GetExchangeAsync(name)).State);
    }

    [Fact]
    public async Task Wrong_input_is_refused_all_at_once()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var client = Client(hub);
        await RefusedAsync(["name", "reason"], () => client.PausePartnerAsync(new() { Name = "x" }).ResponseAsync);
        await RefusedAsync(["reason"], () => client.PausePartnerAsync(new() { Name = "partners/emploi", Reason = new string('x', 201) }).ResponseAsync);
        await RefusedAsync(["name"], () => client.ResumePartnerAsync(new()).ResponseAsync);
        await RefusedAsync(["delivery"], () => client.ChangeDeliveryAsync(new() { Name = "partners/emploi" }).ResponseAsync);
        await RefusedAsync(["push_address"], () => ChangeAsync(hub, Delivery.Pull, "https://emploi.invalid"));
        foreach (var address in (string[])["", "emploi.invalid", "/passerelle", "ftp://emploi.invalid", "file:///etc/passwd", "https://user:secret@emploi.invalid", "https://" + new string('x', 500)])
            await RefusedAsync(["push_address"], () => ChangeAsync(hub, Delivery.Push, address));
        Assert.Equal(Delivery.Push, (await client.GetPartnerAsync(new() { Name = "partners/emploi" })).Partner.Delivery);

        static async Task RefusedAsync(string[] fields, Func<Task> call) =>
            Assert.Equal(fields, (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, call)).Fields);
    }

    [Fact]
    public async Task A_partner_that_does_not_exist_is_not_found_and_partners_may_do_none_of_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        foreach (var call in Calls(Client(hub), "partners/nobody"))
            await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, call);
        foreach (var call in Calls(new(hub.As("emploi")), "partners/emploi"))
            Assert.Equal("partners.operate", (await HubError.OfAsync(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, call)).Metadata["scope"]);

        static IEnumerable<Func<Task>> Calls(PartnerService.PartnerServiceClient client, string name) =>
        [
            () => client.PausePartnerAsync(new() { Name = name, Reason = "Inventory" }).ResponseAsync, () => client.ResumePartnerAsync(new() { Name = name }).ResponseAsync,
            () => client.ChangeDeliveryAsync(new() { Name = name, Delivery = Delivery.Pull }).ResponseAsync,
        ];
    }

    static PartnerService.PartnerServiceClient Client(HubHost hub) => new(hub.As("crm"));

    static async Task<Partner> PauseAsync(HubHost hub, string partner = Candidate.Push, string reason = "Inventory") =>
        (await Client(hub).PausePartnerAsync(new() { Name = $"partners/{partner}", Reason = reason })).Partner;

    static async Task<Partner> ResumeAsync(HubHost hub, string partner = Candidate.Push) => (await Client(hub).ResumePartnerAsync(new() { Name = $"partners/{partner}" })).Partner;

    static async Task<Partner> ChangeAsync(HubHost hub, Delivery delivery, string address = "") =>
        (await Client(hub).ChangeDeliveryAsync(new() { Name = "partners/emploi", Delivery = delivery, PushAddress = address })).Partner;
}
