using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Employment;

public enum OfferChange { New = 1, Changed, Unchanged }

/// <summary>Adds and replaces a partner's offers within the caller's transaction.</summary>
public sealed class OfferBook(HubDb db)
{
    const int ChunkSize = 1000;

    /// <summary>One writer per partner until the transaction ends: two of its streams with the same references come one after the other.</summary>
    /// <returns>The time, read once the lock is ours: the later writer has the later time.</returns>
    public async Task<DateTimeOffset> LockAsync(string partnerId, CancellationToken ct)
    {
        await db.Database.ExecuteSqlAsync($"select from partners where id = {partnerId} for no key update", ct);
        return await db.NowAsync(ct);
    }

    public async Task<Offer> StoreAsync(string partnerId, OfferContent content, CancellationToken ct)
    {
        var now = await LockAsync(partnerId, ct);
        return Store(partnerId, content, await db.Offers.SingleOrDefaultAsync(o => o.PartnerId == partnerId && o.Reference == content.Reference, ct), now).Offer;
    }

    /// <param name="contents">Of different references.</param>
    public async Task<ILookup<OfferChange, string>> StoreAllAsync(string partnerId, IEnumerable<OfferContent> contents, CancellationToken ct)
    {
        var now = await LockAsync(partnerId, ct);
        var changes = new List<(OfferChange Change, string Reference)>();
        foreach (var chunk in contents.Chunk(ChunkSize))
        {
            var references = chunk.Select(c => c.Reference).ToList();
            var known = await db.Offers.Where(o => o.PartnerId == partnerId && references.Contains(o.Reference)).ToDictionaryAsync(o => o.Reference, ct);
            changes.AddRange(chunk.Select(c => (Store(partnerId, c, known.GetValueOrDefault(c.Reference), now).Change, c.Reference)));
            // Whole descriptions: a chunk that is written is let go, or ten thousand of them stay in memory.
            await db.SaveChangesAsync(ct);
            db.ChangeTracker.Clear();
        }

        return changes.ToLookup(c => c.Change, c => c.Reference);
    }

    (Offer Offer, OfferChange Change) Store(string partnerId, OfferContent content, Offer? known, DateTimeOffset now)
    {
        if (known is not null) return (known, known.Replace(content, now) ? OfferChange.Changed : OfferChange.Unchanged);
        return (db.Offers.Add(Offer.Post(partnerId, content, now)).Entity, OfferChange.New);
    }
}
