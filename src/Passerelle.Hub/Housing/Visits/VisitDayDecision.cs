namespace Passerelle.Hub.Housing.Visits;

/// <summary>What is known of the person whom the agencies are to expect.</summary>
public enum ContactStanding { Reachable = 1, Restricted, Erased }

/// <summary>One home of a day, as it is decided by.</summary>
/// <param name="Slot">That is held or confirmed.</param>
/// <param name="Asked">Of what is asked: the slots of the question.</param>
/// <param name="Offered">Of what is proposed.</param>
/// <param name="Open">When the agency shows homes while the household is there.</param>
/// <param name="FoundNoPlace">It was chosen, and is not part of the day because it did not fit.</param>
public sealed record VisitView(
    Guid Id, VisitRequestState State, TimeSpanRange? Slot, IReadOnlyList<TimeSpanRange> Asked, IReadOnlyList<TimeSpanRange> Offered, IReadOnlyList<TimeSpanRange> Open, int Round, bool FoundNoPlace = false)
{
    public bool IsHeld => State is VisitRequestState.Accepted or VisitRequestState.Confirmed;

    public bool IsLive => IsHeld || State is VisitRequestState.Asked or VisitRequestState.Proposed;
}

/// <summary>A day, as it is decided by.</summary>
/// <param name="Minimum">With fewer visits it is released.</param>
public sealed record VisitDayView(VisitDayState State, TimeSpanRange Hours, int Minimum, ContactStanding Contact, IReadOnlyList<VisitView> Visits);

/// <summary>Finds room for visits within their windows. Who finds none is not in what it gives.</summary>
public delegate IReadOnlyDictionary<Guid, TimeSpanRange> PlaceVisits(IReadOnlyList<(Guid Id, IReadOnlyList<TimeSpanRange> Windows)> wanted);

/// <summary>What is next for a day. A closed set: Wait, Hold, ConfirmAll, Replan or ReleaseAll.</summary>
public abstract record VisitDayMove
{
    VisitDayMove() { }

    public sealed record Wait : VisitDayMove;

    /// <summary>Each visit has a slot.</summary>
    public sealed record Hold : VisitDayMove;

    public sealed record ConfirmAll : VisitDayMove;

    /// <summary>Another day.</summary>
    /// <param name="Taken">Of those that agencies offered: the slots that suit.</param>
    /// <param name="Asked">Who is asked, or asked again, for what.</param>
    /// <param name="Dropped">For whom there is no room.</param>
    public sealed record Replan(IReadOnlyDictionary<Guid, TimeSpanRange> Taken, IReadOnlyDictionary<Guid, TimeSpanRange> Asked, IReadOnlyList<Guid> Dropped) : VisitDayMove
    {
        public static readonly Replan Nothing = new(new Dictionary<Guid, TimeSpanRange>(), new Dictionary<Guid, TimeSpanRange>(), []);
    }

    /// <param name="Reason">As the contract names it at VisitDay.</param>
    public sealed record ReleaseAll(string Reason) : VisitDayMove;
}

/// <summary>What becomes of a day of visits. Pure: slots are held together or released together, never half of them.</summary>
public static class VisitDayDecision
{
    public const string TooFew = "TOO_FEW_VISITS";
    public const string NotAnswered = "NOT_ANSWERED";
    public const string PersonErased = "PERSON_ERASED";

    /// <summary>Who was asked so often, and can at none of these times, is let be.</summary>
    public const int MaxRounds = 3;

