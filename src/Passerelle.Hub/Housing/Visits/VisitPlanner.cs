namespace Passerelle.Hub.Housing.Visits;

/// <summary>
/// The best order of a household's visits on one day. Of all plans that keep the windows and the day, the best has
/// 1. the most visits; of those
/// 2. the least time that is spent neither at the base nor in a visit, travelling and waiting, between leaving the base and coming back; of those
/// 3. the earliest return.
/// Of equal ones it is always the same, in whatever order the stops are given. The household leaves when it must for that, and each visit begins as early as it then can.
/// </summary>
/// <remarks>
/// Not with OR-Tools, though it routes with time windows: measured on 30 days of 10 visits its routing search missed the best plan of 10, and with guided local search of none, but then takes
/// its whole time limit for every day and never knows that it is done; its packages are 440 MB. A day has a dozen visits at most, and <see cref="RouteSearch"/> proves the best order of those in
/// a fraction of a second.
/// </remarks>
public static class VisitPlanner
{
    /// <summary>More than anybody sees in a day.</summary>
    public const int MaxStops = 20;

    /// <exception cref="ArgumentException">An end before its start, a visit without length, a stop given twice, a negative travel time, a matrix of another size, more than <see cref="MaxStops"/> stops.</exception>
    public static VisitPlan Plan(VisitDayProblem problem)
    {
        Check(problem);
        var search = new RouteSearch(problem);
        var route = search.Best();
        var leave = problem.Day.Start.ToUniversalTime() + route.Earliest;
        var (now, place, visits) = (leave, 0, new List<PlannedVisit>());
        foreach (var next in route.Places())
        {
            var (stop, travel) = (problem.Stops[next - 1], problem.Travel[place][next]);
            var start = EarliestStart(stop, now + travel);
            (now, place) = (start + stop.Length, next);
            visits.Add(new PlannedVisit(stop.Id, start, now, travel));
        }

        var back = place == 0 ? TimeSpan.Zero : problem.Travel[place][0];
        var leftOut = problem.Stops.Select(s => s.Id).Except(visits.Select(v => v.StopId));
        return new VisitPlan(visits, [.. leftOut], leave, now + back, visits.Aggregate(back, (sum, visit) => sum + visit.TravelBefore), search.IsExhaustive);
    }

    static DateTimeOffset EarliestStart(VisitStop stop, DateTimeOffset arrival) => (
        from window in stop.Windows
        where Later(window.Start, arrival) + stop.Length <= window.End
        select Later(window.Start, arrival).ToUniversalTime()).Min();

    static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    static void Check(VisitDayProblem problem)
    {
        var (stops, size) = (problem.Stops, problem.Stops.Count + 1);
        Require(stops.Count <= MaxStops, $"at most {MaxStops} stops");
        Require(stops.Select(s => s.Id).Distinct().Count() == stops.Count, "each stop once");
        Require(stops.All(s => s.Length > TimeSpan.Zero), "visits that take time");
        Require(stops.SelectMany(s => s.Windows).Append(problem.Day).All(r => r.Start <= r.End), "ends that are not before their starts");
        Require(problem.Travel.Count == size && problem.Travel.All(row => row.Count == size), "a travel time from the base and each stop to each");
        Require(problem.Travel.All(row => row.All(travel => travel >= TimeSpan.Zero)), "travel times that are not negative");

        static void Require(bool kept, string rule)
        {
            if (!kept) throw new ArgumentException($"A day of visits has {rule}.", nameof(problem));
        }
    }
}
