using System.Text.Json;
using System.Text.Json.Serialization;

namespace Passerelle.Hub.Housing;

/// <summary>What a family asks of a home beyond the essentials, which are columns of their own. Null means "not given". One column of JSON holds
/// it: it is shown and searched in, never joined on.</summary>
/// <remarks>Equality is by reference for <see cref="PhotoTitles"/>: compare what <see cref="ToJson"/> gives.</remarks>
public sealed record ListingDetails
{
    public static ListingDetails None { get; } = new();

    /// <summary>Euro cents; the part of a tenant's fees that is for the inventory of fixtures.</summary>
    public long? InventoryFeesCents { get; init; }

    /// <summary>Where the agency publishes its fees, as the law asks.</summary>
    public string? FeesUri { get; init; }
    public ChargesTerms? ChargesTerms { get; init; }

    /// <summary>The home lies where rents are controlled; the amounts below are euro cents each month.</summary>
    public bool? RentControlled { get; init; }
    public long? BaseRentCents { get; init; }
    public long? ReferenceRentCeilingCents { get; init; }
    public long? RentSupplementCents { get; init; }

    /// <summary>Euro cents each year.</summary>
    public long? PropertyTaxCents { get; init; }

    /// <summary>Square metres, as all surfaces.</summary>
    public decimal? LivingRoomSurface { get; init; }
    public decimal? DiningRoomSurface { get; init; }
    public decimal? BalconySurface { get; init; }
    public decimal? TerraceSurface { get; init; }
    public decimal? CellarSurface { get; init; }
    public decimal? GardenSurface { get; init; }
    public int? Bathrooms { get; init; }
    public int? ShowerRooms { get; init; }
    public int? Toilets { get; init; }
    public bool? SeparateToilets { get; init; }

    /// <summary>Of the building.</summary>
    public int? FloorCount { get; init; }
    public bool? Duplex { get; init; }

    public HeatingEnergy? HeatingEnergy { get; init; }
    public HeatingEmitter? HeatingEmitter { get; init; }
    public HeatingSharing? HeatingSharing { get; init; }
    public KitchenKind? Kitchen { get; init; }
    public bool? KitchenEquipped { get; init; }

    public int? Balconies { get; init; }
    public bool? Terrace { get; init; }
    public int? Terraces { get; init; }
    public bool? Garden { get; init; }
    public bool? Pool { get; init; }
    public int? ParkingSpaces { get; init; }

    /// <summary>Closed places to park.</summary>
    public int? Boxes { get; init; }
    public bool? Garage { get; init; }
    public bool? FacesNorth { get; init; }
    public bool? FacesEast { get; init; }
    public bool? FacesSouth { get; init; }
    public bool? FacesWest { get; init; }
    public bool? OpenView { get; init; }

    public bool? Lift { get; init; }

    /// <summary>Fitted for people with a disability.</summary>
    public bool? Accessible { get; init; }
    public bool? Cellar { get; init; }
    public bool? Fireplace { get; init; }
    public bool? AirConditioning { get; init; }
    public bool? Alarm { get; init; }
    public bool? DoorCode { get; init; }
    public bool? Intercom { get; init; }
    public bool? Caretaker { get; init; }
    public bool? AnimalsAccepted { get; init; }
    public bool? NewlyBuilt { get; init; }
    public bool? Refurbished { get; init; }
    public bool? WorkNeeded { get; init; }

    /// <summary>The part of town, or what is near, as the agency writes it.</summary>
    public string? Neighbourhood { get; init; }

    /// <summary>Public transport nearby, as the agency writes it.</summary>
    public string? Transport { get; init; }

    /// <summary>kWh of final energy per square metre and year.</summary>
    public decimal? FinalEnergyUse { get; init; }

    /// <summary>Euro cents each year, an estimate at the prices of <see cref="EnergyPriceYear"/>.</summary>
    public long? LeastEnergyCostCents { get; init; }
    public long? MostEnergyCostCents { get; init; }
    public int? EnergyPriceYear { get; init; }

    public bool? InCoOwnership { get; init; }
    public int? Lots { get; init; }

    /// <summary>Euro cents each year: the seller's average share.</summary>
    public long? CoOwnershipChargesCents { get; init; }

    /// <summary>A procedure is under way against the co-ownership's syndicate.</summary>
    public bool? CoOwnershipProcedure { get; init; }
    public string? CoOwnershipProcedureDetails { get; init; }

    /// <summary>The advertisement says where to find what is known of risks (Géorisques), as the law asks.</summary>
    public bool? MentionsRisks { get; init; }

    /// <summary>Of the listing's coordinates.</summary>
    public PositionPrecision? Precision { get; init; }

    /// <summary>One for each photo of the listing, empty where a photo has none; no list at all when none has.</summary>
    public IReadOnlyList<string>? PhotoTitles { get; init; }

    /// <summary>Whom to call for a visit. The agency publishes it for that.</summary>
    public string? ContactName { get; init; }
    public string? ContactPhone { get; init; }
    public string? ContactEmail { get; init; }

    /// <summary>UTF-8, always the same for the same details.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ListingDetailsJson.Default.ListingDetails);

    public static ListingDetails FromJson(string json) => JsonSerializer.Deserialize(json, ListingDetailsJson.Default.ListingDetails)!;
}

[JsonSerializable(typeof(ListingDetails))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
sealed partial class ListingDetailsJson : JsonSerializerContext;

/// <summary>How a tenant pays the charges.</summary>
public enum ChargesTerms
{
    /// <summary>A fixed sum (forfait).</summary>
    Fixed,

    /// <summary>An advance, settled once a year (provision).</summary>
    Advance,

    /// <summary>What was spent, against receipts.</summary>
    Reimbursed,
}

public enum HeatingEnergy
{
    Gas,
    Oil,
    Electric,
    HeatPump,
    Wood,
}

public enum HeatingEmitter
{
    Radiator,
    Floor,
    RadiatorAndFloor,
    Air,
}

public enum HeatingSharing
{
    Individual,
    Collective,
}

public enum KitchenKind
{
    Open,
    Separate,
    Kitchenette,
    Industrial,
}

/// <summary>How near a listing's coordinates are to the home.</summary>
public enum PositionPrecision
{
    Exact,

    /// <summary>Moved or rounded to hide the street: some hundred metres to a kilometre.</summary>
    Rounded,
    Commune,
}
