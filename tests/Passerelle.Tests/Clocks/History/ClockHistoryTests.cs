using NodaTime;
using Passerelle.Hub.Clocks.Calendars;
using Passerelle.Hub.Clocks.History;

namespace Passerelle.Tests.Clocks.History;

public sealed class ClockHistoryTests
{
    static ClockStory Story => new();

    [Fact]
    public void At_the_deadline_it_is_met_and_one_microsecond_later_it_is_missed()
    {
        var deadline = ClockStory.At(48);
        Assert.Equal(Standing.Met, Story.Start().Answer(deadline).Standing(100));
        Assert.Equal(Standing.Met, Story.Start().Answer(deadline + Duration.FromNanoseconds(999)).Standing(100));
        Assert.Equal(Standing.Missed, Story.Start().Answer(deadline + Microseconds.One).Standing(100));
        Assert.Equal(Standing.Running, Story.Start().Timeline.StandingAt(deadline));
        Assert.Equal(Standing.Overdue, Story.Start().Timeline.StandingAt(deadline + Microseconds.One));
    }

    [Theory]
    [InlineData(AnswerKind.AutomaticReceipt)]
    [InlineData(AnswerKind.InternalNote)]
    [InlineData(AnswerKind.StatusChange)]
    [InlineData(AnswerKind.Bounce)]
    public void What_is_no_answer_stops_nothing(AnswerKind kind)
    {
        var story = Story.Start().Answer(3, kind);
        Assert.Equal((Standing.Running, AsideReason.NotAnAnswer), (story.Standing(4), story.History.WhyAside(story.Last)));
        Assert.Equal(PolicyFault.AnswerThatNeverCounts, Assert.Throws<PolicyRefused>(() =>
            new ClockPolicy(new PolicyKey("x", 1), new PolicyTerms { Answers = new HashSet<AnswerKind> { kind } })).Fault);
    }

    [Fact]
    public void A_pause_moves_the_deadline_by_its_length()
    {
        Assert.Equal(53, Story.Start().Pause(10).Resume(15).Deadline);
        Assert.Null(Story.Start().Pause(10).Deadline);
        Assert.Equal(Standing.Paused, Story.Start().Pause(10).Standing(500));
        // Nor does a policy without pauses know any.
        Assert.Equal(48, Story.Start(ClockStory.Promise).Pause(10).Resume(15).Deadline);
    }

    [Fact]
    public void An_answer_and_a_pause_saved_together_are_an_answer()
    {
        foreach (var story in new[] { Story.Start().Answer(10).Pause(10), Story.Start().Pause(10).Answer(10) })
        {
            Assert.Equal((Standing.Met, 48), (story.Standing(500), story.Deadline));
            Assert.Empty(story.Due(500));
        }

        // Too late together is too late: the pause does not hide it.
        Assert.Equal(Standing.Missed, Story.Start().Pause(49).Answer(49).Standing(500));
    }

    [Fact]
    public void Paused_then_closed_is_met_with_what_had_been_counted()
    {
        var story = Story.Start().Pause(10).Answer(100);
        Assert.Equal((Standing.Met, Duration.FromHours(10)), (story.Standing(500), story.Timeline.CountedAt(ClockStory.At(500))));
        Assert.Null(story.NextFire);

        // The end of the pause that somebody records afterwards changes nothing.
        story.Resume(120);
        Assert.Equal((Standing.Met, AsideReason.Closed), (story.Standing(500), story.History.WhyAside(story.Last)));
    }

    [Fact]
    public void Closed_then_reopened_goes_on_towards_its_old_deadline()
    {
        var story = Story.Start().Answer(10).Reopen(30);
        Assert.Equal((Standing.Running, 48, 1), (story.Standing(31), story.Deadline, story.History.Generation));
        Assert.Equal(["24 1 start+24:00:00"], story.Due(31));
        Assert.Equal(Standing.Overdue, Story.Start().Answer(10).Reopen(60).Standing(60));

        // A pause ends with the answer, and does not come back with the question.
        Assert.Equal(138, Story.Start().Pause(10).Answer(100).Reopen(101).Deadline);
    }

    [Fact]
    public void A_bounce_takes_back_the_answer_that_bounced_and_no_other()
    {
        var story = Story.Start().Answer(10);
        var bounced = story.Last;
        story.Answer(12, AnswerKind.CallLogged).Reopen(30, bounced);
        Assert.Equal((Standing.Met, ClockStory.At(12)), (story.Standing(31), story.Timeline.Answer!.EffectiveTime));

        var twice = story.Reopen(31, bounced);
        Assert.Equal((Standing.Met, AsideReason.NothingToReopen), (twice.Standing(32), twice.History.WhyAside(twice.Last)));
    }

