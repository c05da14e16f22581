using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Employment;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Platform;
using Passerelle.Tests.Clocks.Calendars;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Employment;

/// <summary>Advisors are told while somebody is there.</summary>
public sealed class ForewarnTests(Postgres postgres)
{
    [Fact]
    public async Task An_advisor_is_told_once_on_Friday_of_what_will_be_stranded_on_Saturday()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        // Its window ends on Saturday at 10:00, and nobody is left after it.
        await AtAsync(hub, "2027-03-04 10:00");
        var (stranding, first) = await hub.ReferredAsync();
        await hub.AnswerAsync(EmploymentCalls.Declined(first.Name));
        await hub.RunAsync<DeliverDue>();
        // Another partner is left after this one.
        var (safe, _) = await hub.ReferredAsync();
        await AtAsync(hub, "2027-03-05 16:00");
        await hub.RunAsync<ForewarnReferrals>();
        Assert.DoesNotContain(await hub.ToldOfReferralsAsync(), t => t.StartsWith("referral.forewarned", StringComparison.Ordinal));

        await AtAsync(hub, "2027-03-05 17:30");
        Assert.Equal(TimeSpan.Zero, await Work(hub).OldestDueAsync(TestContext.Current.CancellationToken));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => new ForewarnReferrals(
            hub.Source, hub.Services.GetRequiredService<IServiceScopeFactory>(), hub.Services.GetRequiredService<IOptions<ResponseOptions>>(),
            hub.Services.GetRequiredService<ChangeSignal>()).RunAsync(TestContext.Current.CancellationToken)));
        await hub.RunAsync<ForewarnReferrals>();

        Assert.Null(await Work(hub).OldestDueAsync(TestContext.Current.CancellationToken));
        Assert.Equal("referral.forewarned NO_PARTNER_LEFT", Assert.Single(await hub.ToldOfReferralsAsync(), t => t.StartsWith("referral.forewarned", StringComparison.Ordinal)));
        Assert.Contains("referral.forewarned", await stranding.TimelineAsync());
        Assert.DoesNotContain("referral.forewarned", await safe.TimelineAsync());
    }

    [Fact]
    public async Task Nobody_is_told_of_what_ends_when_somebody_is_there_again_or_was_answered()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await AtAsync(hub, "2027-03-03 09:00");
        await hub.ExecuteAsync("update lanes set pause_time = hub_now(), pause_reason = 'Inventaire' where partner_id = 'interim'");
        // Until Friday 18:00, when everyone leaves; and a minute longer.
        await AtAsync(hub, "2027-03-03 18:00");
        var (untold, _) = await hub.ReferredAsync();
        await AtAsync(hub, "2027-03-03 18:01");
        var (told, _) = await hub.ReferredAsync();
        var (answered, referral) = await hub.ReferredAsync();
        await AtAsync(hub, "2027-03-05 17:00");
        await hub.AnswerAsync(EmploymentCalls.Interested(referral.Name));

        await hub.RunAsync<ForewarnReferrals>();

        Assert.Contains("referral.forewarned", await told.TimelineAsync());
        Assert.DoesNotContain("referral.forewarned", await untold.TimelineAsync());
        Assert.DoesNotContain("referral.forewarned", await answered.TimelineAsync());
    }

    [Fact]
    public async Task An_advisor_is_told_of_a_restricted_person_though_another_partner_is_left()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await AtAsync(hub, "2027-03-04 10:00");
        var (candidate, _) = await hub.ReferredAsync();
        await hub.RunAsync<DeliverDue>();
        await new PersonRightsService.PersonRightsServiceClient(hub.As("crm")).RestrictPersonAsync(new() { Name = candidate.Person });
        await AtAsync(hub, "2027-03-05 17:30");
        await hub.RunAsync<ForewarnReferrals>();
        Assert.Equal("referral.forewarned PERSON_RESTRICTED", Assert.Single(await hub.ToldOfReferralsAsync(), t => t.StartsWith("referral.forewarned", StringComparison.Ordinal)));
    }

    static ForewarnReferrals Work(HubHost hub) => hub.Services.GetRequiredService<ForewarnReferrals>();

    static Task AtAsync(HubHost hub, string local) => hub.Time.FreezeAsync(When.Paris(local).ToDateTimeOffset());
}
