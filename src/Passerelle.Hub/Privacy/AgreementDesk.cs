using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Privacy;

/// <summary>Agreements with partners, entered and ended.</summary>
public sealed class AgreementDesk(HubDb db)
{
    /// <summary>In a transaction of its own. What is held for want of an agreement with the partner is due at once: the gate is asked anew.</summary>
    public async Task SignAsync(Agreement agreement, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        db.Agreements.Add(agreement);
        await db.SaveChangesAsync(ct);
        await db.Database.ExecuteSqlAsync(
            $"update exchanges set due_time = least(due_time, hub_now()), hold_reason = null where partner_id = {agreement.PartnerId} and hold_reason is not null and state = 'queued'", ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>From its commit on, nothing leaves by it: what is leaving at this moment is waited for.</summary>
    /// <returns>Null when there is none of this id.</returns>
    public async Task<Agreement?> RevokeAsync(Guid id, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var agreement = (await db.Agreements.FromSql($"select * from agreements where id = {id} for update").ToListAsync(ct)).SingleOrDefault();
        agreement?.Revoke(await db.NowAsync(ct));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return agreement;
    }
}
