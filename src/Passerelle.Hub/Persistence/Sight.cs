using System.Collections.Frozen;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Persistence;

/// <summary>What the call of this scope may see. Everything, for jobs and internal applications; for a partner's call its own rows, by PostgreSQL's word (<see cref="PartnerRows"/>) and whatever its query forgets.</summary>
/// <remarks>
/// A call that only reads has no other context than the narrowed one. One that does something works with the hub's own, since it touches what is not the partner's (the next partner, clocks, notices);
/// what it was called on must have been seen first.
/// </remarks>
public sealed class Sight(PartnerSource partners, NpgsqlDataSource all, IDbContextFactory<HubDb> dbs)
{
    /// <summary>Resources that partners name in their calls, and where they are. What is not here is nobody's but the hub's.</summary>
    static readonly FrozenDictionary<string, string> Tables = new Dictionary<string, string>
    {
        [Names.Clocks] = "clocks",
        [Names.Documents] = "documents",
        [Names.Enrolments] = "enrolments",
        [Names.Exchanges] = "exchanges",
        [Names.ImportReports] = "import_reports",
        [Names.Listings] = "listings",
        [Names.Offers] = "offers",
        [Names.RecallNotices] = "recall_notices",
        [Names.Referrals] = "referrals",
        [Names.VisitRequests] = "visit_requests",
    }.ToFrozenDictionary();

    string? partnerId;
    bool onlyReads;

    /// <summary>Once, before anything of the call's scope is asked for.</summary>
    public void Narrow(string toPartnerId, bool whichOnlyReads) => (partnerId, onlyReads) = (toPartnerId, whichOnlyReads);

    /// <summary>The scope's own context.</summary>
    public HubDb CreateContext() => partnerId is { } looks && onlyReads ? partners.CreateContext(looks) : dbs.CreateDbContext();

    /// <summary>A connection that sees what the call may see, also where the call does something.</summary>
    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken ct) => partnerId is { } looks ? partners.OpenAsync(looks, ct) : all.OpenConnectionAsync(ct);

    /// <summary>False when the name is one of a resource that this call cannot see. What is no such name is left to whoever reads it.</summary>
    public async Task<bool> CanSeeAsync(string name, CancellationToken ct)
    {
        if (partnerId is null || name.IndexOf('/', StringComparison.Ordinal) is not (> 0 and var slash)) return true;
        var collection = name[..slash];
        return !Names.TryParse(collection, name, out var id) || (Tables.TryGetValue(collection, out var table) && await CanSeeAsync(table, [id], ct));
    }

    /// <summary>True when the call can see all these exchanges.</summary>
    public Task<bool> CanSeeExchangesAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct) => partnerId is null || ids.Count == 0 ? Task.FromResult(true) : CanSeeAsync("exchanges", [.. ids], ct);

    async Task<bool> CanSeeAsync(string table, Guid[] ids, CancellationToken ct)
    {
        await using var connection = await OpenAsync(ct);
        await using var command = new NpgsqlCommand($"select count(*) from {table} where id = any($1)", connection);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = ids });
        return (long)(await command.ExecuteScalarAsync(CancellationToken.None))! == ids.Length;
    }
}
