using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Partners;

/// <summary>What operators change of a partner and its lane, by a call or on the command line.</summary>
public sealed class PartnerDesk(HubDb db)
{
    /// <summary>In a transaction of its own, under the lane's lock: no claim is being made on what is changed, and two operators come one after the other.</summary>
    /// <returns>The partner with its lane; null when there is none of this id.</returns>
    public async Task<Partner?> ChangeAsync(string id, Action<Partner, DateTimeOffset> change, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (await db.Lanes.FromSql($"select * from lanes where partner_id = {id} for update").ToListAsync(ct) is []) return null;
        // Read once the lane is ours: EF Core puts the two together.
        var partner = await db.Partners.SingleAsync(p => p.Id == id, ct);
        change(partner, await db.NowAsync(ct));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return partner;
    }
}
