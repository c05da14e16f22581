namespace Passerelle.Hub.Housing.Feeds;

/// <summary>What the hub takes of a listing, whatever the format calls it: each format says where it keeps each of these. What they mean is said at
/// <see cref="ListingDraft"/> and <see cref="ListingDetails"/>. There is none for owners, mandates and keys: no code can even ask for those.</summary>
public enum ListingField
{
    AgencyId,
    TechnicalId,
    Reference,
    FormatVersion,
    Transaction,
    PropertyType,

    /// <summary>A number that says it surer than words, where a format has one.</summary>
    PropertyTypeCode,
    Postcode,
    City,
    Country,
    Neighbourhood,
    Latitude,
    Longitude,
    Precision,
    Title,
    Description,

    Price,
    PriceHidden,
    PriceWithoutFees,

    /// <summary>A percentage for a sale, euros for a rental: as Poliris has it. Formats with two fields have one for each in its place.</summary>
    Fees,
    FeesPercent,
    FeesPayer,
    FeesUri,
    InventoryFees,
    RentIncludesCharges,
    Charges,
    ChargesTerms,
    Deposit,
    BaseRent,
    ReferenceRentCeiling,
    RentSupplement,
    RentControlled,
    PropertyTax,
    AvailableFrom,

    Surface,
    LandSurface,
    LivingRoomSurface,
    DiningRoomSurface,
    BalconySurface,
    TerraceSurface,
    CellarSurface,
    GardenSurface,
    Rooms,
    Bedrooms,
    Bathrooms,
    ShowerRooms,
    Toilets,
    SeparateToilets,
    Floor,
    FloorCount,
    Duplex,
    YearBuilt,
    Furnished,
    NewlyBuilt,
    Refurbished,
    WorkNeeded,

    /// <summary>Energy, emitter and sharing in one: bits, or words.</summary>
    Heating,

    /// <summary>Formats that say the sharing apart say it here.</summary>
    HeatingSharing,
    HeatingEnergy,
    Kitchen,
    KitchenEquipped,
    Balconies,
    Terrace,
    Terraces,
    Garden,
    Pool,
    ParkingSpaces,
    Boxes,
    Garage,
    FacesNorth,
    FacesEast,
    FacesSouth,
    FacesWest,
    OpenView,
    Lift,
    Accessible,
    Cellar,
    Fireplace,
    AirConditioning,
    Alarm,
    DoorCode,
    Intercom,
    Caretaker,
    AnimalsAccepted,
    TransportLine,
    TransportStop,

    EnergyUse,
    EnergyClass,
    GhgEmission,
    GhgClass,
    DiagnosisDate,
    DiagnosisVersion,
    FinalEnergyUse,
    LeastEnergyCost,
    MostEnergyCost,
    EnergyCost,
    EnergyPriceYear,

    InCoOwnership,
    Lots,
    CoOwnershipCharges,
    CoOwnershipProcedure,
    CoOwnershipProcedureDetails,
    RisksNotice,

    ContactName,
    ContactPhone,
    ContactEmail,

    VirtualTour,
    Photo,
    PhotoTitle,
}

/// <summary>One record of a feed, as a format gives it to ListingReader.</summary>
interface IListingRecord
{
    /// <summary>Where it starts, from 1.</summary>
    int LineNumber { get; }

    /// <summary>How many photos it may have at most.</summary>
    int Photos { get; }

    /// <summary>The field's text, trimmed, until the next call; empty where the record does not have it.</summary>
    /// <param name="rank">Which photo, from 0.</param>
    ReadOnlySpan<char> Read(ListingField field, int rank = 0);

    /// <summary>How a report names the field: "5 CP", "code_postal".</summary>
    string LabelOf(ListingField field, int rank = 0);
}
