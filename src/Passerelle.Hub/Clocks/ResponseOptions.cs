using System.ComponentModel.DataAnnotations;

namespace Passerelle.Hub.Clocks;

/// <summary>The promise that the service makes, and the window that it gives its partners. Section `Response`.</summary>
public sealed class ResponseOptions : IValidatableObject
{
    /// <summary>Elapsed time from the request (or the delivery) to the deadline. Default 48 hours.</summary>
    public TimeSpan Window { get; set; } = TimeSpan.FromHours(48);

    /// <summary>When to remind, as elapsed time from the start; those beyond the window are left out. Default 24, 36 and 44 hours.</summary>
    public TimeSpan[] Reminders { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Window <= TimeSpan.Zero) yield return new ValidationResult("Response:Window must be positive.");
        if (Reminders.Any(r => r <= TimeSpan.Zero)) yield return new ValidationResult("Response:Reminders must be positive.");
    }
}
