using CsCheck;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Housing.Homes;
using Passerelle.Hub.Places;

namespace Passerelle.Tests.Housing.Homes;

/// <summary>How alike two listings are, and what is said of it.</summary>
public sealed class LikenessTests
{
    const double Link = 0.85;

    [Fact]
    public void The_same_house_of_two_agencies_that_share_nothing_but_the_house_is_one()
    {
        var likeness = Likeness.Of(Traits.House, Traits.Elsewhere);

        Assert.InRange(likeness.Score, 0.95, 1);
        Assert.Equal(
            [LikenessSign.Place, LikenessSign.PropertyType, LikenessSign.Surface, LikenessSign.Land, LikenessSign.Rooms, LikenessSign.Bedrooms, LikenessSign.YearBuilt, LikenessSign.Price,
                LikenessSign.Energy, LikenessSign.DiagnosisDate],
            likeness.Reasons.Select(r => r.Sign));
        Assert.All(likeness.Reasons, r => Assert.Equal(LikenessEffect.For, r.Effect));
    }

    [Fact]
    public void Two_flats_of_a_town_that_are_merely_of_one_size_and_price_are_not_one() =>
        Assert.InRange(Likeness.Of(Traits.Flat, Traits.Flat with { Agency = "agence-deux/b1", Prices = [187_000_00] }).Score, 0.1, Link - 0.1);

    [Fact]
    public void Two_flats_with_the_same_photos_are_one()
    {
        string[] photos = ["https://a.example/p/1.jpg", "https://a.example/p/2.jpg"];
        Assert.InRange(
            Likeness.Of(Traits.Flat with { Photos = HomeTraits.PhotosOf(photos) }, Traits.Flat with { Agency = "agence-deux/b1", Photos = HomeTraits.PhotosOf(photos) }).Score, Link, 1);
    }

    [Fact]
    public void Lots_of_a_programme_that_one_agency_describes_alike_are_not_one_and_a_double_of_hers_is()
    {
        var lot = Traits.Flat with { Surface = 62.4m, Text = HomeTraits.RunsOf(Traits.Text), Photos = HomeTraits.PhotosOf(["https://a.example/programme-1.jpg", "https://a.example/programme-2.jpg"]) };

        Assert.InRange(Likeness.Of(lot, lot with { Surface = 62.9m, Prices = [189_000_00], Floor = 3 }).Score, 0, Link - 0.2);
        Assert.InRange(Likeness.Of(lot, lot with { EnergyUse = 90 }).Score, Link, 1);
    }

