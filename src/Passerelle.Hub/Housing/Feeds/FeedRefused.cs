namespace Passerelle.Hub.Housing.Feeds;

/// <summary>Why a whole file was turned away, before it had any effect.</summary>
public enum FeedRefusal
{
    Empty,
    Truncated,
    NotAFeed,
    UnknownFormat,
    TooLarge,
    TooLargeAsSent,
    LineTooLong,
    Encrypted,
    Ambiguous,
    Undecodable,
    UnderWay,
}

/// <summary>What a file that is not Poliris turned out to be.</summary>
public enum SeenContent
{
    OpenImmoXml,
    UbiflowXml,
    UbiflowTagList,
    PropertybaseXml,
    OtherXml,
    ResoJson,
    OtherJson,
    OtherText,
    HtmlPage,
    Pdf,
    Image,
    ExcelWorkbook,
    OfficeDocument,
    OtherArchive,
    ArchiveWithoutCsv,
    Binary,
}

/// <summary>The whole file is refused; <see cref="Exception.Message"/> is a French sentence that says what to do.</summary>
// It is caught by name as an outcome, and reads as one: CA1710 would have it end in "Exception".
#pragma warning disable CA1710
public sealed class FeedRefused : Exception
#pragma warning restore CA1710
{
    public FeedRefused(FeedRefusal kind, params object[] details) : base(FeedSentences.For(kind, details)) => Kind = kind;

    public FeedRefused(FeedRefusal kind, Exception cause) : base(FeedSentences.For(kind), cause) => Kind = kind;

    public FeedRefused(FeedRefusal kind, SeenContent seen, string detail = "") : this(kind, FeedSentences.For(seen, detail)) => Seen = seen;

    public FeedRefusal Kind { get; }

    /// <summary>What the file looked like, where that is the reason.</summary>
    public SeenContent? Seen { get; }
}
