using Passerelle.Hub.Housing.Feeds;

namespace Passerelle.Hub.Housing;

/// <summary>A file that came whole and was found readable.</summary>
public sealed record FeedReceived(string FileName, string Format, string Encoding, byte[] Sha256, long SizeBytes);

/// <summary>Counts a feed's lines as they pass to the database, and keeps what is wrong with them.</summary>
public sealed class FeedTally
{
    readonly List<(FieldFinding Finding, bool Rejected)> problems = [];
    readonly HashSet<ListingIdentity> rejected = [];

    public int Lines { get; private set; }

    public int Rejected { get; private set; }

    public int Photos { get; private set; }

    public int ProblemCount { get; private set; }

    /// <summary>Listings whose line was rejected: the feed lists them all the same.</summary>
    public IReadOnlyCollection<ListingIdentity> RejectedListings => rejected;

    /// <summary>A line was rejected that does not say which listing it was about: then any listing may be the one.</summary>
    public bool HasUnknownListings { get; private set; }

    /// <summary>The listings of the lines, one by one.</summary>
    public IEnumerable<ListingDraft> Count(IEnumerable<FeedLine> lines)
    {
        foreach (var line in lines)
        {
            Lines++;
            switch (line)
            {
                case ListingLine read:
                    Photos += read.Listing.Photos.Count;
                    foreach (var warning in read.Warnings) Add(warning, false);
                    yield return read.Listing;
                    break;
                case RejectedLine lost:
                    Rejected++;
                    Add(lost.Reason, true);
                    foreach (var also in lost.AlsoFound) Add(also, true);
                    if (lost.Identity is null) HasUnknownListings = true;
                    else rejected.Add(lost.Identity);
                    break;
            }
        }
    }

    public IReadOnlyList<ImportProblem> Problems(Guid reportId) => [.. problems.Select((p, position) => ImportProblem.Of(reportId, position, p.Finding, p.Rejected))];

    void Add(FieldFinding finding, bool isRejected)
    {
        if (ProblemCount++ < ImportReport.MaxProblems) problems.Add((finding, isRejected));
    }
}
