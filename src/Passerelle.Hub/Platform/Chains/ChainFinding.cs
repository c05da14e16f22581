namespace Passerelle.Hub.Platform.Chains;

/// <summary>What can be wrong with a chain.</summary>
public enum ChainFault
{
    /// <summary>A column, or the hash, is not what was written.</summary>
    Changed = 1,

    /// <summary>Entries are not there any more.</summary>
    Missing,

    /// <summary>An entry that nobody appended.</summary>
    Added,

    /// <summary>An entry as it was written, at another place.</summary>
    Moved,

    /// <summary>An entry as it was written, after another one than it followed.</summary>
    Unlinked,

    /// <summary>The chain's head does not know of this end.</summary>
    HeadDiffers,

    /// <summary>It was written down outside the database that the chain was another.</summary>
    AnchorDiffers,

    /// <summary>A row that is made of entries is not what they come to.</summary>
    RowDiffers,

    /// <summary>A line of the anchors' file is none.</summary>
    AnchorUnreadable,
}

/// <param name="Sequence">Of the entry, or of the first of several; the line, of an anchor that cannot be read.</param>
/// <param name="Last">The last of several.</param>
/// <param name="Row">Its name, of a row that differs.</param>
public sealed record ChainFinding(ChainFault Fault, long Sequence, long? Last = null, string? Row = null)
{
    public override string ToString()
    {
        var entries = Last is { } last && last != Sequence ? $"entries {Sequence} to {last}" : $"entry {Sequence}";
        return Fault switch
        {
            ChainFault.Changed => $"{entries} was changed",
            ChainFault.Missing => $"{entries} missing",
            ChainFault.Added => $"{entries} added by somebody else",
            ChainFault.Moved => $"entry {Last} stands at {Sequence}",
            ChainFault.Unlinked => $"{entries} does not follow on the one before",
            ChainFault.HeadDiffers => $"the head differs at {Sequence}",
            ChainFault.AnchorDiffers => $"{entries} is not what was anchored",
            ChainFault.RowDiffers => $"{Row} is not what its entries say",
            ChainFault.AnchorUnreadable => $"line {Sequence} of the anchors is unreadable",
        };
    }
}

/// <summary>What the verifier has seen of a chain.</summary>
/// <param name="Count">How many entries there are.</param>
/// <param name="Anchored">How many anchors it was compared with.</param>
/// <param name="Findings">The first of them; see MostKept.</param>
/// <param name="Found">How many there are in all.</param>
public sealed record ChainReport(string Chain, long Count, DateTimeOffset? From, DateTimeOffset? Until, int Anchored, IReadOnlyList<ChainFinding> Findings, long Found)
{
    /// <summary>One entry that is taken out and closed over breaks all that follow: nobody reads a million findings.</summary>
    public const int MostKept = 100;

    public bool IsWhole => Found == 0;
}
