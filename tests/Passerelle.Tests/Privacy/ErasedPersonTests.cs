using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Schooling.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Alarms;
using Passerelle.Hub.Privacy;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Schooling;
using Passerelle.Tests.Support;
using Exchange = Passerelle.Contracts.Exchanges.V1.Exchange;
using Wire = Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Tests.Privacy;

/// <summary>What is left of a person whose key was destroyed, call by call.</summary>
public sealed class ErasedPersonTests(Postgres postgres)
{
    [Fact]
    public async Task A_case_shows_its_other_members_and_that_there_was_one_more()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var whole = await WholeHousehold.OpenAsync(hub);
        await hub.DestroyAsync(whole.Household.FirstAdult);

        var shown = await Cases(hub).GetCaseAsync(new() { Name = whole.Household.Case });

        Assert.Equal(new Person { Name = whole.Household.FirstAdult, Role = Person.Types.Role.Adult, Erased = true }, shown.Members[0]);
        Assert.Equal([Marker.Of("PRENOM-DEUX"), Marker.Of("PRENOM-TROIS")], shown.Members.Skip(1).Select(m => m.GivenName));
        Assert.All(shown.Members.Skip(1), m => Assert.False(m.Erased));
        Assert.Equal(whole.Request, Assert.Single(shown.Requests).Name);
        Assert.Equal(shown.Case, Assert.Single((await Cases(hub).ListCasesAsync(new())).Cases));
        Assert.Equal(1, (await Cases(hub).GetCaseStatusAsync(new() { Name = whole.Household.Case })).RunningClocks + 1);
    }

    [Fact]
    public async Task What_is_read_of_an_erased_person_is_there_without_its_words()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var whole = await WholeHousehold.OpenAsync(hub);
        await hub.DestroyAsync(whole.Household.FirstAdult);
        await hub.DestroyAsync(whole.Household.Child);

        var request = await Requests(hub).GetRequestAsync(new() { Name = whole.Request });
        Assert.Equal((whole.Request, Request.Types.State.Answered, "", ""), (request.Request.Name, request.Request.State, request.Text, request.AnswerText));
        Assert.Equal(whole.Request, Assert.Single((await Requests(hub).ListRequestsAsync(new())).Requests).Name);
        var referral = await hub.Referrals().GetReferralAsync(new() { Name = whole.Referral });
        Assert.Equal((Referral.Types.State.Interested, "", ""), (referral.Referral.State, referral.Introduction, referral.AnswerMessage));
        Assert.Equal(whole.Referral, Assert.Single((await hub.Referrals().ListReferralsAsync(new())).Referrals).Name);
        Assert.Equal(whole.Referral, Assert.Single((await hub.Referrals("emploi").ListReferralsAsync(new())).Referrals).Name);
        var enrolment = await School.Enrolments(hub, "crm").GetEnrolmentAsync(new() { Name = whole.Enrolment });
        Assert.Equal((Enrolment.Types.State.Accepted, ""), (enrolment.Enrolment.State, enrolment.AnswerMessage));
        Assert.Equal("", (await School.Enrolments(hub, "ecole").GetEnrolmentAsync(new() { Name = whole.Enrolment })).AnswerMessage);
        Assert.Equal(whole.Enrolment, Assert.Single((await School.Enrolments(hub, "crm").ListEnrolmentsAsync(new())).Enrolments).Name);
        Assert.Equal(whole.Consent, (await hub.Consents().GetConsentAsync(new() { Name = whole.Consent })).Consent.Name);
        await hub.WithdrawAsync(whole.Consent);
    }

    [Fact]
    public async Task What_needs_the_person_says_that_there_is_none()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var whole = await WholeHousehold.OpenAsync(hub);
        var (adult, child) = (whole.Household.FirstAdult, whole.Household.Child);
        var candidate = new Candidate(hub, whole.Household);
        var open = await whole.Household.FileRequestAsync(hub);
        var referral = await candidate.ReferAsync();
        var enrolment = await School.EnrolAsync(hub, child, whole.Document);
        await hub.RunAsync<DeliverDue>();
        await School.ReceiveAsync(hub);
        await hub.DestroyAsync(adult);
        await hub.DestroyAsync(child);

        await GoneAsync(adult, () => whole.Household.FileRequestAsync(hub));
        await GoneAsync(adult, () => Requests(hub).AnswerRequestAsync(new() { RequestId = Household.NewId(), Name = open.Name, Kind = AnswerKind.CallLogged, Text = Marker.Of("REPONSE") }).ResponseAsync);
        await GoneAsync(adult, () => candidate.AttachCvAsync());
        await GoneAsync(adult, () => candidate.ConsentAsync());
        await GoneAsync(adult, () => candidate.ReferAsync());
        await GoneAsync(adult, () => hub.AnswerAsync(EmploymentCalls.Interested(referral.Name)));
        // The register outlives the person: who got what can still be said.
        Assert.NotEmpty((await Disclosures(hub).ListDisclosuresAsync(new() { Person = adult })).Disclosures);
        await GoneAsync(child, () => School.UploadAsync(hub, child, School.Pdf("DEUX")));
        await GoneAsync(child, () => School.DownloadAsync(hub, "crm", whole.Document));
        await GoneAsync(child, () => School.DownloadAsync(hub, "ecole", whole.Document));
        await GoneAsync(child, () => School.EnrolAsync(hub, child));
        await GoneAsync(child, () => School.AnswerAsync(hub, School.Accepted(enrolment.Name)));
        // What is not about the erased goes on.
        await new Candidate(hub, whole.Household with { FirstAdult = whole.Household.SecondAdult }).AttachCvAsync();

        async Task GoneAsync(string person, Func<Task> call)
        {
            var error = await School.RefusedAsync(hub, ErrorReason.ResourceNotFound, StatusCode.NotFound, call);
            Assert.Equal(person, error.Metadata["resource"]);
        }
    }

    [Fact]
    public async Task What_waits_to_leave_is_withdrawn_and_what_was_declined_goes_to_nobody()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var whole = await WholeHousehold.OpenAsync(hub);
        var (_, lapsing) = await hub.ReferredAsync();
        var referral = await new Candidate(hub, whole.Household).ReferAsync("interim");
        var enrolment = await School.EnrolAsync(hub, whole.Household.Child, whole.Document);
        await hub.DestroyAsync(lapsing.Person);
        await hub.DestroyAsync(whole.Household.FirstAdult);
        await hub.DestroyAsync(whole.Household.Child);
        var received = hub.Partner.Received.Count;

        Assert.Null(await School.PullAsync(hub));
        await hub.RunAsync<DeliverDue>();
        await hub.LapseAsync();
        await hub.RunAsync<FollowLapses>();

        Assert.Equal(received, hub.Partner.Received.Count);
        foreach (var exchange in (string[])[referral.Exchange, enrolment.Exchange])
        {
            var ended = await hub.GetExchangeAsync(exchange);
            Assert.Equal((Exchange.Types.State.Withdrawn, "PERSON_ERASED"), (ended.State, ended.EndReason));
        }

        Assert.Equal(Referral.Types.FollowUp.Stranded, (await hub.GetReferralAsync(lapsing.Name)).FollowUp);
    }

    [Fact]
    public async Task A_child_is_enrolled_without_the_guardian_who_was_erased()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        await School.EnrolAsync(hub, household.Child);
        await hub.DestroyAsync(household.FirstAdult);

        var file = await School.ReceiveAsync(hub);

        Assert.Equal(household.SecondAdult, Assert.Single(file.Guardians).Person);
    }

    [Fact]
    public async Task A_key_is_destroyed_once_with_what_leads_to_the_person_and_stays_destroyed()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var id = TestKeys.IdOf(household.FirstAdult);
        var key = await hub.QueryAsync(db => db.PersonKeys.SingleAsync(k => k.PersonId == id));

        Assert.True(await hub.DestroyAsync(household.FirstAdult));
        Assert.False(await hub.DestroyAsync(household.FirstAdult));

        Assert.Equal(id, (await hub.QueryAsync(db => db.DestroyedKeys.SingleAsync())).PersonId);
        Assert.False(await hub.QueryAsync(db => db.PersonLookups.AnyAsync(l => l.PersonId == id)));
        Assert.True(await hub.QueryAsync(db => db.PersonLookups.AnyAsync()));
        // It comes back, as with an older dump of the vault.
        await hub.QueryAsync(db => { db.PersonKeys.Add(key); db.PersonLookups.Add(new(id, LookupField.Email, new byte[16])); return db.SaveChangesAsync(); });
        hub.ExpectedErrors = text => text.StartsWith("ALARM key_unburied: 1 rows", StringComparison.Ordinal);
        var watchman = hub.Services.GetRequiredService<Watchman>();
        for (var look = 0; look < 2; look++) await watchman.LookAsync(TestContext.Current.CancellationToken);
        Assert.Equal(household.FirstAdult, Assert.Single((await hub.QueryAsync(db => db.Alarms.SingleAsync(a => a.Name == "key_unburied" && a.ClearTime == null))).Rows));
        Assert.Equal(1, await hub.WithAsync<Vault, int>(vault => vault.BuryAsync(TestContext.Current.CancellationToken)));
        Assert.Equal(0, await hub.WithAsync<Vault, int>(vault => vault.BuryAsync(TestContext.Current.CancellationToken)));
        Assert.True((await Cases(hub).GetCaseAsync(new() { Name = household.Case })).Members[0].Erased);
        Assert.Equal(2, await hub.QueryAsync(db => db.PersonKeys.CountAsync()));
    }

    [Fact]
    public async Task Destroying_is_part_of_the_transaction_that_is_open()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var id = TestKeys.IdOf(household.FirstAdult);
        await hub.WithAsync<IServiceProvider, bool>(async services =>
        {
            await using var transaction = await services.GetRequiredService<HubDb>().Database.BeginTransactionAsync();
            var destroyed = await services.GetRequiredService<Vault>().DestroyAsync(id, TestContext.Current.CancellationToken);
            await transaction.RollbackAsync();
            return destroyed;
        });
        Assert.False((await Cases(hub).GetCaseAsync(new() { Name = household.Case })).Members[0].Erased);
        Assert.False(await hub.QueryAsync(db => db.DestroyedKeys.AnyAsync()));
    }

    static Wire.DisclosureService.DisclosureServiceClient Disclosures(HubHost hub) => new(hub.As("crm"));

    static CaseService.CaseServiceClient Cases(HubHost hub) => new(hub.As("crm"));

    static RequestService.RequestServiceClient Requests(HubHost hub) => new(hub.As("crm"));
}
