using System.ComponentModel.DataAnnotations;

namespace Passerelle.Hub.Exchanges;

/// <summary>How exchanges are delivered. Section `Delivery`.</summary>
public sealed class DeliveryOptions : IValidatableObject
{
    /// <summary>The longest wait before each new try; the wait itself is drawn between nothing and that (full jitter). After the last one the exchange is undeliverable.
    /// Default: 17 waits from 5 s to 2 days, hence 18 tries; the last one comes at most 7 days and 10 hours after the first, on average after half of that, and at least 13 fall in the first 48 hours.</summary>
    public TimeSpan[] RetrySchedule { get; set; } = [];

    public static readonly TimeSpan[] DefaultRetrySchedule =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(4), TimeSpan.FromHours(6), TimeSpan.FromHours(8), TimeSpan.FromHours(12),
        TimeSpan.FromDays(1), TimeSpan.FromDays(1), TimeSpan.FromDays(1), TimeSpan.FromDays(1), TimeSpan.FromDays(2),
    ];

    /// <summary>How long a claim keeps others away, for push. Must be longer than AttemptTimeout. Default 15 s.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a partner that pulls has to acknowledge. Default 60 s.</summary>
    public TimeSpan PullLease { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a partner's server has to take an exchange. Default 10 s.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many exchanges one claim takes, and are sent at once. Default 32.</summary>
    public int BatchSize { get; set; } = 32;

    /// <summary>The longest that a partner's own `RetryInfo` is believed. Default 24 h.</summary>
    public TimeSpan MaxRetryAfter { get; set; } = TimeSpan.FromHours(24);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Lease <= AttemptTimeout) yield return new ValidationResult("Delivery:Lease must be longer than Delivery:AttemptTimeout.");
        if (PullLease <= TimeSpan.Zero || AttemptTimeout <= TimeSpan.Zero) yield return new ValidationResult("Delivery: durations must be positive.");
        if (BatchSize is < 1 or > 1000) yield return new ValidationResult("Delivery:BatchSize must be 1 to 1000.");
        if (RetrySchedule.Any(d => d < TimeSpan.Zero)) yield return new ValidationResult("Delivery:RetrySchedule must not be negative.");
    }
}
