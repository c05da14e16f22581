using System.ComponentModel.DataAnnotations;
using NodaTime;
using Passerelle.Hub.Clocks.Calendars;

namespace Passerelle.Hub.Clocks;

/// <summary>Clocks, beside what their policies say: those are rows of the database (clock_policies). Section `Response`.</summary>
public sealed class ResponseOptions : IValidatableObject
{
    /// <summary>How old a node's copy of the policies may be: a new policy is in use everywhere after that. Default 5 seconds.</summary>
    public TimeSpan RereadPoliciesEvery { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>When somebody of the service is there, by the wall in France, from Monday to Friday but on public holidays. Default 09:00.</summary>
    public TimeOnly ServiceFrom { get; set; } = new(9, 0);

    /// <summary>When everyone leaves. Default 18:00.</summary>
    public TimeOnly ServiceUntil { get; set; } = new(18, 0);

    /// <summary>How long before everyone leaves advisors are told of what will need them while they are away. Default 1 hour.</summary>
    public TimeSpan WarnBefore { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The hours as a calendar.</summary>
    public WorkingTime ServiceHours() => new(new WorkingHours { Week = WorkingHours.Weekdays(new Hours(LocalTime.FromTimeOnly(ServiceFrom), LocalTime.FromTimeOnly(ServiceUntil))) });

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (RereadPoliciesEvery < TimeSpan.Zero) yield return new ValidationResult("Response:RereadPoliciesEvery must not be negative.");
        if (ServiceFrom >= ServiceUntil) yield return new ValidationResult("Response:ServiceFrom must be before Response:ServiceUntil.");
        if (WarnBefore <= TimeSpan.Zero) yield return new ValidationResult("Response:WarnBefore must be positive.");
    }
}
