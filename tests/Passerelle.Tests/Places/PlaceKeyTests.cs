using Passerelle.Hub.Places;

namespace Passerelle.Tests.Places;

/// <summary>What may be written differently, and what may not.</summary>
public sealed class PlaceKeyTests
{
    [Theory]
    [InlineData("Saint-Orme-sur-Mer", "saint orme sur mer")]
    [InlineData("ST ORME S/ MER", "saint orme sur mer")]
    [InlineData("Ste-Épine", "sainte epine")]
    [InlineData("L’Épine", "l epine")]
    [InlineData("L'Épine", "l epine")]
    [InlineData("Crèvecœur", "crevecoeur")]
    [InlineData("  Val   d'Orme ", "val d orme")]
    [InlineData("", "")]
    [InlineData("’-'", "")]
    public void Accents_capitals_hyphens_apostrophes_and_abbreviations_do_not_matter(string written, string key) => Assert.Equal(key, PlaceKey.Of(written).Full);

    [Theory]
    [InlineData("Les Authiers", "authiers")]
    [InlineData("AUTHIERS (LES)", "authiers")]
    [InlineData("L'Épine", "epine")]
    [InlineData("Le", "le")]
    [InlineData("Val-la-Reine", "val la reine")]
    public void An_article_in_front_or_behind_can_be_left_out(string written, string key) => Assert.Equal(key, PlaceKey.Of(written).Bare);

    [Theory]
    [InlineData("14990 Valbourg", "valbourg", "14990")]
    [InlineData("Valbourg (14990)", "valbourg", "14990")]
    [InlineData("Valbourg cedex 4", "valbourg", null)]
    [InlineData("14054 VALBOURG CEDEX", "valbourg", null)]
    [InlineData("14990", "", "14990")]
    [InlineData("Valbourg 2", "valbourg 2", null)]
    public void A_postcode_beside_the_name_is_read_and_that_of_a_cedex_is_nobodys(string line, string key, string? postcode)
    {
        var (read, found) = PlaceKey.OfLine(line);
        Assert.Equal((key, postcode), (read.Full, found));
    }

    [Theory]
    [InlineData("14990", "14990")]
    [InlineData(" 14990.0 ", "14990")]
    [InlineData("1499", null)]
    [InlineData("1499.0", null)]
    [InlineData("014990", null)]
    [InlineData("14 990", null)]
    [InlineData("१४९९०", null)]
    public void A_postcode_is_five_digits_and_a_missing_one_is_not_guessed(string written, string? postcode) => Assert.Equal(postcode, PlaceKey.Postcode(written));

    [Theory]
    [InlineData("valbourg", "valbourg", 0)]
    [InlineData("valbuorg", "valbourg", 1)]
    [InlineData("vabourg", "valbourg", 1)]
    [InlineData("walbourg", "valbourg", 1)]
    [InlineData("", "abc", 3)]
    [InlineData("abc", "", 3)]
    public void Letters_that_change_places_are_one_mistake(string one, string other, int edits) => Assert.Equal(edits, Spelling.Edits(one, other));
}
