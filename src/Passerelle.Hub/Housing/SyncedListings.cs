using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Feeds;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing;

/// <summary>A stream of listings, read to its end: its rows, and what is wrong with the rest. Nothing is done before the end is seen.</summary>
public sealed class SyncedListings : IDisposable
{
    /// <summary>As reports name it.</summary>
    public const string Format = "typed";

    public const int MaxListings = 2_000_000;
    public const long MaxBytes = 4L * 1024 * 1024 * 1024;
    public const int MaxBatch = 500;
    public const int MaxBatchBytes = 1024 * 1024;
    const int MaxAgencies = 1000;
    const int MaxAgency = 100;

    readonly IncrementalHash digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    readonly WireListingRecord record = new();
    readonly ListingReader reader;

    SyncedListings() => reader = new ListingReader(record) { FindsRepeats = false };

    public Guid RequestId { get; private set; }

    /// <summary>The agencies of which it lists everything.</summary>
    public IReadOnlyCollection<string> Complete { get; private set; } = [];

    /// <summary>SHA-256 of what makes two streams equal: the header, the listings as the hub keeps them, and those with a problem as they came.</summary>
    public byte[] Digest { get; private set; } = [];

    /// <summary>Of the listings as they came.</summary>
    public long Bytes { get; private set; }

    /// <summary>No feed that has come is newer: a stream is made as it comes.</summary>
    public FeedTally Tally { get; } = new(_ => false);

    internal ListingRows Rows { get; } = new();

    public static async Task<SyncedListings> ReadAsync(IAsyncStreamReader<Wire.SyncListingsRequest> messages, CancellationToken ct)
    {
        var stream = new SyncedListings();
        try
        {
            if (!await messages.MoveNext(ct) || messages.Current.Header is not { } header) throw new StreamMalformed("The stream must begin with its header.");
            stream.Begin(header);
            while (await messages.MoveNext(ct)) stream.Take(messages.Current.Batch ?? throw new StreamMalformed("Only batches may follow the header."));
            stream.End();
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        digest.Dispose();
        Rows.Dispose();
    }

    void Begin(Wire.SyncListingsRequest.Types.Header header)
    {
        var violations = new Violations();
        RequestId = violations.RequestId(header.RequestId, "header.request_id");
        violations.Check(header.Agencies.Count <= MaxAgencies, "header.agencies", $"must be at most {MaxAgencies}");
        for (var i = 0; i < Math.Min(header.Agencies.Count, MaxAgencies); i++) violations.Text(header.Agencies[i], $"header.agencies[{i}]", MaxAgency);
        violations.ThrowIfAny();
        Complete = header.Agencies.Select(a => FieldText.Clean(a)).ToHashSet();
        digest.AppendData(header.ToByteArray());
    }

    void Take(Wire.SyncListingsRequest.Types.Batch batch)
    {
        var bytes = batch.CalculateSize();
        if (batch.Listings.Count is 0 or > MaxBatch || bytes > MaxBatchBytes) throw new StreamMalformed($"A batch must be 1 to {MaxBatch} listings, and at most {MaxBatchBytes} bytes.");
        Bytes += bytes;
        if (Bytes > MaxBytes) throw new TooLarge("The stream", MaxBytes);
        if (Tally.Lines + batch.Listings.Count > MaxListings) throw new TooManyListings(MaxListings);
        // What is good is added as it is read; the tally sees both.
        foreach (var _ in Tally.Count<ListingDraft>(batch.Listings.Select(Read), listing => listing.AgencyId)) { }
    }

    FeedLine Read(Wire.Listing listing)
    {
        Span<byte> hash = stackalloc byte[ListingRow.HashBytes];
        // The tally counts it once it is read.
        record.Take(listing, Tally.Lines + 1);
        var line = reader.Read();
        if (line is DraftLine<ListingDraft> good && Rows.Add(good.Draft, good.LineNumber, hash) is > 0 and var first) line = reader.Repeat(good, first);
        if (line is DraftLine<ListingDraft> { Warnings.Count: 0 }) digest.AppendData(hash);
        else digest.AppendData(listing.ToByteArray());
        return line;
    }

    void End()
    {
        foreach (var identity in Tally.RejectedIdentities) Rows.Keep(identity);
        Digest = digest.GetHashAndReset();
    }
}

/// <summary>More than one stream may hold.</summary>
public sealed class TooManyListings(int limit)
    : Refusal(StatusCode.ResourceExhausted, ErrorReason.TooLarge, $"A stream holds at most {limit} listings.", ("limit", limit.ToString(CultureInfo.InvariantCulture)));
