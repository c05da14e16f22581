using System.Resources;
using Passerelle.Hub.Feeds;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>What can be wrong in a field of a listing and of nothing else.</summary>
public enum ListingProblem
{
    UnknownTransaction,
    UnknownPropertyType,
    NotAPrice,
    NotAnEnergyClass,
    NotAFeesPayer,
}

/// <summary>The French of listings' feeds, beside <see cref="FeedSentences"/>. Every sentence is in ListingSentences.resx, under the name of its enum member.</summary>
public static class ListingSentences
{
    static readonly ResourceManager Texts = new(typeof(ListingSentences));

    /// <summary>What to send instead of a file that is no feed of listings.</summary>
    public static string Advice => FeedSentences.Format(Texts, "Advice");

    public static string For(ForeignListings seen) => FeedSentences.Format(Texts, $"Seen_{seen}");

    public static string For(ListingProblem problem, int line, string field, string value) => FeedSentences.Format(Texts, $"Problem_{problem}", line, field, value);
}
