using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Clocks;
using Passerelle.Tests.Exchanges;
using Passerelle.Tests.Support;
using Clock = Passerelle.Contracts.Clocks.V1.Clock;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Tests.Employment;

/// <summary>What comes after a partner declined a referral, or let its window lapse.</summary>
public sealed class ReofferTests(Postgres postgres)
{
    [Fact]
    public async Task What_a_partner_declines_is_offered_to_the_next_with_its_words()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (candidate, first) = await hub.ReferredAsync();

        var answered = await hub.AnswerAsync(EmploymentCalls.Declined(first.Name));

        // Who is asked next is not the partner's to know.
        Assert.Equal((Referral.Types.FollowUp.Unspecified, ""), (answered.FollowUp, answered.Successor));
        Assert.Equal(answered, (await hub.Referrals(Candidate.Push).GetReferralAsync(new() { Name = first.Name })).Referral);
        Assert.Equal(["emploi Declined Reoffered", "interim Open Unspecified"], await candidate.StandingAsync());
        var next = (await candidate.ReferralsAsync())[1];
        Assert.Equal(next.Name, (await hub.GetReferralAsync(first.Name)).Successor);
        Assert.Equal([$"referral.reoffered {next.Name}"], await hub.ToldOfReferralsAsync());
        Assert.Equal(["exchange.answered", "referral.created", "exchange.queued", "referral.reoffered"], (await candidate.TimelineAsync()).TakeLast(4));
        await hub.RunAsync<DeliverDue>();
        var file = hub.Partner.Received.Last().Payload.Unpack<ReferralFile>();
        Assert.Equal((next.Name, Marker.Of("INTRODUCTION"), Candidate.Resume("CV")), (file.Referral, file.Introduction, file.JsonResume));
        Assert.Equal(Clock.Types.State.Running, (await hub.GetExchangeAsync(next.Exchange)).Window.State);
    }

    [Fact]
    public async Task What_a_partner_lets_lapse_is_offered_to_the_next_and_its_late_answer_is_kept()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (candidate, first) = await hub.ReferredAsync();
        await hub.RunAsync<FollowLapses>();
        Assert.Equal(["emploi Open Unspecified"], await candidate.StandingAsync());
        await hub.LapseAsync();

        // Whoever noticed it died before anything came of it: it is still due.
        Assert.NotNull(await hub.Services.GetRequiredService<FollowLapses>().OldestDueAsync(TestContext.Current.CancellationToken));
        await hub.RunAsync<FollowLapses>();
        await hub.RunAsync<FollowLapses>();

        Assert.Null(await hub.Services.GetRequiredService<FollowLapses>().OldestDueAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["emploi Open Reoffered", "interim Open Unspecified"], await candidate.StandingAsync());
        Assert.Equal((State.AwaitingAnswer, Clock.Types.State.Overdue), ((await hub.GetExchangeAsync(first.Exchange)).State, (await hub.GetExchangeAsync(first.Exchange)).Window.State));
        await hub.RunAsync<DeliverDue>();

        await hub.AnswerAsync(EmploymentCalls.Interested(first.Name));

        Assert.Equal(["emploi Interested Reoffered", "interim Open Unspecified"], await candidate.StandingAsync());
        Assert.Equal(Clock.Types.State.Missed, (await hub.GetExchangeAsync(first.Exchange)).Window.State);
        Assert.Equal(Marker.Of("MESSAGE"), (await hub.Referrals().GetReferralAsync(new() { Name = first.Name })).AnswerMessage);
    }

    [Fact]
    public async Task Each_new_window_ends_with_the_promise_that_it_serves()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        var promise = (await candidate.Household.FileRequestAsync(hub)).Promise;
        await hub.Time.FreezeAsync(promise.After(20));
        var first = await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        await hub.Time.FreezeAsync(promise.After(30));

        await hub.AnswerAsync(EmploymentCalls.Declined(first.Name));
        await hub.RunAsync<DeliverDue>();
        using var inbox = hub.Inbox(Candidate.Pull).WatchInbox(new());
        await hub.AcknowledgeAsync((await inbox.NextAsync()).Exchange);

        var next = (await hub.GetExchangeAsync((await candidate.ReferralsAsync())[1].Exchange)).Window;
        Assert.Equal((promise.After(30), promise.DueTime), (next.StartTime.ToDateTimeOffset(), next.DueTime));
    }

    [Fact]
    public async Task It_never_goes_back_and_when_nobody_is_left_an_advisor_is_told()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (candidate, first) = await hub.ReferredAsync();
        await hub.LapseAsync();
        await hub.RunAsync<FollowLapses>();
        await hub.RunAsync<DeliverDue>();
        await hub.AnswerAsync(EmploymentCalls.Declined((await candidate.ReferralsAsync())[1].Name), Candidate.Pull);
        Assert.Equal(["emploi Open Reoffered", "interim Declined Stranded"], await candidate.StandingAsync());

        // Nor does a late word of the first one send it round again, and it is told once.
        await hub.AnswerAsync(EmploymentCalls.Declined(first.Name));

        Assert.Equal(["emploi Declined Reoffered", "interim Declined Stranded"], await candidate.StandingAsync());
        Assert.Equal("referral.stranded NO_PARTNER_LEFT", Assert.Single(await hub.ToldOfReferralsAsync(), t => t.StartsWith("referral.stranded", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Without_consent_for_another_it_is_sent_to_nobody_and_an_advisor_is_told()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);
        await candidate.AttachCvAsync();
        await candidate.ConsentAsync("partners/emploi");
        // A Tuesday, 10:00 in Paris.
        await hub.Time.FreezeAsync(new DateTimeOffset(2027, 3, 2, 9, 0, 0, TimeSpan.Zero));
        await candidate.Household.FileRequestAsync(hub);
        var first = await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();

        await hub.AnswerAsync(EmploymentCalls.Declined(first.Name));

        Assert.Equal(["emploi Declined Stranded"], await candidate.StandingAsync());
        Assert.Equal(["referral.stranded CONSENT_MISSING"], await hub.ToldOfReferralsAsync());
        await hub.RunAsync<FireClocks>();
        var told = Assert.Single(await hub.QueryAsync(db => db.Notifications.ToListAsync()));
        Assert.Equal(("service", "Un délai de réponse demande votre attention"), (told.Recipient, told.Title));
        Assert.EndsWith("\n  Plus aucun partenaire ne peut être sollicité : la suite dépend du service.", told.Summary, StringComparison.Ordinal);
        Assert.Equal(1, await hub.QueryAsync(db => db.Exchanges.CountAsync()));
    }

    [Fact]
    public async Task A_consent_to_one_partner_is_none_to_the_next()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);
        await candidate.AttachCvAsync();
        await candidate.ConsentAsync("partners/emploi");
        await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        await hub.LapseAsync();

        await hub.RunAsync<FollowLapses>();

        Assert.Equal(["referral.stranded CONSENT_MISSING"], await hub.ToldOfReferralsAsync());
    }

    [Fact]
    public async Task What_the_person_took_back_is_followed_by_nothing()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);
        await candidate.AttachCvAsync();
        var consent = await candidate.ConsentAsync();
        await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        await hub.WithdrawAsync(consent);
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(49));
        await hub.RunAsync<FireClocks>();
        await hub.RunAsync<FollowLapses>();

        Assert.Empty(await hub.ToldOfReferralsAsync());
    }

    [Fact]
    public async Task Who_asked_for_one_partner_is_offered_to_no_other()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        var request = candidate.Referring();
        request.PartnerChosen = true;
        var first = (await hub.Referrals().CreateReferralAsync(request)).Referral;
        Assert.True(first.PartnerChosen);
        await hub.RunAsync<DeliverDue>();

        await hub.AnswerAsync(EmploymentCalls.Declined(first.Name));

        Assert.Equal(["emploi Declined Stranded"], await candidate.StandingAsync());
        Assert.Equal(["referral.stranded PARTNER_CHOSEN"], await hub.ToldOfReferralsAsync());
    }

    [Fact]
    public async Task The_policy_of_the_window_says_whether_and_to_whom()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Response:RereadPoliciesEvery=00:00:00");
        foreach (var id in new[] { "abri", "zone" }) await hub.AddPartnerAsync(id);
        await hub.OfferAsync(ClockFamily.PartnerWindow, new PolicyTerms { Reoffer = Reoffer.To("zone", "interim") }, partner: Candidate.Push);
        await hub.OfferAsync(ClockFamily.PartnerWindow, new PolicyTerms { Reoffer = Reoffer.Off }, partner: Candidate.Pull);
        var (candidate, first) = await hub.ReferredAsync();
        await hub.AnswerAsync(EmploymentCalls.Declined(first.Name));
        Assert.Equal(["emploi Declined Reoffered", "zone Open Unspecified"], await candidate.StandingAsync());

        // One that is paused is passed over; it is the window of each partner that counts.
        await hub.ExecuteAsync("update lanes set pause_time = hub_now(), pause_reason = 'Inventaire' where partner_id = 'zone'");
        (candidate, first) = await hub.ReferredAsync();
        await hub.AnswerAsync(EmploymentCalls.Declined(first.Name));
        await hub.RunAsync<DeliverDue>();
        await hub.AnswerAsync(EmploymentCalls.Declined((await candidate.ReferralsAsync())[1].Name), Candidate.Pull);

        Assert.Equal(["emploi Declined Reoffered", "interim Declined Stranded"], await candidate.StandingAsync());
        Assert.Equal("referral.stranded REOFFER_OFF", (await hub.ToldOfReferralsAsync())[^1]);
    }

    [Fact]
    public async Task By_load_the_one_with_the_fewest_to_see_to_comes_first()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        foreach (var id in new[] { "abri", "zone" }) await hub.AddPartnerAsync(id);
        foreach (var id in new[] { "abri", "abri", "interim" }) await (await Candidate.ReadyAsync(hub)).ReferAsync(id);
        var (candidate, first) = await hub.ReferredAsync();
        await hub.AnswerAsync(EmploymentCalls.Declined(first.Name));
        Assert.Equal("zone Open Unspecified", (await candidate.StandingAsync())[1]);

        // What was answered weighs nothing; of two alike the name decides.
        (candidate, first) = await hub.ReferredAsync();
        await hub.AnswerAsync(EmploymentCalls.Declined(first.Name));
        Assert.Equal("interim Open Unspecified", (await candidate.StandingAsync())[1]);
    }

    [Fact]
    public async Task An_answer_that_came_before_anybody_looked_leaves_nothing_to_offer()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (candidate, first) = await hub.ReferredAsync();
        await hub.LapseAsync();
        await hub.AnswerAsync(EmploymentCalls.Interested(first.Name));

        await hub.RunAsync<FollowLapses>();

        Assert.Equal(["emploi Interested Unspecified"], await candidate.StandingAsync());
    }

    [Fact]
    public async Task Several_nodes_and_answers_of_the_same_moment_make_one_offer_each()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var referred = new List<(Candidate Candidate, Referral First)>();
        for (var n = 0; n < 12; n++) referred.Add(await hub.ReferredAsync());
        await hub.LapseAsync();

        await Task.WhenAll([
            .. Enumerable.Range(0, 4).Select(_ => hub.RunAsync<FollowLapses>()),
            .. referred.Take(6).Select(r => hub.AnswerAsync(EmploymentCalls.Declined(r.First.Name))),
        ]);

        foreach (var (candidate, _) in referred) Assert.Equal(["Reoffered", "Unspecified"], (await candidate.ReferralsAsync()).Select(r => r.FollowUp.ToString()));
        Assert.Equal(12, (await hub.ToldOfReferralsAsync()).Count);
        Assert.Equal(0, await hub.QueryAsync(db => db.Clocks.CountAsync(c => c.LapseTime != null)));
    }

    [Fact]
    public async Task Two_referrals_of_one_person_never_go_to_the_same_partner()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.AddPartnerAsync("zone");
        var (candidate, first) = await hub.ReferredAsync();
        var second = await candidate.ReferAsync(Candidate.Pull);
        await hub.RunAsync<DeliverDue>();

        await Task.WhenAll(hub.AnswerAsync(EmploymentCalls.Declined(first.Name)), hub.AnswerAsync(EmploymentCalls.Declined(second.Name), Candidate.Pull));

        var standing = await candidate.StandingAsync();
        Assert.Equal(["Declined Reoffered", "Declined Stranded"], standing.Take(2).Select(s => s[(s.IndexOf(' ', StringComparison.Ordinal) + 1)..]).Order(StringComparer.Ordinal));
        Assert.Equal("zone Open Unspecified", Assert.Single(standing.Skip(2)));
    }

    [Fact]
    public async Task One_that_cannot_be_followed_keeps_nobody_waiting_and_stays_due()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        hub.ExpectedErrors = text => text.Contains("it stays due", StringComparison.Ordinal) || text.Contains("SaveChanges", StringComparison.Ordinal) || text.Contains("DbCommand", StringComparison.Ordinal)
            || text.Contains("saving changes", StringComparison.Ordinal);
        var (stuck, first) = await hub.ReferredAsync();
        var (other, _) = await hub.ReferredAsync();
        await hub.LapseAsync();
        await hub.OutageAsync("referrals", $"old.id = '{first.Name["referrals/".Length..]}'");
        await hub.RunAsync<FollowLapses>();
        Assert.Equal(["emploi Open Unspecified"], await stuck.StandingAsync());
        Assert.Equal(["emploi Open Reoffered", "interim Open Unspecified"], await other.StandingAsync());

        await hub.OutageEndsAsync("referrals");
        await hub.RunAsync<FollowLapses>();

        Assert.Equal(["emploi Open Reoffered", "interim Open Unspecified"], await stuck.StandingAsync());
    }

    [Fact]
    public async Task Nothing_comes_after_an_exchange_that_ended_before_it_was_answered()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (candidate, first) = await hub.ReferredAsync();
        await hub.Exchanges().WithdrawExchangeAsync(new() { Name = first.Exchange, Reason = "HOUSEHOLD_STAYS" });

        await hub.AnswerAsync(EmploymentCalls.Declined(first.Name));

        Assert.Equal(["emploi Withdrawn Unspecified"], await candidate.StandingAsync());
    }
}
