using System.Text;
using CsCheck;
using Passerelle.Hub.Places;

namespace Passerelle.Tests.Places;

/// <summary>Public files are read whole or refused with what is wrong with them.</summary>
public sealed class PlaceFileTests
{
    [Fact]
    public void Each_file_is_known_by_its_content()
    {
        Assert.Equal((5, 2, 4), Read(InventedPlaces.Communes) is PlaceData.Communes c ? (c.Current.Count, c.Former.Count, c.Successors.Count) : default);
        Assert.Equal(3, Assert.IsType<PlaceData.Postcodes>(Read(InventedPlaces.Postcodes)).Lines.Count);
        Assert.Equal(3, Assert.IsType<PlaceData.Epcis>(Read(InventedPlaces.Epcis)).Members.Count);
        Assert.Equal(5, Assert.IsType<PlaceData.Outlines>(Read(InventedPlaces.Outlines)).All.Count);
        var fibre = Assert.IsType<PlaceData.Fibre>(Read("\uFEFF" + InventedPlaces.Fibre.ReplaceLineEndings("\r\n")));
        Assert.Equal(("14901", new DateOnly(2017, 12, 31), 20, 6), (fibre.Counts[1].Code, fibre.Counts[1].Date, fibre.Counts[1].Premises, fibre.Counts.Count));
    }

    [Fact]
    public void Communes_of_the_API_have_no_type_and_may_have_their_centre()
    {
        var commune = Assert.Single(Assert.IsType<PlaceData.Communes>(Read(
            """[{ "nom": "Valbourg", "code": "14901", "codesPostaux": ["14990"], "population": 3, "centre": { "type": "Point", "coordinates": [-0.4, 49.1] } }]""")).Current);
        Assert.Equal(new GeoPoint(49.1, -0.4), commune.Centre);
    }

    [Fact]
    public void The_middle_of_an_outline_counts_each_of_its_parts_by_its_size()
    {
        var outline = Assert.Single(Assert.IsType<PlaceData.Outlines>(Read(
            """
            { "features": [{ "properties": { "code": "14901", "nom": "Valbourg" }, "geometry": { "type": "MultiPolygon", "coordinates": [
              [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]], [[[10, 10], [10, 11], [11, 11], [11, 10], [10, 10]]] ] } }] }
            """)).All);
        Assert.Equal((4 * 1 + 10.5) / 5, outline.Centroid.Latitude, 9);
        Assert.Equal(5, outline.Area, 9);
    }

