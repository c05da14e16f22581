using NodaTime;
using Passerelle.Hub.Clocks.History;

namespace Passerelle.Tests.Clocks.History;

public sealed class FiringTests
{
    static ClockStory Story => new();

    [Fact]
    public void Rungs_missed_during_an_outage_are_reported_together()
    {
        var story = Story.Start();
        Assert.Empty(story.Due(23.9));
        Assert.Equal(["24 1 start+24:00:00"], story.Due(24));
        Assert.Equal(["24 1 start+24:00:00", "36 1 start+36:00:00", "44 1 start+44:00:00"], story.Due(48));
        Assert.Equal(["24 1 start+24:00:00", "36 1 start+36:00:00", "44 1 start+44:00:00", "48 1 breach"], story.Due(200));
        Assert.Equal(["44 1 start+44:00:00", "48 1 breach"], story.Due(200, new FiringKey(1, "start+24:00:00"), new FiringKey(1, "start+36:00:00")));
    }

    [Fact]
    public void A_pause_holds_what_is_ahead_and_says_nothing_twice()
    {
        var story = Story.Start().Pause(30);
        Assert.Equal(["24 1 start+24:00:00"], story.Due(500));

        story.Resume(100);
        var fired = new FiringKey(1, "start+24:00:00");
        Assert.Empty(story.Due(100, fired));
        Assert.Equal(["106 3 start+36:00:00", "114 3 start+44:00:00", "118 3 breach"], story.Due(500, fired));
        Assert.Equal((118, 3), (story.Deadline, story.History.Generation));
    }

    [Fact]
    public void A_rung_that_comes_to_lie_ahead_again_is_said_again()
    {
        var story = Story.Start();
        var start = story.Last;
        story.Correct(30, start, s => s.Start(hour: 20));
        Assert.Equal(["24 1 start+24:00:00", "44 2 start+24:00:00"], story.Due(50));
    }

    [Fact]
    public void A_rung_that_a_correction_puts_behind_us_is_said_at_once_and_once()
    {
        var story = Story.Start();
        var start = story.Last;
        story.Correct(30, start, s => s.Start(hour: -20));
        // 24 hours were reached before, in the first generation; 36 and 44 are behind all of a sudden, and 48 is where the new deadline is.
        Assert.Equal(["16 2 start+36:00:00", "24 1 start+24:00:00", "24 2 start+44:00:00", "28 2 breach"], story.Due(30));
    }

    [Fact]
    public void A_new_policy_does_not_make_up_for_reminders_that_it_would_have_sent()
    {
        var story = Story.Start().Change(20, ClockStory.Short);
        // Its half, 12 hours, was before its time.
        Assert.Equal(["22 2 due-2:00:00", "24 2 breach"], story.Due(500));
    }

    [Fact]
    public void Rungs_of_working_time_are_in_working_time()
    {
        // Monday 10:00: 2 h, then 4 h, then 2 h on Tuesday: due at 11:00; half is Monday 16:00; one hour before is 10:00; two hours later is 15:00.
        Assert.Equal(["6 1 50%", "24 1 due-1:00:00", "25 1 breach", "29 1 due+2:00:00"], Story.Start(ClockStory.Working).Due(500));
    }

    [Fact]
    public void A_limit_draws_the_rungs_before_the_deadline_with_it()
    {
        // 20 hours instead of 24: half is 10, two hours before is 18.
        Assert.Equal(["10 1 50%", "18 1 due-2:00:00", "20 1 breach"], Story.Start(ClockStory.Short, limit: 20).Due(500));
    }

    [Fact]
    public void A_closed_clock_fires_nothing()
    {
        var story = Story.Start().Answer(60);
        Assert.Empty(story.Due(100));
        Assert.Null(story.NextFire);
        var snapshot = story.History.Snapshot(ClockStory.At(100), new HashSet<FiringKey>())!;
        Assert.Equal((Standing.Missed, ClockStory.At(48), null, ClockStory.At(60)), (snapshot.Standing, snapshot.Deadline, snapshot.NextFireTime, snapshot.AnswerTime));
    }

    [Fact]
    public void A_rung_must_be_one()
    {
        Assert.Equal(PolicyFault.RungTwice, Refused(PolicyRung.AtPercent(50), PolicyRung.AtPercent(50)));
        Assert.Equal(PolicyFault.RungNotPositive, Refused(PolicyRung.AtPercent(100)));
        Assert.Equal(PolicyFault.RungNotPositive, Refused(PolicyRung.AfterStart(Duration.Zero)));
        // Beyond the window it is left out.
        var story = Story.Start(new ClockPolicy(new PolicyKey("x", 1), new PolicyTerms { Rungs = [PolicyRung.AfterStart(Duration.FromHours(48)), PolicyRung.BeforeDeadline(Duration.FromHours(49))] }));
        Assert.Equal(["48 1 breach"], story.Due(500));
    }

    static PolicyFault Refused(params PolicyRung[] rungs) =>
        Assert.Throws<PolicyRefused>(() => new ClockPolicy(new PolicyKey("x", 1), new PolicyTerms { Rungs = rungs })).Fault;
}
