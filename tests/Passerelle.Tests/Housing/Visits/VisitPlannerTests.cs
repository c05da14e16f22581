using CsCheck;
using Passerelle.Hub.Housing.Visits;
using Passerelle.Hub.Places;

namespace Passerelle.Tests.Housing.Visits;

public class VisitPlannerTests
{
    static readonly GeoPoint Caen = new(49.1829, -0.3707);
    static readonly DateTimeOffset Nine = new(2027, 5, 3, 9, 0, 0, TimeSpan.FromHours(2));
    static readonly TimeSpan Quarter = TimeSpan.FromMinutes(15);

    /// <summary>Days of up to seven visits: no window at all or several, some that nobody can keep, ways that are one-way, no way or no distance.</summary>
    static Gen<VisitDayProblem> Days(int most) =>
        from length in Gen.Int[20, 44]
        from stops in (
            from visit in Gen.Int[1, 4]
            from windows in Gen.Select(Gen.Int[-4, 40], Gen.Int[0, 24], (start, width) => new TimeSpanRange(Nine + start * Quarter, Nine + (start + width) * Quarter)).Array[0, 3]
            from id in Gen.Guid
            select new VisitStop(id, Caen, visit * Quarter, windows)).Array[0, most]
        from travel in Gen.Frequency((29, Gen.Int[0, 5].Select(quarters => quarters * Quarter)), (1, Gen.Const(TravelMatrix.NoRoad))).Array[stops.Length + 1].Array[stops.Length + 1]
        select new VisitDayProblem(Caen, new TimeSpanRange(Nine, Nine + length * Quarter), stops, travel);

    [Fact]
    public void Days_of_up_to_seven_visits_are_planned_as_well_as_enumeration_can() =>
        Gen.Frequency((9, Days(5)), (1, Days(7))).Sample(problem =>
        {
            var plan = VisitPlanner.Plan(problem);

            Assert.True(plan.IsOptimal);
            Keeps(problem, plan);
            var (visits, idle, back) = new EveryRoute(problem, Quarter).Best();
            Assert.Equal(visits, plan.Visits.Count);
            if (visits > 0) Assert.Equal((idle, back), (Idle(plan), plan.Return - problem.Day.Start));
        }, iter: 500);

    [Fact]
    public void Days_of_any_size_keep_their_windows() => Days(16).Sample(problem => Keeps(problem, VisitPlanner.Plan(problem)), iter: 20);

    [Fact]
    public void A_day_that_is_too_large_to_look_at_every_order_is_planned_and_says_so()
    {
        var problem = Day(12, [.. Enumerable.Range(1, 16).Select(_ => Stop(5, (9, 21)))]);

        var plan = VisitPlanner.Plan(problem);

        Keeps(problem, plan);
        Assert.Equal((16, false), (plan.Visits.Count, plan.IsOptimal));
    }

    [Fact]
    public void Days_of_a_dozen_visits_are_proven() => Days(12).Where(problem => problem.Stops.Count > 9).Sample(problem => Assert.True(VisitPlanner.Plan(problem).IsOptimal), iter: 20);

    [Fact]
    public void The_plan_is_the_same_in_whatever_order_the_stops_are_given() =>
        Gen.Select(Days(6), Gen.Int[0, 1_000]).Sample((problem, seed) =>
        {
            var order = Enumerable.Range(1, problem.Stops.Count).OrderBy(place => (place * 7919 + seed) % 101).Prepend(0).ToArray();
            var shuffled = problem with
            {
                Stops = [.. order.Skip(1).Select(place => problem.Stops[place - 1])],
                Travel = [.. order.Select(from => order.Select(to => problem.Travel[from][to]).ToArray())],
            };

            Assert.Equal(VisitPlanner.Plan(problem).Visits, VisitPlanner.Plan(shuffled).Visits);
        }, iter: 500);

    [Fact]
    public void A_day_without_stops_is_spent_at_the_base()
    {
        var plan = VisitPlanner.Plan(Day(8));

        Assert.Equal((0, 0, Nine, Nine, TimeSpan.Zero, true), (plan.Visits.Count, plan.LeftOut.Count, plan.Leave, plan.Return, plan.TotalTravel, plan.IsOptimal));
    }

    [Fact]
    public void The_household_leaves_when_it_must_and_not_when_it_may()
    {
        var plan = VisitPlanner.Plan(Day(8, Stop(60, (11, 12))));

        Assert.Equal((At(10.5), At(12.5), TimeSpan.FromHours(1)), (plan.Leave, plan.Return, plan.TotalTravel));
        Assert.Equal((At(11), At(12), TimeSpan.FromMinutes(30)), (plan.Visits[0].Start, plan.Visits[0].End, plan.Visits[0].TravelBefore));
    }

