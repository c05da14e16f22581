using CsCheck;
using Passerelle.Hub.Places;

namespace Passerelle.Tests.Places;

public class GeoPointTests
{
    static readonly Gen<GeoPoint> Points = Gen.Select(Gen.Double[-90, 90], Gen.Double[-180, 180], (latitude, longitude) => new GeoPoint(latitude, longitude));

    [Theory]
    // A degree along a meridian or the equator; the other end of the world; over the day's border.
    [InlineData(49, 0, 50, 0, 111_195)]
    [InlineData(0, 0, 0, 1, 111_195)]
    [InlineData(0, 0, 0, 180, 20_015_115)]
    [InlineData(0, 179.5, 0, -179.5, 111_195)]
    // Caen's castle and Paris' Notre-Dame, some 200 km.
    [InlineData(49.1864, -0.3631, 48.8530, 2.3499, 200_700)]
    public void Distances_are_as_the_crow_flies(double latitude, double longitude, double toLatitude, double toLongitude, double metres) =>
        Assert.Equal(metres, new GeoPoint(latitude, longitude).DistanceTo(new GeoPoint(toLatitude, toLongitude)), metres * 0.005);

    [Fact]
    public void A_distance_is_the_same_both_ways_and_never_longer_by_a_detour() =>
        Gen.Select(Points, Points, Points).Sample((a, b, c) =>
        {
            Assert.Equal(a.DistanceTo(b), b.DistanceTo(a), 0.001);
            Assert.Equal(0, a.DistanceTo(a));
            Assert.True(a.DistanceTo(c) <= a.DistanceTo(b) + b.DistanceTo(c) + 0.1);
        });
}
