using System.Globalization;
using NodaTime;
using Passerelle.Hub.Clocks.Calendars;

namespace Passerelle.Hub.Clocks.History;

public enum RungAnchor { AfterStart = 1, BeforeDeadline, AfterDeadline, Percent }

/// <summary>Who is told of a rung. A promise has no partner: whatever is said, it is the service that is told.</summary>
public enum RungRecipient { Everyone = 1, Service, Partner }

/// <summary>
/// When somebody is told on the way to the deadline, or behind it. All of them are amounts of time as the policy's calendar counts it, so that a pause moves every rung
/// that is still ahead, and "two hours before" are two working hours where working time counts.
/// </summary>
/// <param name="Name">What makes it fire once; derived from what it says, so that a rung keeps its name from one version of the policy to the next.</param>
/// <param name="BreaksQuietHours">Goes out by night too.</param>
public sealed record PolicyRung(string Name, RungAnchor Anchor, Duration Span, int Share, bool BreaksQuietHours)
{
    /// <summary>The name of the rung at the deadline, which every policy has.</summary>
    public const string Breach = "breach";

    public RungRecipient To { get; init; } = RungRecipient.Everyone;

    public static PolicyRung AfterStart(Duration span, bool breaksQuietHours = false) => new($"start+{Text(span)}", RungAnchor.AfterStart, Microseconds.Whole(span), 0, breaksQuietHours);

    public static PolicyRung BeforeDeadline(Duration span, bool breaksQuietHours = false) => new($"due-{Text(span)}", RungAnchor.BeforeDeadline, Microseconds.Whole(span), 0, breaksQuietHours);

    public static PolicyRung AfterDeadline(Duration span, bool breaksQuietHours = false) => new($"due+{Text(span)}", RungAnchor.AfterDeadline, Microseconds.Whole(span), 0, breaksQuietHours);

    /// <summary>Of the window; more than 100 lies behind the deadline.</summary>
    public static PolicyRung AtPercent(int share, bool breaksQuietHours = false) => new(string.Create(CultureInfo.InvariantCulture, $"{share}%"), RungAnchor.Percent, Duration.Zero, share, breaksQuietHours);

    internal bool IsPositive => Anchor == RungAnchor.Percent ? Share is > 0 and not 100 : Span > Duration.Zero;

    /// <summary>How much time is counted when it is reached; null where a window of this length has no such rung.</summary>
    public Duration? AmountIn(Duration window) => Anchor switch
    {
        RungAnchor.AfterStart => Span < window ? Span : null,
        RungAnchor.BeforeDeadline => Span < window ? window - Span : null,
        RungAnchor.AfterDeadline => window + Span,
        RungAnchor.Percent => window.Percent(Share),
    };

    static string Text(Duration span) => NodaTime.Text.DurationPattern.JsonRoundtrip.Format(span);
}