    /// <param name="place">Null when it is not known where the household starts from: nothing can be planned.</param>
    public static VisitDayMove Decide(VisitDayView day, DateTimeOffset now, PlaceVisits? place)
    {
        if (day.State == VisitDayState.Released) return new VisitDayMove.Wait();
        // The household is on its way, or was never called: what stands on that morning is what there is.
        if (now >= day.Hours.Start) return day.State == VisitDayState.Confirmed ? new VisitDayMove.Wait() : new VisitDayMove.ReleaseAll(NotAnswered);
        if (day.Contact == ContactStanding.Erased) return new VisitDayMove.ReleaseAll(PersonErased);
        var live = day.Visits.Where(v => v.IsLive).ToList();
        if (live.Count < day.Minimum) return new VisitDayMove.ReleaseAll(TooFew);
        if (live.Exists(v => v.State == VisitRequestState.Proposed))
        {
            if (place is not null) return Replan(day, place, anew: false);
            // It waits for a plan, and with it the whole day: what is held stays held, and no longer counts as confirmed.
            return day.State == VisitDayState.Asking ? new VisitDayMove.Wait() : VisitDayMove.Replan.Nothing;
        }

        if (live.Exists(v => v.State == VisitRequestState.Asked)) return new VisitDayMove.Wait();
        return day.State switch
        {
            VisitDayState.Asking => new VisitDayMove.Hold(),
            VisitDayState.Held when day.Contact == ContactStanding.Reachable => new VisitDayMove.ConfirmAll(),
            VisitDayState.Held or VisitDayState.Confirmed or VisitDayState.Released => new VisitDayMove.Wait(),
        };
    }

    /// <summary>Plans around what is held: as few as can be are asked again.</summary>
    /// <param name="anew">Also for those that did not answer in time, or had found no place.</param>
    public static VisitDayMove.Replan Replan(VisitDayView day, PlaceVisits place, bool anew)
    {
        var held = day.Visits.Where(v => v.IsHeld).Select(v => Fixed(v.Id, v.Slot!.Value)).ToList();
        var offered = day.Visits.Where(v => v.State == VisitRequestState.Proposed).ToList();
        var asked = day.Visits.Where(v => v.State == VisitRequestState.Asked).ToList();
        var lost = day.Visits.Where(v => anew && (v.State == VisitRequestState.Lapsed || v.FoundNoPlace)).ToList();
        List<(Guid, IReadOnlyList<TimeSpanRange>)> sure = [.. offered.Select(v => (v.Id, v.Offered)), .. lost.Select(v => (v.Id, v.Open))];
        var placed = Place(held, [.. sure, .. asked.Select(v => (v.Id, v.Asked))], place);
        if (placed.Count < sure.Count + asked.Count) placed = Place(held, [.. sure, .. asked.Select(v => (v.Id, v.Open))], place);
        var again = Place(
            [.. held, .. placed.Select(p => Fixed(p.Key, p.Value))], [.. offered.Where(v => !placed.ContainsKey(v.Id) && v.Round < MaxRounds).Select(v => (v.Id, v.Open))], place);
        var toAsk = asked.Where(v => placed.TryGetValue(v.Id, out var slot) && !v.Asked.Contains(slot)).Concat(lost.Where(v => placed.ContainsKey(v.Id))).ToDictionary(v => v.Id, v => placed[v.Id]);
        foreach (var (id, slot) in again) toAsk[id] = slot;
        return new VisitDayMove.Replan(
            offered.Where(v => placed.ContainsKey(v.Id)).ToDictionary(v => v.Id, v => placed[v.Id]),
            toAsk,
            [.. offered.Concat(asked).Select(v => v.Id).Where(id => !placed.ContainsKey(id) && !again.ContainsKey(id))]);
    }

    /// <summary>Room for as many as the planner finds. It does not know that what is held must stay: where it would give that up for more, one after the other is tried instead.</summary>
    static Dictionary<Guid, TimeSpanRange> Place(List<(Guid, IReadOnlyList<TimeSpanRange>)> held, List<(Guid Id, IReadOnlyList<TimeSpanRange> Windows)> wanted, PlaceVisits place)
    {
        if (wanted.Count == 0) return [];
        var all = place([.. held, .. wanted]);
        if (held.TrueForAll(h => all.ContainsKey(h.Item1))) return wanted.Where(w => all.ContainsKey(w.Id)).ToDictionary(w => w.Id, w => all[w.Id]);
        var (stays, found) = (held.ToList(), new Dictionary<Guid, TimeSpanRange>());
        foreach (var one in wanted)
        {
            var tried = place([.. stays, one]);
            if (tried.Count <= stays.Count) continue;
            found[one.Id] = tried[one.Id];
            stays.Add(Fixed(one.Id, tried[one.Id]));
        }

        return found;
    }

    static (Guid, IReadOnlyList<TimeSpanRange>) Fixed(Guid id, TimeSpanRange slot) => (id, [slot]);
}
