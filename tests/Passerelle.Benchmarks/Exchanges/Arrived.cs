using Passerelle.Benchmarks.Harness;

namespace Passerelle.Benchmarks.Exchanges;

/// <summary>Sees to it that figures are of work that was done: everything created has arrived, once.</summary>
static class Arrived
{
    static readonly TimeSpan ArrivesWithin = TimeSpan.FromMinutes(2);
    static readonly TimeSpan SavedWithin = TimeSpan.FromSeconds(30);

    /// <summary>When each of the created arrived, in ticks. Waits for those under way.</summary>
    /// <param name="partners">The first so many: what goes to others is not looked at.</param>
    public static async Task<Dictionary<Guid, long>> AllAsync(Hall hall, IReadOnlyCollection<Created> created, int partners, CancellationToken ct)
    {
        var expected = created.Where(c => c.Partner < partners).Select(c => c.Exchange).ToHashSet();
        var began = TimeProvider.System.GetTimestamp();
        while (await hall.CountAsync(partners, ct) < expected.Count && TimeProvider.System.GetElapsedTime(began) < ArrivesWithin)
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, ct);
        var arrivals = await hall.ArrivalsAsync(partners, ct);
        var times = new Dictionary<Guid, long>(expected.Count);
        var again = 0;
        foreach (var arrival in arrivals.Where(a => expected.Contains(a.Exchange)).OrderBy(a => a.Ticks))
            if (!times.TryAdd(arrival.Exchange, arrival.Ticks)) again++;
        if (times.Count != expected.Count || again > 0)
            throw new InvalidOperationException($"Of {expected.Count} created, {expected.Count - times.Count} did not arrive and {again} arrived again. (On a slow machine, with few --persons, a newer referral of the same person to the same partner takes the place of one that has not left.)");
        return times;
    }

    /// <summary>The hub knows it, too: each waits for its answer.</summary>
    public static async Task SavedAsync(Sandbox sandbox, IReadOnlyCollection<Guid> exchanges, CancellationToken ct)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var saved = await sandbox.ReadAsync<long>("select count(*) from exchanges where id = any($1) and state = 'awaiting_answer'", ct, exchanges.ToArray());
            if (saved == exchanges.Count) return;
            if (TimeProvider.System.GetElapsedTime(began) > SavedWithin) throw new InvalidOperationException($"Of {exchanges.Count} that arrived, {exchanges.Count - saved} are not known to be delivered.");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, ct);
        }
    }
}
