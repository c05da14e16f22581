using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Rights.Retention;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Schooling;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Rights;

/// <summary>Nothing is kept longer than its rule says, and nothing goes before, or unannounced.</summary>
public sealed class RetentionTests(Postgres postgres)
{
    static readonly DateTimeOffset Start = new(2027, 3, 1, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_case_goes_24_months_after_the_last_that_happened_in_it_announced_30_days_before()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        var household = await Household.OpenAsync(hub);
        await household.FileRequestAsync(hub);
        await hub.Time.FreezeAsync(Start.AddMonths(24).AddDays(-30).AddMinutes(-1));
        await hub.RunAsync<PurgeExpired>();
        Assert.Empty(await RetentionOfAsync(hub, household));

        await hub.Time.FreezeAsync(Start.AddMonths(24).AddDays(-30));
        await hub.RunAsync<PurgeExpired>();
        await hub.RunAsync<PurgeExpired>();
        Assert.Equal(["retention.announced case"], await RetentionOfAsync(hub, household));
        await hub.Time.FreezeAsync(Start.AddMonths(24).AddMinutes(-1));
        await hub.RunAsync<PurgeExpired>();
        Assert.All((await GetAsync(hub, household)).Members, m => Assert.False(m.Erased));

        await hub.Time.FreezeAsync(Start.AddMonths(24));
        await hub.RunAsync<PurgeExpired>();
        await hub.RunAsync<PurgeExpired>();
        var gone = await GetAsync(hub, household);
        Assert.All(gone.Members, m => Assert.True(m.Erased));
        Assert.StartsWith("purged-", gone.Case.Reference, StringComparison.Ordinal);
        Assert.Equal(["retention.announced case", "retention.purged case"], await RetentionOfAsync(hub, household));
        // What stays counts, and names nobody.
        Assert.Single(gone.Requests);
    }

    [Fact]
    public async Task A_call_is_remembered_for_90_days()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        var request = new OpenCaseRequest { RequestId = Household.NewId(), Needs = { Need.Housing }, Members = { Household.AnAdult("UN") } };
        var cases = new CaseService.CaseServiceClient(hub.As("crm"));
        var first = (await cases.OpenCaseAsync(request)).Case.Name;

