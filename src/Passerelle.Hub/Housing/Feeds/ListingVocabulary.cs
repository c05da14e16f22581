using Passerelle.Hub.Feeds;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>The words of listings' feeds, in all their formats.</summary>
static class ListingVocabulary
{
    public static readonly Vocabulary<Transaction> Transactions = new(
        // "Vente de prestige" is a shop window of the portals, not another kind of sale.
        (Transaction.Sale, ["vente", "vente de prestige", "V", "vente de neuf", "G", "sale", "for sale"]),
        (Transaction.Rental, ["location", "L", "rent", "rental", "for rent", "lease"]),
        (Transaction.SeasonalRental, ["location vacances", "location saisonnière", "S", "holiday rental"]),
        (Transaction.LifeAnnuity, ["viager", "W"]),
        (Transaction.Investment, ["produit d'investissement"]),
        (Transaction.BusinessSale, ["vente fonds-de-commerce", "fonds de commerce", "F"]),
        (Transaction.LeaseTransfer, ["cession de bail", "B"]),
        (Transaction.CatalogueHouse, ["produit catalogue"]));

    public static readonly Vocabulary<PropertyType> PropertyTypes = new(
        (PropertyType.Unspecified, ["inconnu"]),
        (PropertyType.Apartment, ["appartement", "studio", "duplex", "triplex", "apartment", "flat", "1100"]),
        (PropertyType.House, ["maison/villa", "maison", "villa", "maison de ville", "maison de village", "longère", "pavillon", "house", "townhouse", "farmhouse", "1200"]),
        (PropertyType.HouseWithLand, ["maison avec terrain"]),
        (PropertyType.HouseModel, ["modèle de maison"]),
        (PropertyType.Castle, ["château", "castle"]),
        (PropertyType.Mansion, ["hôtel particulier", "mansion"]),
        (PropertyType.Loft, ["loft/atelier/surface", "loft"]),
        (PropertyType.Building, ["immeuble", "building", "1500"]),
        (PropertyType.Structure, ["bâtiment"]),
        (PropertyType.Land, ["terrain", "land", "1300"]),
        (PropertyType.Parking, ["parking/box", "parking", "box", "garage", "3100", "3200"]),
        (PropertyType.Office, ["bureaux", "bureau", "office", "2400"]),
        (PropertyType.Premises, ["local", "local commercial", "commercial", "2100", "2200", "2300"]),
        (PropertyType.Shop, ["boutique", "shop"]),
        (PropertyType.Business, ["entreprises", "fonds de commerce", "vineyard", "2000"]));

    public static readonly Vocabulary<FeesPayer> FeesPayers = new(
        (FeesPayer.Buyer, ["acquéreur", "acheteur", "paid by the buyer"]),
        (FeesPayer.Seller, ["vendeur", "paid by the seller"]),
        (FeesPayer.BuyerAndSeller, ["acquéreur et vendeur", "acheteur et vendeur", "partagés"]));

    public static readonly Vocabulary<ChargesTerms> ChargesTerms = new(
        (Housing.ChargesTerms.Fixed, ["forfait", "forfaitaire", "forfaitaire mensuel"]),
        (Housing.ChargesTerms.Advance, ["provision", "prévisionnelle", "provision avec régularisation annuelle"]),
        (Housing.ChargesTerms.Reimbursed, ["remboursement", "remboursement sur justificatifs"]));

    static readonly Vocabulary<PositionPrecision> Precisions = new(
        (PositionPrecision.Exact, ["exacte", "adresse", "rue"]),
        (PositionPrecision.Rounded, ["arrondie", "approximative", "quartier"]),
        (PositionPrecision.Commune, ["commune", "ville"]));

    public static bool IsFrance(string country) => country.Equals("France", StringComparison.OrdinalIgnoreCase) || FieldText.Key(country) is "france" or "fr" or "fra";

    public static PositionPrecision? Precision(ReadOnlySpan<char> text) => !text.IsEmpty && Precisions.TryGet(text, out var precision) ? precision : null;

    /// <summary>Poliris adds up bits; others write words, of which those that are known are taken.</summary>
    public static (HeatingEnergy? Energy, HeatingEmitter? Emitter, HeatingSharing? Sharing) Heating(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
            return default;
        if (int.TryParse(text, out var bits))
        {
            // Below 128 is an older numbering that nobody explains.
            return (
                Is(512) ? HeatingEnergy.Gas : Is(1024) ? HeatingEnergy.Oil : Is(2048) ? HeatingEnergy.Electric : null,
                Is(128) && Is(256) ? HeatingEmitter.RadiatorAndFloor : Is(128) ? HeatingEmitter.Radiator : Is(256) ? HeatingEmitter.Floor : Is(16384) ? HeatingEmitter.Air : null,
                Is(8192) ? HeatingSharing.Individual : Is(4096) ? HeatingSharing.Collective : null);
        }

        var key = FieldText.Key(text);
        return (
            Has("gaz") || Has("gas") ? HeatingEnergy.Gas
                : Has("fioul") || Has("fuel") || Has("oil") ? HeatingEnergy.Oil
                : Has("pompeachaleur") || Has("heatpump") ? HeatingEnergy.HeatPump
                : Has("electri") ? HeatingEnergy.Electric
                : Has("bois") || Has("granule") || Has("wood") ? HeatingEnergy.Wood : null,
            Has("radiateur") || Has("convecteur") || Has("radiator") ? HeatingEmitter.Radiator
                : key is "sol" || Has("ausol") || Has("floor") ? HeatingEmitter.Floor
                : Has("climatisation") || Has("airconditioning") ? HeatingEmitter.Air : null,
            Has("individuel") ? HeatingSharing.Individual : Has("collecti") ? HeatingSharing.Collective : null);

        bool Is(int bit) => (bits & bit) != 0;
        bool Has(string word) => key.Contains(word, StringComparison.Ordinal);
    }

    /// <summary>Poliris numbers kinds from 1, which is "none or not said", to 9; others write words.</summary>
    public static (KitchenKind? Kind, bool? Equipped) Kitchen(ReadOnlySpan<char> text)
    {
        switch (text)
        {
            case "" or "0" or "1": return default;
            case "2": return (KitchenKind.Open, null);
            case "3": return (KitchenKind.Separate, null);
            case "4": return (KitchenKind.Industrial, null);
            case "5": return (KitchenKind.Kitchenette, null);
            case "6": return (KitchenKind.Open, true);
            case "7": return (KitchenKind.Separate, true);
            case "8": return (KitchenKind.Kitchenette, true);
            case "9": return (null, true);
        }

        var key = FieldText.Key(text);
        return (
            Has("americaine") || Has("ouverte") || Has("open") ? KitchenKind.Open
                : Has("separee") || Has("fermee") || Has("independante") ? KitchenKind.Separate
                : Has("coin") || Has("kitchenette") ? KitchenKind.Kitchenette
                : Has("industrielle") ? KitchenKind.Industrial : null,
            Has("equipee") || Has("equipped") ? true : null);

        bool Has(string word) => key.Contains(word, StringComparison.Ordinal);
    }
}
