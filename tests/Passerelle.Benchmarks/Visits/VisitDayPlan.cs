using System.Diagnostics;
using Microsoft.Extensions.Options;
using Passerelle.Benchmarks.Harness;
using Passerelle.Hub.Housing.Visits;
using Passerelle.Hub.Places;

namespace Passerelle.Benchmarks.Visits;

/// <summary>`visitday.plan`: the slowest of 100 generated days of 10 visits, from the stops and travel times to the plan. Every plan must be proven the best.</summary>
static class VisitDayPlan
{
    const int Days = 100;
    const int Visits = 10;

    static readonly GeoPoint Caen = new(49.1829, -0.3707);
    static readonly DateTimeOffset Midnight = new(2027, 5, 3, 0, 0, 0, TimeSpan.FromHours(2));

    public static Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        var slowest = new List<double>();
        var planned = 0;
        for (var run = 0; run <= options.Runs; run++)
        {
            var random = new Random(options.Seed);
            var days = Enumerable.Range(0, Days).Select(_ => Day(random)).ToList();
            // What happens to be collected just then is not the planner's.
            GC.Collect();
            var seconds = days.ConvertAll(day => Plan(day, ref planned, ct));
            Progress.Say(FormattableString.Invariant($"  {(run == 0 ? "warm-up" : $"run {run}")}: slowest {seconds.Max() * 1000:0} ms, median {Figure.Median(seconds) * 1000:0.0} ms"));
            if (run > 0) slowest.Add(seconds.Max());
        }

        return Task.FromResult(new Measurement(
            [
                new Figure("visitday.plan", "s", slowest, [])
                {
                    Target = new(AtMost: 2),
                    Counted = $"the slowest of {Days} days of {Visits} visits around Caen in agencies' opening hours, one in three only in a slot or two; {(double)planned / Days / (options.Runs + 1):0.0} visits found a place on average; every plan proven.",
                },
            ],
            Machine.Describe(),
            new Dictionary<string, string> { ["days"] = $"{Days}", ["visits"] = $"{Visits}" }));
    }

    static double Plan(VisitDayProblem day, ref int planned, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var began = Stopwatch.GetTimestamp();
        var plan = VisitPlanner.Plan(day);
        var took = Stopwatch.GetElapsedTime(began).TotalSeconds;
        if (!plan.IsOptimal) throw new InvalidOperationException("A day was planned, and not proven.");
        planned += plan.Visits.Count;
        return took;
    }

    /// <summary>From 8:30 to 19:00.</summary>
    static VisitDayProblem Day(Random random)
    {
        var stops = Enumerable.Range(0, Visits).Select(_ => Stop(random)).ToList();
        var travel = new DistanceTravelTimes(Options.Create(new VisitOptions())).Matrix([Caen, .. stops.Select(s => s.Position)], TravelSource.Distances);
        return new VisitDayProblem(Caen, Between(8.5, 19), stops, travel);
    }

    static VisitStop Stop(Random random)
    {
        var id = new byte[16];
        random.NextBytes(id);
        var position = new GeoPoint(Caen.Latitude + (random.NextDouble() - 0.5) * 0.3, Caen.Longitude + (random.NextDouble() - 0.5) * 0.5);
        var (opens, lunch) = (9 + random.Next(3) * 0.5, 12 + random.Next(2) * 0.5);
        TimeSpanRange[] hours = random.Next(3) > 0
            ? [Between(opens, lunch), Between(14, 18 + random.Next(3) * 0.5)]
            : [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => 9 + random.Next(17) * 0.5).Select(start => Between(start, start + 1.5))];
        return new VisitStop(new Guid(id), position, TimeSpan.FromMinutes(random.Next(2, 4) * 10), hours);
    }

    static TimeSpanRange Between(double from, double until) => new(Midnight.AddHours(from), Midnight.AddHours(until));
}
