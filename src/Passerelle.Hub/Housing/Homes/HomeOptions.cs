using System.ComponentModel.DataAnnotations;

namespace Passerelle.Hub.Housing.Homes;

/// <summary>When listings of several agencies are taken for one home. Section `Homes`.</summary>
public sealed class HomeOptions
{
    /// <summary>From which likeness on, of 0 to 1, two listings are linked. Default 0.85. A change counts for what changes from then on.</summary>
    [Range(0.5, 1)]
    public double LinkFrom { get; set; } = 0.85;

    /// <summary>How like each other the listings of two groups must be on average, of 0 to 1, for the groups to be one home; a pair that is not linked counts as 0. Default 0.7: of three, all are linked.</summary>
    [Range(0.5, 1)]
    public double GroupFrom { get; set; } = 0.7;

    /// <summary>How many listings, of those next in surface on either side, a listing is compared with. Default 200.</summary>
    [Range(1, 10_000)]
    public int Candidates { get; set; } = 200;
}
