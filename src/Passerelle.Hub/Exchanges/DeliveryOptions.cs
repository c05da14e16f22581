using System.ComponentModel.DataAnnotations;

namespace Passerelle.Hub.Exchanges;

/// <summary>How exchanges are delivered. Section `Delivery`.</summary>
public sealed class DeliveryOptions : IValidatableObject
{
    /// <summary>The longest wait before each new try; the wait itself is drawn between nothing and that (full jitter). The last one repeats until GiveUpAfter has passed.
    /// Default: 12 waits from 5 s to 12 h, so that at least 12 tries fall in the first 48 hours whatever is drawn.</summary>
    public TimeSpan[] RetrySchedule { get; set; } = [];

    public static readonly TimeSpan[] DefaultRetrySchedule =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(4), TimeSpan.FromHours(6), TimeSpan.FromHours(8), TimeSpan.FromHours(12),
    ];

    /// <summary>For how long an exchange is tried at the least, counted from its first failure, before it is undeliverable. Default 7 days.</summary>
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromDays(7);

    /// <summary>The longest that a partner's own `RetryInfo` or `Retry-After` is believed. Default 24 h.</summary>
    public TimeSpan MaxRetryAfter { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long a claim keeps others away, for push; renewed while the call goes on. A dead node's exchanges come back after it. Default 10 s.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a partner that pulls has to acknowledge. Default 60 s.</summary>
    public TimeSpan PullLease { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a partner's server has to take an exchange. Default 30 s.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>When a node stops: how long what is under way may still take before it is cut, and sent again by another node. Below the 15 s that Hangfire waits for a job's end. Default 10 s.</summary>
    public TimeSpan FinishWithin { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many exchanges one claim takes: enough to share its cost, few enough for who waits for their lanes. Default 128.</summary>
    public int BatchSize { get; set; } = 128;

    /// <summary>How many exchanges this node has on their way at once, beside those that hang: a partner that does not answer takes no room from the others. Default 512.</summary>
    public int MaxInFlight { get; set; } = 512;

    /// <summary>How many calls that have taken longer than a third of the lease this node bears beside MaxInFlight. Default 2048: 128 partners that hang, before their lanes close.</summary>
    public int MaxHanging { get; set; } = 2048;

    /// <summary>How long it rests after a claim of many, so that the next takes many too; the fewer they were, the shorter, and after a handful not at all. Default 50 ms.</summary>
    public TimeSpan Pace { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How soon an exchange is looked at again that waits for an earlier one of its case, if nobody called it before. Default 5 s.</summary>
    public TimeSpan LookAgain { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How soon an exchange is looked at again that the gate holds, e.g. for want of an agreement, if nobody called it before: a new agreement does. Default 10 min.</summary>
    public TimeSpan LookAtHeld { get; set; } = TimeSpan.FromMinutes(10);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Lease <= TimeSpan.Zero || PullLease <= TimeSpan.Zero || AttemptTimeout <= TimeSpan.Zero || LookAgain <= TimeSpan.Zero || LookAtHeld <= TimeSpan.Zero) yield return new ValidationResult("Delivery: durations must be positive.");
        if (BatchSize is < 1 or > 1000) yield return new ValidationResult("Delivery:BatchSize must be 1 to 1000.");
        if (MaxInFlight < 1) yield return new ValidationResult("Delivery:MaxInFlight must be at least 1.");
        if (FinishWithin < TimeSpan.Zero || FinishWithin > TimeSpan.FromSeconds(14)) yield return new ValidationResult("Delivery:FinishWithin must be 0 to 14 s.");
        if (MaxHanging < 0) yield return new ValidationResult("Delivery:MaxHanging must not be negative.");
        if (Pace < TimeSpan.Zero || Pace > TimeSpan.FromSeconds(1)) yield return new ValidationResult("Delivery:Pace must be 0 to 1 s.");
        if (RetrySchedule.Any(d => d < TimeSpan.Zero)) yield return new ValidationResult("Delivery:RetrySchedule must not be negative.");
    }
}
