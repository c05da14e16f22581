using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Feeds;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing;

/// <summary>What feeds lost too much of at once, until a newer feed or a person says what becomes of it. Within the caller's transaction.</summary>
public sealed class FeedHolds(HubDb db)
{
    /// <summary>What the contract tells of them.</summary>
    const int MaxTold = 1000;

    /// <summary>Everything that changes a partner's listings by feeds comes one after the other. Who is second is told so, and waits for nothing.</summary>
    public async Task<bool> TryLockAsync(string partnerId, CancellationToken ct) =>
        (await db.Database.SqlQuery<bool>($"select pg_try_advisory_xact_lock(hashtextextended('feeds of ' || {partnerId}, 0)) as \"Value\"").ToListAsync(ct))[0];

    /// <summary>What was held is settled: it is listed again, or it is of an agency for which a newer feed speaks, whose own report decides.</summary>
    /// <param name="complete">These agencies.</param>
    /// <param name="listed">Looked at only where something is held.</param>
    public async Task SettleAsync(string partnerId, IReadOnlyCollection<string> complete, IEnumerable<FeedIdentity> listed, CancellationToken ct)
    {
        if (!await db.HeldListings.AnyAsync(h => h.PartnerId == partnerId && h.State == HeldListingState.Held, ct)) return;
        var others = listed.Where(i => !complete.Contains(i.AgencyId)).ToList();
        await db.Database.ExecuteSqlAsync(
            $"""
            update held_listings h set state = 'settled' from listings l
            where h.partner_id = {partnerId} and h.state = 'held' and l.id = h.listing_id
              and (l.agency = any({complete.ToArray()})
                or (l.agency, l.technical_id) in (select * from unnest({others.Select(i => i.AgencyId).ToArray()}, {others.Select(i => i.TechnicalId).ToArray()})))
            """, ct);
        await db.Database.ExecuteSqlAsync(
            $"""
            update import_reports r set state = 'settled', changed_transaction = default, changed_sequence = default
            where r.partner_id = {partnerId} and r.state = 'held' and not exists (select from held_listings h where h.report_id = r.id and h.state = 'held')
            """, ct);
    }

    /// <summary>Writes down what the report, which is there already, holds.</summary>
    public async Task HoldAsync(ImportReport report, Guid[] listings, CancellationToken ct)
    {
        if (listings.Length == 0) return;
        await db.Database.ExecuteSqlAsync(
            $"""
            insert into held_listings (report_id, listing_id, partner_id, changed_sequence, state)
            select {report.Id}, id, partner_id, changed_sequence, 'held' from listings where partner_id = {report.PartnerId} and id = any({listings})
            """, ct);
    }

    /// <summary>What a report holds or held, as it is told to a partner or an operator.</summary>
    public async Task<IReadOnlyList<Wire.HeldListing>> OfAsync(Guid reportId, CancellationToken ct)
    {
        var held = from h in db.HeldListings.AsNoTracking()
                   join l in db.Listings.AsNoTracking() on h.ListingId equals l.Id
                   where h.ReportId == reportId
                   orderby l.Agency, l.TechnicalId
                   select new { l.Id, l.Agency, l.TechnicalId, l.Reference, h.State };
        return [.. (await held.Take(MaxTold).ToListAsync(ct)).Select(h => new Wire.HeldListing
        {
            Listing = Names.Of(Names.Listings, h.Id),
            Agency = h.Agency,
            TechnicalId = h.TechnicalId,
            Reference = h.Reference ?? "",
            State = (Wire.HeldListing.Types.State)h.State,
        })];
    }

    /// <summary>Of what the report still holds, takes off the market what has not changed since, or keeps it all there.</summary>
    /// <exception cref="StateConflict">It holds nothing, or no longer.</exception>
    /// <exception cref="FeedUnderWay">A feed of the partner is being applied.</exception>
    public async Task<ImportReport> DecideAsync(Guid reportId, FeedVerdict verdict, string by, string why, DateTimeOffset now, CancellationToken ct)
    {
        var partnerId = await db.ImportReports.Where(r => r.Id == reportId).Select(r => r.PartnerId).SingleAsync(ct);
        if (!await TryLockAsync(partnerId, ct)) throw new FeedUnderWay();
        // Read under the lock: no feed settles it from here on.
        var report = await db.ImportReports.SingleAsync(r => r.Id == reportId, ct);
        report.RequireHeld();
        var withdrawn = verdict switch
        {
            FeedVerdict.Apply => await WithdrawAsync(report, now, ct),
            FeedVerdict.Keep => 0,
        };
        await db.Database.ExecuteSqlAsync($"update held_listings set state = 'kept' where report_id = {reportId} and state = 'held'", ct);
        report.Decide(verdict, withdrawn, by, why, now);
        await db.Database.ExecuteSqlAsync($"update import_reports set changed_transaction = default, changed_sequence = default where id = {reportId}", ct);
        return report;
    }

    Task<int> WithdrawAsync(ImportReport report, DateTimeOffset now, CancellationToken ct) => db.Database.ExecuteSqlAsync(
        $"""
        with gone as (
            update listings l set state = 'withdrawn', update_time = {now}, changed_transaction = default, changed_sequence = default
            from held_listings h
            where h.report_id = {report.Id} and h.state = 'held' and l.id = h.listing_id and l.partner_id = {report.PartnerId}
              and l.state = 'on_market' and l.changed_sequence = h.changed_sequence
            returning l.id
        )
        update held_listings set state = 'withdrawn' where report_id = {report.Id} and listing_id in (select id from gone)
        """, ct);
}
