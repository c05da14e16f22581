using System.Data;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Platform.Chains;

/// <summary>Reads a chain from its first entry to its last, computes every hash anew, and compares with the head, with the anchors, and with the rows that are made of it.</summary>
public sealed class ChainVerifier(HubDb db)
{
    /// <param name="anchors">Read before this is called: what is anchored later may be of entries that are not seen yet.</param>
    public async Task<ChainReport> VerifyAsync(IChain chain, Anchors anchors, CancellationToken ct)
    {
        // One moment of the database: entries that come meanwhile belong to the next time.
        await using var snapshot = db.Database.CurrentTransaction is null ? await db.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct) : null;
        var head = await db.Chains.AsNoTracking().SingleOrDefaultAsync(h => h.Name == chain.Name, ct);
        var walk = new ChainWalk(chain.Name, head is null ? null : (head.Sequence, head.Hash), anchors.Of(chain.Name));
        await foreach (var link in chain.ReadAsync(db, ct)) walk.Next(link);
        await foreach (var row in chain.DifferingRowsAsync(db).WithCancellation(ct)) walk.Differs(row);
        return walk.End();
    }
}
