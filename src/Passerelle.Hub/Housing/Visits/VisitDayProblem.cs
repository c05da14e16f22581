using Passerelle.Hub.Places;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>From the start until just before the end.</summary>
public readonly record struct TimeSpanRange(DateTimeOffset Start, DateTimeOffset End);

/// <summary>One home to be seen.</summary>
/// <param name="Length">How long the visit takes; positive.</param>
/// <param name="Windows">When it can be. A visit begins and ends inside one of them; two that touch are not one, so that an agency's lunch can be a line without width.</param>
public sealed record VisitStop(Guid Id, GeoPoint Position, TimeSpan Length, IReadOnlyList<TimeSpanRange> Windows);

/// <summary>A household's day, to be planned.</summary>
/// <param name="Base">Where the household leaves from and comes back to.</param>
/// <param name="Day">It does not leave before, and is back by the end.</param>
/// <param name="Travel">From (row) to (column): 0 is the base, then the stops in their order. Need not be the same both ways. What is longer than the day, such as
/// <see cref="TravelMatrix.NoRoad"/>, is never driven.</param>
public sealed record VisitDayProblem(GeoPoint Base, TimeSpanRange Day, IReadOnlyList<VisitStop> Stops, IReadOnlyList<IReadOnlyList<TimeSpan>> Travel);
