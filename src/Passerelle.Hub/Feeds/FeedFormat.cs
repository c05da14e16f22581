using System.Text;

namespace Passerelle.Hub.Feeds;

/// <summary>A format that a slice reads.</summary>
public interface IFeedFormat
{
    /// <summary>As the report names it, such as "poliris".</summary>
    string Name { get; }

    bool Recognises(FeedHead head);

    /// <summary>The first of two passes: walks all of the file, so that what cannot be trusted as a whole is refused before it has any effect.</summary>
    /// <exception cref="FeedRefused">It is cut, empty, or no text.</exception>
    IFeedReading Inspect(FeedSource source);
}

/// <summary>A file that was walked from end to end and is good enough to be read.</summary>
public interface IFeedReading
{
    /// <summary>Such as "4.12", or null when the file does not say.</summary>
    string? Version { get; }

    /// <summary>How the text was decoded.</summary>
    Encoding Encoding { get; }

    /// <summary>Every record, in order: each a <see cref="DraftLine{TDraft}"/> of the slice or a <see cref="RejectedLine"/>. May be called again, one enumeration at a time.</summary>
    IEnumerable<FeedLine> ReadLines();
}

/// <summary>A format that a slice knows by name and does not read.</summary>
/// <param name="Seen">For machines.</param>
/// <param name="Name">In French, with its article.</param>
/// <param name="Recognises">By its first bytes.</param>
public sealed record ForeignFormat(Enum Seen, string Name, Func<FeedHead, bool> Recognises);

/// <summary>What a slice takes at its door.</summary>
/// <param name="Formats">What it reads; the first that recognises a file reads it.</param>
/// <param name="Foreign">What it can name, so that a wrong file is named and not merely refused.</param>
/// <param name="FileName">How the file is called in an archive, without its ending: "annonces". Others are taken where none is called so.</param>
/// <param name="Endings">Of the files in an archive that may be the feed: ".csv".</param>
/// <param name="Advice">What to send instead of a wrong file, as a French sentence.</param>
public sealed record FeedDoor(IReadOnlyList<IFeedFormat> Formats, IReadOnlyList<ForeignFormat> Foreign, string FileName, IReadOnlyList<string> Endings, string Advice);
