using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using Passerelle.Hub.Feeds;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing;

/// <summary>A partner's file that has come whole, through whichever door.</summary>
/// <param name="MakeTime">When it was made, where whoever sent it says so.</param>
/// <param name="ArriveTime">When it arrived; null: now.</param>
public sealed record FeedArrival(string PartnerId, FeedSpool Spool, string FileName, DateTimeOffset? MakeTime = null, DateTimeOffset? ArriveTime = null);

/// <summary>Puts a partner's file, or stream of listings, to effect, once: the one way in for the upload, the drop folder and the typed door. Read it top to bottom: open, lock, read, compare,
/// withdraw or hold, merge, report.</summary>
public sealed class FeedImport(HubDb db, RequestLedger ledger, FeedHolds holds, IOptions<FeedOptions> options, ListingsChanged changed)
{
    /// <param name="mark">What the import is known by, given the SHA-256 of the file: an equal one again gets the same response, and changes nothing.</param>
    /// <exception cref="FeedRefused">Something is wrong with the file as a whole: nothing has changed.</exception>
    /// <exception cref="FeedUnderWay">Another feed of the partner is being applied.</exception>
    public async Task<Wire.ImportFeedResponse> RunAsync(FeedArrival arrival, Func<byte[], CallMark> mark, CancellationToken ct)
    {
        var spool = arrival.Spool;
        // Whatever is wrong with the file as a whole is found here, before the database hears of it.
        using var feed = ListingFeeds.Open(spool.File);
        var received = new FeedReceived(arrival.FileName, $"{feed.Format} {feed.FormatVersion}".TrimEnd(), feed.Encoding, spool.Hash(), spool.File.Length);
        var response = await ledger.OnceAsync(mark(received.Sha256), async now => new Wire.ImportFeedResponse { Report = await ApplyAsync(arrival, feed, received, now, ct) }, ct);
        changed();
        return response;
    }

    /// <summary>A stream of listings that has come whole. It was made as it came.</summary>
    /// <exception cref="FeedUnderWay">Another feed of the partner is being applied.</exception>
    public async Task<Wire.SyncListingsResponse> RunAsync(string partnerId, SyncedListings synced, CallMark mark, CancellationToken ct)
    {
        var received = new FeedReceived("", SyncedListings.Format, "utf-8", synced.Digest, synced.Bytes);
        var response = await ledger.OnceAsync(
            mark,
            async now => new Wire.SyncListingsResponse
            {
                Report = await MergeAsync(partnerId, received, now, synced.Tally, synced.Rows, synced.Complete, await LockAsync(partnerId, ct), now, ct),
            },
            ct);
        changed();
        return response;
    }

    async Task<Wire.ImportReport> ApplyAsync(FeedArrival arrival, FeedFile feed, FeedReceived received, DateTimeOffset now, CancellationToken ct)
    {
        var newest = await LockAsync(arrival.PartnerId, ct);
        var makeTime = MakeTimeOf(arrival, feed, now);
        var tally = new FeedTally(agency => newest.TryGetValue(agency, out var known) && known.MakeTime > makeTime);
        using var rows = new ListingRows();
        foreach (var listing in tally.Count<ListingDraft>(feed.ReadLines(), listing => listing.AgencyId)) rows.AddDistinct(listing);
        foreach (var identity in tally.RejectedIdentities) rows.Keep(identity);
        return await MergeAsync(arrival.PartnerId, received, makeTime, tally, rows, tally.Agencies, newest, now, ct);
    }

    /// <returns>The newest feed of each agency so far.</returns>
    async Task<Dictionary<string, AgencyFeed>> LockAsync(string partnerId, CancellationToken ct)
    {
        if (!await holds.TryLockAsync(partnerId, ct)) throw new FeedUnderWay();
        return await db.AgencyFeeds.Where(a => a.PartnerId == partnerId).ToDictionaryAsync(a => a.Agency, ct);
    }

    /// <param name="complete">The agencies of which it is all that they have on the market.</param>
    async Task<Wire.ImportReport> MergeAsync(
        string partnerId, FeedReceived received, DateTimeOffset makeTime, FeedTally tally, ListingRows rows, IReadOnlyCollection<string> complete, Dictionary<string, AgencyFeed> newest,
        DateTimeOffset now, CancellationToken ct)
    {
        var merge = new ListingMerge((NpgsqlConnection)db.Database.GetDbConnection(), partnerId, rows);
        var missing = (await merge.CompareAsync(complete, ct)).ToLookup(agency => FeedGuard.Decide(agency, !tally.HasUnknown, options.Value));
        await merge.WithdrawAsync(ThoseOf(MissingOutcome.Withdrawn), ct);
        var merged = await merge.RunAsync(ct);

        await holds.SettleAsync(partnerId, complete, rows.Identities(), ct);
        var report = ImportReport.Of(Guid.CreateVersion7(now), partnerId, received, makeTime, tally, rows.Photos, merged, missing, now);
        var problems = ImportProblem.Of(report.Id, tally);
        db.ImportReports.Add(report);
        db.ImportProblems.AddRange(problems);
        foreach (var agency in complete)
            if (newest.TryGetValue(agency, out var known)) known.Follow(report);
            else db.AgencyFeeds.Add(AgencyFeed.Of(partnerId, agency, report));
        await db.SaveChangesAsync(ct);
        await holds.HoldAsync(report, ThoseOf(MissingOutcome.Held), ct);
        return report.ToWire(problems, await holds.OfAsync(report.Id, ct), null);

        Guid[] ThoseOf(MissingOutcome outcome) => [.. missing[outcome].SelectMany(agency => agency.Missing)];
    }

    /// <summary>As the sender says, else the file's name, else its archive; else it is as old as its arrival. None is made after it has arrived: a wrong clock would supersede all that follows.</summary>
    static DateTimeOffset MakeTimeOf(FeedArrival arrival, FeedFile feed, DateTimeOffset now)
    {
        var arrived = arrival.ArriveTime is { } then && then < now ? then : now;
        return (arrival.MakeTime ?? FeedStamp.OfName(arrival.FileName) ?? feed.MakeTime) is { } made && made < arrived ? made : arrived;
    }
}
