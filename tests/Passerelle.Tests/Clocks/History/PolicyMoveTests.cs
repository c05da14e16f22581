using Passerelle.Hub.Clocks.History;

namespace Passerelle.Tests.Clocks.History;

public sealed class PolicyMoveTests
{
    static readonly Dictionary<string, ClockHistory> clocks = new()
    {
        ["young"] = new ClockStory().Start(hour: 90).History, ["old"] = new ClockStory().Start(hour: 60).History, ["overdue"] = new ClockStory().Start(ClockStory.Short, hour: 70).History,
        ["answered"] = new ClockStory().Start(hour: 60).Answer(61).History,
    };

    [Fact]
    public void A_shorter_window_from_now_on_moves_and_breaches()
    {
        var moves = MovesTo(ClockStory.Short, fromTheStart: false);
        Assert.Equal([("young", ClockStory.At(114), false), ("old", ClockStory.At(100), true)], moves.Select(m => (m.Key, m.Move.Deadline!.Value, m.Move.Breaches)));
        Assert.All(moves, m => Assert.True(m.Move.IsMoved && !m.Move.Heals && m.Move.Fact is ClockFact.PolicyChanged));
    }

    [Fact]
    public void A_longer_window_heals_what_is_late_as_a_correction_only()
    {
        Assert.DoesNotContain("overdue", MovesTo(ClockStory.Promise, fromTheStart: false).Select(m => m.Key));
        var healed = MovesTo(ClockStory.Promise, fromTheStart: true).Single(m => m.Key == "overdue").Move;
        Assert.Equal((true, true, false, ClockStory.At(118)), (healed.IsMoved, healed.Heals, healed.Breaches, healed.Deadline));
        Assert.Equal(("ops", "Erreur"), (((ClockFact.Corrected)healed.Fact).By, ((ClockFact.Corrected)healed.Fact).Why));
    }

    [Fact]
    public void Where_it_has_no_effect_there_is_no_move()
    {
        // Stopped, or under that policy already, also where a later change of policy rules.
        Assert.DoesNotContain("answered", MovesTo(ClockStory.Short, fromTheStart: true).Select(m => m.Key));
        Assert.Null(Move(clocks["young"], clocks["young"].Timeline.Policy!, false));
        var changed = Move(clocks["young"], ClockStory.Short, false)!.After;
        var ids = 2000;
        var third = new ClockPolicy(new PolicyKey("third", 1), new PolicyTerms());
        Assert.Null(PolicyMove.Of(changed, third, true, "ops", "Erreur", () => new Guid(++ids, 0, 0, new byte[8]), ClockStory.At(101)));
    }

    static List<(string Key, PolicyMove Move)> MovesTo(ClockPolicy policy, bool fromTheStart) =>
        [.. clocks.Select(c => (c.Key, Move(c.Value, policy, fromTheStart)!)).Where(m => m.Item2 is not null)];

    static PolicyMove? Move(ClockHistory history, ClockPolicy policy, bool fromTheStart)
    {
        var ids = 1000;
        return PolicyMove.Of(history, policy, fromTheStart, "ops", "Erreur", () => new Guid(++ids, 0, 0, new byte[8]), ClockStory.At(100));
    }
}
