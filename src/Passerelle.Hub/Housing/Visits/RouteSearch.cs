namespace Passerelle.Hub.Housing.Visits;

/// <summary>
/// Routes through the same places: who leaves the base at any time from the earliest to the latest ends the last visit exactly <see cref="Span"/> later.
/// Times count from the day's start.
/// </summary>
/// <param name="Idle">Travelling and waiting.</param>
/// <param name="Seeing">In visits.</param>
/// <param name="Place">Of the last visit: its row in the travel matrix; 0 is the base.</param>
/// <param name="Seen">The places of all its visits, one bit each.</param>
sealed record Route(TimeSpan Earliest, TimeSpan Latest, TimeSpan Idle, TimeSpan Seeing, int Place, uint Seen, Route? Before)
{
    public TimeSpan Span => Idle + Seeing;

    /// <summary>Whenever the other one leaves, this one can leave no earlier and be done no later: nothing that the other leads to is better.</summary>
    public bool IsAtLeast(Route other) =>
        Latest >= other.Latest && (Earliest > other.Earliest ? Earliest : other.Earliest) + Span <= other.Earliest + other.Span;

    public IEnumerable<int> Places() => Before is null ? [] : Before.Places().Append(Place);
}

/// <summary>
/// Held and Karp's dynamic programme over sets of visits, with time windows: of all routes that have seen the same visits and end at the same one, only those are carried on that no other is
/// at least as good as. Waiting is spared by leaving later, so a route is not one time but a range of times to leave, and a window cuts that range.
/// </summary>
sealed class RouteSearch(VisitDayProblem problem)
{
    /// <summary>Of more routes with equally many visits than this, only the <see cref="Fewer"/> least idle are carried on. A day of 12 visits never has as many.</summary>
    const int Many = 25_000;

    const int Fewer = 2_000;

    readonly TimeSpan day = problem.Day.End - problem.Day.Start;

    /// <summary>In an order of their own, so that of two equal routes the same one is found however the stops are given.</summary>
    readonly Stop[] stops = [.. problem.Stops.Select((stop, index) => Stop.Of(stop, index + 1, problem.Day.Start)).OrderBy(stop => stop.Id)];

    /// <summary>Whether every route was looked at that could be the best.</summary>
    public bool IsExhaustive { get; private set; } = true;

    /// <summary>The best route, leaving at its earliest; the one without visits where nothing can be seen.</summary>
    public Route Best()
    {
        var none = new Route(TimeSpan.Zero, day, TimeSpan.Zero, TimeSpan.Zero, 0, 0, null);
        var best = none;
        for (List<Route> longest = [none]; longest.Count > 0; longest = Longer(longest))
            best = longest.Where(ComesBack).MinBy(route => (route.Idle + Home(route), route.Earliest + route.Span + Home(route))) ?? best;
        return best;
    }

    TimeSpan Home(Route route) => route.Before is null ? TimeSpan.Zero : problem.Travel[route.Place][0];

    bool ComesBack(Route route) => Home(route) is var home && home <= day && route.Earliest + route.Span + home <= day;

    /// <summary>All that is worth carrying on with one visit more.</summary>
    List<Route> Longer(List<Route> routes)
    {
        var kept = new OrderedDictionary<(uint Seen, int Place), List<Route>>();
        foreach (var route in routes)
            foreach (var stop in stops)
                if ((route.Seen & stop.Bit) == 0)
                    foreach (var longer in Extend(route, stop)) Keep(kept, longer);

        List<Route> all = [.. kept.Values.SelectMany(same => same)];
        if (all.Count <= Many) return all;
        IsExhaustive = false;
        return [.. all.OrderBy(route => (route.Idle, route.Earliest + route.Span)).Take(Fewer)];
    }

    /// <summary>One route for each window that can still be reached. Who comes too early left too early; only who cannot leave any later waits.</summary>
    IEnumerable<Route> Extend(Route route, Stop stop)
    {
        var travel = problem.Travel[route.Place][stop.Place];
        if (travel > day) yield break;
        var span = route.Span + travel;
        foreach (var (first, last) in stop.Starts)
        {
            var latest = Min(route.Latest, last - span);
            if (latest < route.Earliest) continue;
            var earliest = Max(route.Earliest, Min(latest, first - span));
            var wait = Max(TimeSpan.Zero, first - (latest + span));
            yield return new Route(earliest, latest, route.Idle + travel + wait, route.Seeing + stop.Length, stop.Place, route.Seen | stop.Bit, route);
        }
    }

    static void Keep(OrderedDictionary<(uint Seen, int Place), List<Route>> kept, Route route)
    {
        if (!kept.TryGetValue((route.Seen, route.Place), out var same)) kept[(route.Seen, route.Place)] = same = [];
        if (same.Exists(other => other.IsAtLeast(route))) return;
        same.RemoveAll(route.IsAtLeast);
        same.Add(route);
    }

    static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    /// <param name="Starts">When its visit can begin, from the first time to the last.</param>
    sealed record Stop(Guid Id, int Place, TimeSpan Length, (TimeSpan First, TimeSpan Last)[] Starts)
    {
        public uint Bit => 1U << (Place - 1);

        public static Stop Of(VisitStop stop, int place, DateTimeOffset day) => new(
            stop.Id, place, stop.Length,
            [.. from window in stop.Windows
                let starts = (First: window.Start - day, Last: window.End - stop.Length - day)
                where starts.Last >= starts.First
                orderby starts
                select starts]);
    }
}
