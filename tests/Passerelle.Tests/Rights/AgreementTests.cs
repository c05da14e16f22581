using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Privacy;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Exchanges;
using Passerelle.Tests.Support;
using Agreement = Passerelle.Hub.Privacy.Agreement;
using Contract = Passerelle.Contracts.Privacy.V1;
using Purpose = Passerelle.Hub.Privacy.Purpose;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;
using Verdict = Passerelle.Contracts.Exchanges.V1.GateDecision.Types.Verdict;
using Waits = Passerelle.Contracts.Exchanges.V1.ExplainExchangeResponse.Types.WaitsFor;

namespace Passerelle.Tests.Rights;

/// <summary>No valid agreement, nothing is sent: it is held, in order, and leaves once there is one.</summary>
public sealed class AgreementTests(Postgres postgres)
{
    [Fact]
    public async Task Without_an_agreement_what_is_for_a_partner_is_held_and_a_new_one_lets_it_go_in_order()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.EndAgreementsAsync("emploi");
        var (first, second) = await hub.ReferBothAsync();
        await hub.RunAsync<DeliverDue>();
        await hub.RunAsync<DeliverDue>();

        Assert.Empty(hub.Partner.Received);
        var held = await hub.GetExchangeAsync(first);
        Assert.Equal((State.Held, "AGREEMENT_MISSING"), (held.State, held.HoldReason));
        var said = await hub.ExplainAsync(first);
        Assert.Equal((Waits.Clearance, first), (said.WaitsFor, said.Exchange.Name));
        var decision = Assert.Single(said.Decisions);
        Assert.Equal((Verdict.Held, "AGREEMENT_MISSING"), (decision.Verdict, decision.Reason));
        Assert.Equal(["exchange.queued", "exchange.held"], await hub.EventsAsync(first));
        Assert.Equal(1, Assert.Single((await hub.Exchanges().ReportDrainAsync(new())).Drains).HeldCount);
        Assert.Equal([first], (await hub.Exchanges().ListExchangesAsync(new() { State = State.Held })).Exchanges.Select(e => e.Name));

