namespace Passerelle.Hub.Housing.Homes;

/// <summary>Which listings are one home each, and which home that is. The same for the same links, in whatever order they came about.</summary>
public static class HomeGroups
{
    /// <summary>Joins the likest first, and two groups only when they are alike as a whole: who resembles one of a chain does not join it.</summary>
    /// <param name="from">See <see cref="HomeOptions.GroupFrom"/>.</param>
    /// <returns>Every listing once; in the order of the first of each group.</returns>
    public static IReadOnlyList<IReadOnlyList<Guid>> Of(IEnumerable<Guid> listings, IEnumerable<HomeLink> links, IEnumerable<HomeDecision> decisions, double from)
    {
        var groupOf = listings.Distinct().ToDictionary(id => id, id => new List<Guid> { id });
        var decided = decisions.Where(d => groupOf.ContainsKey(d.FirstId) && groupOf.ContainsKey(d.SecondId)).ToDictionary(d => (d.FirstId, d.SecondId));
        var scores = links.Where(l => groupOf.ContainsKey(l.FirstId) && groupOf.ContainsKey(l.SecondId)).ToDictionary(l => (l.FirstId, l.SecondId), l => l.Score);
        foreach (var (pair, decision) in decided) scores[pair] = decision.AreSame ? 1 : 0;
        // What a person said is one home is, unless it would bring together what a person said is not.
        foreach (var pair in decided.Values.Where(d => d.AreSame).OrderBy(d => d.DecideTime).ThenBy(d => (d.FirstId, d.SecondId)).Select(d => (d.FirstId, d.SecondId)))
            if (!ReferenceEquals(groupOf[pair.FirstId], groupOf[pair.SecondId]) && !AreSeparated(pair)) Join(pair);
        foreach (var pair in scores.Where(s => s.Value > 0).OrderByDescending(s => s.Value).ThenBy(s => s.Key).Select(s => s.Key))
            if (!ReferenceEquals(groupOf[pair.FirstId], groupOf[pair.SecondId]) && !AreSeparated(pair) && Crossing(pair).Average(p => scores.GetValueOrDefault(p)) >= from) Join(pair);
        return [.. groupOf.Values.Distinct().Select(g => g.Order().ToList()).OrderBy(g => g[0])];

        bool AreSeparated((Guid, Guid) pair) => Crossing(pair).Any(p => decided.TryGetValue(p, out var decision) && !decision.AreSame);

        IEnumerable<(Guid, Guid)> Crossing((Guid First, Guid Second) pair) => groupOf[pair.First].SelectMany(_ => groupOf[pair.Second], PairOf);

        void Join((Guid First, Guid Second) pair)
        {
            var (kept, taken) = (groupOf[pair.First], groupOf[pair.Second]);
            kept.AddRange(taken);
            foreach (var id in taken) groupOf[id] = kept;
        }
    }

    /// <summary>A home stays the same when listings come and go: one that falls apart goes with most of its listings, and of several that become one the oldest stays.</summary>
    /// <param name="before">The home that a listing was in; all those of each home.</param>
    /// <returns>The home of each group; null for a new one.</returns>
    public static IReadOnlyList<Guid?> Keep(IReadOnlyList<IReadOnlyList<Guid>> groups, IReadOnlyDictionary<Guid, Guid> before)
    {
        var heirs = HeirsOf(groups, before);
        return [.. groups.Select((_, index) => heirs.Where(h => h.Value == index).Select(h => (Guid?)h.Key).Min())];
    }

    /// <returns>Of each home there was, the group that most of its listings are in; the first one of several.</returns>
    public static IReadOnlyDictionary<Guid, int> HeirsOf(IReadOnlyList<IReadOnlyList<Guid>> groups, IReadOnlyDictionary<Guid, Guid> before) =>
        groups.SelectMany((group, index) => group.Where(before.ContainsKey).Select(listing => (Home: before[listing], Index: index)))
            .GroupBy(member => member.Home)
            .ToDictionary(home => home.Key, home => home.CountBy(member => member.Index).OrderByDescending(c => c.Value).ThenBy(c => groups[c.Key][0]).First().Key);

    /// <summary>Each pair has one name.</summary>
    public static (Guid First, Guid Second) PairOf(Guid one, Guid other) => one.CompareTo(other) < 0 ? (one, other) : (other, one);
}
