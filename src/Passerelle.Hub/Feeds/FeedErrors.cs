using System.Globalization;
using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Feeds;

// The messages are French: partners read them.

public sealed class FeedEmpty(string sentence) : Refusal(StatusCode.InvalidArgument, ErrorReason.FeedEmpty, sentence);

public sealed class FeedTruncated(string sentence) : Refusal(StatusCode.InvalidArgument, ErrorReason.FeedTruncated, sentence);

public sealed class FeedFormatUnknown(string sentence, string seen) : Refusal(StatusCode.InvalidArgument, ErrorReason.FeedFormatUnknown, sentence, ("seen", seen));

public sealed class FeedUnreadable(string sentence) : Refusal(StatusCode.InvalidArgument, ErrorReason.FeedUnreadable, sentence);

public sealed class FeedTooLarge(string sentence, long limit) : Refusal(StatusCode.ResourceExhausted, ErrorReason.FeedTooLarge, sentence, ("limit", limit.ToString(CultureInfo.InvariantCulture)));

public sealed class FeedUnderWay() : Refusal(StatusCode.Aborted, ErrorReason.FeedUnderWay, FeedSentences.For(FeedRefusal.UnderWay));

static class FeedErrors
{
    /// <summary>What the reader refuses, as the contract names it.</summary>
    public static Refusal ToRefusal(this FeedRefused refused) => refused.Kind switch
    {
        FeedRefusal.Empty => new FeedEmpty(refused.Message),
        FeedRefusal.Truncated => new FeedTruncated(refused.Message),
        // An archive that we can open, without the file that we look for.
        FeedRefusal.UnknownFormat when SeenContent.ArchiveWithoutCsv.Equals(refused.Seen) => new FeedUnreadable(refused.Message),
        FeedRefusal.NotAFeed or FeedRefusal.UnknownFormat => new FeedFormatUnknown(refused.Message, refused.SeenCode),
        FeedRefusal.TooLarge => new FeedTooLarge(refused.Message, FeedLimits.Default.MaxUncompressedBytes),
        FeedRefusal.TooLargeAsSent => new FeedTooLarge(refused.Message, FeedSpool.MaxBytes),
        FeedRefusal.LineTooLong or FeedRefusal.TooDeep or FeedRefusal.Doctype or FeedRefusal.Encrypted or FeedRefusal.Ambiguous or FeedRefusal.Undecodable => new FeedUnreadable(refused.Message),
        FeedRefusal.UnderWay => new FeedUnderWay(),
    };
}