    [Fact]
    public void More_visits_are_better_than_less_travel()
    {
        var (near, far, farToo) = (Stop(60, (9, 13)), Stop(60, (9, 11)), Stop(60, (9, 12)));
        var problem = Day(4, near, far, farToo) with { Travel = [Minutes(0, 0, 60, 60), Minutes(0, 0, 90, 90), Minutes(60, 90, 0, 0), Minutes(60, 90, 0, 0)] };

        var plan = VisitPlanner.Plan(problem);

        // 10 to 11 and 11 to 12, back at 13; the near one alone would be no travel at all.
        Assert.Equal([far.Id, farToo.Id], plan.Visits.Select(v => v.StopId));
        Assert.Equal([near.Id], plan.LeftOut);
    }

    [Fact]
    public void Waiting_counts_as_much_as_travelling()
    {
        var (one, other) = (Stop(60, (9, 12)), Stop(60, (9, 10.5), (13, 14)));
        var problem = Day(6, one, other) with { Travel = [Minutes(0, 0, 0), Minutes(0, 0, 0), Minutes(0, 30, 0)] };

        // From 11 to 12, then an hour until the other agency opens again; or the other first, and half an hour on the road.
        Assert.Equal([other.Id, one.Id], VisitPlanner.Plan(problem).Visits.Select(v => v.StopId));
        Assert.Equal([one.Id, other.Id], VisitPlanner.Plan(problem with { Stops = [one, other with { Windows = [Window(9, 10.5), Window(12.25, 14)] }] }).Visits.Select(v => v.StopId));
    }

    [Fact]
    public void A_visit_never_runs_over_an_agencys_lunch_though_the_hours_touch()
    {
        var plan = VisitPlanner.Plan(Day(8, Stop(90, (9, 10), (10, 11), (14, 16))));

        Assert.Equal(At(14), plan.Visits.Single().Start);
    }

    [Fact]
    public void Visits_follow_each_other_without_a_gap_where_there_is_no_way_between_them()
    {
        var problem = Day(3, Stop(60, (9, 10)), Stop(60, (10, 11)), Stop(60, (11, 12))) with { Travel = [Minutes(0, 0, 0, 0), Minutes(0, 0, 0, 0), Minutes(0, 0, 0, 0), Minutes(0, 0, 0, 0)] };

        var plan = VisitPlanner.Plan(problem);

        Assert.Equal([At(9), At(10), At(11)], plan.Visits.Select(v => v.Start));
        Assert.Equal((At(9), At(12)), (plan.Leave, plan.Return));
    }

    [Fact]
    public void What_cannot_be_kept_is_left_out()
    {
        var (tooShort, closed, gone, unreachable, possible) = (Stop(60, (10, 10.5)), Stop(30), Stop(30, (6, 8)), Stop(30, (9, 17)), Stop(30, (9, 17)));
        var no = TravelMatrix.NoRoad.TotalMinutes;
        var problem = Day(8, tooShort, closed, gone, unreachable, possible) with
        {
            Travel =
            [
                Minutes(0, 30, 30, 30, no, 30), Minutes(30, 0, 30, 30, no, 30), Minutes(30, 30, 0, 30, no, 30),
                Minutes(30, 30, 30, 0, no, 30), Minutes(30, 30, 30, 30, 0, 30), Minutes(30, 30, 30, 30, no, 0),
            ],
        };

        var plan = VisitPlanner.Plan(problem);

        Assert.Equal([possible.Id], plan.Visits.Select(v => v.StopId));
        Assert.Equal([tooShort.Id, closed.Id, gone.Id, unreachable.Id], plan.LeftOut);
    }

    [Fact]
    public void A_way_there_without_a_way_back_is_not_taken()
    {
        var no = TravelMatrix.NoRoad.TotalMinutes;

        Assert.Empty(VisitPlanner.Plan(Day(8, Stop(30, (9, 17))) with { Travel = [Minutes(0, 30), Minutes(no, 0)] }).Visits);
    }

