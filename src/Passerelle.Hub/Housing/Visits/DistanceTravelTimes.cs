using Microsoft.Extensions.Options;
using Passerelle.Hub.Places;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>Estimated from the distance as the crow flies, in whole minutes, rounded up; the same both ways.</summary>
public sealed class DistanceTravelTimes(IOptions<VisitOptions> options) : ITravelTimes
{
    public Task<TravelMatrix> MatrixAsync(IReadOnlyList<GeoPoint> points, CancellationToken ct) => Task.FromResult(Matrix(points, TravelSource.Distances));

    public TravelMatrix Matrix(IReadOnlyList<GeoPoint> points, TravelSource source) =>
        new([.. points.Select(from => points.Select(to => Time(from, to)).ToArray())], source);

    /// <summary>Nothing between two homes in one place.</summary>
    TimeSpan Time(GeoPoint from, GeoPoint to)
    {
        if (from == to) return TimeSpan.Zero;
        var settings = options.Value;
        var road = from.DistanceTo(to) / 1000 * settings.Detour;
        var town = Math.Min(road, settings.TownKilometres);
        return Minutes(TimeSpan.FromHours(town / settings.TownSpeed + (road - town) / settings.CountrySpeed) + settings.Stopover);
    }

    /// <summary>Whole ones: nobody keeps an appointment to the second.</summary>
    public static TimeSpan Minutes(TimeSpan time) => TimeSpan.FromMinutes(Math.Ceiling(time.TotalMinutes));
}
