using System.Globalization;
using System.Resources;
using Passerelle.Hub.Housing.Feeds;

namespace Passerelle.Hub.Housing.Searches;

/// <summary>The French of this folder, from SearchSentences.resx: a sentence for each criterion and outcome.</summary>
public static class SearchSentences
{
    static readonly CultureInfo French = CultureInfo.GetCultureInfo("fr-FR");
    static readonly ResourceManager Texts = new(typeof(SearchSentences));

    /// <param name="transaction">A rental has a rent, a sale a price.</param>
    public static string For(Criterion criterion, Transaction transaction) => criterion.Kind switch
    {
        CriterionKind.Budget => Get($"{(transaction == Transaction.Rental ? "Rent" : "Price")}_{criterion.Outcome}", criterion.Off / 100m),
        CriterionKind.Place => Get($"Place_{criterion.Outcome}", criterion.Off / 1000m),
        CriterionKind.Surface => Get($"Surface_{criterion.Outcome}", criterion.Off / 10m),
        CriterionKind.Feature => $"{Get($"Feature_{criterion.Feature}")} : {Get($"Feature_{criterion.Outcome}")}",
        CriterionKind.Rooms or CriterionKind.Bedrooms or CriterionKind.Property or CriterionKind.Energy => Get($"{criterion.Kind}_{criterion.Outcome}", criterion.Off),
    };

    /// <summary>What is missed, in one line; empty when nothing is.</summary>
    public static string Summary(IEnumerable<Criterion> criteria, Transaction transaction) =>
        string.Join(" ; ", criteria.Where(c => c is { IsWish: false, Outcome: not CriterionOutcome.Met }).Select(c => For(c, transaction)));

    static string Get(string key, params object[] values) => string.Format(French, Texts.GetString(key, French) ?? throw new MissingManifestResourceException(key), values);
}