    [Fact]
    public void Merged_clocks_leave_the_earlier_deadline()
    {
        var (survivor, absorbed) = (Story.Start(hour: 20), Story.Start());
        var (forSurvivor, forAbsorbed) = ClockMerge.Of(survivor.Timeline, absorbed.Timeline, Guid.Empty, () => new Guid(999, 0, 0, new byte[8]), ClockStory.At(30));
        foreach (var fact in forSurvivor) survivor.Add(fact);
        foreach (var fact in forAbsorbed) absorbed.Add(fact);

        Assert.Equal((48, Standing.Running), (survivor.Deadline, survivor.Standing(30)));
        Assert.Equal((Standing.Voided, VoidReason.Merged), (absorbed.Standing(30), absorbed.Timeline.Void!.Reason));

        // A merge does not heal what is late, and a clock that is due first keeps its deadline.
        var late = Story.Start(hour: 20);
        foreach (var fact in ClockMerge.Of(late.Timeline, Story.Start().Timeline, Guid.Empty, late.NewId, ClockStory.At(50)).ForSurvivor) late.Add(fact);
        Assert.Equal(Standing.Overdue, late.Standing(50));
        Assert.Empty(ClockMerge.Of(Story.Start().Timeline, Story.Start(hour: 20).Timeline, Guid.Empty, late.NewId, ClockStory.At(30)).ForSurvivor);
        Assert.Empty(ClockMerge.Of(Story.Start().Timeline, Story.Start().Answer(3).Timeline, Guid.Empty, late.NewId, ClockStory.At(30)).ForAbsorbed);
    }

    [Fact]
    public void A_policy_changed_while_paused_counts_from_the_end_of_the_pause()
    {
        var story = Story.Start().Pause(10).Change(20, ClockStory.Short);
        Assert.Equal((Standing.Paused, null), (story.Standing(500), story.Deadline));
        // 10 of 24 hours are used.
        Assert.Equal(44, story.Resume(30).Deadline);
        Assert.Equal([("pausable", 1), ("pausable", 2)], Explained(story, 40).Spans.Select(s => (s.Policy.Id, s.Policy.Version)).Distinct());

        // A policy that knows no pause ends it.
        var ended = Story.Start().Pause(10).Change(20, ClockStory.Promise);
        Assert.Equal((Standing.Running, 58), (ended.Standing(21), ended.Deadline));
    }

    [Fact]
    public void A_deactivated_policy_takes_no_new_clocks_and_keeps_those_it_has()
    {
        var subject = new ClockSubject(Hub.Clocks.ClockFamily.Promise, Need: "housing");
        PolicyOffer everybody = new(ClockStory.Promise, new PolicyScope(Hub.Clocks.ClockFamily.Promise), ClockStory.At(-1000));
        PolicyOffer housing = new(ClockStory.Short, new PolicyScope(Hub.Clocks.ClockFamily.Promise, Need: "housing"), ClockStory.At(-500));
        var story = Story.Start(new PolicyBook([everybody, housing]).Select(subject, ClockStory.At(0)));

        var book = new PolicyBook([everybody, housing with { Until = ClockStory.At(5) }]);

        Assert.Same(ClockStory.Promise, book.Select(subject, ClockStory.At(5)));
        Assert.Same(ClockStory.Short, book.Select(subject, ClockStory.At(4.99)));
        Assert.Equal((24, Standing.Overdue), (story.Deadline, story.Standing(25)));
        Assert.Equal(["12 1 50%", "22 1 due-2:00:00", "24 1 breach"], story.Due(25));
    }

    [Fact]
    public void A_policy_change_keeps_what_was_counted_and_heals_nothing()
    {
        Assert.Equal(24, Story.Start().Change(10, ClockStory.Short).Deadline);
        // More than the new window is used up: due at once, not in the past.
        Assert.Equal((30, Standing.Running), (Story.Start().Change(30, ClockStory.Short).Deadline, Story.Start().Change(30, ClockStory.Short).Standing(30)));
        var late = Story.Start(ClockStory.Short).Change(30, ClockStory.Promise);
        Assert.Equal((24, Standing.Overdue, AsideReason.DeadlinePassed), (late.Deadline, late.Standing(31), late.History.WhyAside(late.Last)));
        // Started Monday 10:00; from 12:00 on 6 of 8 working hours are left: 14 to 18 and 9 to 11.
        Assert.Equal(25, Story.Start().Change(2, ClockStory.Working).Deadline);
    }

