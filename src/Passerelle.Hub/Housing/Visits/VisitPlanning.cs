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
    public IReadOnlyDictionary<Guid, TimeSpanRange> Place(IReadOnlyList<(Guid Id, IReadOnlyList<TimeSpanRange> Windows)> wanted) =>
        Plan(wanted).Visits.ToDictionary(v => v.StopId, v => new TimeSpanRange(v.Start, v.End));

    public VisitPlan Plan(IReadOnlyList<(Guid Id, IReadOnlyList<TimeSpanRange> Windows)> wanted)
    {
        var at = Homes.Index().ToDictionary(h => h.Item.Id, h => h.Index + 1);
        int[] places = [0, .. wanted.Select(w => at[w.Id])];
        var stops = wanted.Select(w => (Home: Homes[at[w.Id] - 1], w.Windows)).Select(w => new VisitStop(w.Home.Id, w.Home.Point, w.Home.Length, w.Windows)).ToList();
        return VisitPlanner.Plan(new VisitDayProblem(Base, Hours, stops, Array.ConvertAll(places, from => (IReadOnlyList<TimeSpan>)Array.ConvertAll(places, to => Travel[from][to]))));
    }
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
