using Passerelle.Hub.Places;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Places;

/// <summary>The public files of the Calvados, where they are.</summary>
static class RealPlaces
{
    public static readonly string[] Files = ["communes-14.json", "codes-postaux-14.json", "epci-14.json", "communes-14-calvados-2018.geojson", "arcep-ftth-communes-2018-14.csv"];

    public static string[] Paths => [.. Files.Select(f => Fixtures.PathOf($"geo/{f}"))];

    /// <summary>Names and postcodes as they stand in the files.</summary>
    public static async Task<PlaceBook> BookAsync()
    {
        var communes = Assert.IsType<PlaceData.Communes>(PlaceFileReader.Read("communes", await File.ReadAllBytesAsync(Paths[0], TestContext.Current.CancellationToken)));
        var places = communes.Current.Select(c =>
        {
            var place = Place.Of(c.Code);
            place.Describe(c.Name, c.Population);
            place.Receive(c.Postcodes);
            return place;
        }).ToList();
        var successors = communes.Successors.ToLookup(s => s.Code, s => s.Successor);
        return new PlaceBook(places, [.. communes.Former.Select(f => new FormerPlace(f.Code, f.Name, successors[f.Code].First())).DistinctBy(f => (f.Code, f.Name))]);
    }
}
