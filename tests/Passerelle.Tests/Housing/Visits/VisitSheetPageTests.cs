using System.Text.RegularExpressions;
using System.Xml.Linq;
using CsCheck;
using Passerelle.Hub.Housing.Visits;

namespace Passerelle.Tests.Housing.Visits;

public partial class VisitSheetPageTests
{
    [Fact]
    public void The_sheet_tells_the_whole_day_in_its_order()
    {
        var page = Page(Sheets.OfTwo(Sheets.Released));

        Assert.Equal("Vos visites du samedi 1er mai 2027", page.Descendants("h1").Single().Value);
        Assert.Equal("fr", page.Root!.Attribute("lang")!.Value);
        Assert.Equal(
            [
                "8 h 40 – Départ : Gîte des Tilleuls, Caen",
                "Trajet : environ 25 min.",
                "9 h 05 – 9 h 50 : Maison 5 pièces, 110 m²",
                "Trajet : environ 35 min. Attente : environ 25 min.",
                "10 h 50 – 11 h 35 : Appartement 4 pièces (à confirmer)",
                "Trajet : environ 35 min.",
                "12 h 10 – Retour : Gîte des Tilleuls, Caen",
            ],
            page.Descendants("ol").Single().Elements("li").Select(line => line.Element("h2")?.Value ?? line.Value));
        var first = page.Descendants("li").First(line => (string?)line.Attribute("class") == "visit");
        Assert.Equal(
            ["Adresse|12 rue des Essais, 14400 Bayeux", "Agence|Agence de l'Essai", "Téléphone|02 31 00 00 00", "À savoir|Sonner au portail vert ;\nle chien est gentil, dit-on.", "Vos notes|"],
            first.Descendants("dt").Zip(first.Descendants("dd"), (term, text) => $"{term.Value}|{text.Value}"));
        Assert.Equal("tel:0231000000", first.Descendants("a").Single().Attribute("href")!.Value);
        Assert.Equal("2 visites, environ 1 h 35 de route en tout. En cas de retard, appelez l'agence de la visite suivante : elle préviendra sur place.", page.Descendants("p").First().Value);
        Assert.Equal(["Visites annulées", "14 h 00 : Longère (Agence de l'Essai)"], [page.Descendants("h2").Last().Value, page.Descendants("ul").Single().Value.Trim()]);
        Assert.Equal("Version 3, établie le mercredi 28 avril 2027 à 16 h 05 (heure de Paris).", page.Descendants("p").Last().Value);
    }

    [Fact]
    public void A_day_that_was_released_as_a_whole_says_so()
    {
        var page = Page(Sheets.OfTwo().With(visit => visit with { State = SheetVisitState.Released }));

        Assert.Empty(page.Descendants("ol"));
        Assert.Equal("Aucune visite n'est prévue ce jour-là.", page.Descendants("p").First().Value);
        Assert.Equal(2, page.Descendants("ul").Single().Elements().Count());
    }

    [Fact]
    public void Where_the_times_come_from_is_told() =>
        Assert.Equal(3, Enum.GetValues<TravelSource>().Select(source => Page(Sheets.OfTwo() with { TravelSource = source }).Descendants("footer").Single().Value).Distinct().Count());

    [Fact]
    public void It_needs_nothing_from_elsewhere_and_may_not_ask_for_it()
    {
        var html = VisitSheetPage.Render(Sheets.OfTwo());

        Assert.DoesNotMatch(Fetched(), html);
        Assert.Contains("@page{size:A4", html, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'; style-src 'sha256-", html, StringComparison.Ordinal);
    }

    [Fact]
    public void No_text_is_read_as_something_else_than_text() =>
        Sheets.TextOf("<", ">", "&", "\"", "'", "<script>alert(1)</script>", "</dd>", "<img src=x onerror=y>", "&amp;", "]]>", "<!--", "{0}", "{", "é", "😀", " ", "tel:", "0")
            .Sample(text =>
            {
                var page = Page(Sheets.OfTwo(Sheets.Released).With(visit => visit with { Title = text, Address = text, Agency = text, Phone = text, Note = "x" + text }) with { Base = text });

                Assert.Empty(page.Descendants("script").Concat(page.Descendants("img")));
                Assert.Equal(text, page.Descendants("dd").First().Value);
                Assert.Equal($"8 h 40 – Départ : {text}", page.Descendants("li").First().Value);
                Assert.All(page.Descendants("a"), link => Assert.Matches("^tel:0+$", link.Attribute("href")!.Value));
            }, iter: 1_000);

    static XDocument Page(VisitSheet sheet) => XDocument.Parse(VisitSheetPage.Render(sheet), LoadOptions.PreserveWhitespace);

    [GeneratedRegex(@"<(script|link|img|iframe|object|embed)|(src|href)=(?!""tel:)|url\(|@import", RegexOptions.IgnoreCase)]
    private static partial Regex Fetched();
}