    [Fact]
    public void A_pause_after_the_deadline_does_not_hide_it()
    {
        var story = Story.Start().Pause(49);
        Assert.Equal((Standing.Overdue, 48, AsideReason.DeadlinePassed), (story.Standing(60), story.Deadline, story.History.WhyAside(story.Last)));
    }

    [Fact]
    public void A_limit_holds_through_a_pause_and_a_change_of_policy()
    {
        Assert.Equal(40, Story.Start(limit: 40).Deadline);
        Assert.Equal((40, Standing.Paused), (Story.Start(limit: 40).Pause(10).Deadline, Story.Start(limit: 40).Pause(10).Standing(40)));
        Assert.Equal(Standing.Overdue, Story.Start(limit: 40).Pause(10).Standing(41));
        Assert.Equal(40, Story.Start(limit: 40).Pause(10).Resume(30).Deadline);
        Assert.Equal(48, Story.Start(limit: 40).Limit(10, null).Deadline);
        Assert.Equal(44, Story.Start(limit: 40).Limit(10, 44).Deadline);
    }

    [Fact]
    public void A_voided_clock_is_no_verdict_and_an_answer_of_the_same_instant_is_one()
    {
        Assert.Equal(Standing.Voided, Story.Start().Void(60).Standing(61));
        Assert.Equal(Standing.Met, Story.Start().Void(10).Answer(10).Standing(61));
        Assert.Equal(Standing.Voided, Story.Start().Void(10).Answer(11).Standing(61));
        Assert.Equal(Standing.Met, Story.Start().Answer(10).Void(11).Standing(61));
    }

    [Fact]
    public void What_is_learnt_late_counts_until_there_is_a_verdict_and_then_needs_a_correction()
    {
        // Delivered in time, and we hear of it when the deadline has passed.
        var story = Story.Start().Answer(40, recorded: 50);
        Assert.Equal((Standing.Overdue, Standing.Met), (story.History.AsKnownAt(ClockStory.At(49)).Timeline.StandingAt(ClockStory.At(49)), story.Standing(51)));

        var missed = Story.Start().Answer(50);
        var verdict = missed.Last;
        missed.Answer(40, AnswerKind.CallLogged, recorded: 60);
        Assert.Equal((Standing.Missed, AsideReason.VerdictStands), (missed.Standing(61), missed.History.WhyAside(missed.Last)));
        missed.Correct(62, verdict, s => s.Answer(40, AnswerKind.CallLogged));
        Assert.Equal((Standing.Met, Standing.Missed), (missed.Standing(63), missed.History.AsKnownAt(ClockStory.At(61)).Timeline.StandingAt(ClockStory.At(61))));
    }

    [Fact]
    public void A_correction_moves_the_start_and_leaves_no_clock_without_one()
    {
        var story = Story.Start();
        var start = story.Last;
        story.Correct(5, start, s => s.Start(hour: -12));
        Assert.Equal((36, 2), (story.Deadline, story.History.Generation));

        var without = story.Correct(6, removes: story.History.Facts.OfType<ClockFact.Corrected>().Single().Adds!.Id);
        Assert.Equal((36, AsideReason.NothingToCorrect), (without.Deadline, without.History.WhyAside(without.Last)));
    }

    [Fact]
    public void A_fact_that_comes_twice_is_one_fact()
    {
        var story = Story.Start().Answer(10).Reopen(20).Answer(30);
        var twice = ClockHistory.Of([.. story.History.Facts, .. story.History.Facts]);
        Assert.Equal(story.History.Facts.Count, twice.Facts.Count);
        Assert.Equal(story.History.Facts.Count, story.History.With(story.History.Facts).Facts.Count);
    }

    [Fact]
    public void An_explanation_says_what_counted_and_why_to_the_microsecond()
    {
        // Monday 10:00 in working time, paused from 11:00 to 15:00, answered on Tuesday at 9:30.
        var story = Story.Start(ClockStory.Working).Pause(1).Resume(5).Answer(23.5);

        var explained = Explained(story, 100);

        Assert.Equal(
            [(1, SpanRule.WorkingHours), (4, SpanRule.Paused), (3, SpanRule.WorkingHours), (15, SpanRule.OutsideHours), (0.5, SpanRule.WorkingHours)],
            explained.Spans.Select(s => (s.Span.Length.TotalHours, s.Span.Rule)));
        Assert.Equal((Duration.FromHours(4.5), ClockStory.At(23.5)), (explained.Counted, explained.Until));
        Assert.All(explained.Spans, s => Assert.Equal("working@1", s.Policy.ToString()));
    }

    static ClockExplanation Explained(ClockStory story, double hour) => ClockExplanation.Of(story.Timeline, ClockStory.At(hour))!;
}
