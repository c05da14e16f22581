using Passerelle.Hub.Clocks.History;

namespace Passerelle.Tests.Clocks.History;

public sealed class ClockBudgetTests
{
    static readonly ClockPolicy generous = new(new PolicyKey("generous", 1), new PolicyTerms { MayOutlastPromise = true });

    [Fact]
    public void A_window_ends_with_the_promise_unless_its_policy_says_so()
    {
        var promise = new ClockStory().Start().Timeline;
        var limit = ClockBudget.LimitOf(ClockStory.Promise, promise, ClockStory.At(20));
        Assert.Equal(48, new ClockStory().Start(ClockStory.Promise, 20, ClockStory.Hours(limit)).Deadline);
        Assert.Null(ClockBudget.LimitOf(generous, promise, ClockStory.At(20)));
        // A short window is none the shorter.
        Assert.Equal(44, new ClockStory().Start(ClockStory.Short, 20, ClockStory.Hours(limit)).Deadline);
    }

    [Fact]
    public void A_promise_that_is_broken_or_kept_limits_nobody()
    {
        Assert.Null(ClockBudget.LimitOf(ClockStory.Promise, new ClockStory().Start().Timeline, ClockStory.At(49)));
        Assert.Null(ClockBudget.LimitOf(ClockStory.Promise, new ClockStory().Start().Answer(10).Timeline, ClockStory.At(20)));
    }

    [Fact]
    public void A_window_follows_its_promise_through_a_pause()
    {
        var (promise, window) = (new ClockStory().Start(), new ClockStory().Start(ClockStory.Promise, 20, 48));
        Assert.Null(Follow(25));
        promise.Pause(30);
        window.Add(Follow(30)!);
        Assert.Equal(68, window.Deadline);
        promise.Resume(40);
        window.Add(Follow(40)!);
        Assert.Equal((58, 58), (promise.Deadline, window.Deadline));
        Assert.Null(Follow(59));

        ClockFact.Limited? Follow(double hour) => ClockBudget.Follow(window.Timeline, promise.Timeline, window.NewId(), ClockStory.At(hour));
    }
}
