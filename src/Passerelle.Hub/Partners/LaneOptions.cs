using System.ComponentModel.DataAnnotations;

namespace Passerelle.Hub.Partners;

/// <summary>How wide and how fast the lanes are, and when one is down. Section `Lanes`.</summary>
public sealed class LaneOptions : IValidatableObject
{
    /// <summary>How many exchanges are on their way to one partner that is pushed to at once, from all nodes together, where its lane does not say otherwise. Default 16.</summary>
    public int MaxInFlight { get; set; } = 16;

    /// <summary>How many exchanges a partner that pulls may have been given and not yet acknowledged, where its lane does not say otherwise. Default 100.</summary>
    public int MaxPulled { get; set; } = 100;

    public int MaxInFlightOf(DeliveryMode mode) => mode == DeliveryMode.Push ? MaxInFlight : MaxPulled;

    /// <summary>How many exchanges are pushed to one partner in a second, where its lane does not say otherwise; 0: no limit. Default 100.</summary>
    public int MaxPerSecond { get; set; } = 100;

    /// <summary>After how many attempts in a row that did not reach it a partner is down, and what is for it held. Default 5.</summary>
    public int DownAfter { get; set; } = 5;

    /// <summary>While a partner is down: the waits before one exchange is sent to see whether it is back; the last one repeats. Default 5 s, 15 s, 30 s, 1 min, 2 min, 5 min.</summary>
    public TimeSpan[] ProbeSchedule { get; set; } = [];

    public static readonly TimeSpan[] DefaultProbeSchedule =
        [TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(5)];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MaxInFlight < 1 || MaxPulled < 1 || DownAfter < 1) yield return new ValidationResult("Lanes:MaxInFlight, Lanes:MaxPulled and Lanes:DownAfter must be at least 1.");
        if (MaxPerSecond < 0) yield return new ValidationResult("Lanes:MaxPerSecond must not be negative.");
        if (ProbeSchedule.Any(d => d <= TimeSpan.Zero)) yield return new ValidationResult("Lanes:ProbeSchedule must be positive.");
    }
}
