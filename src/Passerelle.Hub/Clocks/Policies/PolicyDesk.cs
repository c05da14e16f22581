using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Clocks.Policies;

/// <summary>Makes, offers and deactivates policies within the caller's transaction; saved and committed by the caller.</summary>
public sealed class PolicyDesk(HubDb db)
{
    /// <summary>The next version. One after the other: two at once would take the same number.</summary>
    public async Task<PolicyRow> CreateAsync(string id, PolicyTerms terms, DateTimeOffset now, CancellationToken ct)
    {
        await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(hashtextextended('clock_policies/' || {id}, 0))", ct);
        var last = await db.ClockPolicies.Where(p => p.Id == id).MaxAsync(p => (int?)p.Version, ct) ?? 0;
        var row = PolicyRow.Of(new ClockPolicy(new PolicyKey(id, last + 1), terms), now);
        db.ClockPolicies.Add(row);
        return row;
    }

    /// <summary>An equal repeat changes nothing.</summary>
    /// <param name="from">Null: now.</param>
    public async Task<(PolicyRow Policy, PolicyOfferRow Offer)> OfferAsync(PolicyKey key, PolicyScope scope, DateTimeOffset? from, DateTimeOffset? until, DateTimeOffset now, CancellationToken ct)
    {
        var (policy, known) = await LockAsync(key, ct);
        if (scope.Partner is { } partner && !await db.Partners.AnyAsync(p => p.Id == partner, ct)) throw new ResourceNotFound(Names.OfPartner(partner));
        var offer = new PolicyOfferRow(key.Id, key.Version, scope.Family, scope.Need, scope.PartnerKind, scope.Partner, scope.Origin, from ?? known?.FromTime ?? now, until);
        if (known is null) db.ClockPolicyOffers.Add(offer);
        else if (known != offer) throw new StateConflict(PolicyNames.Of(key), known.UntilTime <= now ? "deactivated" : "offered", "It is, or was, on offer otherwise. Make another version.");
        return (policy, offer);
    }

    /// <summary>Clocks that start later do not get it; an offer that had not begun is none. Repeating it changes nothing.</summary>
    /// <param name="until">Null: now.</param>
    public async Task<(PolicyRow Policy, PolicyOfferRow? Offer)> DeactivateAsync(PolicyKey key, DateTimeOffset? until, DateTimeOffset now, CancellationToken ct)
    {
        var (policy, offer) = await LockAsync(key, ct);
        if (offer is null || (offer.UntilTime is { } before && (until is null ? before <= now : before == until))) return (policy, offer);
        if (policy is { Id: PolicyRow.DefaultPromise or PolicyRow.DefaultWindow, Version: 1 }) throw new StateConflict(PolicyNames.Of(key), "offered", "Whoever has no other policy has this one.");
        if (offer.UntilTime <= now) throw new StateConflict(PolicyNames.Of(key), "deactivated", "Its offer has ended before.");
        var end = until ?? now;
        if (end <= offer.FromTime)
        {
            db.ClockPolicyOffers.Remove(offer);
            return (policy, null);
        }

        db.Entry(offer).Property(o => o.UntilTime).CurrentValue = end;
        return (policy, offer);
    }

    async Task<(PolicyRow Policy, PolicyOfferRow? Offer)> LockAsync(PolicyKey key, CancellationToken ct)
    {
        var policy = (await db.ClockPolicies.FromSql($"select * from clock_policies where id = {key.Id} and version = {key.Version} for update").ToListAsync(ct)).SingleOrDefault()
            ?? throw new ResourceNotFound(PolicyNames.Of(key));
        return (policy, await db.ClockPolicyOffers.SingleOrDefaultAsync(o => o.PolicyId == key.Id && o.PolicyVersion == key.Version, ct));
    }
}