    [Theory]
    [InlineData("", PlaceFileProblem.Empty)]
    [InlineData("[]", PlaceFileProblem.Empty)]
    [InlineData("""{ "features": [] }""", PlaceFileProblem.Empty)]
    [InlineData("{}", PlaceFileProblem.UnknownFormat)]
    [InlineData("[1]", PlaceFileProblem.UnknownFormat)]
    [InlineData("""[{ "a": 1 }]""", PlaceFileProblem.UnknownFormat)]
    [InlineData("une ligne", PlaceFileProblem.UnknownFormat)]
    [InlineData("""[{ "code": "14901", "nom": "Val""", PlaceFileProblem.Malformed)]
    [InlineData("""[{ "code": "14901", "nom": "Valbourg" }, null]""", PlaceFileProblem.Malformed)]
    [InlineData("""[{ "code": 14901, "nom": "Valbourg" }]""", PlaceFileProblem.Malformed)]
    [InlineData("""[{ "code": "1490", "nom": "Valbourg" }]""", PlaceFileProblem.BadValue)]
    [InlineData("""[{ "code": "14901", "nom": " " }]""", PlaceFileProblem.BadValue)]
    [InlineData("""[{ "code": "14901", "nom": "Valbourg", "codesPostaux": ["1499"] }]""", PlaceFileProblem.BadValue)]
    [InlineData("""[{ "code": "14901", "nom": "Valbourg", "population": -1 }]""", PlaceFileProblem.BadValue)]
    [InlineData("""[{ "code": "14901", "nom": "Valbourg" }, { "code": "14901", "nom": "Autre" }]""", PlaceFileProblem.BadValue)]
    [InlineData("""[{ "code": "14901", "nom": "Valbourg", "type": "commune-deleguee" }]""", PlaceFileProblem.BadValue)]
    [InlineData("""[{ "codeCommune": "14901", "nomCommune": "Valbourg", "codePostal": "14990.0" }]""", PlaceFileProblem.BadValue)]
    [InlineData("""{ "features": [{ "properties": { "code": "14901", "nom": "V" }, "geometry": { "type": "Point", "coordinates": [0, 0] } }] }""", PlaceFileProblem.BadValue)]
    [InlineData("""{ "features": [{ "properties": { "code": "14901", "nom": "V" }, "geometry": { "type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]] } }] }""", PlaceFileProblem.BadValue)]
    [InlineData("""{ "features": [{ "properties": { "code": "14901", "nom": "V" }, "geometry": { "type": "Polygon", "coordinates": [[[0, 99], [1, 1], [0, 0]]] } }] }""", PlaceFileProblem.BadValue)]
    [InlineData("""{ "features": [{ "properties": { "code": "14901", "nom": "V" }, "geometry": { "type": "Polygon", "coordinates": null } }] }""", PlaceFileProblem.Malformed)]
    [InlineData("""{ "features": [{ "properties": null, "geometry": { "type": "Polygon", "coordinates": [] } }] }""", PlaceFileProblem.Malformed)]
    public void What_cannot_be_is_refused(string content, PlaceFileProblem problem) => Assert.Equal(problem, Refused(content).Problem);

    [Theory]
    [InlineData("T4 2017", "T5 2017", PlaceFileProblem.BadValue)]
    [InlineData("14901,Locaux Raccordables,10,20", "14901,Locaux Raccordables,10,-2", PlaceFileProblem.BadValue)]
    [InlineData("14901,Locaux Raccordables,10,20", "14901,Locaux Raccordables,10", PlaceFileProblem.Malformed)]
    [InlineData("Code commune,", "Commune,", PlaceFileProblem.UnknownFormat)]
    public void A_table_of_fibre_with_a_hole_is_refused(string right, string wrong, PlaceFileProblem problem) => Assert.Equal(problem, Refused(InventedPlaces.Fibre.Replace(right, wrong, StringComparison.Ordinal)).Problem);

    [Fact]
    public void Every_problem_has_its_sentence() => Assert.All(Enum.GetValues<PlaceFileProblem>(), problem => Assert.DoesNotMatch(@"\{|^$", PlaceSentences.For(problem, "ceci")));

    [Fact]
    public void Whatever_arrives_is_read_or_refused()
    {
        string[] files = [InventedPlaces.Communes, InventedPlaces.Postcodes, InventedPlaces.Epcis, InventedPlaces.Outlines, InventedPlaces.Fibre];
        Gen.Select(Gen.Int[0, files.Length - 1], Gen.Select(Gen.Int[0, 5_000], Gen.Byte).Array[0, 5], Gen.Int[0, 5_000]).Sample(
            (which, changes, cut) =>
            {
                var bytes = Encoding.UTF8.GetBytes(files[which]);
                foreach (var (at, value) in changes) bytes[at % bytes.Length] = value;
                try { PlaceFileReader.Read("essai", cut % 3 == 0 ? bytes.AsSpan(0, cut % bytes.Length) : bytes); }
                catch (PlaceFileRefused) { }
            },
            iter: 20_000);
    }

    static PlaceData Read(string content) => PlaceFileReader.Read("essai", Encoding.UTF8.GetBytes(content));

    static PlaceFileRefused Refused(string content) => Assert.Throws<PlaceFileRefused>(() => Read(content));
}
