using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Employment;

/// <summary>How much each partner has to see to: exchanges that wait for it or for its answer. Counted anew at most every half minute, however many ask; what this node adds counts at once.</summary>
public sealed class PartnerLoads(TimeProvider time)
{
    static readonly TimeSpan BelievedFor = TimeSpan.FromSeconds(30);

    /// <summary>What a partner was given before that weighs on it no longer.</summary>
    static readonly TimeSpan LoadLasts = TimeSpan.FromDays(7);

    volatile Counted? known;

    /// <returns>By the partner's id; one that has nothing is not there.</returns>
    public async ValueTask<IReadOnlyDictionary<string, int>> ReadAsync(HubDb db, DateTimeOffset now, CancellationToken ct)
    {
        if (known is { } last && time.GetElapsedTime(last.ReadAt) < BelievedFor) return last.Loads;
        var readAt = time.GetTimestamp();
        var since = Guid.CreateVersion7(now - LoadLasts);
        var loads = await db.Exchanges
            .Where(e => e.Id.CompareTo(since) > 0 && (e.State == ExchangeState.Queued || e.State == ExchangeState.Sending || e.State == ExchangeState.AwaitingAnswer))
            .GroupBy(e => e.PartnerId).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct);
        return (known = new Counted(new ConcurrentDictionary<string, int>(loads), readAt)).Loads;
    }

    public void Add(string partnerId) => known?.Loads.AddOrUpdate(partnerId, 1, (_, load) => load + 1);

    sealed record Counted(ConcurrentDictionary<string, int> Loads, long ReadAt);
}
