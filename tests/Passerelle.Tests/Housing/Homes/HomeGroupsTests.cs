using CsCheck;
using Passerelle.Hub.Housing.Homes;

namespace Passerelle.Tests.Housing.Homes;

/// <summary>Which listings are one home, and which one.</summary>
public sealed class HomeGroupsTests
{
    const double From = 0.7;

    static readonly DateTimeOffset Now = new(2026, 9, 1, 8, 0, 0, TimeSpan.Zero);

    static readonly Guid[] Ids = [.. Enumerable.Range(1, 9).Select(n => new Guid(n, 0, 0, new byte[8]))];

    [Fact]
    public void Who_resembles_one_of_a_chain_does_not_join_it()
    {
        Assert.Equal(["12", "3"], Grouped(3, [Link(1, 2, 0.95), Link(2, 3, 0.9)]));
        Assert.Equal(["123"], Grouped(3, [Link(1, 2, 0.95), Link(2, 3, 0.9), Link(1, 3, 0.86)]));
        // One pair in six that is not linked does no harm.
        Assert.Equal(["1234"], Grouped(4, [Link(1, 2, 0.99), Link(3, 4, 0.99), Link(1, 3, 0.97), Link(1, 4, 0.97), Link(2, 3, 0.97)]));
    }

    [Fact]
    public void What_a_person_said_is_stronger_than_any_likeness()
    {
        HomeLink[] links = [Link(1, 2, 0.99), Link(1, 3, 0.99), Link(2, 3, 0.99)];
        Assert.Equal(["12", "3"], Grouped(3, links, Decision(1, 3, areSame: false)));
        Assert.Equal(["13", "2"], Grouped(3, [], Decision(1, 3, areSame: true)));
        // The same as one that is another: the other decision holds too.
        Assert.Equal(["12", "3"], Grouped(3, [], Decision(1, 2, areSame: true), Decision(2, 3, areSame: true, minute: 1), Decision(1, 3, areSame: false, minute: 2)));
    }

    [Fact]
    public void The_order_in_which_anything_came_does_not_matter() => Gen.Select(AnyLinks, AnyDecisions, Gen.Int).Sample((links, decisions, seed) =>
    {
        var random = new Random(seed);
        var groups = HomeGroups.Of(Ids, links, decisions, From);

        Assert.Equal(groups, HomeGroups.Of(Shuffled(Ids), Shuffled(links), Shuffled(decisions), From));
        Assert.Equal(Ids, groups.SelectMany(g => g).Order());
        var groupOf = groups.SelectMany((g, i) => g.Select(id => (id, i))).ToDictionary();
        Assert.DoesNotContain(decisions, d => !d.AreSame && groupOf[d.FirstId] == groupOf[d.SecondId]);

        T[] Shuffled<T>(T[] items)
        {
            T[] copy = [.. items];
            random.Shuffle(copy);
            return copy;
        }
    });

    [Fact]
    public void Of_homes_that_become_one_the_oldest_stays_and_one_that_falls_apart_goes_with_most_of_its_listings()
    {
        var (old, young) = (Ids[7], Ids[8]);
        Assert.Equal([old], HomeGroups.Keep(Groups("123"), Before((1, young), (2, young), (3, old))));
        Assert.Equal([null, old], HomeGroups.Keep(Groups("1", "23"), Before((1, old), (2, old), (3, old))));
        // In doubt with the first of them.
        Assert.Equal([old, null], HomeGroups.Keep(Groups("12", "34"), Before((1, old), (2, old), (3, old), (4, old))));
        Assert.Equal([null, young], HomeGroups.Keep(Groups("1", "2"), Before((2, young))));
    }

    [Fact]
    public void No_home_is_in_two_places_and_none_is_lost_that_nothing_joined() =>
        Gen.Select(AnyLinks, AnyDecisions, Gen.Int[0, 4].Array[Ids.Length]).Sample((links, decisions, homes) =>
        {
            var groups = HomeGroups.Of(Ids, links, decisions, From);
            var before = Ids.Zip(homes).Where(p => p.Second > 0).ToDictionary(p => p.First, p => Ids[^p.Second]);

            var kept = HomeGroups.Keep(groups, before);

            Assert.Equal(groups.Count, kept.Count);
            Assert.Equal(kept.OfType<Guid>().Count(), kept.OfType<Guid>().Distinct().Count());
            foreach (var (group, home) in groups.Zip(kept))
            {
                var were = group.Where(before.ContainsKey).Select(id => before[id]).Distinct().ToList();
                if (home is { } one) Assert.Contains(one, were);
                // Whoever were all together and still are, and nobody else came, are where they were.
                if (were is [var only] && before.Where(b => b.Value == only).All(b => group.Contains(b.Key))) Assert.Equal(only, home);
            }
        });

    static HomeLink Link(int first, int second, double score) => HomeLink.Of(Ids[first - 1], Ids[second - 1], score);

    static HomeDecision Decision(int first, int second, bool areSame, int minute = 0)
    {
        var decision = HomeDecision.Of(Ids[first - 1], Ids[second - 1]);
        decision.Decide(areSame, "Essai.", "essai", Now.AddMinutes(minute));
        return decision;
    }

    /// <summary>Each group as its numbers.</summary>
    static IEnumerable<string> Grouped(int count, HomeLink[] links, params HomeDecision[] decisions) =>
        HomeGroups.Of(Ids[..count], links, decisions, From).Select(g => string.Concat(g.Select(id => Array.IndexOf(Ids, id) + 1)));

    static Guid[][] Groups(params string[] groups) => [.. groups.Select(g => g.Select(n => Ids[n - '1']).ToArray())];

    static Dictionary<Guid, Guid> Before(params (int Listing, Guid Home)[] homes) => homes.ToDictionary(h => Ids[h.Listing - 1], h => h.Home);

    static readonly Gen<(int First, int Second)[]> AnyPairs =
        Gen.Select(Gen.Int[1, Ids.Length], Gen.Int[1, Ids.Length]).Where((a, b) => a < b).Array[0, 20].Select(pairs => pairs.Distinct().ToArray());

    static readonly Gen<HomeLink[]> AnyLinks =
        Gen.Select(AnyPairs, Gen.Int[0, 3].Array[20]).Select((pairs, scores) => pairs.Select((p, i) => Link(p.First, p.Second, 0.85 + scores[i] * 0.05)).ToArray());

    static readonly Gen<HomeDecision[]> AnyDecisions =
        Gen.Select(AnyPairs, Gen.Int[0, 3].Array[20]).Select((pairs, kinds) => pairs.Select((p, i) => Decision(p.First, p.Second, kinds[i] % 2 == 0, kinds[i])).ToArray());
}
