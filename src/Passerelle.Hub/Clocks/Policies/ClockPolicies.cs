using System.Collections.Frozen;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using NodaTime;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Clocks.Policies;

/// <summary>All policies as a node knows them: clocks start by the thousand, and none of them asks the database.</summary>
public sealed class KnownPolicies(PolicyBook book, FrozenDictionary<PolicyKey, ClockPolicy> byKey, FrozenDictionary<string, string> partnerKinds, long readAt)
{
    /// <summary>By the node's own stopwatch.</summary>
    public long ReadAt => readAt;

    public bool Knows(PolicyKey key) => byKey.ContainsKey(key);

    public ClockPolicy Of(PolicyKey key) => byKey[key];

    /// <summary>The policy of a clock that starts now.</summary>
    public ClockPolicy Select(ClockFamily family, string? need, string? partnerId, string? origin, DateTimeOffset now) =>
        book.Select(new ClockSubject(family, need, partnerId is null ? null : partnerKinds.GetValueOrDefault(partnerId), partnerId, origin), Instant.FromDateTimeOffset(now))
        ?? throw new InvalidOperationException($"No policy is on offer for a {family} of today.");
}

/// <summary>Keeps the policies of this node, read anew every few seconds by whoever needs them then, on its own connection. One reads, the others go on with what was known.</summary>
public sealed class ClockPolicies(IDbContextFactory<HubDb> dbs, IOptions<ResponseOptions> options, TimeProvider time)
{
    volatile KnownPolicies? known;
    int rereading;

    public async ValueTask<KnownPolicies> ReadAsync(HubDb db, CancellationToken ct)
    {
        var last = known;
        if (last is not null && (time.GetElapsedTime(last.ReadAt) < options.Value.RereadPoliciesEvery || Interlocked.Exchange(ref rereading, 1) == 1)) return last;
        try
        {
            return known = await LoadAsync(db, ct);
        }
        finally
        {
            Volatile.Write(ref rereading, 0);
        }
    }

    /// <summary>The same, and it knows these: another node may have used a policy that this one has not seen yet.</summary>
    public async ValueTask<KnownPolicies> ReadAsync(HubDb db, IEnumerable<PolicyKey> wanted, CancellationToken ct)
    {
        var read = await ReadAsync(db, ct);
        return wanted.All(read.Knows) ? read : known = await LoadAsync(db, ct);
    }

    async Task<KnownPolicies> LoadAsync(HubDb db, CancellationToken ct)
    {
        // Through a partner's context there would be nothing to read: what is kept here is everybody's.
        await using var whole = db.SeenBy is null ? null : await dbs.CreateDbContextAsync(ct);
        if (whole is not null) return await LoadAsync(whole, ct);
        var readAt = time.GetTimestamp();
        var byKey = (await db.ClockPolicies.AsNoTracking().ToListAsync(ct)).Select(row => row.ToPolicy()).ToFrozenDictionary(policy => policy.Key);
        var offers = await db.ClockPolicyOffers.AsNoTracking().ToListAsync(ct);
        var kinds = await db.Partners.AsNoTracking().Select(p => new { p.Id, p.Kind }).ToListAsync(ct);
        return new KnownPolicies(
            new PolicyBook(offers.Select(row => row.ToOffer(key => byKey[key]))), byKey, kinds.ToFrozenDictionary(p => p.Id, p => EnumText<PartnerKind>.Of(p.Kind)), readAt);
    }
}
