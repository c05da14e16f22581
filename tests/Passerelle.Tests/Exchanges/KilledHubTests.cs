using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Exchanges;

/// <summary>The hub is ended by SIGKILL, with a partner's server in another process than its own.</summary>
public sealed class KilledHubTests(Postgres postgres)
{
    [Fact]
    public async Task An_exchange_that_was_accepted_before_the_kill_is_delivered_once_after_it()
    {
        await using var partner = await PartnerServer.StartAsync();
        // Nothing delivers yet: the kill falls between accepting and delivering, whatever the machine's speed.
        await using var hub = await HubProcess.StartAsync(postgres, partner.Port, "Jobs:Server=false", "Jobs:Watchdog=false");
        var exchange = await ReferAsync(hub);
        await hub.KillAsync();
        Assert.Empty(partner.Received);

        await hub.StartAsync();
        var delivered = await DeliveredAsync(hub, exchange);
        Assert.Equal(Exchange.Types.State.AwaitingAnswer, delivered.Exchange.State);
        Assert.Equal(exchange, Assert.Single(partner.Received).Exchange);
        Assert.Equal(Attempt.Types.Outcome.Accepted, Assert.Single(delivered.Attempts).Outcome);
    }

    [Fact]
    public async Task An_exchange_that_was_being_sent_at_the_kill_comes_again_under_the_same_name()
    {
        await using var partner = await PartnerServer.StartAsync();
        await using var hub = await HubProcess.StartAsync(postgres, partner.Port, Quick);
        partner.Hang = true;
        var exchange = await ReferAsync(hub);
        await Eventually.BecomesTrueAsync(() => !partner.Received.IsEmpty, "The partner was never called.");
        await hub.KillAsync();
        partner.Hang = false;

        await hub.StartAsync(Quick);
        var delivered = await DeliveredAsync(hub, exchange);
        // The first try is in doubt and stays so; both bear one name, by which the partner knows a repeat.
        Assert.Equal([Attempt.Types.Outcome.Unknown, Attempt.Types.Outcome.Accepted], delivered.Attempts.Select(a => a.Outcome));
        Assert.Equal([exchange, exchange], partner.Received.Select(e => e.Exchange));
        Assert.Equal([1, 2], partner.Received.Select(e => e.Attempt));
    }

    static readonly string[] Quick = ["Delivery:AttemptTimeout=00:00:03", "Delivery:Lease=00:00:04"];

    static async Task<string> ReferAsync(HubProcess hub)
    {
        var crm = hub.As("crm-demo");
        var opened = await new Passerelle.Contracts.Cases.V1.CaseService.CaseServiceClient(crm).OpenCaseAsync(new() { RequestId = Household.NewId(), Members = { Household.AnAdult("UN") } });
        var person = opened.Case.Members[0];
        await new ConsentService.ConsentServiceClient(crm).RecordConsentAsync(new()
        {
            RequestId = Household.NewId(), Consent = new() { Person = person, Purpose = Purpose.EmploymentReferral, TextVersion = "2026-09", Method = Consent.Types.Method.Signed },
        });
        await new CvService.CvServiceClient(crm).AttachCvAsync(new() { RequestId = Household.NewId(), Person = person, JsonResume = """{ "basics": { "name": "Exemple" } }""" });
        var created = await new ReferralService.ReferralServiceClient(crm).CreateReferralAsync(new() { RequestId = Household.NewId(), Person = person, Partner = "partners/emploi-demo" });
        return created.Referral.Exchange;
    }

    static async Task<GetExchangeResponse> DeliveredAsync(HubProcess hub, string exchange)
    {
        var exchanges = new ExchangeService.ExchangeServiceClient(hub.As("crm-demo"));
        GetExchangeResponse? found = null;
        await Eventually.BecomesTrueAsync(
            async () => (found = await exchanges.GetExchangeAsync(new() { Name = exchange })).Exchange.State == Exchange.Types.State.AwaitingAnswer,
            () => $"It was not delivered: {found}", TimeSpan.FromSeconds(60));
        return found!;
    }
}
