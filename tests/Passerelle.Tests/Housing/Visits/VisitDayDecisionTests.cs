using CsCheck;
using Passerelle.Hub.Housing.Visits;

namespace Passerelle.Tests.Housing.Visits;

/// <summary>What becomes of a day, decided without a hub: every state, and thousands of days that agencies, people and time do anything to.</summary>
public sealed class VisitDayDecisionTests
{
    static readonly DateTimeOffset Morning = new(2027, 3, 5, 8, 0, 0, TimeSpan.Zero);
    static readonly DateTimeOffset Before = Morning.AddDays(-4);
    static readonly TimeSpanRange Hours = new(Morning, Morning.AddHours(9));

    [Fact]
    public void Every_state_of_a_day_with_every_state_of_its_visits_has_its_move()
    {
        foreach (var day in Enum.GetValues<VisitDayState>())
            foreach (var one in Enum.GetValues<VisitRequestState>())
                foreach (var other in Enum.GetValues<VisitRequestState>())
                    foreach (var contact in Enum.GetValues<ContactStanding>())
                        foreach (var begun in (bool[])[false, true])
                        {
                            var view = new VisitDayView(day, Hours, 1, contact, [Visit(1, one), Visit(2, other)]);
                            Assert.Equal(Expected(view, begun), VisitDayDecision.Decide(view, begun ? Morning : Before, contact == ContactStanding.Reachable ? Place : null).GetType());
                        }

        static Type Expected(VisitDayView day, bool begun)
        {
            var live = day.Visits.Where(v => v.IsLive).Select(v => v.State).ToList();
            if (day.State == VisitDayState.Released) return typeof(VisitDayMove.Wait);
            if (begun) return day.State == VisitDayState.Confirmed ? typeof(VisitDayMove.Wait) : typeof(VisitDayMove.ReleaseAll);
            if (day.Contact == ContactStanding.Erased || live.Count == 0) return typeof(VisitDayMove.ReleaseAll);
            if (live.Contains(VisitRequestState.Proposed)) return day.Contact == ContactStanding.Restricted && day.State == VisitDayState.Asking ? typeof(VisitDayMove.Wait) : typeof(VisitDayMove.Replan);
            if (live.Contains(VisitRequestState.Asked)) return typeof(VisitDayMove.Wait);
            if (day.State == VisitDayState.Asking) return typeof(VisitDayMove.Hold);
            return day.State == VisitDayState.Held && day.Contact == ContactStanding.Reachable ? typeof(VisitDayMove.ConfirmAll) : typeof(VisitDayMove.Wait);
        }
    }

    [Fact]
    public void With_fewer_visits_than_the_least_the_whole_day_is_released()
    {
        var day = new VisitDayView(VisitDayState.Confirmed, Hours, 2, ContactStanding.Reachable, [Visit(1, VisitRequestState.Confirmed), Visit(2, VisitRequestState.Refused)]);
        Assert.Equal(new VisitDayMove.ReleaseAll(VisitDayDecision.TooFew), VisitDayDecision.Decide(day, Before, Place));
        Assert.Equal(new VisitDayMove.Wait(), VisitDayDecision.Decide(day with { Minimum = 1 }, Before, Place));
    }

    [Fact]
    public void What_an_agency_offers_is_taken_where_it_fits_and_nobody_else_is_asked_again()
    {
        var offer = Slot(14);
        var day = Asking(Visit(1, VisitRequestState.Accepted, slot: Slot(9)), Visit(2, VisitRequestState.Asked, asked: [Slot(11)]), Visit(3, VisitRequestState.Proposed, offered: [new(offer.Start, offer.End)]));
        var plan = Assert.IsType<VisitDayMove.Replan>(VisitDayDecision.Decide(day, Before, Place));
        Assert.Equal((offer, 0, 0), (Assert.Single(plan.Taken).Value, plan.Asked.Count, plan.Dropped.Count));
    }

    [Fact]
    public void Who_was_asked_makes_room_for_what_another_offers_and_is_asked_again()
    {
        var day = Asking(Visit(1, VisitRequestState.Accepted, slot: Slot(9)), Visit(2, VisitRequestState.Asked, asked: [Slot(11)]), Visit(3, VisitRequestState.Proposed, offered: [Slot(11)]));
        var plan = Assert.IsType<VisitDayMove.Replan>(VisitDayDecision.Decide(day, Before, Place));
        Assert.Equal((Slot(11), Id(2)), (Assert.Single(plan.Taken).Value, Assert.Single(plan.Asked).Key));
        Assert.NotEqual(Slot(11), plan.Asked[Id(2)]);
    }

    [Fact]
    public void Who_offers_only_what_is_held_by_another_is_asked_again_and_at_last_let_be()
    {
        var held = Visit(1, VisitRequestState.Confirmed, slot: Slot(9));
        var offer = Visit(2, VisitRequestState.Proposed, offered: [Slot(9)]);
        var again = Assert.IsType<VisitDayMove.Replan>(VisitDayDecision.Decide(Asking(held, offer), Before, Place));
        Assert.Equal((Id(2), 0), (Assert.Single(again.Asked).Key, again.Dropped.Count));
        Assert.False(Overlap(Slot(9), again.Asked[Id(2)]));
        var enough = Assert.IsType<VisitDayMove.Replan>(VisitDayDecision.Decide(Asking(held, offer with { Round = VisitDayDecision.MaxRounds }), Before, Place));
        Assert.Equal((Id(2), 0), (Assert.Single(enough.Dropped), enough.Asked.Count));
    }

