using System.Reflection;
using System.Text.RegularExpressions;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Tests.Support;
using static Passerelle.Hub.Exchanges.ExchangeInput;
using static Passerelle.Hub.Exchanges.ExchangeState;

namespace Passerelle.Tests.Exchanges;

/// <summary>Every state against every input, written out a second time, and held against the drawing.</summary>
public sealed partial class ExchangeMachineTests
{
    static readonly DateTimeOffset Now = new(2027, 3, 1, 9, 0, 0, TimeSpan.Zero);

    static readonly ExchangeInput[] Inputs = [ExchangeInput.Claim, Hold, Release, Accept, TryLater, GiveUp, LeaveDelivered, ExchangeInput.Answer, Withdraw, Expire, Redeliver];

    /// <summary>One row for each state, one column for each input in the order above; "-": does not apply.</summary>
    const string Matrix =
        """
        state           | claim    hold            release         accept           try_later  give_up        leave_delivered  answer     withdraw   expire   redeliver
        queued          | sending  held            queued          awaiting_answer  -          -              -                -          withdrawn  -        queued
        held            | sending  held            queued          awaiting_answer  -          -              -                -          withdrawn  -        held
        sending         | sending  sending         sending         awaiting_answer  queued     undeliverable  awaiting_answer  -          withdrawn  expired  sending
        awaiting_answer | -        awaiting_answer awaiting_answer awaiting_answer  -          -              -                answered   withdrawn  -        queued
        answered        | -        answered        answered        answered         -          -              -                -          -          -        -
        undeliverable   | -        undeliverable   undeliverable   awaiting_answer  -          -              -                -          withdrawn  -        queued
        withdrawn       | -        withdrawn       withdrawn       -                -          -              -                withdrawn  withdrawn  -        -
        expired         | -        expired         expired         -                -          -              -                expired    -          -        -
        """;

    [Fact]
    public void The_machine_is_the_table_state_by_state_and_input_by_input()
    {
        var rows = Matrix.Split('\n').Select(line => line.Split(' ', '|').Where(word => word.Length > 0).ToArray()).ToList();
        Assert.Equal(["state", .. Inputs.Select(EnumText<ExchangeInput>.Of)], rows[0]);
        Assert.Equal(Enum.GetValues<ExchangeInput>(), Inputs);
        Assert.Equal(Enum.GetValues<ExchangeState>().Select(EnumText<ExchangeState>.Of), rows.Skip(1).Select(r => r[0]));
        foreach (var row in rows.Skip(1))
        {
            Assert.Equal(Inputs.Length + 1, row.Length);
            foreach (var (input, cell) in Inputs.Zip(row.Skip(1)))
            {
                var next = ExchangeMachine.Next(EnumText<ExchangeState>.Parse(row[0]), input);
                Assert.True(cell == (next is { } known ? EnumText<ExchangeState>.Of(known) : "-"), $"{row[0]} + {input}: the table says {cell}, the machine {next}");
            }
        }
    }

    [Fact]
    public void The_drawing_shows_transitions_and_every_change_of_state_is_drawn()
    {
        var drawn = Arrow().Matches(File.ReadAllText(Repository.PathOf("src/Passerelle.Hub/Exchanges/STATES.md")))
            .Select(m => (From: EnumText<ExchangeState>.Parse(m.Groups[1].Value), Input: InputOf(m.Groups[3].Value), To: EnumText<ExchangeState>.Parse(m.Groups[2].Value))).ToHashSet();
        Assert.True(drawn.Count > 20, "The drawing was not read.");
        Assert.All(drawn, arrow => Assert.Equal(arrow.To, ExchangeMachine.Next(arrow.From, arrow.Input)));
        var changes =
            from state in Enum.GetValues<ExchangeState>()
            from input in Enum.GetValues<ExchangeInput>()
            let next = ExchangeMachine.Next(state, input)
            where next is not null && next != state
            select (state, input, next.Value);
        Assert.All(changes, change => Assert.Contains(change, drawn));
    }

    [Fact]
    public void What_has_ended_never_moves_again()
    {
        foreach (var ended in (ExchangeState[])[Answered, Withdrawn, Expired])
            Assert.All(Inputs, input => Assert.True(ExchangeMachine.Next(ended, input) is null || ExchangeMachine.Next(ended, input) == ended));
    }