        await hub.SignAsync("emploi");
        await hub.RunAsync<DeliverDue>();
        Assert.Equal([first, second], hub.Partner.Received.Select(e => e.Exchange));
        Assert.Equal((State.AwaitingAnswer, ""), ((await hub.GetExchangeAsync(first)).State, (await hub.GetExchangeAsync(first)).HoldReason));
    }

    [Fact]
    public async Task The_decision_is_kept_with_the_attempt_and_says_by_what_it_left()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);
        await candidate.AttachCvAsync();
        var consent = await candidate.ConsentAsync();
        var referral = await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();

        var said = await hub.ExplainAsync(referral.Exchange);
        var decision = Assert.Single(said.Decisions);
        var agreement = Assert.Single((await new Contract.AgreementService.AgreementServiceClient(hub.As("crm")).ListAgreementsAsync(new() { Partner = "partners/emploi" })).Agreements);
        Assert.Equal(
            (1, Verdict.Allowed, "", Contract.Purpose.EmploymentReferral, 1, Contract.Disclosure.Types.Ground.Consent, consent, agreement.Name),
            (decision.Number, decision.Verdict, decision.Reason, decision.Purpose, decision.PurposeVersion, decision.Ground, decision.Consent, decision.Agreement));
        Assert.Equal(["Identity", "Contact", "Career", "Statement"], decision.Categories.Select(c => c.ToString()));
    }

    [Fact]
    public async Task An_agreement_that_does_not_cover_contacts_leaves_them_out_of_file_and_cv()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.EndAgreementsAsync("emploi");
        await hub.SignAsync("emploi", DataCategory.Identity, DataCategory.Career);
        var candidate = await Candidate.NewAsync(hub);
        await hub.Cvs().AttachCvAsync(new() { RequestId = Household.NewId(), Person = candidate.Person, JsonResume = """{ "basics": { "name": "N", "email": "marqueur@exemple.invalid" } }""" });
        await candidate.ConsentAsync();
        await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();

        var file = Assert.Single(hub.Partner.Received).Payload.Unpack<ReferralFile>();
        Assert.Equal(("", "", "", """{"basics":{"name":"N"}}"""), (file.Email, file.Phone, file.Introduction, file.JsonResume));
        Assert.NotEmpty(file.FamilyName);
        var disclosure = Assert.Single((await new Contract.DisclosureService.DisclosureServiceClient(hub.As("crm")).ListDisclosuresAsync(new() { Person = candidate.Person })).Disclosures);
        Assert.Equal(["Identity", "Career"], disclosure.Data.Select(d => d.ToString()));
    }

    [Fact]
    public async Task An_agreement_that_ends_after_composing_keeps_it_here()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await (await Candidate.ReadyAsync(hub)).ReferAsync();
        var taken = await hub.Services.GetRequiredService<ExchangeClaims>().TakeAsync(10, [], TestContext.Current.CancellationToken);
        await using var scope = hub.Services.CreateAsyncScope();
        var kind = scope.ServiceProvider.GetServices<IExchangeKind>().Single(k => k.Name == "referral");
        var claimed = Assert.Single(taken.Claims);
        var cleared = Assert.IsType<Preparation.Cleared>((await kind.PrepareAsync([claimed.Header], taken.Time, TestContext.Current.CancellationToken))[claimed.Header.Id]);
        await hub.EndAgreementsAsync("emploi");

        Assert.Empty(await hub.QueryAsync(async db => await new Departures(db).LetLeaveAsync([(claimed, cleared)], Transport.Push, taken.Time, TestContext.Current.CancellationToken)));
        // Twice: what this node knows of agreements is a moment old at the first look, which leaves it where it is.
        for (var i = 0; i < 2; i++) await hub.RunAsync<DeliverDue>();
        Assert.Equal(State.Held, (await hub.GetExchangeAsync(claimed.Header.Name)).State);
        Assert.Empty(hub.Partner.Received);
    }

    [Fact]
    public async Task Terms_of_a_purpose_that_changed_after_composing_are_asked_anew()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync();
        await hub.RunAsync<DeliverDue>();
        // The book of this node is fresh, and knows nothing of what is changed now.
        await hub.ExecuteAsync("insert into purposes select purpose, 2, description, ground, array['identity', 'career'], recipients, agreement_required, guardians, hub_now() from purposes where purpose = 'employment_referral'");
        await hub.RedeliverAsync(referral.Exchange);
        await hub.RunAsync<DeliverDue>();
        await hub.RunAsync<DeliverDue>();

        Assert.Equal(2, hub.Partner.Received.Count);
        Assert.NotEmpty(hub.Partner.Received.First().Payload.Unpack<ReferralFile>().Phone);
        Assert.Empty(hub.Partner.Received.Last().Payload.Unpack<ReferralFile>().Phone);
    }

    [Fact]
    public async Task A_partner_sees_its_own_agreements_and_no_others()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var own = await new Contract.AgreementService.AgreementServiceClient(hub.As("ecole")).ListAgreementsAsync(new());
        Assert.Equal(["partners/ecole"], own.Agreements.Select(a => a.Partner));
        Assert.Empty((await new Contract.AgreementService.AgreementServiceClient(hub.As("ecole")).ListAgreementsAsync(new() { Partner = "partners/emploi" })).Agreements);
        var purposes = (await new Contract.PurposeService.PurposeServiceClient(hub.As("crm")).ReportPurposesAsync(new())).Purposes;
        Assert.Equal(Enum.GetValues<Purpose>().Select(p => (int)p), purposes.Select(p => (int)p.Purpose));
        Assert.All(purposes, p => Assert.NotEmpty(p.Rights));
    }
}

/// <summary>What tests do with agreements.</summary>
static class AgreementCalls
{
    public static Task EndAgreementsAsync(this HubHost hub, string partner) => hub.WithAgreementsAsync(async (desk, db) =>
    {
        foreach (var id in await db.Agreements.Where(a => a.PartnerId == partner && a.RevokeTime == null).Select(a => a.Id).ToListAsync()) await desk.RevokeAsync(id, CancellationToken.None);
    });

    public static Task SignAsync(this HubHost hub, string partner, params DataCategory[] categories) => hub.WithAgreementsAsync(async (desk, db) =>
    {
        var now = await db.NowAsync(CancellationToken.None);
        await desk.SignAsync(
            Agreement.Sign(
                partner, Passerelle.Hub.Privacy.AgreementRole.Controller, [Purpose.EmploymentReferral], categories.Length > 0 ? categories : Enum.GetValues<DataCategory>(), "TEST", now, now.AddYears(1), now),
            CancellationToken.None);
    });

    static async Task WithAgreementsAsync(this HubHost hub, Func<AgreementDesk, Passerelle.Hub.Persistence.HubDb, Task> work)
    {
        await using var scope = hub.Services.CreateAsyncScope();
        await work(scope.ServiceProvider.GetRequiredService<AgreementDesk>(), scope.ServiceProvider.GetRequiredService<Passerelle.Hub.Persistence.HubDb>());
    }
}