    [Fact]
    public void What_is_held_is_never_given_up_for_more_visits()
    {
        // A planner that would rather see the two new homes than the one that is held.
        IReadOnlyDictionary<Guid, TimeSpanRange> Greedy(IReadOnlyList<(Guid Id, IReadOnlyList<TimeSpanRange> Windows)> wanted) => wanted.Count == 3
            ? wanted.Skip(1).ToDictionary(w => w.Id, w => w.Windows[0])
            : Place(wanted);
        var day = Asking(Visit(1, VisitRequestState.Accepted, slot: Slot(9)), Visit(2, VisitRequestState.Proposed, offered: [Slot(9)], round: 3), Visit(3, VisitRequestState.Proposed, offered: [Slot(12)], round: 3));
        var plan = Assert.IsType<VisitDayMove.Replan>(VisitDayDecision.Decide(day, Before, Greedy));
        Assert.Equal((Id(3), Id(2)), (Assert.Single(plan.Taken).Key, Assert.Single(plan.Dropped)));
    }

    [Fact]
    public void What_did_not_fit_and_who_did_not_answer_are_asked_again_when_the_day_is_planned_anew()
    {
        var day = Asking(Visit(1, VisitRequestState.Accepted, slot: Slot(9)), Visit(2, VisitRequestState.Lapsed), Visit(3, VisitRequestState.Released) with { FoundNoPlace = true }, Visit(4, VisitRequestState.Refused));
        Assert.Equal([Id(2), Id(3)], VisitDayDecision.Replan(day, Place, anew: true).Asked.Keys.Order());
        Assert.Empty(VisitDayDecision.Replan(day, Place, anew: false).Asked);
    }

