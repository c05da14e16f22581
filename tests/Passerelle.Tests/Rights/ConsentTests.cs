using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Hub.Platform.Chains;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using Method = Passerelle.Contracts.Privacy.V1.Consent.Types.Method;
using Kind = Passerelle.Contracts.Partners.V1.Partner.Types.Kind;

namespace Passerelle.Tests.Rights;

/// <summary>Who consents to what, by whose word: kept in a ledger.</summary>
public sealed class ConsentTests(Postgres postgres)
{
    [Fact]
    public async Task What_was_said_is_in_the_ledger_in_order_and_says_by_whom_how_and_when()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var gave = Timestamp.FromDateTimeOffset((await hub.QueryAsync(db => db.NowAsync(default))).AddDays(-2));
        var consent = await RecordAsync(hub, new() { Person = household.FirstAdult, Method = Method.Spoken, GiveTime = gave, Partner = "partners/emploi" });
        await RecordAsync(hub, new() { Person = household.SecondAdult });
        await hub.Consents().WithdrawConsentAsync(new() { Name = consent.Name, Method = Method.Written });

        var read = await hub.Consents().GetConsentAsync(new() { Name = consent.Name });
        Assert.Equal([(1, ConsentEntry.Types.Kind.Given, Method.Spoken), (3, ConsentEntry.Types.Kind.Withdrawn, Method.Written)], read.Entries.Select(e => ((int)e.Sequence, e.Kind, e.Method)));
        Assert.All(read.Entries, e => Assert.Equal(("crm", household.FirstAdult, 32), (e.Recorder, Assert.Single(e.By), e.Hash.Length)));
        Assert.Equal(gave, read.Entries[0].EffectiveTime);
        Assert.Equal([household.FirstAdult], read.Consent.GivenBy);
        Assert.NotNull(read.Consent.WithdrawTime);
        Assert.Equal(consent.Name, Assert.Single((await hub.Consents().ListConsentsAsync(new() { Person = household.FirstAdult })).Consents).Name);
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => hub.ExecuteAsync("update consent_entries set text_version = 'x'"));
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => hub.ExecuteAsync("delete from consent_entries where sequence = 3"));
    }

    [Theory]
    [InlineData("withdraw_time = null", 0)]
    [InlineData("expire_time = expire_time + interval '1 day'", 0, 1)]
    [InlineData("person_id = (select person_id from consents where withdraw_time is null)", 0)]
    [InlineData("given_by = '{}'::uuid[] || gen_random_uuid()", 0, 1)]
    public async Task A_consent_that_is_not_what_the_ledger_says_is_found(string change, params int[] changed)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var consents = new[] { await RecordAsync(hub, new() { Person = household.FirstAdult }), await RecordAsync(hub, new() { Person = household.SecondAdult }) };
        await hub.Consents().WithdrawConsentAsync(new() { Name = consents[0].Name });
        Assert.Empty((await VerifyAsync()).Findings);

        await hub.ExecuteAsync($"update consents set {change}");

        Assert.Equal(changed.Select(i => $"{consents[i].Name} is not what its entries say"), (await VerifyAsync()).Findings.Select(f => f.ToString()));

        Task<ChainReport> VerifyAsync() => hub.QueryAsync(db => new ChainVerifier(db).VerifyAsync(Hub.Privacy.ConsentEntry.Ledger, Anchors.None, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_adult_consents_alone_and_a_child_by_a_holder_of_parental_authority()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (household, stranger) = (await Household.OpenAsync(hub), await Household.OpenAsync(hub));
        await RefusedAsync(hub, new() { Person = household.FirstAdult, GivenBy = { household.SecondAdult } }, "consent.given_by");
        await RefusedAsync(hub, new() { Person = household.Child }, "consent.given_by");
        await RefusedAsync(hub, new() { Person = household.Child, GivenBy = { stranger.FirstAdult } }, "consent.given_by[0]");
        await RefusedAsync(hub, new() { Person = household.Child, GivenBy = { household.Child } }, "consent.given_by[0]");
        var given = await RecordAsync(hub, new() { Person = household.Child, GivenBy = { household.SecondAdult } });
        Assert.Equal([household.SecondAdult], given.GivenBy);

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await hub.Consents().WithdrawConsentAsync(new() { Name = given.Name, By = stranger.FirstAdult }));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        // The other parent may take it back.
        await hub.Consents().WithdrawConsentAsync(new() { Name = given.Name, By = household.FirstAdult });
        Assert.Equal(household.FirstAdult, (await hub.Consents().GetConsentAsync(new() { Name = given.Name })).Entries[^1].By[0]);
    }

    [Fact]
    public async Task Where_a_purpose_asks_for_all_every_holder_gives_it_also_the_one_who_lives_elsewhere()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ExecuteAsync("insert into purposes select purpose, 2, description, ground, categories, recipients, agreement_required, 'all', hub_now() from purposes where purpose = 'employment_referral'");
        var (mother, father, grandmother) = (Household.AnAdult("UN"), Household.AnAdult("DEUX"), Household.AnAdult("QUATRE"));
        grandmother.WithoutParentalAuthority = true;
        var child = Household.AChild("TROIS");
        child.HolderElsewhere = true;
        var members = (await new CaseService.CaseServiceClient(hub.As("crm")).OpenCaseAsync(new() { RequestId = Household.NewId(), Members = { mother, father, grandmother, child } })).Case.Members;

        await RefusedAsync(hub, new() { Person = members[3], GivenBy = { members[0] }, GivenElsewhere = true }, "consent.given_by");
        await RefusedAsync(hub, new() { Person = members[3], GivenBy = { members[0], members[1] } }, "consent.given_elsewhere");
        await RefusedAsync(hub, new() { Person = members[3], GivenBy = { members[0], members[1], members[2] }, GivenElsewhere = true }, "consent.given_by[2]");
        Assert.True((await RecordAsync(hub, new() { Person = members[3], GivenBy = { members[0], members[1] }, GivenElsewhere = true })).GivenElsewhere);
    }

    [Fact]
    public async Task What_a_consent_cannot_be_is_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var adult = (await Household.OpenAsync(hub)).FirstAdult;
        await RefusedAsync(hub, new() { Person = adult, Purpose = Purpose.SchoolEnrolment }, "consent.purpose");
        await RefusedAsync(hub, new() { Person = adult, Partner = "partners/ecole" }, "consent.partner");
        await RefusedAsync(hub, new() { Person = adult, RecipientKind = Kind.Housing }, "consent.recipient_kind");
        await RefusedAsync(hub, new() { Person = adult, Partner = "partners/emploi", RecipientKind = Kind.Employment }, "consent.recipient_kind");
        await RefusedAsync(hub, new() { Person = adult, GiveTime = new() { Seconds = 32503680000 } }, "consent.give_time");
        await RefusedAsync(hub, new() { Person = adult, GivenElsewhere = true }, "consent.given_elsewhere");
        await RefusedAsync(hub, new() { Person = adult, Method = (Method)9 }, "consent.method");
        Assert.Equal(Kind.Employment, (await RecordAsync(hub, new() { Person = adult })).RecipientKind);
    }

    static async Task<Consent> RecordAsync(HubHost hub, Consent consent)
    {
        if (consent.Purpose == 0) consent.Purpose = Purpose.EmploymentReferral;
        if (consent.Method == 0) consent.Method = Method.Signed;
        consent.TextVersion = "2026-09";
        return (await hub.Consents().RecordConsentAsync(new() { RequestId = Household.NewId(), Consent = consent })).Consent;
    }

    static async Task RefusedAsync(HubHost hub, Consent consent, string field)
    {
        var refused = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => RecordAsync(hub, consent));
        Assert.Contains(field, refused.Fields);
    }
}
