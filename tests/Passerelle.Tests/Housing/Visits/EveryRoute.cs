using Passerelle.Hub.Housing.Visits;

namespace Passerelle.Tests.Housing.Visits;

/// <summary>Plain enumeration: every order of every choice of stops, left for at every time of a grid. For days all of whose times are on that grid.</summary>
sealed class EveryRoute(VisitDayProblem problem, TimeSpan grid)
{
    readonly TimeSpan day = problem.Day.End - problem.Day.Start;
    readonly bool[] seen = new bool[problem.Stops.Count];

    /// <summary>Most visits, then least idle, then earliest return; both from the day's start.</summary>
    (int Visits, TimeSpan Idle, TimeSpan Return) best;

    public (int Visits, TimeSpan Idle, TimeSpan Return) Best()
    {
        GoOn([.. Enumerable.Range(0, (int)(day / grid) + 1).Select(step => (TimeSpan?)(step * grid))], place: 0, visits: 0, seeing: TimeSpan.Zero);
        return best;
    }

    /// <param name="done">When everything so far is done, for each time of leaving; null where a window was missed.</param>
    void GoOn(TimeSpan?[] done, int place, int visits, TimeSpan seeing)
    {
        if (visits > 0) ComeBack(done, place, visits, seeing);
        for (var next = 1; next <= seen.Length; next++)
        {
            if (seen[next - 1] || problem.Travel[place][next] > day) continue;
            seen[next - 1] = true;
            var (stop, travel) = (problem.Stops[next - 1], problem.Travel[place][next]);
            GoOn(Array.ConvertAll(done, time => Visit(stop, time + travel)), next, visits + 1, seeing + stop.Length);
            seen[next - 1] = false;
        }
    }

    void ComeBack(TimeSpan?[] done, int place, int visits, TimeSpan seeing)
    {
        if (problem.Travel[place][0] > day) return;
        for (var step = 0; step < done.Length; step++)
        {
            if (done[step] + problem.Travel[place][0] is not { } back || back > day) continue;
            var (fewest, found) = ((-best.Visits, best.Idle, best.Return), (-visits, back - step * grid - seeing, back));
            if (found.CompareTo(fewest) < 0) best = (visits, found.Item2, back);
        }
    }

    /// <summary>When a visit is over for which the household is there at a time: it begins at once, or as soon as a window opens that it fits into.</summary>
    TimeSpan? Visit(VisitStop stop, TimeSpan? arrival)
    {
        TimeSpan? over = null;
        foreach (var window in stop.Windows)
        {
            var (opens, closes) = (window.Start - problem.Day.Start, window.End - problem.Day.Start);
            var end = (arrival > opens ? arrival : opens) + stop.Length;
            if (arrival is not null && end <= closes && !(over <= end)) over = end;
        }

        return over;
    }
}
