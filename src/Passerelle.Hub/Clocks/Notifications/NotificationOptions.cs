using System.ComponentModel.DataAnnotations;
using NodaTime;
using Passerelle.Hub.Clocks.Calendars;

namespace Passerelle.Hub.Clocks.Notifications;

/// <summary>When people are told of clocks. Section `Notifications`.</summary>
public sealed class NotificationOptions : IValidatableObject
{
    /// <summary>Outside of these hours, by the wall in France, only urgent things are told; so on Sundays and public holidays. Default 08:00.</summary>
    public TimeOnly From { get; set; } = new(8, 0);

    /// <summary>Default 20:00.</summary>
    public TimeOnly Until { get; set; } = new(20, 0);

    /// <summary>From one notification to a recipient to the next: what comes due meanwhile is told together. Default 15 minutes.</summary>
    public TimeSpan Gap { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>The hours as a calendar.</summary>
    public WorkingTime Hours()
    {
        IReadOnlyList<Hours> day = [new Hours(LocalTime.FromTimeOnly(From), LocalTime.FromTimeOnly(Until))];
        return new WorkingTime(new WorkingHours { Week = new Dictionary<IsoDayOfWeek, IReadOnlyList<Hours>>(WorkingHours.Weekdays(day)) { [IsoDayOfWeek.Saturday] = day } });
    }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (From >= Until) yield return new ValidationResult("Notifications:From must be before Notifications:Until.");
        if (Gap < TimeSpan.Zero) yield return new ValidationResult("Notifications:Gap must not be negative.");
    }
}
