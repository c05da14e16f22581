using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Clocks.Policies;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Clocks;

/// <summary>Reads what is written of clocks. Who is going to change one has locked its row before.</summary>
public sealed class ClockFiles(HubDb db, ClockPolicies policies)
{
    public async Task<ClockFile> ReadAsync(Clock clock, CancellationToken ct) => (await ReadAsync(db, policies, [clock], ct))[0];

    /// <summary>The events of a clock, oldest first, and the history that they make.</summary>
    public async Task<(IReadOnlyList<ClockEvent> Events, ClockHistory History)> HistoryAsync(Guid clockId, CancellationToken ct)
    {
        var events = await db.ClockEvents.AsNoTracking().Where(e => e.ClockId == clockId).OrderBy(e => e.Number).ToListAsync(ct);
        return (events, ClockHistory.Of((await FactsAsync(db, policies, events, ct))[clockId]));
    }

    /// <summary>For many at once: three questions, however many they are.</summary>
    public static async Task<IReadOnlyList<ClockFile>> ReadAsync(HubDb db, ClockPolicies policies, IReadOnlyCollection<Clock> clocks, CancellationToken ct)
    {
        var ids = clocks.Select(c => c.Id).ToArray();
        var events = await db.ClockEvents.AsNoTracking().Where(e => ids.Contains(e.ClockId)).ToListAsync(ct);
        // What this transaction has not saved yet.
        events.AddRange(db.ChangeTracker.Entries<ClockEvent>().Where(e => e.State == EntityState.Added && ids.Contains(e.Entity.ClockId)).Select(e => e.Entity));
        var fired = (await db.ClockFirings.AsNoTracking().Where(f => ids.Contains(f.ClockId)).ToListAsync(ct)).ToLookup(f => f.ClockId, f => new FiringKey(f.Generation, f.Rung));
        var facts = await FactsAsync(db, policies, events, ct);
        return [.. clocks.Select(clock => new ClockFile(clock, ClockHistory.Of(facts[clock.Id]), fired[clock.Id]))];
    }

    /// <summary>What events say, by their clocks.</summary>
    public static async Task<ILookup<Guid, ClockFact>> FactsAsync(HubDb db, ClockPolicies policies, IEnumerable<ClockEvent> events, CancellationToken ct)
    {
        var read = events.Select(e => (e.ClockId, Event: e.Open())).ToList();
        var known = await policies.ReadAsync(db, read.SelectMany(r => r.Event.Policies), ct);
        return read.ToLookup(r => r.ClockId, r => r.Event.ToFact(known.Of));
    }
}
