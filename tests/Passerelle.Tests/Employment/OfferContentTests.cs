using Passerelle.Hub.Employment;
using Passerelle.Hub.Platform;
using Offer = Passerelle.Contracts.Employment.V1.Offer;
using static Passerelle.Tests.Employment.JobOffers;

namespace Passerelle.Tests.Employment;

/// <summary>What is a valid offer, field by field. Both doors read it with the same eyes.</summary>
public sealed class OfferContentTests
{
    [Theory]
    [InlineData("14118")]
    [InlineData("2A004")]
    [InlineData("2B033")]
    [InlineData("97411")]
    [InlineData("01001")]
    public void A_commune_is_named_by_its_INSEE_code(string code) => Assert.Empty(Faults(o => o.CommuneCode = code));

    [Theory]
    [InlineData("")]
    [InlineData("CAEN")]
    [InlineData("1411")]
    [InlineData("141180")]
    [InlineData("2C004")]
    [InlineData("2a004")]
    [InlineData("00001")]
    [InlineData("14118\n")]
    [InlineData("١٤١١٨")]
    public void Anything_else_is_no_commune(string code) => Assert.Equal(["commune_code"], Faults(o => o.CommuneCode = code));

    [Theory]
    [InlineData("A1101")]
    [InlineData("K1304")]
    [InlineData("N4401")]
    [InlineData("")]
    public void A_job_may_be_named_by_its_ROME_code(string code) => Assert.Empty(Faults(o => o.RomeCode = code));

    [Theory]
    [InlineData("O1101")]
    [InlineData("k1304")]
    [InlineData("K130")]
    [InlineData("K13040")]
    [InlineData("1304K")]
    public void Anything_else_is_no_ROME_code(string code) => Assert.Equal(["rome_code"], Faults(o => o.RomeCode = code));

    [Theory]
    [InlineData("https://exemple.org")]
    [InlineData("HTTPS://exemple.org/postuler?offre=1#haut")]
    [InlineData("https://emploi-münchen.example/")]
    public void One_applies_at_an_https_address(string uri) => Assert.Empty(Faults(o => o.ApplyUri = uri));

    [Theory]
    [InlineData("http://exemple.org")]
    [InlineData("exemple.org")]
    [InlineData("/postuler")]
    [InlineData("mailto:rh@exemple.org")]
    [InlineData("javascript:alert(1)")]
    [InlineData("https://")]
    [InlineData("https:exemple")]
    public void Anything_else_is_no_address_to_apply_at(string uri) => Assert.Equal(["apply_uri"], Faults(o => o.ApplyUri = uri));

    [Fact]
    public void A_salary_has_two_ends_in_euros_the_lower_first()
    {
        Assert.Empty(Faults(o => (o.SalaryMin, o.SalaryMax) = (Euros(30_000), Euros(30_000))));
        Assert.Equal(["salary_max"], Faults(o => o.SalaryMin = Euros(30_000)));
        Assert.Equal(["salary_min"], Faults(o => o.SalaryMax = Euros(30_000)));
        Assert.Equal(["salary_max"], Faults(o => (o.SalaryMin, o.SalaryMax) = (Euros(30_000, 1), Euros(30_000))));
        Assert.Equal(["salary_min"], Faults(o => (o.SalaryMin, o.SalaryMax) = (Euros(0, -1), Euros(30_000))));
        Assert.Equal(["salary_max"], Faults(o => (o.SalaryMin, o.SalaryMax) = (Euros(0), Euros(1, 1_000_000_000))));
        Assert.Equal(["salary_max.currency_code"], Faults(o => (o.SalaryMin, o.SalaryMax) = (Euros(1), new() { CurrencyCode = "CHF", Units = 2 })));
        Assert.Empty(Faults(o => (o.SalaryMin, o.SalaryMax) = (Euros(0), Euros(long.MaxValue, 999_999_999))));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(35, true)]
    [InlineData(60, true)]
    [InlineData(60.01, false)]
    [InlineData(-1, false)]
    [InlineData(double.NaN, false)]
    [InlineData(double.PositiveInfinity, false)]
    public void A_week_of_work_has_sixty_hours_at_most(double hours, bool valid) => Assert.Equal(valid ? [] : ["weekly_hours"], Faults(o => o.WeeklyHours = hours));

    [Fact]
    public void Texts_have_their_limits()
    {
        Assert.Empty(Faults(o => (o.Reference, o.Title, o.Description, o.Employer, o.ApplyUri) = (Long(100), Long(200), Long(20_000), Long(200), "https://e.fr/" + Long(487))));
        Assert.Equal(
            ["reference", "title", "description", "employer", "apply_uri"],
            Faults(o => (o.Reference, o.Title, o.Description, o.Employer, o.ApplyUri) = (Long(101), Long(201), Long(20_001), Long(201), "https://e.fr/" + Long(488))));
        Assert.Equal(["reference", "title", "description"], Faults(o => (o.Reference, o.Title, o.Description) = ("", " ", "\t")));

        static string Long(int length) => new('x', length);
    }

    [Fact]
    public void The_digest_changes_with_what_is_understood_and_with_nothing_else()
    {
        var whole = Read(AWholeOffer("A")).Hash();
        Assert.Equal(whole, Read(AWholeOffer("A")).Hash());
        // A field that a later version of the contract has, as number 99.
        Assert.Equal(whole, Read(Offer.Parser.ParseFrom([.. Google.Protobuf.MessageExtensions.ToByteArray(AWholeOffer("A")), 0x98, 0x06, 0x01])).Hash());
        Action<Offer>[] changes =
        [
            o => o.Title += "x", o => o.Description += "x", o => o.Employer = "", o => o.RomeCode = "", o => o.Contract = Offer.Types.Contract.Other, o => o.CommuneCode = "14047",
            o => o.SalaryMin.Nanos++, o => o.SalaryMax.Units++, o => o.WeeklyHours = 35, o => o.StartDate = null, o => o.ApplyUri = "",
        ];
        var hashes = changes.Select(change =>
        {
            var offer = AWholeOffer("A");
            change(offer);
            return Convert.ToHexString(Read(offer).Hash());
        });
        Assert.Equal(changes.Length + 1, hashes.Append(Convert.ToHexString(whole)).Distinct().Count());
    }

    static OfferContent Read(Offer offer) => OfferContent.Read(offer, "", new Violations())!;

    static IEnumerable<string> Faults(Action<Offer> change)
    {
        var offer = AnOffer("A");
        change(offer);
        var violations = new Violations();
        var content = OfferContent.Read(offer, "", violations);
        Assert.Equal(violations.Count == 0, content is not null);
        return violations.Found.Select(v => v.Field);
    }
}
