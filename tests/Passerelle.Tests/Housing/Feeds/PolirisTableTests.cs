using System.Text;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Housing.Feeds;

/// <summary>The table of columns, against the published standard and against its page.</summary>
public class PolirisTableTests
{
    const string Page = "src/Passerelle.Hub/Housing/Feeds/POLIRIS.md";

    [Fact]
    public void There_are_334_columns_in_their_order() =>
        Assert.Equal(Enumerable.Range(1, 334), PolirisTable.Columns.Select(column => column.Number));

    /// <summary>Letter by letter, but for accents, capitals and apostrophes, which the standard leaves out here and there, and for three plurals.</summary>
    [Fact]
    public void The_names_are_those_of_the_standard()
    {
        int[] corrected = [79, 220, 236, 237, 263];
        var published = File.ReadAllLines(Fixtures.PathOf("estate/poliris-spec/entete_poliris_334.csv"))[1].Split(';');

        Assert.Equal(334, published.Length);
        Assert.All(PolirisTable.Columns.Where(column => !corrected.Contains(column.Number)), column => Assert.Equal(Plain(published[column.Number - 1]), Plain(column.Name)));

        static string Plain(string name) => new([.. name.Replace("œ", "oe", StringComparison.Ordinal).Normalize(NormalizationForm.FormD).Where(char.IsAsciiLetterOrDigit).Select(char.ToLowerInvariant)]);
    }

    [Fact]
    public void The_owner_the_mandate_and_the_keys_map_to_nothing()
    {
        var secret = PolirisTable.Columns.Where(column => column.IsPrivate).ToList();

        Assert.Equal([8, .. Enumerable.Range(108, 16), 187, 188], secret.Select(column => column.Number));
        Assert.All(secret, column => Assert.Null(column.MapsTo));
        Assert.True(PolirisColumn.Private(1, "x") is { MapsTo: null, IsPrivate: true });
    }

    [Fact]
    public void No_field_is_in_two_columns() =>
        Assert.All(PolirisTable.Columns.Where(c => c.MapsTo is not null).GroupBy(c => (c.MapsTo, c.Rank)), same => Assert.Single(same));

    [Fact]
    public void Thirty_photos_have_thirty_titles()
    {
        for (var rank = 0; rank < 30; rank++)
        {
            Assert.Equal($"Photo {rank + 1}", PolirisTable.ColumnOf(ListingField.Photo, rank)!.Name);
            Assert.Equal($"Titre photo {rank + 1}", PolirisTable.ColumnOf(ListingField.PhotoTitle, rank)!.Name, ignoreCase: true);
        }

        Assert.Null(PolirisTable.ColumnOf(ListingField.Photo, 30));
    }

    /// <summary>Written anew by PASSERELLE_ACCEPT_PAGES=1.</summary>
    [Fact]
    public void The_page_says_what_the_table_says()
    {
        var expected = Written();
        var path = Repository.PathOf(Page);
        if (Environment.GetEnvironmentVariable("PASSERELLE_ACCEPT_PAGES") == "1")
            File.WriteAllText(path, expected);

        Assert.Equal(expected, File.ReadAllText(path));
    }

    static string Written()
    {
        var page = new StringBuilder(
            """
            # Les colonnes de Poliris

            Ce que Passerelle reprend de chaque colonne d’un fichier Poliris (ou SeLoger), versions 4.08 à 4.12. Il n’y a pas d’en-tête : l’ordre fait foi, et les
            versions anciennes s’arrêtent plus tôt (21 colonnes au moins). Les champs sont entre guillemets et séparés par `!#` ; `0` et `00/00/0000` signifient « non renseigné ».

            « Laissée » : la colonne n’est pas lue, et la changer ne change pas l’annonce. « Privée » : propriétaire, mandat, clés ; la colonne est écartée à l’entrée,
            n’est jamais conservée et n’apparaît dans aucun compte rendu.

            | n° | colonne | type | reprise comme |
            |---:|---|---|---|

            """);
        foreach (var column in PolirisTable.Columns)
        {
            var use = column.IsPrivate ? "*privée*" : column.MapsTo is { } field ? $"`{Name(field)}`" : "laissée";
            page.Append(System.Globalization.CultureInfo.InvariantCulture, $"| {column.Number} | {column.Name} | {French(column.Kind)} | {use} |\n");
        }

        return page.ToString();

        static string Name(ListingField field) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(field.ToString());
    }

    static string French(PolirisKind kind) => kind switch
    {
        PolirisKind.Text => "texte",
        PolirisKind.Code => "code",
        PolirisKind.Whole => "nombre entier",
        PolirisKind.Number => "nombre",
        PolirisKind.Percentage => "pourcentage",
        PolirisKind.Amount => "montant en euros",
        PolirisKind.YesNo => "OUI ou NON",
        PolirisKind.Date => "date jj/mm/aaaa",
        PolirisKind.WebAddress => "adresse web",
    };
}