        await hub.Time.FreezeAsync(Start.AddDays(90));
        await hub.RunAsync<PurgeExpired>();
        Assert.Equal(first, (await cases.OpenCaseAsync(request)).Case.Name);
        await hub.Time.FreezeAsync(Start.AddDays(90).AddSeconds(1));
        await hub.RunAsync<PurgeExpired>();
        Assert.NotEqual(first, (await cases.OpenCaseAsync(request)).Case.Name);
    }

    [Fact]
    public async Task What_was_announced_late_goes_late()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        var household = await Household.OpenAsync(hub);
        await household.FileRequestAsync(hub);
        await hub.Time.FreezeAsync(Start.AddMonths(30));
        await hub.RunAsync<PurgeExpired>();
        Assert.All((await GetAsync(hub, household)).Members, m => Assert.False(m.Erased));
        await hub.Time.FreezeAsync(Start.AddMonths(30).AddDays(30));
        await hub.RunAsync<PurgeExpired>();
        Assert.All((await GetAsync(hub, household)).Members, m => Assert.True(m.Erased));
    }

    [Fact]
    public async Task A_draft_goes_after_30_days_and_a_case_in_which_somebody_asked_does_not()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        var (draft, asked) = (await Household.OpenAsync(hub), await Household.OpenAsync(hub));
        await asked.FileRequestAsync(hub);
        await hub.Time.FreezeAsync(Start.AddDays(30));
        await hub.RunAsync<PurgeExpired>();
        Assert.All((await GetAsync(hub, draft)).Members, m => Assert.True(m.Erased));
        Assert.All((await GetAsync(hub, asked)).Members, m => Assert.False(m.Erased));
    }

    [Fact]
    public async Task A_cv_stays_while_its_person_consents_and_goes_three_months_after_the_case_is_quiet()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        var consenting = await Candidate.ReadyAsync(hub);
        var silent = await Candidate.NewAsync(hub);
        await silent.AttachCvAsync();
        foreach (var candidate in (Candidate[])[consenting, silent]) await candidate.Household.FileRequestAsync(hub);
        await hub.Time.FreezeAsync(Start.AddMonths(2).AddDays(5));
        await hub.RunAsync<PurgeExpired>();
        Assert.Equal(["retention.announced cv_unconsented"], await RetentionOfAsync(hub, silent.Household));
        await hub.Time.FreezeAsync(Start.AddMonths(4));
        await hub.RunAsync<PurgeExpired>();
        Assert.Equal([consenting.Person[8..]], await hub.QueryAsync(db => db.Cvs.Select(c => c.PersonId.ToString()).ToListAsync()));
    }

    [Fact]
    public async Task The_introduction_of_a_declined_referral_goes_at_once_and_what_was_noted_of_a_call_after_a_year()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        var candidate = await Candidate.ReadyAsync(hub);
        var referral = await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        await hub.AnswerAsync(EmploymentCalls.Declined(referral.Name));
        var request = await candidate.Household.FileRequestAsync(hub);
        var requests = new RequestService.RequestServiceClient(hub.As("crm"));
        await requests.AnswerRequestAsync(new() { RequestId = Household.NewId(), Name = request.Name, Kind = AnswerKind.CallLogged, Text = Marker.Of("APPEL") });
        await hub.RunAsync<PurgeExpired>();
        Assert.Empty((await hub.Referrals().GetReferralAsync(new() { Name = referral.Name })).Introduction);
        Assert.Equal(Marker.Of("APPEL"), (await requests.GetRequestAsync(new() { Name = request.Name })).AnswerText);

        await hub.Time.FreezeAsync(Start.AddMonths(12).AddDays(-30));
        await hub.RunAsync<PurgeExpired>();
        await hub.Time.FreezeAsync(Start.AddMonths(12));
        await hub.RunAsync<PurgeExpired>();
        var read = await requests.GetRequestAsync(new() { Name = request.Name });
        Assert.Equal((Marker.Of("DEMANDE"), ""), (read.Text, read.AnswerText));
    }

    [Fact]
    public async Task A_school_file_goes_at_the_end_of_its_school_year()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        var household = await Household.OpenAsync(hub);
        var document = await School.UploadAsync(hub, household.Child, School.Pdf("LIVRET"));
        var wanted = School.EnrolmentOf(household.Child, document);
        wanted.StartDate = new() { Year = 2027, Month = 9, Day = 1 };
        await School.Enrolments(hub, "crm").CreateEnrolmentAsync(wanted);
        // Paris: the year ends with 31 August 2028.
        var end = new DateTimeOffset(2028, 9, 1, 0, 0, 0, TimeSpan.FromHours(2));
        await hub.Time.FreezeAsync(end.AddDays(-30));
        await hub.RunAsync<PurgeExpired>();
        await hub.Time.FreezeAsync(end.AddSeconds(-1));
        await hub.RunAsync<PurgeExpired>();
        Assert.Equal(1, await hub.QueryAsync(db => db.DocumentContents.CountAsync()));
        await hub.Time.FreezeAsync(end);
        await hub.RunAsync<PurgeExpired>();
        Assert.Equal(0, await hub.QueryAsync(db => db.DocumentContents.CountAsync()));
        Assert.Null(await hub.QueryAsync(db => db.Enrolments.Select(e => e.PreviousSchool).SingleAsync()));
    }

    [Fact]
    public async Task A_rule_that_changed_counts_for_what_is_there_and_a_rehearsal_changes_nothing()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        var household = await Household.OpenAsync(hub);
        await household.FileRequestAsync(hub);
        await hub.ExecuteAsync("insert into retention_rules (kind, version, months, days, notice_days, start_time) values ('case', 2, 0, 10, 0, hub_now())");
        await using var scope = hub.Services.CreateAsyncScope();
        var plan = await scope.ServiceProvider.GetRequiredService<RetentionDesk>().FindAsync(Start.AddDays(10), TestContext.Current.CancellationToken);
        Assert.Equal((household.Case, Start.AddDays(10)), (Assert.Single(plan).Subject, plan[0].DueTime));
        await hub.Time.FreezeAsync(Start.AddDays(10));
        Assert.All((await GetAsync(hub, household)).Members, m => Assert.False(m.Erased));
        await hub.RunAsync<PurgeExpired>();
        Assert.All((await GetAsync(hub, household)).Members, m => Assert.True(m.Erased));
    }

    static async Task<GetCaseResponse> GetAsync(HubHost hub, Household household) => await new CaseService.CaseServiceClient(hub.As("crm")).GetCaseAsync(new() { Name = household.Case });

    static async Task<IEnumerable<string>> RetentionOfAsync(HubHost hub, Household household) =>
        (await GetAsync(hub, household)).Timeline.Where(e => e.Type.StartsWith("retention.", StringComparison.Ordinal)).Select(e => $"{e.Type} {e.Detail}");
}
