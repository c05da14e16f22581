using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>What a feed says of one home, before the hub knows whose it is. Null means "not given".</summary>
/// <remarks>Equality is by reference for <see cref="Photos"/>: compare <see cref="ContentHash"/>, not drafts.</remarks>
public sealed record ListingDraft
{
    public required string AgencyId { get; init; }

    /// <summary>Identifies the home within the agency; the displayed <see cref="Reference"/> does so only where the file is too narrow to hold another.</summary>
    public required string TechnicalId { get; init; }
    public string? Reference { get; init; }
    public required Transaction Transaction { get; init; }
    public required PropertyType PropertyType { get; init; }

    /// <summary>As the agency writes it, at most 80 characters.</summary>
    public required string PropertyTypeText { get; init; }

    /// <summary>Five digits in France, as written elsewhere. Not an INSEE code: 14400 covers 32 communes.</summary>
    public string? Postcode { get; init; }
    public string? City { get; init; }
    public string? Country { get; init; }

    /// <summary>Euro cents. A sale's price with the buyer's fees; a rental's monthly rent.</summary>
    public required long PriceCents { get; init; }

    /// <summary>Euro cents, without the fees that the buyer pays.</summary>
    public long? PriceWithoutFeesCents { get; init; }

    /// <summary>The agency does not want the price to be shown.</summary>
    public bool PriceHidden { get; init; }
    public bool? RentIncludesCharges { get; init; }

    /// <summary>Euro cents, each month.</summary>
    public long? ChargesCents { get; init; }

    /// <summary>Of a sale's price: the same column as <see cref="FeesCents"/>, whose unit depends on the transaction.</summary>
    public decimal? FeesPercent { get; init; }

    /// <summary>Euro cents, for a rental.</summary>
    public long? FeesCents { get; init; }
    public FeesPayer? FeesPayer { get; init; }
    public long? DepositCents { get; init; }

    /// <summary>Square metres.</summary>
    public decimal? Surface { get; init; }

    /// <summary>Square metres.</summary>
    public decimal? LandSurface { get; init; }
    public int? Rooms { get; init; }
    public int? Bedrooms { get; init; }
    public int? Floor { get; init; }
    public bool? Furnished { get; init; }
    public int? YearBuilt { get; init; }
    public string? Title { get; init; }
    public string? Description { get; init; }
    public DateOnly? AvailableFrom { get; init; }

    /// <summary>The DPE's letter.</summary>
    public EnergyClass? EnergyClass { get; init; }

    /// <summary>kWh of primary energy per square metre and year.</summary>
    public decimal? EnergyUse { get; init; }
    public EnergyClass? GhgClass { get; init; }

    /// <summary>kg of CO2 equivalent per square metre and year.</summary>
    public decimal? GhgEmission { get; init; }
    public DateOnly? DiagnosisDate { get; init; }

    /// <summary>Such as "DPE_v07-2021"; only beside a date, since CRMs fill it in by default.</summary>
    public string? DiagnosisVersion { get; init; }

    /// <summary>Degrees, WGS 84; given with <see cref="Longitude"/> or not at all, and often rounded by the CRM to hide the street.</summary>
    public decimal? Latitude { get; init; }
    public decimal? Longitude { get; init; }

    /// <summary>Addresses, in the agency's order.</summary>
    public IReadOnlyList<string> Photos { get; init; } = [];
    public string? VirtualTour { get; init; }

    public ListingDetails Details { get; init; } = ListingDetails.None;

    /// <summary>SHA-256 over every field that the hub keeps, so that a column that nobody maps is no change.</summary>
    public byte[] ContentHash()
    {
        var hash = new byte[ListingRow.HashBytes];
        ListingRow.Write(this, new CopyBuffer(), hash);
        return hash;
    }
}

public enum Transaction
{
    Sale,
    Rental,
    SeasonalRental,
    LifeAnnuity,
    Investment,
    BusinessSale,
    LeaseTransfer,
    CatalogueHouse,
}

public enum PropertyType
{
    Unspecified,
    Apartment,
    House,
    HouseWithLand,
    HouseModel,
    Castle,
    Mansion,
    Loft,
    Building,
    Structure,
    Land,
    Parking,
    Office,
    Premises,
    Shop,
    Business,
}

public enum FeesPayer
{
    Unknown,
    Buyer,
    Seller,
    BuyerAndSeller,
}

/// <summary>A letter, or one of the two ways to have none.</summary>
public enum EnergyClass
{
    A,
    B,
    C,
    D,
    E,
    F,
    G,

    /// <summary>"NS": the law asks for no diagnosis.</summary>
    NotSubject,

    /// <summary>"VI": a diagnosis that could not conclude.</summary>
    Blank,
}
