using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Chains;
using Passerelle.Hub.Privacy.Accesses;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Platform.Chains;

/// <summary>Entries for chains to be made of: those of the access log, drawn.</summary>
static class Entries
{
    public static async Task AppendAsync(HubHost hub, Random random, int count)
    {
        await hub.QueryAsync(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await AccessEntry.Chain.AppendAsync(db, now => [.. Enumerable.Range(0, count).Select(_ => Of(random, now))], CancellationToken.None);
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
            return true;
        });
    }

    public static AccessEntry Of(Random random, DateTimeOffset now)
    {
        var partner = random.Next(4) == 0 ? "ecole" : null;
        var note = new AccessNote(
            $"cases/{IdOf(random)}", random.Next(5) == 0 ? null : IdOf(random), [], "passerelle.cases.v1.CaseService/GetCase",
            partner is null ? (AccessPurpose)random.Next(1, 6) : AccessPurpose.Partner, partner ?? "crm", random.Next(2) == 0 ? null : $"conseiller-{random.Next(100)}", partner);
        return AccessEntry.Of(note, random.Next(10) == 0 ? null : IdOf(random), now);
    }

    /// <summary>What the verifier says, without anchors.</summary>
    public static Task<ChainReport> VerifyAsync(HubHost hub) => hub.QueryAsync(db => VerifyAsync(db, Anchors.None));

    public static Task<ChainReport> VerifyAsync(HubDb db, Anchors anchors) => new ChainVerifier(db).VerifyAsync(AccessEntry.Chain, anchors, CancellationToken.None);

    public static Task<List<long>> SequencesAsync(HubHost hub) => hub.QueryAsync(db => db.AccessEntries.OrderBy(e => e.Sequence).Select(e => e.Sequence).ToListAsync());

    static Guid IdOf(Random random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }
}
