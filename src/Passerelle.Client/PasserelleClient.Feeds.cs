using Grpc.Core;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Housing.V1;

namespace Passerelle.Client;

public sealed partial class PasserelleClient
{
    /// <summary>
    /// Imports a full feed, as the agency's software made it. Everything in it is applied together, or nothing. While the hub is UNAVAILABLE it
    /// is sent again under the same request id, if <paramref name="file"/> can seek; the hub applies it once.
    /// </summary>
    /// <param name="file">The file, read from where it stands to its end: at least 1 byte, at most 64 MiB.</param>
    /// <param name="fileName">For the report; at most 200 characters.</param>
    /// <param name="requestId">To repeat an import that an earlier run may have done; <see langword="null"/>: a new one.</param>
    /// <param name="sent">Told how many bytes were sent so far; starts again from less when the file is sent again.</param>
    /// <param name="cancellationToken">Stops the import; nothing is applied unless the hub already had the whole file.</param>
    /// <returns>What became of every line.</returns>
    /// <exception cref="RpcException">FIELD_INVALID, FEED_EMPTY, FEED_TRUNCATED, FEED_FORMAT_UNKNOWN, FEED_UNREADABLE, FEED_TOO_LARGE, FEED_UNDER_WAY or REQUEST_ID_REUSED.</exception>
    public async Task<ImportReport> ImportFeedAsync(
        Stream file, string fileName, Guid? requestId = null, IProgress<long>? sent = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(fileName);
        var header = new ImportFeedRequest { Header = new() { RequestId = RequestId(requestId), FileName = fileName } };
        var start = file.CanSeek ? file.Position : 0;
        var response = await _backoff.RepeatAsync(
            () =>
            {
                if (file.CanSeek)
                    file.Position = start;
                return Upload.SendAsync(
                    Feeds.ImportFeed(cancellationToken: cancellationToken), header, file, chunk => new ImportFeedRequest { Chunk = chunk }, sent, cancellationToken);
            },
            file.CanSeek,
            cancellationToken);
        return response.Report;
    }

    /// <summary>
    /// Adds or replaces many listings in one stream, of which the hub applies everything together when it ends, or nothing. While the hub is
    /// UNAVAILABLE all of them are sent again under the same request id; the hub applies them once.
    /// </summary>
    /// <param name="listings">At most 2,000,000 and 4 GiB. Read anew each time that they are sent, and then the same as before: they are not kept in memory.</param>
    /// <param name="agencies">Those of which <paramref name="listings"/> is all that they have on the market: what it does not hold is withdrawn. None: nothing is.</param>
    /// <param name="requestId">To repeat a stream that an earlier run may have sent; <see langword="null"/>: a new one.</param>
    /// <param name="sent">Told how many listings were sent so far; starts again from less when they are sent again.</param>
    /// <param name="cancellationToken">Stops the stream; nothing is applied unless the hub already had every listing.</param>
    /// <returns>What became of every listing.</returns>
    /// <exception cref="RpcException">FIELD_INVALID, STREAM_MALFORMED, TOO_LARGE, FEED_UNDER_WAY or REQUEST_ID_REUSED.</exception>
    public async Task<ImportReport> SyncListingsAsync(
        IAsyncEnumerable<Listing> listings, IReadOnlyCollection<string> agencies, Guid? requestId = null, IProgress<long>? sent = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(listings);
        ArgumentNullException.ThrowIfNull(agencies);
        var header = new SyncListingsRequest { Header = new() { RequestId = RequestId(requestId), Agencies = { agencies } } };
        var response = await _backoff.RepeatAsync(
            () => Upload.SendAsync(Listings.SyncListings(cancellationToken: cancellationToken), Messages(), cancellationToken),
            repeatable: true,
            cancellationToken);
        return response.Report;

        async IAsyncEnumerable<SyncListingsRequest> Messages()
        {
            // What the contract takes in one batch, with room for the frame of each listing.
            const int MaxListings = 500;
            const int MaxBytes = 1_000_000;
            const int FrameBytes = 8;
            yield return header;
            var (batch, bytes, total) = (new SyncListingsRequest.Types.Batch(), 0, 0L);
            await foreach (var listing in listings.WithCancellation(cancellationToken))
            {
                var size = listing.CalculateSize() + FrameBytes;
                if (batch.Listings.Count == MaxListings || (batch.Listings.Count > 0 && bytes + size > MaxBytes))
                {
                    yield return new SyncListingsRequest { Batch = batch };
                    sent?.Report(total += batch.Listings.Count);
                    (batch, bytes) = (new SyncListingsRequest.Types.Batch(), 0);
                }
                batch.Listings.Add(listing);
                bytes += size;
            }
            if (batch.Listings.Count == 0)
                yield break;
            yield return new SyncListingsRequest { Batch = batch };
            sent?.Report(total + batch.Listings.Count);
        }
    }

    /// <summary>
    /// Adds or replaces many offers in one stream. The valid ones are stored together when it ends; the others are in the response. While the
    /// hub is UNAVAILABLE all of them are sent again under the same request id; the hub stores them once.
    /// </summary>
    /// <param name="offers">At most 10,000. Read once; kept in memory until the hub has answered.</param>
    /// <param name="requestId">To repeat a push that an earlier run may have done; <see langword="null"/>: a new one.</param>
    /// <param name="sent">Told how many offers were sent so far; starts again from less when they are sent again.</param>
    /// <param name="cancellationToken">Stops the push; nothing is stored unless the hub already had every offer.</param>
    /// <returns>How many were new, changed, unchanged and rejected, and which were rejected.</returns>
    /// <exception cref="RpcException">FIELD_INVALID, STREAM_MALFORMED, TOO_LARGE or REQUEST_ID_REUSED.</exception>
    public async Task<PushOffersResponse> PushOffersAsync(
        IAsyncEnumerable<Offer> offers, Guid? requestId = null, IProgress<long>? sent = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(offers);
        var header = new PushOffersRequest { Header = new() { RequestId = RequestId(requestId) } };
        var kept = new List<Offer>();
        await using var source = offers.GetAsyncEnumerator(cancellationToken);
        return await _backoff.RepeatAsync(
            () => Upload.SendAsync(Offers.PushOffers(cancellationToken: cancellationToken), Messages(), cancellationToken),
            repeatable: true,
            cancellationToken);

        async IAsyncEnumerable<PushOffersRequest> Messages()
        {
            yield return header;
            for (var i = 0; i < kept.Count || await source.MoveNextAsync(); i++)
            {
                if (i == kept.Count)
                    kept.Add(source.Current);
                yield return new PushOffersRequest { Offer = kept[i] };
                sent?.Report(i + 1);
            }
        }
    }
}
