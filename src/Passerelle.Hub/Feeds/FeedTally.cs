namespace Passerelle.Hub.Feeds;

/// <summary>A file that came whole and was found readable.</summary>
public sealed record FeedReceived(string FileName, string Format, string Encoding, byte[] Sha256, long SizeBytes);

/// <summary>Counts a feed's records as they pass to the database, and keeps what is wrong with them.</summary>
/// <param name="isSuperseded">Whether a newer feed of this agency was applied: then this one says nothing of it any more.</param>
public sealed class FeedTally(Predicate<string> isSuperseded)
{
    /// <summary>What the contract keeps of them.</summary>
    public const int MaxProblems = 1000;

    readonly HashSet<string> agencies = [];
    readonly List<(FieldFinding Finding, bool Rejected)> problems = [];
    readonly HashSet<FeedIdentity> rejected = [];

    public int Lines { get; private set; }

    public int Rejected { get; private set; }

    /// <summary>Records of agencies that a newer feed has spoken for.</summary>
    public int Superseded { get; private set; }

    /// <summary>The agencies that this feed speaks for.</summary>
    public IReadOnlyCollection<string> Agencies => agencies;

    /// <summary>Newer feeds have spoken for all its agencies.</summary>
    public bool IsSuperseded => agencies.Count == 0 && Superseded > 0;

    public int ProblemCount { get; private set; }

    /// <summary>The first of them, in the order of the file, and whether each rejected its record.</summary>
    public IReadOnlyList<(FieldFinding Finding, bool Rejected)> Problems => problems;

    /// <summary>Those whose record was rejected: the feed lists them all the same.</summary>
    public IReadOnlyCollection<FeedIdentity> RejectedIdentities => rejected;

    /// <summary>A record was rejected that does not say what it was about: then anything may be the one.</summary>
    public bool HasUnknown { get; private set; }

    /// <summary>The drafts of the records, one by one.</summary>
    public IEnumerable<TDraft> Count<TDraft>(IEnumerable<FeedLine> lines, Func<TDraft, string> agencyOf)
    {
        foreach (var line in lines)
        {
            Lines++;
            switch (line)
            {
                case DraftLine<TDraft> read when isSuperseded(agencyOf(read.Draft)):
                    Superseded++;
                    break;
                case DraftLine<TDraft> read:
                    agencies.Add(agencyOf(read.Draft));
                    foreach (var warning in read.Warnings) Add(warning, false);
                    yield return read.Draft;
                    break;
                case RejectedLine lost:
                    Rejected++;
                    Add(lost.Reason, true);
                    foreach (var also in lost.AlsoFound) Add(also, true);
                    if (lost.Identity is null) HasUnknown = true;
                    else if (!isSuperseded(lost.Identity.AgencyId)) Reject(lost.Identity);
                    break;
            }
        }
    }

    void Reject(FeedIdentity identity)
    {
        agencies.Add(identity.AgencyId);
        rejected.Add(identity);
    }

    void Add(FieldFinding finding, bool isRejected)
    {
        if (ProblemCount++ < MaxProblems) problems.Add((finding, isRejected));
    }
}