    public static TheoryData<string, LikenessSign, LikenessEffect> Changes => new()
    {
        { "rental", LikenessSign.Transaction, LikenessEffect.Excludes },
        { "same", LikenessSign.Place, LikenessEffect.For },
        { "commune", LikenessSign.Place, LikenessEffect.Against },
        { "postcode", LikenessSign.Place, LikenessEffect.Excludes },
        { "same", LikenessSign.Position, LikenessEffect.For },
        { "3 km", LikenessSign.Position, LikenessEffect.Against },
        { "30 km", LikenessSign.Position, LikenessEffect.Excludes },
        { "same", LikenessSign.PropertyType, LikenessEffect.For },
        { "land", LikenessSign.PropertyType, LikenessEffect.Excludes },
        { "same", LikenessSign.Surface, LikenessEffect.For },
        { "surface 4 %", LikenessSign.Surface, LikenessEffect.Against },
        { "surface 6 %", LikenessSign.Surface, LikenessEffect.Excludes },
        { "same", LikenessSign.Land, LikenessEffect.For },
        { "less land", LikenessSign.Land, LikenessEffect.Against },
        { "same", LikenessSign.Rooms, LikenessEffect.For },
        { "a room more", LikenessSign.Rooms, LikenessEffect.Against },
        { "two rooms more", LikenessSign.Rooms, LikenessEffect.Excludes },
        { "same", LikenessSign.Bedrooms, LikenessEffect.For },
        { "a bedroom more", LikenessSign.Bedrooms, LikenessEffect.Against },
        { "flat", LikenessSign.Floor, LikenessEffect.For },
        { "flat above", LikenessSign.Floor, LikenessEffect.Against },
        { "flat far above", LikenessSign.Floor, LikenessEffect.Excludes },
        { "same", LikenessSign.YearBuilt, LikenessEffect.For },
        { "older", LikenessSign.YearBuilt, LikenessEffect.Against },
        { "furnished", LikenessSign.Furnished, LikenessEffect.Against },
        { "price 3 %", LikenessSign.Price, LikenessEffect.For },
        { "price 10 %", LikenessSign.Price, LikenessEffect.Against },
        { "price 40 %", LikenessSign.Price, LikenessEffect.Excludes },
        { "same", LikenessSign.Energy, LikenessEffect.For },
        { "energy", LikenessSign.Energy, LikenessEffect.Against },
        { "letter", LikenessSign.EnergyClass, LikenessEffect.For },
        { "other letter", LikenessSign.EnergyClass, LikenessEffect.Against },
        { "same", LikenessSign.DiagnosisDate, LikenessEffect.For },
        { "same", LikenessSign.Photos, LikenessEffect.For },
        { "same", LikenessSign.Text, LikenessEffect.For },
        { "same", LikenessSign.Agency, LikenessEffect.Against },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void Each_sign_says_what_it_should_and_says_it_in_french(string change, LikenessSign sign, LikenessEffect effect)
    {
        var flat = Traits.Flat with { Furnished = false };
        var (one, other) = change switch
        {
            "rental" => (Traits.House, Traits.House with { Transaction = Transaction.Rental }),
            "same" => (Traits.House, Traits.House),
            "commune" => (Traits.House, Traits.House with { City = "vaucelles" }),
            "postcode" => (Traits.House, Traits.House with { Postcode = "14000", Position = null }),
            "3 km" => (Traits.House, Traits.House with { Position = new GeoPoint(49.3034, -0.7024) }),
            "30 km" => (Traits.House, Traits.House with { Position = new GeoPoint(49.5464, -0.7024) }),
            "land" => (Traits.House, Traits.House with { Type = PropertyType.Land }),
            "surface 4 %" => (Traits.House, Traits.House with { Surface = 100 }),
            "surface 6 %" => (Traits.House, Traits.House with { Surface = 102.2m }),
            "less land" => (Traits.House, Traits.House with { Land = 500 }),
            "a room more" => (Traits.House, Traits.House with { Rooms = 6 }),
            "two rooms more" => (Traits.House, Traits.House with { Rooms = 7 }),
            "a bedroom more" => (Traits.House, Traits.House with { Bedrooms = 4 }),
            "flat" => (flat, flat),
            "flat above" => (flat, flat with { Floor = 3 }),
            "flat far above" => (flat, flat with { Floor = 7 }),
            "older" => (Traits.House, Traits.House with { YearBuilt = 1950 }),
            "furnished" => (flat, flat with { Furnished = true }),
            "price 3 %" => (Traits.House, Traits.House with { Prices = [256_000_00] }),
            "price 10 %" => (Traits.House, Traits.House with { Prices = [270_000_00] }),
            "price 40 %" => (Traits.House, Traits.House with { Prices = [400_000_00] }),
            "energy" => (Traits.House, Traits.House with { EnergyUse = 180 }),
            "letter" => (Traits.House, Traits.House with { EnergyUse = null }),
            "other letter" => (Traits.House, Traits.House with { EnergyUse = null, EnergyClass = EnergyClass.E }),
            _ => throw new ArgumentOutOfRangeException(nameof(change), change, null),
        };
        var likeness = Likeness.Of(one, other);

        var reason = Assert.Single(likeness.Reasons, r => r.Sign == sign);
        Assert.Equal(effect, reason.Effect);
        Assert.Equal(effect == LikenessEffect.Excludes, likeness.Score == 0);
        Assert.Equal(effect, reason.Weight switch { > 0 => LikenessEffect.For, < 0 => LikenessEffect.Against, _ => LikenessEffect.Excludes });
        Assert.Matches(@"^[A-ZÉ].*\.$", LikenessSentences.Of(reason));
    }

    [Fact]
    public void Every_sentence_is_said_of_some_pair() => Assert.Equal(
        new System.Resources.ResourceManager(typeof(LikenessSentences)).GetResourceSet(System.Globalization.CultureInfo.InvariantCulture, true, false)!
            .Cast<System.Collections.DictionaryEntry>().Select(e => (string)e.Key).Order(StringComparer.Ordinal),
        Changes.Select(row => $"{row.Data.Item2}_{row.Data.Item3}").Order(StringComparer.Ordinal));

    [Fact]
    public void A_neighbouring_postcode_excludes_nothing_where_both_say_the_same_position() =>
        Assert.InRange(Likeness.Of(Traits.House, Traits.House with { Agency = "agence-deux/b1", Postcode = "14401" }).Score, Link, 1);

    [Fact]
    public void A_price_with_fees_is_compared_with_one_without_where_that_is_nearer()
    {
        var reason = Assert.Single(Likeness.Of(Traits.House with { Prices = [262_000_00, 250_000_00] }, Traits.House with { Prices = [250_000_00] }).Reasons, r => r.Sign == LikenessSign.Price);
        Assert.Equal((2, 0m), (reason.Weight, reason.First));
    }

    [Fact]
    public void A_text_cut_short_is_found_and_what_every_advertisement_ends_with_is_not()
    {
        var legal = ". Les informations sur les risques auxquels ce bien est exposé sont disponibles sur le site Géorisques. Honoraires à la charge du vendeur selon notre barème en agence";
        var whole = Traits.Flat with { Text = HomeTraits.RunsOf(Traits.Text + legal) };

        Assert.Contains(Likeness.Of(whole, whole with { Text = HomeTraits.RunsOf(Traits.Text[..180]) }).Reasons, r => r is { Sign: LikenessSign.Text, Weight: 4 });
        Assert.DoesNotContain(
            Likeness.Of(whole, whole with { Text = HomeTraits.RunsOf("Studio meublé au pied du tramway, idéal pour un étudiant ou un premier achat, avec cave et place de parking en sous-sol" + legal) }).Reasons,
            r => r.Sign == LikenessSign.Text);
    }

    [Theory]
    [InlineData("https://a.example/x/Maison-Bayeux-7f3a91.JPG", "https://cdn.b.example/2026/maison-bayeux-7f3a91.jpg?w=800", true)]
    [InlineData("http://a.example/1.jpg", "https://a.example/1.jpg", true)]
    [InlineData("https://a.example/1.jpg", "https://b.example/1.jpg", false)]
    [InlineData("https://a.example/IMG_0042.jpg", "https://b.example/IMG_0042.jpg", false)]
    public void Photos_are_the_same_by_their_address_or_by_a_name_that_is_nobody_elses(string one, string other, bool same) =>
        Assert.Equal(same, HomeTraits.PhotosOf([one]).Overlaps(HomeTraits.PhotosOf([other])));

    [Theory]
    [InlineData("Saint-Aubin-sur-Mer", "ST AUBIN SUR MER")]
    [InlineData("Hérouville Saint Clair", "HEROUVILLE-ST-CLAIR")]
    [InlineData("Caen", "CAEN CEDEX 4")]
    public void Communes_are_the_same_however_they_are_written(string one, string other) => Assert.Equal(HomeTraits.FoldCity(one), HomeTraits.FoldCity(other));

    [Fact]
    public void The_score_is_between_0_and_1_and_the_same_from_both_sides() => Gen.Select(Any, Any).Sample((one, other) =>
    {
        var (there, back) = (Likeness.Of(one, other), Likeness.Of(other, one));
        Assert.InRange(there.Score, 0, 1);
        Assert.Equal(there.Score, back.Score);
        Assert.Equal(there.Reasons.Select(r => (r.Sign, r.Effect, r.Weight)), back.Reasons.Select(r => (r.Sign, r.Effect, r.Weight)));
        Assert.Equal(there.Reasons.Select(r => r.First), back.Reasons.Select(r => r.Second));
    });

    static readonly Gen<HomeTraits> Any =
        from transaction in Gen.Enum<Transaction>()
        from type in Gen.Enum<PropertyType>()
        from numbers in Gen.Int[0, 4].Array[8]
        from surface in Gen.Int[0, 300]
        from price in Gen.Int[1, 1_000_000]
        from places in Gen.Int[0, 100].Array[2]
        select new HomeTraits
        {
            Transaction = transaction, Type = type, Agency = $"agence/{numbers[0]}", Postcode = numbers[1] == 0 ? null : $"1400{numbers[1] / 2}", City = numbers[2] == 0 ? null : $"ville{numbers[2] / 3}",
            Position = places[0] < 20 ? null : new GeoPoint(49 + places[0] / 100.0, -places[1] / 100.0), PositionMargin = places[0] * 20, Surface = surface == 0 ? null : surface / 2m, Rooms = numbers[3], Bedrooms = numbers[4],
            Floor = numbers[5] == 0 ? null : numbers[5], Land = numbers[6] == 0 ? null : numbers[6] * 100, Prices = [price * 100L, price * 95L], EnergyUse = numbers[7] == 0 ? null : numbers[7] * 50,
            Photos = HomeTraits.PhotosOf([$"https://a.example/{numbers[0]}.jpg"]), Text = HomeTraits.RunsOf(Traits.Text[(numbers[7] * 20)..]),
        };
}
