namespace Passerelle.Hub.Places;

/// <summary>A place on the earth, in degrees of WGS 84: latitude from -90 (south) to 90 (north), longitude from -180 (west) to 180 (east).</summary>
public readonly record struct GeoPoint(double Latitude, double Longitude)
{
    /// <summary>The earth's mean radius, in metres (IUGG, R1).</summary>
    const double EarthRadius = 6_371_008.8;

    /// <summary>As the crow flies, in metres, on a sphere (haversine): at most 0.6 % off.</summary>
    public double DistanceTo(GeoPoint other)
    {
        var (latitude, otherLatitude) = (double.DegreesToRadians(Latitude), double.DegreesToRadians(other.Latitude));
        var north = Math.Sin((otherLatitude - latitude) / 2);
        var east = Math.Sin(double.DegreesToRadians(other.Longitude - Longitude) / 2);
        var half = north * north + Math.Cos(latitude) * Math.Cos(otherLatitude) * east * east;
        return 2 * EarthRadius * Math.Asin(Math.Min(1, Math.Sqrt(half)));
    }
}
