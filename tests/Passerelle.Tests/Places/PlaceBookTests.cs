using CsCheck;
using Passerelle.Hub.Places;

namespace Passerelle.Tests.Places;

/// <summary>A name is a commune's or it is none: what looks like one is only ever offered.</summary>
public sealed class PlaceBookTests
{
    static readonly PlaceBook Book = Of(
        [
            ("14901", "Valbourg", ["14990", "14991"]), ("14902", "Saint-Orme-sur-Mer", ["14992"]), ("14903", "Les Crèvecœurs", ["14992"]), ("14904", "Saint-Orme", ["14993"]),
            ("14905", "Orbelle", ["14990"]), ("14906", "Le Pré", ["14995"]), ("14907", "La Pré", ["14996"]),
        ],
        [new("14911", "Vieux-Moulin", "14901"), new("14912", "Grand-Pré", "14901"), new("14913", "Grand-Pré", "14905"), new("14914", "", "14902"), new("14915", "Valbourg", "14905")]);

    [Theory]
    [InlineData("Valbourg", "14991", "14901")]
    [InlineData("Valbourg", "14990", null)]
    [InlineData("VALBOURG cedex", null, null)]
    [InlineData("st orme s/ mer", null, "14902")]
    [InlineData("Crevecoeurs", null, "14903")]
    [InlineData("CREVECOEURS (LES)", "14992.0", "14903")]
    [InlineData("14993 Saint-Orme", null, "14904")]
    [InlineData("Saint-Orme", "14993", "14904")]
    [InlineData("Saint-Orme", "14992", null)]
    [InlineData("Saint-Orme", "1499", null)]
    [InlineData("14992 Saint-Orme", "14993", null)]
    [InlineData("le pré", null, "14906")]
    [InlineData("pré", null, null)]
    [InlineData("pré", "14996", "14907")]
    [InlineData("Saint-Ormes", null, null)]
    [InlineData("14993", null, null)]
    [InlineData("", null, null)]
    public void Only_a_whole_name_that_fits_its_postcode_is_a_commune(string written, string? postcode, string? code)
    {
        Assert.Equal(code, Book.Certain(written, postcode)?.Code);
        Assert.Equal(code, Book.Find(written, postcode) is PlaceFinding.Exact(var place) ? place.Code : null);
    }

    [Fact]
    public void A_former_name_leads_to_the_commune_of_today_and_says_so()
    {
        var (place, was) = Assert.IsType<PlaceFinding.Former>(Book.Find("vieux moulin"));
        Assert.Equal(("14901", "14911", "Vieux-Moulin"), (place.Code, was.Code, was.Name));
    }

    [Fact]
    public void A_name_of_several_is_asked_about_unless_the_postcode_tells()
    {
        Assert.Equal(["14901", "14905"], Assert.IsType<PlaceFinding.Ambiguous>(Book.Find("Grand-Pré")).Candidates.Select(c => c.Place.Code));
        Assert.Equal("14901", Assert.IsType<PlaceFinding.Former>(Book.Find("Grand-Pré", "14991")).Place.Code);
        // Today's name of one, a former name of another.
        Assert.Equal(["14901", "14905"], Assert.IsType<PlaceFinding.Ambiguous>(Book.Find("Valbourg", "14990 ")).Candidates.Select(c => c.Place.Code).Order());
    }

    [Fact]
    public void A_name_with_the_postcode_of_another_is_asked_about() =>
        Assert.Equal("14904", Assert.Single(Assert.IsType<PlaceFinding.Ambiguous>(Book.Find("Saint-Orme", "75001")).Candidates).Place.Code);

    [Theory]
    [InlineData("Valbuorg", "Valbourg")]
    [InlineData("Saint Orme sur", "Saint-Orme-sur-Mer")]
    [InlineData("Orbelle centre", "Orbelle")]
    [InlineData("Vieu Moulin", "Vieux-Moulin")]
    public void What_looks_like_a_name_is_offered(string written, string name) =>
        Assert.Equal(name, Assert.IsType<PlaceFinding.Unknown>(Book.Find(written)).DidYouMean[0].MatchedName);

