using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Places;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>What a day is planned by: where the household starts from, where the homes are, and how long it takes from each to each.</summary>
/// <param name="Homes">By their visits' ids.</param>
/// <param name="Travel">From (row) to (column): the base, then the homes in their order; in steps of five minutes.</param>
public sealed record VisitRoom(GeoPoint Base, TimeSpanRange Hours, IReadOnlyList<(Guid Id, GeoPoint Point, TimeSpan Length)> Homes, IReadOnlyList<IReadOnlyList<TimeSpan>> Travel, TravelSource Source)
{
    const int MaxAlternatives = 2;

    static readonly TimeSpan Apart = TimeSpan.FromHours(1);
    static readonly TimeSpan Step = TimeSpan.FromMinutes(15);

    public IReadOnlyDictionary<Guid, TimeSpanRange> Place(IReadOnlyList<(Guid Id, IReadOnlyList<TimeSpanRange> Windows)> wanted) =>
        Plan(wanted).Visits.ToDictionary(v => v.StopId, v => new TimeSpanRange(v.Start, v.End));

    public VisitPlan Plan(IReadOnlyList<(Guid Id, IReadOnlyList<TimeSpanRange> Windows)> wanted)
    {
        var at = Homes.Index().ToDictionary(h => h.Item.Id, h => h.Index + 1);
        int[] places = [0, .. wanted.Select(w => at[w.Id])];
        var stops = wanted.Select(w => (Home: Homes[at[w.Id] - 1], w.Windows)).Select(w => new VisitStop(w.Home.Id, w.Home.Point, w.Home.Length, w.Windows)).ToList();
        return VisitPlanner.Plan(new VisitDayProblem(Base, Hours, stops, Array.ConvertAll(places, from => (IReadOnlyList<TimeSpan>)Array.ConvertAll(places, to => Travel[from][to]))));
    }

    /// <summary>Whether all these can be, and the ways between them.</summary>
    public bool HasRoomFor(IReadOnlyList<(Guid Id, TimeSpanRange Slot)> slots) => Plan([.. slots.Select(s => (s.Id, (IReadOnlyList<TimeSpanRange>)[s.Slot]))]).LeftOut.Count == 0;

    /// <summary>Where else one visit could be, between the others as they are planned: an agency need not say no to one time only to be asked for another. The nearest first, no two within an hour.</summary>
    public IReadOnlyList<TimeSpanRange> Alternatives(Guid id, TimeSpanRange best, IReadOnlyList<TimeSpanRange> open, IReadOnlyList<(Guid Id, TimeSpanRange Slot)> others)
    {
        var at = Homes.Index().ToDictionary(h => h.Item.Id, h => h.Index + 1);
        var (me, length) = (at[id], best.End - best.Start);
        List<(int Place, TimeSpanRange Slot)> stops = [(0, new(Hours.Start, Hours.Start)), .. others.OrderBy(o => o.Slot.Start).Select(o => (at[o.Id], o.Slot)), (0, new(Hours.End, Hours.End))];
        var free =
            from gap in stops.Zip(stops.Skip(1))
            let ways = (To: Travel[gap.First.Place][me], From: Travel[me][gap.Second.Place])
            where ways.To <= Hours.End - Hours.Start && ways.From <= Hours.End - Hours.Start
            from window in open
            let first = Later(gap.First.Slot.End + ways.To, window.Start)
            let last = Earlier(gap.Second.Slot.Start - ways.From, window.End) - length
            from step in Enumerable.Range(0, (int)Math.Max(0, Math.Floor((last - first) / Step) + 1))
            select first + step * Step;
        var chosen = new List<DateTimeOffset> { best.Start };
        foreach (var start in free.OrderBy(s => (s - best.Start).Duration()).ThenBy(s => s))
            if (chosen.Count <= MaxAlternatives && chosen.TrueForAll(c => (c - start).Duration() >= Apart)) chosen.Add(start);
        return [.. chosen.Skip(1).Select(start => new TimeSpanRange(start, start + length))];
    }

    static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}

/// <summary>Finds out what a day is planned by. Travel times may come from a service far away: to be asked before anything is locked.</summary>
public sealed class VisitPlanning(HubDb db, Vault vault, ITravelTimes travel)
{
    static readonly TimeSpan Step = TimeSpan.FromMinutes(5);

    /// <summary>Null when there is no such day, or where it starts from cannot be read: the contact was erased, or their data is restricted.</summary>
    public async Task<VisitRoom?> PrepareAsync(Guid dayId, CancellationToken ct)
    {
        var day = await db.VisitDays.AsNoTracking().Include(d => d.Visits).SingleOrDefaultAsync(d => d.Id == dayId, ct);
        if (day is null || await vault.FindAsync(day.PersonId, ct) is not { IsRestricted: false } cipher) return null;
        return await PrepareAsync(day.OpenBase(cipher), day.Hours, [.. day.Visits.OrderBy(v => v.Id).Select(v => (v.Id, v.Point, v.Length))], ct);
    }

    public async Task<VisitRoom> PrepareAsync(Wire.VisitBase start, TimeSpanRange hours, IReadOnlyList<(Guid Id, GeoPoint Point, TimeSpan Length)> homes, CancellationToken ct)
    {
        var from = new GeoPoint(start.Point.Latitude, start.Point.Longitude);
        var matrix = await travel.MatrixAsync([from, .. homes.Select(h => h.Point)], ct);
        return new VisitRoom(from, hours, homes, [.. matrix.Select(row => (IReadOnlyList<TimeSpan>)[.. row.Select(Rounded)])], matrix.Source);
    }

    /// <summary>Nobody makes an appointment for 9:07.</summary>
    static TimeSpan Rounded(TimeSpan way) => way > TimeSpan.FromDays(1) ? way : Step * Math.Ceiling(way / Step);
}
