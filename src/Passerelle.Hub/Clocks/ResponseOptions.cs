using System.ComponentModel.DataAnnotations;

namespace Passerelle.Hub.Clocks;

/// <summary>Clocks, beside what their policies say: those are rows of the database (clock_policies). Section `Response`.</summary>
public sealed class ResponseOptions : IValidatableObject
{
    /// <summary>How old a node's copy of the policies may be: a new policy is in use everywhere after that. Default 5 seconds.</summary>
    public TimeSpan RereadPoliciesEvery { get; set; } = TimeSpan.FromSeconds(5);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (RereadPoliciesEvery < TimeSpan.Zero) yield return new ValidationResult("Response:RereadPoliciesEvery must not be negative.");
    }
}
