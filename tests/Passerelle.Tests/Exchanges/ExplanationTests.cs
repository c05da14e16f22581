using System.Reflection;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Partners;
using Wire = Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Tests.Exchanges;

/// <summary>Why an exchange waits, decided from what stands around it.</summary>
public sealed class ExplanationTests
{
    static readonly DateTimeOffset Now = new(2027, 3, 1, 9, 0, 0, TimeSpan.Zero);
    static readonly Guid Other = Guid.Parse("0198f000-0000-7000-8000-000000000001");
    static readonly DeliveryOptions Delivery = new() { RetrySchedule = [TimeSpan.FromMinutes(1), TimeSpan.FromHours(1)], GiveUpAfter = TimeSpan.FromDays(7) };
    static readonly LaneOptions Lanes = new() { MaxInFlight = 2, MaxPerSecond = 10, DownAfter = 1, ProbeSchedule = [TimeSpan.FromSeconds(5)] };

    [Fact]
    public void The_words_are_the_contracts() =>
        Assert.Equal(
            Enum.GetValues<WaitsFor>().Select(w => ((int)w, w.ToString())),
            Enum.GetValues<Wire.ExplainExchangeResponse.Types.WaitsFor>().Where(w => w != 0).Select(w => ((int)w, w.ToString())));

    [Fact]
    public void What_is_due_leaves_at_once_unless_its_lane_or_its_line_says_otherwise()
    {
        Assert.Equal((WaitsFor.NextAttempt, Now), Said(Queued()));
        Assert.Equal((WaitsFor.NextAttempt, Now.AddHours(1)), Said(Queued(due: Now.AddHours(1))));
        Assert.Equal((WaitsFor.EarlierExchange, null), Said(Queued(), earlier: Other));
        Assert.Equal((WaitsFor.EarlierExchange, null), Said(Queued(due: Now.AddSeconds(5)), earlier: Other));
        Assert.Equal((WaitsFor.Capacity, null), Said(Queued(), inFlight: 2));
        Assert.Equal((WaitsFor.NextAttempt, Now), Said(Queued(), inFlight: 1));
        Assert.Equal(Other, Explain(Queued(), earlier: Other).Blocking);
        Assert.Null(Explain(Queued()).Blocking);
    }

    [Fact]
    public void A_closed_lane_is_the_reason_before_any_other()
    {
        var paused = OpenLane();
        paused.Pause("Inventory", Now);
        Assert.Equal((WaitsFor.PartnerResumed, null), Said(Queued(due: Now.AddHours(1)), paused, earlier: Other, inFlight: 9));
        Assert.Equal((WaitsFor.PartnerResumed, null), Said(Queued(), paused, mode: DeliveryMode.Pull));

        var down = OpenLane();
        down.Missed(Lanes, Now);
        var said = Explain(Queued(), down, earlier: Other);
        Assert.Equal((WaitsFor.PartnerRecovery, Now.AddSeconds(5), null), (said.WaitsFor, said.NextTime, said.Blocking));
    }

    [Fact]
    public void A_lane_that_has_used_up_its_rate_says_when_it_may_send_again()
    {
        var lane = OpenLane(tokens: -1, refilled: Now);
        Assert.Equal((WaitsFor.Capacity, Now.AddMilliseconds(200)), Said(Queued(), lane));
        lane.Limit(null, 0);
        Assert.Equal((WaitsFor.NextAttempt, Now), Said(Queued(), lane));
    }

    [Fact]
    public void What_is_on_its_way_waits_for_the_receipt_until_its_lease_ends()
    {
        Assert.Equal((WaitsFor.Receipt, Now.AddSeconds(10)), Said(In(ExchangeState.Sending, due: Now.AddSeconds(10))));
        // Then it is as good as queued.
        Assert.Equal((WaitsFor.NextAttempt, Now.AddSeconds(-1)), Said(In(ExchangeState.Sending, due: Now.AddSeconds(-1))));
        var paused = OpenLane();
        paused.Pause("Inventory", Now);
        Assert.Equal((WaitsFor.Receipt, Now.AddSeconds(10)), Said(In(ExchangeState.Sending, due: Now.AddSeconds(10)), paused));
    }

