using System.Collections.Frozen;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>The closed vocabularies of columns 3 and 4, compared without case, accents, blanks or punctuation.</summary>
static class PolirisVocabulary
{
    static readonly FrozenDictionary<string, Transaction> Transactions = new Dictionary<string, Transaction>
    {
        ["vente"] = Transaction.Sale,
        // A shop window of the portals, not another kind of sale.
        ["vente de prestige"] = Transaction.Sale,
        ["location"] = Transaction.Rental,
        ["location vacances"] = Transaction.SeasonalRental,
        ["location saisonnière"] = Transaction.SeasonalRental,
        ["viager"] = Transaction.LifeAnnuity,
        ["produit d'investissement"] = Transaction.Investment,
        ["vente fonds-de-commerce"] = Transaction.BusinessSale,
        ["fonds de commerce"] = Transaction.BusinessSale,
        ["cession de bail"] = Transaction.LeaseTransfer,
        ["produit catalogue"] = Transaction.CatalogueHouse,
    }.ToFrozenDictionary(pair => FieldText.Key(pair.Key), pair => pair.Value);

    static readonly FrozenDictionary<string, PropertyType> PropertyTypes = new Dictionary<string, PropertyType>
    {
        ["inconnu"] = PropertyType.Unspecified,
        ["appartement"] = PropertyType.Apartment,
        ["maison/villa"] = PropertyType.House,
        ["maison"] = PropertyType.House,
        ["villa"] = PropertyType.House,
        ["maison avec terrain"] = PropertyType.HouseWithLand,
        ["modèle de maison"] = PropertyType.HouseModel,
        ["château"] = PropertyType.Castle,
        ["hôtel particulier"] = PropertyType.Mansion,
        ["loft/atelier/surface"] = PropertyType.Loft,
        ["immeuble"] = PropertyType.Building,
        ["bâtiment"] = PropertyType.Structure,
        ["terrain"] = PropertyType.Land,
        ["parking/box"] = PropertyType.Parking,
        ["bureaux"] = PropertyType.Office,
        ["local"] = PropertyType.Premises,
        ["boutique"] = PropertyType.Shop,
        ["entreprises"] = PropertyType.Business,
    }.ToFrozenDictionary(pair => FieldText.Key(pair.Key), pair => pair.Value);

    public static bool TryTransaction(ReadOnlySpan<char> text, out Transaction value) => Transactions.TryGetValue(FieldText.Key(text), out value);

    public static bool TryPropertyType(ReadOnlySpan<char> text, out PropertyType value) => PropertyTypes.TryGetValue(FieldText.Key(text), out value);
}
