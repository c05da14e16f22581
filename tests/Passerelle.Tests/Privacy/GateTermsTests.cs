using System.Collections.Frozen;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Privacy;

namespace Passerelle.Tests.Privacy;

/// <summary>What the gate says, from what it knows.</summary>
public sealed class GateTermsTests
{
    static readonly DateTimeOffset Now = new(2027, 3, 1, 9, 0, 0, TimeSpan.Zero);
    static readonly Guid Allows = Guid.Parse("0198f000-0000-7000-8000-000000000001");

    static readonly PurposeTerms Referral = new(
        Purpose.EmploymentReferral, 1, "", Ground.Consent, ["identity", "contact", "career"], ["employment"], AgreementRequired: true, GuardianRule.One, Now.AddYears(-1));

    [Fact]
    public void Ground_recipient_and_agreement_must_all_hold()
    {
        var agreement = Signed("emploi");
        var allowed = Assert.IsType<Verdict.Allowed>(Decide([Referral], [agreement], Asked()));
        Assert.Equal((Purpose.EmploymentReferral, 1, Ground.Consent, Allows, agreement.Id), (allowed.By.Purpose, allowed.By.PurposeVersion, allowed.By.Ground, allowed.By.ConsentId, allowed.By.AgreementId));

        Assert.Equal(new Verdict.Refused("PURPOSE_MISSING"), Decide([], [agreement], Asked()));
        Assert.Equal(new Verdict.Refused("PURPOSE_MISSING"), Decide([Referral with { StartTime = Now.AddSeconds(1) }], [agreement], Asked()));
        Assert.Equal(new Verdict.Refused("RECIPIENT_NOT_ALLOWED"), Decide([Referral], [agreement, Signed("agence")], Asked(partner: "agence")));
        Assert.Equal(new Verdict.Refused("RECIPIENT_NOT_ALLOWED"), Decide([Referral], [agreement], Asked(partner: "nobody")));
        Assert.Equal(new Verdict.Refused("CONSENT_MISSING"), Decide([Referral], [agreement], Asked() with { ConsentId = null }));
        Assert.Equal(new Verdict.Lapsed("CONSENT_EXPIRED"), Decide([Referral], [agreement], Asked() with { ConsentId = null, HasLapsed = true }));
        Assert.Equal(new Verdict.Held("AGREEMENT_MISSING"), Decide([Referral], [], Asked()));
    }

    [Fact]
    public void An_agreement_counts_from_its_start_to_its_end_unless_it_is_ended_before()
    {
        Assert.IsType<Verdict.Allowed>(Decide([Referral], [Signed("emploi", from: Now, until: Now.AddTicks(10))], Asked()));
        Assert.IsType<Verdict.Held>(Decide([Referral], [Signed("emploi", from: Now.AddTicks(10))], Asked()));
        Assert.IsType<Verdict.Held>(Decide([Referral], [Signed("emploi", until: Now)], Asked()));
        Assert.IsType<Verdict.Held>(Decide([Referral], [Signed("emploi", purpose: Purpose.SchoolEnrolment)], Asked()));
        var ended = Signed("emploi");
        ended.Revoke(Now);
        Assert.IsType<Verdict.Held>(Decide([Referral], [ended], Asked()));
    }

    [Fact]
    public void What_may_be_carried_is_what_purpose_and_agreement_both_cover()
    {
        var covered = Assert.IsType<Verdict.Allowed>(Decide([Referral], [Signed("emploi", categories: [DataCategory.Identity, DataCategory.Career, DataCategory.Statement])], Asked())).By.Categories;
        Assert.Equal([DataCategory.Identity, DataCategory.Career], covered.Order());
        Assert.Equal(new Verdict.Held("AGREEMENT_TOO_NARROW"), Decide([Referral], [Signed("emploi", categories: [DataCategory.Identity])], Asked()));
        // Without what is needed by the purpose itself, no agreement helps.
        Assert.Equal(new Verdict.Held("AGREEMENT_TOO_NARROW"), Decide([Referral with { Categories = ["identity"] }], [Signed("emploi")], Asked()));
    }

    [Fact]
    public void The_newest_terms_in_force_decide_and_their_version_is_named()
    {
        var (second, third) = (Referral with { Version = 2, StartTime = Now, Categories = ["identity", "career"] }, Referral with { Version = 3, StartTime = Now.AddDays(1), Ground = Ground.Contract });
        var by = Assert.IsType<Verdict.Allowed>(Decide([Referral, third, second], [Signed("emploi")], Asked())).By;
        Assert.Equal(2, by.PurposeVersion);
        Assert.Equal([DataCategory.Identity, DataCategory.Career], by.Categories.Order());
        // On another ground a consent is not what it rests on.
        var later = Assert.IsType<Verdict.Allowed>(Terms([Referral, third, second], [Signed("emploi")]).Decide(Asked(), Now.AddDays(1))).By;
        Assert.Equal((3, Ground.Contract, null), (later.PurposeVersion, later.Ground, later.ConsentId));
    }

    [Fact]
    public void What_the_law_obliges_to_say_needs_no_agreement()
    {
        var recall = new PurposeTerms(Purpose.Recall, 1, "", Ground.LegalObligation, [], ["employment", "housing"], AgreementRequired: false, GuardianRule.One, Now);
        var by = Assert.IsType<Verdict.Allowed>(Decide([recall], [], new GateQuestion(Purpose.Recall, "agence", null, HasLapsed: false, []))).By;
        Assert.Equal((null, null, 0), (by.ConsentId, by.AgreementId, by.Categories.Count));
    }

    [Theory]
    [InlineData(Ground.Consent, PersonRight.Withdrawal, PersonRight.Objection)]
    [InlineData(Ground.Contract, PersonRight.Portability, PersonRight.Objection)]
    [InlineData(Ground.LegitimateInterest, PersonRight.Objection, PersonRight.Portability)]
    [InlineData(Ground.PublicTask, PersonRight.Objection, PersonRight.Erasure)]
    [InlineData(Ground.LegalObligation, PersonRight.Restriction, PersonRight.Erasure)]
    public void Rights_follow_from_the_ground(Ground ground, PersonRight given, PersonRight notGiven)
    {
        var rights = PersonRights.Of(ground);
        Assert.Contains(given, rights);
        Assert.DoesNotContain(notGiven, rights);
        Assert.Subset(rights.ToHashSet(), new HashSet<PersonRight> { PersonRight.Access, PersonRight.Rectification, PersonRight.Restriction });
    }

    static GateQuestion Asked(string partner = "emploi") => new(Purpose.EmploymentReferral, partner, Allows, HasLapsed: false, [DataCategory.Identity, DataCategory.Career]);

    static Agreement Signed(string partner, Purpose purpose = Purpose.EmploymentReferral, DataCategory[]? categories = null, DateTimeOffset? from = null, DateTimeOffset? until = null) =>
        Agreement.Sign(partner, AgreementRole.Controller, [purpose], categories ?? Enum.GetValues<DataCategory>(), "TEST", from ?? Now.AddYears(-1), until ?? Now.AddYears(1), Now.AddYears(-1));

    static Verdict Decide(PurposeTerms[] purposes, Agreement[] agreements, GateQuestion asked) => Terms(purposes, agreements).Decide(asked, Now);

    static GateTerms Terms(PurposeTerms[] purposes, Agreement[] agreements) => new(
        purposes, agreements, new Dictionary<string, PartnerKind> { ["emploi"] = PartnerKind.Employment, ["agence"] = PartnerKind.Housing }.ToFrozenDictionary(), readAt: 0);
}
