using System.Text.Json;

namespace Passerelle.Hub.Feeds;

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
    TooDeep,
    Doctype,
    Encrypted,
    Ambiguous,
    Undecodable,
    UnderWay,
}

/// <summary>What a file turned out to be that is in none of the formats that a slice knows.</summary>
public enum SeenContent
{
    OtherXml,
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

    /// <param name="kind">NotAFeed or UnknownFormat.</param>
    /// <param name="seen">A <see cref="SeenContent"/>, or a format that the slice knows and does not read.</param>
    /// <param name="name">What that is in French, with its article.</param>
    /// <param name="advice">What to send instead, as a French sentence.</param>
    public FeedRefused(FeedRefusal kind, Enum seen, string name, string advice) : this(kind, [name, advice]) => Seen = seen;

    public FeedRefusal Kind { get; }

    /// <summary>What the file looked like, where that is the reason.</summary>
    public Enum? Seen { get; }

    /// <summary>The same for machines, such as "excel_workbook".</summary>
    public string SeenCode => JsonNamingPolicy.SnakeCaseLower.ConvertName(Seen?.ToString() ?? "");
}
