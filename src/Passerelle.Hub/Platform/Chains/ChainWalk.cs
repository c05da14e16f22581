namespace Passerelle.Hub.Platform.Chains;

/// <summary>
/// Goes along a chain, entry by entry, and says what does not hold. Each entry is compared with the hash that the one before it has now: so a changed entry is one finding, and
/// not one for each that follows.
/// </summary>
/// <param name="head">Null: the chain has none.</param>
/// <param name="anchors">What was written down of this chain elsewhere: hashes by sequence.</param>
sealed class ChainWalk(string chain, (long Sequence, byte[] Hash)? head, ILookup<long, byte[]> anchors)
{
    /// <summary>How many broken entries are looked at more closely: was it moved, or what it follows on?</summary>
    const int MostSuspects = 12;

    readonly List<ChainFinding> findings = [];
    readonly List<(byte[] Before, ChainLink Link)> suspects = [];
    long found;
    long count;
    long expected = 1;
    byte[]? before = ChainHead.Root(chain);
    DateTimeOffset? from;
    DateTimeOffset? until;
    bool headMet;

    public void Next(ChainLink link)
    {
        count++;
        from ??= link.Time;
        until = link.Time;
        if (link.Sequence < expected)
        {
            // One more of a sequence that was there, or one before the first.
            Find(ChainFault.Added, link.Sequence);
            return;
        }

        if (link.Sequence > expected)
        {
            Find(ChainFault.Missing, expected, link.Sequence - 1);
            // What it followed on is gone.
            before = null;
        }

        if (before is not null && !Follows(before, link)) Suspect(before, link);
        if (head?.Sequence == link.Sequence)
        {
            headMet = true;
            if (!head.Value.Hash.AsSpan().SequenceEqual(link.Hash)) Find(ChainFault.HeadDiffers, link.Sequence);
        }

        if (anchors[link.Sequence].Any(anchored => !anchored.AsSpan().SequenceEqual(link.Hash))) Find(ChainFault.AnchorDiffers, link.Sequence);
        (before, expected) = (link.Hash, link.Sequence + 1);
    }

    /// <param name="row">One that is not what the entries about it come to.</param>
    public void Differs(string row) => Find(new ChainFinding(ChainFault.RowDiffers, 0, Row: row));

    public ChainReport End()
    {
        var last = expected - 1;
        if (head is { } known)
        {
            if (known.Sequence > last) Find(ChainFault.Missing, last + 1, known.Sequence);
            else if (known.Sequence < last) Find(ChainFault.Added, known.Sequence + 1, last);
            if (known.Sequence == 0 ? !known.Hash.AsSpan().SequenceEqual(ChainHead.Root(chain)) : known.Sequence <= last && !headMet) Find(ChainFault.HeadDiffers, known.Sequence);
        }
        else if (count > 0) Find(ChainFault.HeadDiffers, last);

        foreach (var anchor in anchors)
        {
            if (anchor.Key > last) Find(ChainFault.AnchorDiffers, anchor.Key);
            // Nothing was ever there to anchor.
            else if (anchor.Key < 1) Find(ChainFault.AnchorDiffers, anchor.Key);
        }

        foreach (var suspect in suspects) Find(Look(suspect.Link));
        return new ChainReport(chain, count, from, until, anchors.Sum(a => a.Count()), [.. findings.OrderBy(f => f.Sequence)], found);
    }

    static bool Follows(byte[] before, ChainLink link) => link.Content is not null && ChainContent.Hash(before, link.Sequence, link.Content).AsSpan().SequenceEqual(link.Hash);

    void Suspect(byte[] before, ChainLink link)
    {
        if (suspects.Count < MostSuspects) suspects.Add((before, link));
        else Find(ChainFault.Changed, link.Sequence);
    }

    /// <summary>Does it fit anywhere among those that are broken?</summary>
    ChainFinding Look(ChainLink link)
    {
        if (link.Content is null) return new(ChainFault.Changed, link.Sequence);
        // What it may have followed on: what the others follow, are, or should be.
        var befores = suspects.SelectMany(s => (byte[][])[s.Before, s.Link.Hash, ChainContent.Hash(s.Before, s.Link.Sequence, s.Link.Content)]).ToList();
        foreach (var other in suspects.OrderBy(s => s.Link.Sequence != link.Sequence))
            foreach (var after in befores)
            {
                var hash = ChainContent.Hash(after, other.Link.Sequence, link.Content);
                // With its own hash, or with that of the place that it has left.
                if (!hash.AsSpan().SequenceEqual(link.Hash) && !hash.AsSpan().SequenceEqual(other.Link.Hash)) continue;
                return other.Link.Sequence == link.Sequence ? new(ChainFault.Unlinked, link.Sequence) : new(ChainFault.Moved, link.Sequence, other.Link.Sequence);
            }

        return new(ChainFault.Changed, link.Sequence);
    }

    void Find(ChainFault fault, long sequence, long? last = null) => Find(new ChainFinding(fault, sequence, last));

    void Find(ChainFinding finding)
    {
        found++;
        if (findings.Count < ChainReport.MostKept) findings.Add(finding);
    }
}