    [Fact]
    public void A_redelivery_starts_the_schedule_anew_and_forgets_how_it_ended()
    {
        var exchange = In(Sending);
        exchange.TryLater(Now.AddHours(1), Now.AddDays(7), counts: true);
        Force(exchange, Sending);
        exchange.GiveUp("UNAVAILABLE", Now);
        Assert.Equal((Undeliverable, 2, "UNAVAILABLE", Now), (exchange.State, exchange.Failures, exchange.EndReason, exchange.EndTime));

        exchange.Redeliver(Now.AddDays(8));

        Assert.Equal((Queued, 0, null, null), (exchange.State, exchange.Failures, exchange.EndReason, exchange.EndTime));
        Assert.Equal((Now.AddDays(8), null), (exchange.DueTime, exchange.RetryUntil));
    }

    [Fact]
    public void A_redelivery_leaves_alone_what_is_on_its_way()
    {
        var exchange = In(Sending);
        exchange.Redeliver(Now.AddHours(1));
        Assert.Equal((Sending, Now), (exchange.State, exchange.DueTime));
    }

    [Fact]
    public void A_repeat_that_comes_to_nothing_leaves_it_delivered()
    {
        var exchange = In(Sending);
        exchange.Deliver(Now);
        exchange.Redeliver(Now.AddHours(1));
        Force(exchange, Sending);

        exchange.GiveUp("INVALID_ARGUMENT", Now.AddHours(2));

        Assert.Equal((AwaitingAnswer, Now, null), (exchange.State, exchange.DeliveryTime, exchange.EndReason));
        Assert.Null(exchange.DueTime);
    }

    [Fact]
    public void A_second_withdrawal_changes_nothing_and_a_late_answer_is_kept_once()
    {
        var exchange = In(Queued);
        exchange.Withdraw("HOUSEHOLD_STAYS", Now);
        exchange.Withdraw("OTHER", Now.AddDays(1));
        Assert.Equal((Withdrawn, "HOUSEHOLD_STAYS", Now), (exchange.State, exchange.EndReason, exchange.EndTime));

        exchange.Answer("interested", Now.AddDays(2));
        Assert.Equal((Withdrawn, "interested"), (exchange.State, exchange.AnswerCode));
        Assert.Throws<StateConflict>(() => exchange.Answer("declined", Now.AddDays(3)));
    }

    [Theory]
    [InlineData(Answered)]
    [InlineData(Expired)]
    public void What_has_ended_is_neither_withdrawn_nor_redelivered_and_says_its_state(ExchangeState ended)
    {
        var exchange = In(ended);
        foreach (var verb in (Action[])[() => exchange.Withdraw("NO", Now), () => exchange.Redeliver(Now)])
        {
            var conflict = Assert.Throws<StateConflict>(verb);
            Assert.Equal(ErrorReason.StateConflict, conflict.Reason);
            Assert.Contains(("state", EnumText<ExchangeState>.Of(ended)), conflict.Metadata);
        }
    }

    [Fact]
    public void Only_a_queued_exchange_of_a_closed_lane_is_held()
    {
        var lane = Lane.Of("emploi", Now);
        Assert.All(Enum.GetValues<ExchangeState>(), s => Assert.Equal(s, In(s).StateIn(lane)));
        lane.Pause("Inventory", Now);
        Assert.All(Enum.GetValues<ExchangeState>(), s => Assert.Equal(s == Queued ? Held : s, In(s).StateIn(lane)));
    }

    /// <summary>The claim is the database's: here the state is put in by hand.</summary>
    static Exchange In(ExchangeState state)
    {
        var exchange = Exchange.Open("referral", "emploi", Guid.Empty, "referrals/1", null, neverHeld: false, Now);
        Force(exchange, state);
        return exchange;
    }

    static void Force(Exchange exchange, ExchangeState state) =>
        typeof(Exchange).GetProperty(nameof(Exchange.State), BindingFlags.Public | BindingFlags.Instance)!.SetValue(exchange, state);

    static ExchangeInput InputOf(string label) => EnumText<ExchangeInput>.Parse(label.Trim().Replace(' ', '_'));

    [GeneratedRegex(@"^\s*(\w+) --> (\w+): ([a-z ]+)", RegexOptions.Multiline)]
    private static partial Regex Arrow();
}