    [Theory]
    [InlineData("Zzyzx")]
    [InlineData("Paris")]
    [InlineData("14990")]
    public void What_looks_like_none_is_offered_nothing(string written) => Assert.Empty(Assert.IsType<PlaceFinding.Unknown>(Book.Find(written)).DidYouMean);

    [Fact]
    public void No_more_than_five_are_offered_each_once_the_likeliest_first()
    {
        string[] postcodes = ["14990"];
        var numbers = Enumerable.Range(10, 30);
        var book = Of([.. numbers.Select(i => ($"149{i}", $"Saint-Orme-{(char)('a' + i - 10)}ix", postcodes))], [.. numbers.Select(i => new FormerPlace($"148{i}", $"Saint-Orme-{i}", $"149{i}"))]);
        var offered = Assert.IsType<PlaceFinding.Unknown>(book.Find("Saint-Orme-cxi")).DidYouMean;
        Assert.Equal((5, 5, "14912"), (offered.Count, offered.DistinctBy(c => c.Place.Code).Count(), offered[0].Place.Code));
    }

    [Fact]
    public void Codes_of_former_communes_give_their_successors()
    {
        Assert.Equal(["14901", "14901", "14902"], ((string[])["14901", "14912", "14914"]).Select(code => Book.ByCode(code)!.Code));
        Assert.Null(Book.ByCode("14999"));
    }

    /// <summary>The rule that everything here is for: whatever happens to a name on its way, the answer is its commune or none, unless it has become another's very name.</summary>
    [Fact]
    public void A_name_with_mistakes_is_never_taken_for_another_commune() => NeverAnother(Book, 20_000);

    [Fact]
    public async Task A_real_name_with_mistakes_is_never_taken_for_another_commune() => NeverAnother(await RealPlaces.BookAsync(), 2_000);

    static void NeverAnother(PlaceBook book, int times)
    {
        var places = book.Places.OrderBy(p => p.Code).ToArray();
        Gen.Select(Gen.Int[0, places.Length - 1], Gen.Select(Gen.Int[0, 3], Gen.Int[0, 60], Gen.Char["abcdeéilnorstuœ -'S"]).Array[1, 3], Gen.Bool).Sample(
            (which, mistakes, withPostcode) =>
            {
                var meant = places[which];
                var written = mistakes.Aggregate(meant.Name, Mistaken);
                var found = book.Find(written, withPostcode && meant.Postcodes.Length > 0 ? meant.Postcodes[0] : null);
                if (found is PlaceFinding.Exact(var place)) Assert.True(place.Code == meant.Code || SameName(place.Name, written), $"{written} was taken for {place.Name}, and was {meant.Name}");
                if (found is PlaceFinding.Former(_, var was)) Assert.True(SameName(was.Name, written), $"{written} was taken for {was.Name}, and was {meant.Name}");
                if (found is PlaceFinding.Unknown(var offered)) Assert.InRange(offered.Count, 0, PlaceBook.MaxCandidates);
            },
            iter: times);
    }

    static bool SameName(string name, string written) => PlaceKey.Of(name).Bare == PlaceKey.OfLine(written).Key.Bare;

    /// <summary>A letter left out, put in, changed, or exchanged with the next.</summary>
    static string Mistaken(string name, (int Kind, int At, char Letter) mistake)
    {
        if (name.Length < 2) return name + mistake.Letter;
        var at = mistake.At % (name.Length - 1);
        return mistake.Kind switch
        {
            0 => name.Remove(at, 1),
            1 => name.Insert(at, mistake.Letter.ToString()),
            2 => $"{name[..at]}{mistake.Letter}{name[(at + 1)..]}",
            _ => $"{name[..at]}{name[at + 1]}{name[at]}{name[(at + 2)..]}",
        };
    }

    static PlaceBook Of((string Code, string Name, string[] Postcodes)[] places, FormerPlace[] former) => new(
        places.Select(p =>
        {
            var place = Place.Of(p.Code);
            place.Describe(p.Name, null);
            place.Receive(p.Postcodes);
            return place;
        }),
        former);
}
