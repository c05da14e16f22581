using CsCheck;
using Passerelle.Hub.Housing.Visits;
using Passerelle.Hub.Places;

namespace Passerelle.Tests.Housing.Visits;

/// <summary>What room a day leaves between visits, and which other times an agency may be asked for.</summary>
public sealed class VisitRoomTests
{
    static readonly DateTimeOffset Morning = new(2027, 3, 5, 8, 0, 0, TimeSpan.Zero);
    static readonly TimeSpanRange Hours = new(Morning, Morning.AddHours(9));
    static readonly TimeSpan Length = TimeSpan.FromMinutes(30);

    [Fact]
    public void Other_times_lie_between_the_other_visits_with_the_ways_to_and_from_them()
    {
        var room = Room(20, 2);
        var (best, other) = (Slot(60), Slot(180));
        // Before the other it would have to begin by 10:10; after it, from 11:50 on.
        Assert.Equal([Slot(125), Slot(230)], room.Alternatives(Id(1), best, [Hours], [(Id(2), other)]));
        Assert.Empty(room.Alternatives(Id(1), best, [new(best.Start, best.End)], [(Id(2), other)]));
        Assert.Empty(room.Alternatives(Id(1), best, [], []));
    }

    [Fact]
    public void Whatever_is_planned_each_other_time_goes_together_with_all_of_it()
    {
        Gen.Select(Gen.Int[0, 60], Gen.Int[2, 5], Gen.Int[0, 34], Gen.Int[1, 10]).Sample((way, homes, from, span) =>
        {
            var room = Room(way, homes);
            var open = new TimeSpanRange(Morning.AddMinutes(15 * from), Morning.AddMinutes(15 * (from + span)));
            var plan = room.Plan([.. Enumerable.Range(1, homes).Select(n => (Id(n), (IReadOnlyList<TimeSpanRange>)[n == 1 ? open : Hours]))]);
            var slots = plan.Visits.Select(v => (v.StopId, new TimeSpanRange(v.Start, v.End))).ToList();
            if (!slots.Exists(s => s.StopId == Id(1))) return;
            var best = slots.Single(s => s.StopId == Id(1)).Item2;
            var others = slots.Where(s => s.StopId != Id(1)).ToList();
            var found = room.Alternatives(Id(1), best, [open], others);
            Assert.InRange(found.Count, 0, 2);
            foreach (var slot in found)
            {
                Assert.True(room.HasRoomFor([(Id(1), slot), .. others]));
                Assert.True(open.Start <= slot.Start && slot.End <= open.End && slot.End - slot.Start == Length);
                Assert.All(found.Where(f => f != slot).Append(best), f => Assert.True((f.Start - slot.Start).Duration() >= TimeSpan.FromHours(1)));
            }
        }, iter: 500);
    }

    /// <param name="way">Minutes from anywhere to anywhere.</param>
    static VisitRoom Room(int way, int homes)
    {
        IReadOnlyList<IReadOnlyList<TimeSpan>> travel =
            [.. Enumerable.Range(0, homes + 1).Select(from => (IReadOnlyList<TimeSpan>)[.. Enumerable.Range(0, homes + 1).Select(to => from == to ? TimeSpan.Zero : TimeSpan.FromMinutes(way))])];
        return new VisitRoom(new GeoPoint(49, 0), Hours, [.. Enumerable.Range(1, homes).Select(n => (Id(n), new GeoPoint(49, n), Length))], travel, TravelSource.Distances);
    }

    static Guid Id(int number) => new(number, 0, 0, new byte[8]);

    static TimeSpanRange Slot(int minute) => new(Morning.AddMinutes(minute), Morning.AddMinutes(minute) + Length);
}
