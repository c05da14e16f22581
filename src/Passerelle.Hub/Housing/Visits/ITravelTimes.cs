using System.Collections;
using Passerelle.Hub.Places;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>How long it takes by car from each point to each. Which one is used is a matter of configuration: <see cref="VisitOptions"/>.</summary>
public interface ITravelTimes
{
    /// <summary>Never fails because a service is away: it then answers from distances, and says so.</summary>
    Task<TravelMatrix> MatrixAsync(IReadOnlyList<GeoPoint> points, CancellationToken ct);
}

/// <summary>Where travel times come from.</summary>
public enum TravelSource { Distances = 1, MatrixService, DistancesAsServiceFailed }

/// <summary>Travel times from (row) to (column), in the order of the points that were asked for.</summary>
public sealed class TravelMatrix(IReadOnlyList<IReadOnlyList<TimeSpan>> rows, TravelSource source) : IReadOnlyList<IReadOnlyList<TimeSpan>>
{
    /// <summary>There is no way by car.</summary>
    public static readonly TimeSpan NoRoad = TimeSpan.MaxValue;

    public TravelSource Source => source;

    public int Count => rows.Count;

    public IReadOnlyList<TimeSpan> this[int from] => rows[from];

    public IEnumerator<IReadOnlyList<TimeSpan>> GetEnumerator() => rows.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