    [Fact]
    public void A_partner_that_pulls_is_waited_for()
    {
        Assert.Equal((WaitsFor.Pull, null), Said(Queued(), mode: DeliveryMode.Pull, inFlight: 9));
        Assert.Equal((WaitsFor.Pull, Now.AddMinutes(1)), Said(Queued(due: Now.AddMinutes(1)), mode: DeliveryMode.Pull));
        Assert.Equal((WaitsFor.EarlierExchange, null), Said(Queued(), earlier: Other, mode: DeliveryMode.Pull));
    }

    [Fact]
    public void What_was_delivered_waits_for_the_answer_as_long_as_its_window_runs()
    {
        var delivered = In(ExchangeState.Sending);
        delivered.Deliver(Now);
        var window = ClockFile.Start(ClockFamily.PartnerWindow, delivered.Name, Guid.Empty, "emploi", new ClockPolicy(new PolicyKey("window", 1), new PolicyTerms()), Now).File.Clock;
        Assert.Equal((WaitsFor.Answer, window.DueTime), Said(delivered, window: window));
        Assert.Equal((WaitsFor.Answer, null), Said(delivered, window: window, now: window.DueTime!.Value));
        Assert.Equal((0, null), (Explain(delivered, window: window).RemainingAttempts, Explain(delivered, window: window).GiveUpTime));
    }

    [Theory]
    [InlineData(ExchangeState.Answered, WaitsFor.Nothing)]
    [InlineData(ExchangeState.Withdrawn, WaitsFor.Nothing)]
    [InlineData(ExchangeState.Expired, WaitsFor.Nothing)]
    [InlineData(ExchangeState.Undeliverable, WaitsFor.Operator)]
    public void What_has_ended_waits_for_nothing_or_nobody_but_us(ExchangeState state, WaitsFor expected)
    {
        var said = Explain(In(state), earlier: Other, inFlight: 9);
        Assert.Equal(new Explanation(expected, null, null, 0, null), said);
    }

    [Fact]
    public void The_schedule_says_what_is_left_and_when_it_gives_up_at_the_latest()
    {
        // Never failed: a week from the first failure, and the last wait that began just before.
        var fresh = Explain(Queued());
        Assert.Equal((3, Now.AddDays(7).AddHours(1)), (fresh.RemainingAttempts, fresh.GiveUpTime));

        var tried = In(ExchangeState.Sending);
        tried.TryLater(Now.AddMinutes(1), Now.AddMinutes(10), counts: true);
        // One minute until the next try, then an hour, which is past the time to give up: but a try may come just before that time.
        Assert.Equal((2, Now.AddMinutes(70)), (Explain(tried).RemainingAttempts, Explain(tried).GiveUpTime));
    }

    static (WaitsFor, DateTimeOffset?) Said(
        Exchange exchange, Lane? lane = null, Guid? earlier = null, DeliveryMode mode = DeliveryMode.Push, Clock? window = null, int inFlight = 0, DateTimeOffset? now = null)
    {
        var said = Explain(exchange, lane, earlier, mode, window, inFlight, now);
        return (said.WaitsFor, said.NextTime);
    }

    static Explanation Explain(
        Exchange exchange, Lane? lane = null, Guid? earlier = null, DeliveryMode mode = DeliveryMode.Push, Clock? window = null, int inFlight = 0, DateTimeOffset? now = null) =>
        Explanation.Of(exchange, new Surroundings(lane ?? OpenLane(), mode, earlier, window, inFlight), Delivery, Lanes, now ?? Now);

    static Exchange Queued(DateTimeOffset? due = null) => In(ExchangeState.Queued, due);

    static Exchange In(ExchangeState state, DateTimeOffset? due = null)
    {
        var exchange = Exchange.Open("referral", "emploi", Guid.Empty, "referrals/1", null, neverHeld: false, Now);
        Set(exchange, nameof(Exchange.State), state);
        if (due is not null) Set(exchange, nameof(Exchange.DueTime), due);
        return exchange;
    }

    static Lane OpenLane(double tokens = 10, DateTimeOffset? refilled = null)
    {
        var lane = Lane.Of("emploi", Now);
        Set(lane, nameof(Lane.Tokens), tokens);
        Set(lane, nameof(Lane.RefillTime), refilled ?? Now);
        return lane;
    }

    static void Set(object target, string property, object? value) => target.GetType().GetProperty(property, BindingFlags.Public | BindingFlags.Instance)!.SetValue(target, value);
}
