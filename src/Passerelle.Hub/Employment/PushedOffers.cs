using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Employment.V1;

namespace Passerelle.Hub.Employment;

/// <summary>A stream of offers, read to its end: what is good, and what is wrong with the rest. Nothing is stored before the end is seen.</summary>
public sealed class PushedOffers
{
    public const int MaxOffers = 10_000;
    /// <summary>64 MiB. An offer is some 2 KB; ten thousand of the longest would not fit in memory.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;
    const int MaxRejections = 200;

    readonly List<OfferContent> offers = [];
    readonly HashSet<string> references = new(StringComparer.Ordinal);
    readonly List<Wire.PushOffersResponse.Types.RejectedOffer> rejections = [];

    public Guid RequestId { get; private set; }

    /// <summary>SHA-256 of the header and of all offers, the rejected ones too: what makes two streams equal.</summary>
    public byte[] Digest { get; private set; } = [];

    public IReadOnlyList<OfferContent> Offers => offers;

    public int ReceivedCount { get; private set; }

    public IReadOnlyList<Wire.PushOffersResponse.Types.RejectedOffer> Rejections => rejections;

    public static async Task<PushedOffers> ReadAsync(IAsyncStreamReader<Wire.PushOffersRequest> messages, CancellationToken ct)
    {
        if (!await messages.MoveNext(ct) || messages.Current.Header is not { } header) throw new StreamMalformed("A stream of offers begins with its header.");
        var violations = new Violations();
        var stream = new PushedOffers { RequestId = violations.RequestId(header.RequestId, "header.request_id") };
        violations.ThrowIfAny();
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var size = (long)Append(digest, messages.Current);
        while (await messages.MoveNext(ct))
        {
            if (messages.Current.Offer is not { } offer) throw new StreamMalformed("After the header, a stream of offers has offers only.");
            if (stream.ReceivedCount == MaxOffers) throw new TooManyOffers(MaxOffers);
            size += Append(digest, messages.Current);
            if (size > MaxBytes) throw new TooLarge("The stream", MaxBytes);
            stream.Take(offer);
        }

        stream.Digest = digest.GetHashAndReset();
        return stream;
    }

    void Take(Wire.Offer offer)
    {
        var index = ReceivedCount++;
        var violations = new Violations();
        if (OfferContent.Read(offer, "", violations) is { } content)
        {
            // Two offers under one reference are a slip in the partner's file, and nobody here knows which of them is meant.
            if (violations.Check(references.Add(content.Reference), "reference", "came before in this stream")) offers.Add(content);
        }

        foreach (var violation in violations.Found.Take(MaxRejections - rejections.Count))
            rejections.Add(new()
            {
                Index = index,
                Reference = offer.Reference.Length <= OfferContent.MaxReference ? offer.Reference : offer.Reference[..OfferContent.MaxReference],
                Field = violation.Field,
                Description = violation.Description,
            });
    }

    /// <summary>With its length before it: where one message ends and the next begins is part of what is digested.</summary>
    static int Append(IncrementalHash digest, Wire.PushOffersRequest message)
    {
        var bytes = message.ToByteArray();
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        digest.AppendData(length);
        digest.AppendData(bytes);
        return bytes.Length;
    }
}

/// <summary>More than one stream may hold.</summary>
public sealed class TooManyOffers(int limit)
    : Refusal(StatusCode.ResourceExhausted, ErrorReason.TooLarge, $"A stream holds at most {limit} offers.", ("limit", limit.ToString(CultureInfo.InvariantCulture)));
