using CsCheck;
using Passerelle.Hub.Housing;

namespace Passerelle.Tests.Housing;

/// <summary>A day's business, or a broken export?</summary>
public sealed class FeedGuardTests
{
    static readonly FeedOptions usual = new();

    static readonly Gen<(int OnMarket, int Missing)> standings = Gen.Int[1, 500].SelectMany(onMarket => Gen.Int[1, onMarket].Select(missing => (onMarket, missing)));

    static readonly Gen<FeedOptions> options = Gen.Select(Gen.Int[0, 200], Gen.Double[0, 1]).Select((above, share) => new FeedOptions { HoldAbove = above, HoldShare = share });

    [Theory]
    [InlineData(5, 5, MissingOutcome.Withdrawn)]
    [InlineData(6, 6, MissingOutcome.Held)]
    [InlineData(20, 6, MissingOutcome.Withdrawn)]
    [InlineData(20, 7, MissingOutcome.Held)]
    [InlineData(1000, 300, MissingOutcome.Withdrawn)]
    [InlineData(1000, 301, MissingOutcome.Held)]
    public void More_than_five_and_more_than_three_in_ten_are_held(int onMarket, int missing, MissingOutcome outcome) =>
        Assert.Equal(outcome, Decide((onMarket, missing), usual));

    [Fact]
    public void What_leaves_is_never_more_than_either_limit_allows() =>
        Gen.Select(standings, options).Sample((standing, given) =>
            Decide(standing, given) is not MissingOutcome.Withdrawn || standing.Missing <= given.HoldAbove || standing.Missing <= given.HoldShare * standing.OnMarket);

    [Fact]
    public void What_is_held_is_more_than_both_allow() =>
        Gen.Select(standings, options).Sample((standing, given) =>
            Decide(standing, given) is not MissingOutcome.Held || (standing.Missing > given.HoldAbove && standing.Missing > given.HoldShare * standing.OnMarket));

    [Fact]
    public void Who_loses_one_more_is_never_held_less() =>
        Gen.Select(standings, options).Sample((standing, given) =>
            standing.Missing == standing.OnMarket || Decide(standing, given) is not MissingOutcome.Held
            || Decide(standing with { Missing = standing.Missing + 1 }, given) is MissingOutcome.Held);

    [Fact]
    public void Where_a_line_may_be_anybodys_nothing_leaves() =>
        Gen.Select(standings, options).Sample((standing, given) => Decide(standing, given, isSure: false) is MissingOutcome.Withheld);

    static MissingOutcome Decide((int OnMarket, int Missing) standing, FeedOptions given, bool isSure = true) =>
        FeedGuard.Decide(new MissingListings("agence-1", standing.OnMarket, new Guid[standing.Missing]), isSure, given);
}
