using System.ComponentModel.DataAnnotations;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>How long a household is on the road between two visits. Section `Visits`. Speeds and detour are assumptions on the careful side, so that nobody hurries: what the limits of 50 km/h in
/// town and 80 km/h outside leave of themselves with crossings, traffic and lanes. Who needs better has a matrix service.</summary>
public sealed class VisitOptions : IValidatableObject
{
    /// <summary>Kilometres of road for one as the crow flies. Default 1.3.</summary>
    public double Detour { get; set; } = 1.3;

    /// <summary>How much of a way is driven in town, in kilometres of road: all of a short one, of a longer one its two ends together. Default 6.</summary>
    public double TownKilometres { get; set; } = 6;

    /// <summary>In town, in km/h. Default 30.</summary>
    public double TownSpeed { get; set; } = 30;

    /// <summary>Outside of town, in km/h. Default 70.</summary>
    public double CountrySpeed { get; set; } = 70;

    /// <summary>Added to every way, whichever source its time has: to park, and to find the door. Default 5 minutes.</summary>
    public TimeSpan Stopover { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The table service of an OSRM server (project-osrm.org), up to and with its profile: `http://osrm:5000/table/v1/driving/`. It is told where the household stays,
    /// so it should be the service's own. Default: none; then times are estimated from distances.</summary>
    public Uri? MatrixService { get; set; }

    /// <summary>How long it may take to answer; then times are estimated from distances. Default 5 seconds.</summary>
    public TimeSpan MatrixPatience { get; set; } = TimeSpan.FromSeconds(5);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Detour is not (>= 1 and <= 5)) yield return new ValidationResult("Visits:Detour must be from 1 to 5.");
        if (TownKilometres is not (>= 0 and <= 1000)) yield return new ValidationResult("Visits:TownKilometres must be from 0 to 1000.");
        if (TownSpeed is not (>= 1 and <= 130)) yield return new ValidationResult("Visits:TownSpeed must be from 1 to 130 km/h.");
        if (CountrySpeed is not (>= 1 and <= 130)) yield return new ValidationResult("Visits:CountrySpeed must be from 1 to 130 km/h.");
        if (Stopover < TimeSpan.Zero || Stopover > TimeSpan.FromHours(1)) yield return new ValidationResult("Visits:Stopover must be from 0 to 1 hour.");
        if (MatrixPatience <= TimeSpan.Zero || MatrixPatience > TimeSpan.FromMinutes(1)) yield return new ValidationResult("Visits:MatrixPatience must be positive, and at most 1 minute.");
        if (MatrixService is { } service && !(service.IsAbsoluteUri && service.Scheme is "http" or "https" && service.AbsolutePath.EndsWith('/') && service.Query.Length == 0))
            yield return new ValidationResult("Visits:MatrixService must be an http or https address that ends in /.");
    }
}