    /// <summary>A day lives through anything that agencies, people and the calendar may do; after each event the moves are carried out to the last, as the desk carries them out.</summary>
    [Fact]
    public void No_day_is_ever_half_confirmed_nor_at_two_places_at_once()
    {
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 3], Gen.Select(Gen.Int[0, 5], Gen.Int[0, 9], Gen.Int[0, 16]).Array[0, 30]).Sample((homes, least, events) =>
        {
            var day = new World(homes, Math.Min(least, homes));
            day.Settle();
            foreach (var (home, what, when) in events)
            {
                day.Suffer(home % homes, what, when);
                day.Settle();
                day.Check();
            }
        }, iter: 5_000);
    }

    static VisitDayView Asking(params VisitView[] visits) => new(VisitDayState.Asking, Hours, 1, ContactStanding.Reachable, visits);

    static VisitView Visit(int number, VisitRequestState state, TimeSpanRange? slot = null, TimeSpanRange[]? asked = null, TimeSpanRange[]? offered = null, int round = 1) => new(
        Id(number), state, slot ?? (state is VisitRequestState.Accepted or VisitRequestState.Confirmed ? Slot(8 + number) : null), asked ?? [Slot(8 + number)], offered ?? [Slot(12 + number)], [Hours], round);

    static Guid Id(int number) => new(number, 0, 0, new byte[8]);

    /// <summary>Half an hour, from a full hour on.</summary>
    static TimeSpanRange Slot(int hour) => new(Morning.AddHours(hour - 8), Morning.AddHours(hour - 8).AddMinutes(30));

    static bool Overlap(TimeSpanRange one, TimeSpanRange other) => one.Start < other.End && other.Start < one.End;

    /// <summary>A planner of half-hour visits without ways between them: in the order of their windows' ends, each as early as can be.</summary>
    static IReadOnlyDictionary<Guid, TimeSpanRange> Place(IReadOnlyList<(Guid Id, IReadOnlyList<TimeSpanRange> Windows)> wanted)
    {
        var taken = new Dictionary<Guid, TimeSpanRange>();
        foreach (var (id, windows) in wanted.OrderBy(w => w.Windows.Count == 0 ? DateTimeOffset.MaxValue : w.Windows.Max(x => x.End)).ThenBy(w => w.Id))
            for (var start = Morning; start < Hours.End; start = start.AddMinutes(30))
            {
                var slot = new TimeSpanRange(start, start.AddMinutes(30));
                if (!windows.Any(w => w.Start <= slot.Start && slot.End <= w.End) || taken.Values.Any(t => Overlap(t, slot))) continue;
                taken[id] = slot;
                break;
            }

        return taken;
    }

    sealed class World
    {
        readonly int least;
        readonly List<VisitView> visits;
        VisitDayState state = VisitDayState.Asking;
        ContactStanding contact = ContactStanding.Reachable;
        DateTimeOffset now = Before;

        public World(int homes, int least)
        {
            this.least = least;
            visits = [.. Enumerable.Range(1, homes).Select(n => Visit(n, VisitRequestState.Released, round: 0) with { Slot = null, FoundNoPlace = true })];
            Apply(VisitDayDecision.Replan(View, Place, anew: true));
        }

        VisitDayView View => new(state, Hours, least, contact, visits);

        public void Suffer(int home, int what, int when)
        {
            if (state == VisitDayState.Released) return;
            var visit = visits[home];
            switch (what)
            {
                case 0 or 1 or 2 when visit.State == VisitRequestState.Asked:
                    visits[home] = visit with { State = VisitRequestState.Accepted, Slot = visit.Asked[0] };
                    break;
                case 3 or 4 when visit.IsLive && now < Hours.Start:
                    var offer = new TimeSpanRange(Morning.AddMinutes(30 * when), Morning.AddMinutes(30 * when + 30));
                    visits[home] = visit with { State = VisitRequestState.Proposed, Slot = null, Offered = [offer] };
                    break;
                case 5 when visit.IsLive:
                    visits[home] = visit with { State = VisitRequestState.Refused, Slot = null };
                    break;
                case 6 when visit.State == VisitRequestState.Asked:
                    visits[home] = visit with { State = VisitRequestState.Lapsed };
                    break;
                case 7:
                    contact = contact == ContactStanding.Reachable ? ContactStanding.Restricted : when > 12 ? ContactStanding.Erased : ContactStanding.Reachable;
                    break;
                case 8 when when > 14:
                    now = Morning;
                    break;
                case 9 when contact == ContactStanding.Reachable && now < Hours.Start:
                    Apply(VisitDayDecision.Replan(View, Place, anew: true));
                    break;
            }
        }

        public void Settle()
        {
            for (var moves = 0; ; moves++)
            {
                Assert.True(moves < 10, "It never comes to rest.");
                switch (VisitDayDecision.Decide(View, now, contact == ContactStanding.Reachable ? Place : null))
                {
                    case VisitDayMove.Wait:
                        return;
                    case VisitDayMove.Hold:
                        Assert.Equal(VisitDayState.Asking, state);
                        Turn(VisitRequestState.Confirmed, VisitRequestState.Accepted);
                        state = VisitDayState.Held;
                        break;
                    case VisitDayMove.ConfirmAll:
                        Assert.Equal(VisitDayState.Held, state);
                        Assert.All(visits, v => Assert.False(v.IsLive && v.State != VisitRequestState.Accepted));
                        Turn(VisitRequestState.Accepted, VisitRequestState.Confirmed);
                        state = VisitDayState.Confirmed;
                        break;
                    case VisitDayMove.Replan plan:
                        Apply(plan);
                        break;
                    case VisitDayMove.ReleaseAll:
                        for (var i = 0; i < visits.Count; i++) if (visits[i].IsLive) visits[i] = visits[i] with { State = VisitRequestState.Released, Slot = null };
                        state = VisitDayState.Released;
                        break;
                }
            }
        }

        public void Check()
        {
            var live = visits.Where(v => v.IsLive).ToList();
            if (state == VisitDayState.Confirmed) Assert.All(live, v => Assert.Equal(VisitRequestState.Confirmed, v.State));
            if (state is VisitDayState.Asking or VisitDayState.Held) Assert.DoesNotContain(live, v => v.State == VisitRequestState.Confirmed);
            if (state == VisitDayState.Released) Assert.Empty(live);
            if (state != VisitDayState.Released && now < Hours.Start) Assert.True(live.Count >= least);
            var slots = visits.Where(v => v.IsHeld).Select(v => v.Slot!.Value).OrderBy(s => s.Start).ToList();
            Assert.All(slots.Zip(slots.Skip(1)), pair => Assert.False(Overlap(pair.First, pair.Second)));
            Assert.All(visits, v => Assert.True(v.Round <= VisitDayDecision.MaxRounds + 40));
        }

        void Apply(VisitDayMove.Replan plan)
        {
            Turn(VisitRequestState.Confirmed, VisitRequestState.Accepted);
            state = VisitDayState.Asking;
            for (var i = 0; i < visits.Count; i++)
            {
                var visit = visits[i];
                if (plan.Taken.TryGetValue(visit.Id, out var taken))
                {
                    Assert.Equal(VisitRequestState.Proposed, visit.State);
                    visits[i] = visit with { State = VisitRequestState.Accepted, Slot = taken };
                }
                else if (plan.Asked.TryGetValue(visit.Id, out var asked))
                {
                    Assert.False(visit.IsHeld);
                    visits[i] = visit with { State = VisitRequestState.Asked, Asked = [asked], Slot = null, FoundNoPlace = false, Round = visit.Round + 1 };
                }
                else if (plan.Dropped.Contains(visit.Id))
                {
                    Assert.False(visit.IsHeld);
                    visits[i] = visit with { State = VisitRequestState.Released, Slot = null, FoundNoPlace = true };
                }
            }
        }

        void Turn(VisitRequestState from, VisitRequestState to)
        {
            for (var i = 0; i < visits.Count; i++) if (visits[i].State == from) visits[i] = visits[i] with { State = to };
        }
    }
}
