using CsCheck;
using Passerelle.Hub.Partners;

namespace Passerelle.Tests.Partners;

/// <summary>A lane by itself: paused, down, probed, up.</summary>
public sealed class LaneTransitionTests
{
    static readonly DateTimeOffset Now = new(2027, 3, 1, 9, 0, 0, TimeSpan.Zero);
    static readonly LaneOptions Options = new() { DownAfter = 3, ProbeSchedule = [TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)] };

    [Fact]
    public void A_lane_goes_down_after_misses_in_a_row_and_one_hit_forgets_them()
    {
        var lane = Lane.Of("emploi", Now);
        lane.Missed(Options, Now);
        lane.Missed(Options, Now);
        lane.Reached();
        lane.Missed(Options, Now);
        lane.Missed(Options, Now);
        Assert.True(lane.IsOpen);

        lane.Missed(Options, Now);

        Assert.Equal((LaneHealth.Down, "PARTNER_DOWN", Now.AddSeconds(5)), (lane.Health, lane.HoldReason, lane.ProbeTime));
    }

    [Fact]
    public void Probes_that_fail_come_ever_less_often_and_what_left_before_does_not_count()
    {
        var lane = Down();
        lane.Missed(Options, Now.AddSeconds(1));
        Assert.Equal((LaneHealth.Down, Now.AddSeconds(5)), (lane.Health, lane.ProbeTime));

        Probe(lane);
        lane.Missed(Options, Now.AddSeconds(6));
        Assert.Equal((LaneHealth.Down, Now.AddSeconds(36)), (lane.Health, lane.ProbeTime));
        Probe(lane);
        lane.Missed(Options, Now.AddSeconds(40));
        Assert.Equal(Now.AddSeconds(70), lane.ProbeTime);

        lane.Reached();
        Assert.Equal((true, 0, 0, null), (lane.IsOpen, lane.Failures, lane.FailedProbes, lane.ProbeTime));
    }

    [Fact]
    public void A_pause_keeps_its_beginning_and_wins_over_what_is_known_of_the_partner()
    {
        var lane = Down();
        lane.Pause("Inventory", Now);
        lane.Pause("Still inventory", Now.AddDays(1));
        Assert.Equal((Now, "Still inventory", "PARTNER_PAUSED"), (lane.PauseTime, lane.PauseReason, lane.HoldReason));

        lane.Reached();
        Assert.False(lane.IsOpen);
        lane.Resume();
        Assert.Equal((true, null, null, null), (lane.IsOpen, lane.HoldReason, lane.PauseTime, lane.PauseReason));
    }

    [Fact]
    public void Whoever_resumes_a_partner_that_is_down_knows_it_to_be_back()
    {
        var lane = Down();
        lane.Resume();
        Assert.Equal((LaneHealth.Up, true, 0), (lane.Health, lane.IsOpen, lane.Failures));
    }

    /// <summary>Whatever happens in whatever order, what the table's CHECKs and the claims rely on holds.</summary>
    [Fact]
    public void In_any_order_of_events_a_lane_is_sound() =>
        Gen.Int[0, 4].Array[0, 40].Sample(
            events =>
            {
                var (lane, now) = (Lane.Of("emploi", Now), Now);
                foreach (var happened in events)
                {
                    now = now.AddSeconds(1);
                    switch (happened)
                    {
                        case 0: lane.Missed(Options, now); break;
                        case 1: lane.Reached(); break;
                        case 2: lane.Pause("Inventory", now); break;
                        case 3: lane.Resume(); break;
                        default: if (lane.Health != LaneHealth.Up) Probe(lane); break;
                    }

                    Assert.Equal(lane.Health == LaneHealth.Up, lane.ProbeTime is null);
                    Assert.Equal(lane.PauseTime is null, lane.PauseReason is null);
                    Assert.Equal(lane.IsOpen, lane.HoldReason is null);
                    Assert.Equal(lane.IsOpen, !lane.IsPaused && lane.Health == LaneHealth.Up);
                    if (lane.Health == LaneHealth.Up) Assert.True(lane.Failures < Options.DownAfter);
                    if (happened is 1 or 3) Assert.Equal((LaneHealth.Up, 0), (lane.Health, lane.Failures));
                    if (happened is 3) Assert.True(lane.IsOpen);
                }
            },
            iter: 5_000);

    static Lane Down()
    {
        var lane = Lane.Of("emploi", Now);
        for (var n = 0; n < Options.DownAfter; n++) lane.Missed(Options, Now);
        return lane;
    }

    /// <summary>The claim does it, in the database.</summary>
    static void Probe(Lane lane) => typeof(Lane).GetProperty(nameof(Lane.Health))!.SetValue(lane, LaneHealth.Probing);
}
