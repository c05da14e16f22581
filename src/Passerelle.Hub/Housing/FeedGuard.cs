using System.ComponentModel.DataAnnotations;

namespace Passerelle.Hub.Housing;

/// <summary>When a feed loses so much that a person is asked first. Section `Feeds`.</summary>
public sealed class FeedOptions
{
    /// <summary>So many listings of an agency may leave the market by one feed, whatever their share. Default 5.</summary>
    [Range(0, int.MaxValue)]
    public int HoldAbove { get; set; } = 5;

    /// <summary>This share of what an agency has on the market may leave it by one feed, whatever their number: 0 to 1. Default 0.3.</summary>
    [Range(0.0, 1.0)]
    public double HoldShare { get; set; } = 0.3;
}

/// <summary>What becomes of the listings of an agency that its feed no longer holds.</summary>
public enum MissingOutcome
{
    /// <summary>They leave the market.</summary>
    Withdrawn,

    /// <summary>They stay until a person decides, or a newer feed does.</summary>
    Held,

    /// <summary>They stay: a rejected line may be theirs.</summary>
    Withheld,
}

/// <summary>Decides between a day's business and a broken export, agency by agency.</summary>
public static class FeedGuard
{
    /// <param name="isSure">Every line says which listing it is about.</param>
    public static MissingOutcome Decide(MissingListings listings, bool isSure, FeedOptions options) =>
        !isSure ? MissingOutcome.Withheld
        : listings.Missing.Count > options.HoldAbove && listings.Missing.Count > options.HoldShare * listings.OnMarket ? MissingOutcome.Held
        : MissingOutcome.Withdrawn;
}