    [Theory]
    // By the wall from 01:00 to 04:00, in the night in which 02:00 becomes 03:00, and in the one in which 03:00 becomes 02:00.
    [InlineData("2027-03-28T01:00+01:00", "2027-03-28T04:00+02:00", 120, true)]
    [InlineData("2027-03-28T01:00+01:00", "2027-03-28T04:00+02:00", 121, false)]
    [InlineData("2027-10-31T01:00+02:00", "2027-10-31T04:00+01:00", 240, true)]
    [InlineData("2027-10-31T01:00+02:00", "2027-10-31T04:00+01:00", 241, false)]
    public void The_hour_that_the_clocks_skip_is_no_time_and_the_one_that_they_repeat_is_two(string start, string end, int minutes, bool fits)
    {
        var window = new TimeSpanRange(Time(start), Time(end));
        var stop = new VisitStop(Id(1), Caen, TimeSpan.FromMinutes(minutes), [window]);

        var plan = VisitPlanner.Plan(new VisitDayProblem(Caen, new(Time(start[..10] + "T00:00+02:00"), Time(end[..10] + "T12:00+02:00")), [stop], [Minutes(0, 10), Minutes(10, 0)]));

        Assert.Equal(fits, plan.Visits.Count == 1);
        Assert.Equal(fits ? window.Start.AddMinutes(-10) : plan.Return, plan.Leave);
        Assert.Equal(TimeSpan.Zero, plan.Leave.Offset);

        static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void What_is_no_day_of_visits_is_refused()
    {
        var stop = Stop(60, (9, 12));
        var problem = Day(8, stop);
        Refused(problem with { Day = new(Nine, Nine.AddMinutes(-1)) });
        Refused(problem with { Stops = [stop with { Length = TimeSpan.Zero }] });
        Refused(problem with { Stops = [stop with { Windows = [Window(12, 9)] }] });
        Refused(problem with { Travel = [Minutes(0, 30)] });
        Refused(problem with { Travel = [Minutes(0, 30), Minutes(30)] });
        Refused(problem with { Travel = [Minutes(0, -1), Minutes(30, 0)] });
        Refused(Day(8, stop, stop));
        Refused(Day(8, [.. Enumerable.Range(1, VisitPlanner.MaxStops + 1).Select(n => stop with { Id = Id(n) })]));

        static void Refused(VisitDayProblem problem) => Assert.Throws<ArgumentException>(() => VisitPlanner.Plan(problem));
    }

    static void Keeps(VisitDayProblem problem, VisitPlan plan)
    {
        var (now, place) = (plan.Leave, 0);
        foreach (var visit in plan.Visits)
        {
            var next = 1 + problem.Stops.Select(s => s.Id).ToList().IndexOf(visit.StopId);
            Assert.Equal((problem.Travel[place][next], problem.Stops[next - 1].Length), (visit.TravelBefore, visit.End - visit.Start));
            Assert.True(visit.Start >= now + visit.TravelBefore);
            Assert.Contains(problem.Stops[next - 1].Windows, window => window.Start <= visit.Start && visit.End <= window.End);
            (now, place) = (visit.End, next);
        }

        Assert.Equal(plan.Visits.Count == 0 ? now : now + problem.Travel[place][0], plan.Return);
        Assert.True(problem.Day.Start <= plan.Leave && plan.Return <= problem.Day.End);
        Assert.Equal(problem.Stops.Select(s => s.Id).Order(), plan.Visits.Select(v => v.StopId).Concat(plan.LeftOut).Order());
        Assert.Equal(plan.Return - plan.Leave, plan.TotalTravel + Waits(plan) + Seeing(plan));
    }

    static TimeSpan Waits(VisitPlan plan) => plan.Visits
        .Zip(plan.Visits.Select(v => v.End).Prepend(plan.Leave), (visit, before) => visit.Start - visit.TravelBefore - before).Aggregate(TimeSpan.Zero, (sum, wait) => sum + wait);

    static TimeSpan Seeing(VisitPlan plan) => plan.Visits.Aggregate(TimeSpan.Zero, (sum, visit) => sum + (visit.End - visit.Start));

    static TimeSpan Idle(VisitPlan plan) => plan.Return - plan.Leave - Seeing(plan);

    /// <summary>From nine, half an hour from everywhere to everywhere.</summary>
    static VisitDayProblem Day(int hours, params VisitStop[] stops)
    {
        var travel = Enumerable.Range(0, stops.Length + 1).Select(from => Enumerable.Range(0, stops.Length + 1).Select(to => TimeSpan.FromMinutes(from == to ? 0 : 30)).ToArray());
        return new VisitDayProblem(Caen, new TimeSpanRange(Nine, Nine.AddHours(hours)), stops, [.. travel]);
    }

    static int stopsMade;

    static VisitStop Stop(int minutes, params (double From, double Until)[] windows) =>
        new(Id(Interlocked.Increment(ref stopsMade)), Caen, TimeSpan.FromMinutes(minutes), [.. windows.Select(w => Window(w.From, w.Until))]);

    static TimeSpanRange Window(double from, double until) => new(At(from), At(until));

    /// <summary>By the wall.</summary>
    static DateTimeOffset At(double hour) => Nine.AddHours(hour - 9);

    static TimeSpan[] Minutes(params double[] minutes) => [.. minutes.Select(m => m > 1e6 ? TravelMatrix.NoRoad : TimeSpan.FromMinutes(m))];

    static Guid Id(int number) => new(number, 0, 0, new byte[8]);
}
