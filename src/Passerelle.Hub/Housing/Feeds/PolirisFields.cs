namespace Passerelle.Hub.Housing.Feeds;

/// <summary>One column of Poliris, by its number in the published order and its published name.</summary>
public sealed record PolirisField
{
    internal PolirisField(int number, string name, int maxLength = 0)
    {
        // 108-123 are the owner, the mandate and the keys: they are dropped at the door, so no code can even name one.
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(number);
        if (number is >= 108 and <= 123)
            throw new ArgumentOutOfRangeException(nameof(number), number, "Poliris columns 108 to 123 are private and may not be mapped.");
        (Number, Name, MaxLength, Label) = (number, name, maxLength, $"{number} {name}");
    }

    /// <summary>From 1, as partners count.</summary>
    public int Number { get; }
    public string Name { get; }

    /// <summary>Characters at most, for a text.</summary>
    public int MaxLength { get; }

    /// <summary>105-107 say whom to call: a report names the field and never repeats what is in it.</summary>
    public bool NamesPerson => Number is >= 105 and <= 107;

    /// <summary>As reports name it: "5 CP".</summary>
    public string Label { get; }
}

/// <summary>
/// The mapped columns of Poliris 4.12, the one table that reading and reporting share. There is no header in a feed: the
/// order is the contract. Column 8 (street) is left out on purpose: it may be the owner's home, and nothing needs it.
/// </summary>
public static class PolirisFields
{
    /// <summary>The columns up to the description, without which there is no advertisement.</summary>
    public const int Fewest = 21;

    public static readonly PolirisField AgencyId = new(1, "Identifiant agence", 100);
    public static readonly PolirisField Reference = new(2, "Référence agence du bien", 100);
    public static readonly PolirisField Transaction = new(3, "Type d’annonce");
    public static readonly PolirisField PropertyType = new(4, "Type de bien");
    public static readonly PolirisField Postcode = new(5, "CP");
    public static readonly PolirisField City = new(6, "Ville", 100);
    public static readonly PolirisField Country = new(7, "Pays", 60);
    public static readonly PolirisField Price = new(11, "Prix / Loyer / Prix de cession");
    public static readonly PolirisField RentIncludesCharges = new(13, "Loyer CC");
    public static readonly PolirisField Fees = new(15, "Honoraires");
    public static readonly PolirisField Surface = new(16, "Surface (m²)");
    public static readonly PolirisField LandSurface = new(17, "SF terrain (m²)");
    public static readonly PolirisField Rooms = new(18, "NB de pièces");
    public static readonly PolirisField Bedrooms = new(19, "NB de chambres");
    public static readonly PolirisField Title = new(20, "Libellé", 500);
    public static readonly PolirisField Description = new(21, "Descriptif", 100_000);
    public static readonly PolirisField AvailableFrom = new(22, "Date de disponibilité");
    public static readonly PolirisField Charges = new(23, "Charges");
    public static readonly PolirisField Floor = new(24, "Etage");
    public static readonly PolirisField Furnished = new(26, "Meublé");
    public static readonly PolirisField YearBuilt = new(27, "Année de construction");
    public static readonly PolirisField VirtualTour = new(104, "URL visite virtuelle");
    public static readonly PolirisField ContactPhone = new(105, "Téléphone à afficher", 40);
    public static readonly PolirisField ContactName = new(106, "Contact à afficher", 200);
    public static readonly PolirisField ContactEmail = new(107, "Email à afficher");
    public static readonly PolirisField Deposit = new(161, "Dépôt de garantie");
    public static readonly PolirisField TechnicalId = new(175, "Identifiant technique", 100);
    public static readonly PolirisField EnergyUse = new(176, "Consommation énergie");
    public static readonly PolirisField EnergyClass = new(177, "Bilan consommation énergie");
    public static readonly PolirisField GhgEmission = new(178, "Emissions GES");
    public static readonly PolirisField GhgClass = new(179, "Bilan émission GES");
    public static readonly PolirisField PriceHidden = new(201, "Prix masqué");
    public static readonly PolirisField Latitude = new(298, "Latitude");
    public static readonly PolirisField Longitude = new(299, "Longitude");
    public static readonly PolirisField FormatVersion = new(301, "Version Format");
    public static readonly PolirisField FeesPayer = new(302, "Honoraires à la charge de");
    public static readonly PolirisField PriceWithoutFees = new(303, "Prix hors honoraires acquéreur");
    public static readonly PolirisField DiagnosisDate = new(324, "Date réalisation DPE");
    public static readonly PolirisField DiagnosisVersion = new(325, "Version DPE", 40);

    /// <summary>Photos 1 to 30, in the order in which the agency shows them: three runs of columns, as versions added them.</summary>
    public static readonly IReadOnlyList<PolirisField> Photos =
        [.. Enumerable.Range(85, 9).Concat(Enumerable.Range(164, 11)).Concat(Enumerable.Range(264, 10))
            .Select((number, index) => new PolirisField(number, $"Photo {index + 1}"))];
}
