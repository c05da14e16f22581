using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Passerelle.Hub.Places;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>
/// By road, as an OSRM server's table service says: `GET {address}{longitude},{latitude};...?annotations=duration` answers `durations`, in seconds from (row) to (column), null where no road
/// leads (http://project-osrm.org/docs/v5.24.0/api/#table-service). Whatever goes wrong, times are estimated from distances: a day is never left unplanned for it.
/// </summary>
public sealed partial class MatrixServiceTravelTimes(
    IHttpClientFactory clients, IOptions<VisitOptions> options, DistanceTravelTimes distances, ILogger<MatrixServiceTravelTimes> logger) : ITravelTimes
{
    /// <summary>The name of its HTTP client.</summary>
    public const string Client = "travel-times";

    public async Task<TravelMatrix> MatrixAsync(IReadOnlyList<GeoPoint> points, CancellationToken ct)
    {
        try
        {
            using var client = clients.CreateClient(Client);
            var answer = await client.GetByteArrayAsync(Address(points), ct);
            if (Read(answer, points.Count) is { } rows) return new TravelMatrix(rows, TravelSource.MatrixService);
            LogNoTable();
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            LogAway(e.GetType().Name);
        }

        return distances.Matrix(points, TravelSource.DistancesAsServiceFailed);
    }

    Uri Address(IReadOnlyList<GeoPoint> points) => new(
        options.Value.MatrixService!,
        string.Join(';', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{point.Longitude:0.######},{point.Latitude:0.######}"))) + "?annotations=duration");

    TimeSpan[][]? Read(byte[] answer, int count)
    {
        var durations = JsonSerializer.Deserialize<Table>(answer, JsonSerializerOptions.Web)?.Durations;
        return durations?.Length == count && durations.All(row => row?.Length == count && row.All(seconds => seconds is null or (>= 0 and < 1_000_000)))
            ? [.. durations.Select(row => row!.Select(Time).ToArray())]
            : null;
    }

    TimeSpan Time(double? seconds) => seconds switch
    {
        null => TravelMatrix.NoRoad,
        0 => TimeSpan.Zero,
        { } some => DistanceTravelTimes.Minutes(TimeSpan.FromSeconds(some) + options.Value.Stopover),
    };

    sealed record Table(double?[]?[]? Durations);

    [LoggerMessage(1, LogLevel.Warning, "The matrix service could not be asked ({Kind}): travel times are estimated from distances")]
    partial void LogAway(string kind);

    [LoggerMessage(2, LogLevel.Warning, "The matrix service answered with something else than the table that it was asked for: travel times are estimated from distances")]
    partial void LogNoTable();
}
