using Passerelle.Hub.Clocks;
using Passerelle.Hub.Clocks.History;
using Passerelle.Tests.Clocks.History;
using Wire = Passerelle.Contracts.Clocks.V1;

namespace Passerelle.Tests.Clocks;

/// <summary>Facts as rows.</summary>
public sealed class ClockEventTests
{
    static readonly Dictionary<PolicyKey, ClockPolicy> Policies = new[] { ClockStory.Promise, ClockStory.Pausable, ClockStory.Short }.ToDictionary(p => p.Key);

    public static TheoryData<ClockFact> Facts()
    {
        var (at, later, other) = (ClockStory.At(1), ClockStory.At(2), Id(99));
        ClockFact started = new ClockFact.Started(Id(1), at, later, ClockStory.Pausable, ClockStory.At(40));
        return
        [
            started, new ClockFact.Started(Id(2), at, later, ClockStory.Promise), new ClockFact.PolicyChanged(Id(3), at, later, ClockStory.Short), new ClockFact.Limited(Id(4), at, later, ClockStory.At(9)),
            new ClockFact.Limited(Id(5), at, later, null), new ClockFact.Answered(Id(6), at, later, AnswerKind.CallLogged), new ClockFact.Reopened(Id(7), at, later), new ClockFact.Reopened(Id(8), at, later, other),
            new ClockFact.Paused(Id(9), at, later, "Vacances"), new ClockFact.Resumed(Id(10), at, later), new ClockFact.Voided(Id(11), at, later, VoidReason.NotNeeded),
            new ClockFact.Voided(Id(12), at, later, VoidReason.Merged, other), new ClockFact.Corrected(Id(13), at, later, other, null, "ada", "Erreur"),
            new ClockFact.Corrected(Id(14), at, later, null, new ClockFact.Answered(Id(15), ClockStory.At(0.5), later, AnswerKind.MessageDelivered), "ada", "Oubli"),
            new ClockFact.Corrected(Id(16), at, later, other, started, "ada", "Heure"),
        ];
    }

    [Theory]
    [MemberData(nameof(Facts))]
    public void A_fact_is_read_back_as_it_was_written(ClockFact fact)
    {
        var correction = fact as ClockFact.Corrected;
        var written = ClockEvent.Of(Id(50), 3, fact, correction?.By, correction?.Why);

        Assert.Equal(fact, written.Open().ToFact(key => Policies[key]));
        Assert.All(written.Open().Policies, key => Assert.Contains(key, Policies.Keys));
    }

    [Fact]
    public void Every_kind_is_written() =>
        Assert.Equal(Enum.GetValues<ClockFactKind>(), Facts().Select(row => row.Data.FactKind).Distinct().Order());

    [Fact]
    public void The_words_are_the_contracts()
    {
        static IEnumerable<(int, string)> Words<T>(IEnumerable<T> values) where T : struct, Enum => values.Select(v => (Convert.ToInt32(v, null), v.ToString()));
        Assert.Equal(Words(Enum.GetValues<ClockFactKind>()), Words(Enum.GetValues<Wire.ClockEvent.Types.Kind>().Where(k => k != 0)));
        Assert.Equal(Words(Enum.GetValues<AnswerKind>()), Words(Enum.GetValues<Wire.ClockEvent.Types.AnswerKind>().Where(k => k != 0)));
    }

    static Guid Id(int number) => new(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);
}
