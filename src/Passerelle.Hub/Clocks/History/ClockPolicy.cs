using NodaTime;
using Passerelle.Hub.Clocks.Calendars;

namespace Passerelle.Hub.Clocks.History;

/// <summary>What somebody may take for an answer.</summary>
public enum AnswerKind
{
    /// <summary>A message that reached the household.</summary>
    MessageDelivered = 1,

    /// <summary>A call, logged with its result.</summary>
    CallLogged,

    AppointmentConfirmed,

    /// <summary>The partner's own answer to an exchange.</summary>
    PartnerAnswered,

    AutomaticReceipt,
    InternalNote,
    StatusChange,
    Bounce,
}

public static class AnswerKinds
{
    /// <summary>Whether a policy may let it count at all: nobody is answered by a receipt, a note, a change of state or a mail that came back.</summary>
    public static bool MayCount(this AnswerKind kind) => kind switch
    {
        AnswerKind.MessageDelivered or AnswerKind.CallLogged or AnswerKind.AppointmentConfirmed or AnswerKind.PartnerAnswered => true,
        AnswerKind.AutomaticReceipt or AnswerKind.InternalNote or AnswerKind.StatusChange or AnswerKind.Bounce => false,
    };
}

public readonly record struct PolicyKey(string Id, int Version)
{
    public override string ToString() => $"{Id}@{Version}";
}

public enum ReofferOrder
{
    /// <summary>Never: an advisor decides.</summary>
    Off = 1,

    /// <summary>Who has the fewest exchanges to see to comes first.</summary>
    ByLoad,

    /// <summary>The partners that the policy names, in its order, and no others.</summary>
    Named,
}

/// <summary>To whom an exchange is offered next when its partner declines it or lets its window lapse.</summary>
/// <param name="Partners">In their order, with <see cref="ReofferOrder.Named"/> only.</param>
public sealed record Reoffer(ReofferOrder Order, IReadOnlyList<string> Partners)
{
    public static readonly Reoffer Off = new(ReofferOrder.Off, []);
    public static readonly Reoffer ByLoad = new(ReofferOrder.ByLoad, []);

    public static Reoffer To(params IReadOnlyList<string> partners) => new(ReofferOrder.Named, partners);

    internal bool IsSound => (Order == ReofferOrder.Named) == (Partners.Count > 0) && Partners.Distinct().Count() == Partners.Count;
}

/// <summary>What a policy lays down. <see cref="ClockPolicy"/> checks it.</summary>
public sealed record PolicyTerms
{
    /// <summary>How much time, as the calendar counts it, from the start to the deadline. Default 48 hours.</summary>
    public Duration Window { get; init; } = Duration.FromHours(48);

    /// <summary>Default: elapsed time.</summary>
    public ClockCalendar Calendar { get; init; } = ElapsedTime.Instance;

    /// <summary>Beside the breach, which every policy has. Default 24, 36 and 44 hours after the start.</summary>
    public IReadOnlyList<PolicyRung> Rungs { get; init; } =
        [PolicyRung.AfterStart(Duration.FromHours(24)), PolicyRung.AfterStart(Duration.FromHours(36)), PolicyRung.AfterStart(Duration.FromHours(44))];

    public IReadOnlySet<AnswerKind> Answers { get; init; } =
        new HashSet<AnswerKind> { AnswerKind.MessageDelivered, AnswerKind.CallLogged, AnswerKind.AppointmentConfirmed, AnswerKind.PartnerAnswered };

    public bool MayPause { get; init; }

    /// <summary>For the window of a partner: it may end after the promise that it serves.</summary>
    public bool MayOutlastPromise { get; init; }

    /// <summary>For the window of a partner. Default: by load.</summary>
    public Reoffer Reoffer { get; init; } = Reoffer.ByLoad;
}

public enum PolicyFault { WindowNotPositive = 1, RungNotPositive, RungTwice, AnswerThatNeverCounts, WindowOutOfReach, KeyTaken, ReofferInDisorder }

/// <summary>A policy that cannot be.</summary>
public sealed class PolicyRefused(PolicyFault fault, PolicyKey key) : Exception($"{key}: {fault}")
{
    public PolicyFault Fault => fault;
}

/// <summary>One version of a policy. It never changes: another window is another version, and clocks keep the one they have until they are told otherwise.</summary>
public sealed class ClockPolicy
{
    /// <exception cref="PolicyRefused">The terms cannot be kept.</exception>
    public ClockPolicy(PolicyKey key, PolicyTerms terms)
    {
        (Key, Terms) = (key, terms);
        Window = Microseconds.Whole(terms.Window);
        if (Window <= Duration.Zero) throw new PolicyRefused(PolicyFault.WindowNotPositive, key);
        if (terms.Rungs.Any(rung => !rung.IsPositive)) throw new PolicyRefused(PolicyFault.RungNotPositive, key);
        if (terms.Rungs.DistinctBy(rung => rung.Name).Count() < terms.Rungs.Count) throw new PolicyRefused(PolicyFault.RungTwice, key);
        if (terms.Answers.Any(kind => !kind.MayCount())) throw new PolicyRefused(PolicyFault.AnswerThatNeverCounts, key);
        if (!terms.Reoffer.IsSound) throw new PolicyRefused(PolicyFault.ReofferInDisorder, key);
        // Said when the policy is made rather than when the first clock of it is folded.
        try { Calendar.Add(Instant.FromUtc(2026, 1, 1, 0, 0), Window); }
        catch (CalendarRefused) { throw new PolicyRefused(PolicyFault.WindowOutOfReach, key); }
    }

    public PolicyKey Key { get; }

    public PolicyTerms Terms { get; }

    public Duration Window { get; }

    public ClockCalendar Calendar => Terms.Calendar;

    public bool MayPause => Terms.MayPause;

    public bool Counts(AnswerKind kind) => Terms.Answers.Contains(kind);
}
