using System.Globalization;
using Google.Type;
using Passerelle.Hub.Housing.Feeds;
using F = Passerelle.Hub.Housing.Feeds.ListingField;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing;

/// <summary>Listings of the contract, one after the other, as the text of a file: so one reader and its rules serve all doors, and reports name the proto path.</summary>
/// <param name="below">The path of the listing in its request with its dot, or empty.</param>
sealed class WireListingRecord(string below = "") : IListingRecord
{
    delegate ReadOnlySpan<char> Text(WireListingRecord record, Wire.Listing listing, Wire.ListingDetails details);

    const string InDetails = "details.";

    static readonly Wire.ListingDetails noDetails = new();

    // By the number of the enum's value: a larger one is of a contract that is younger than this hub, and says nothing to it.
    static readonly string[] yesNo = ["", "OUI", "NON"];
    static readonly string[] transactions = ["", "vente", "location", "location saisonnière", "autre"];
    static readonly string[] numbers = ["", "1", "2", "3"];
    static readonly string[] energies = ["", "gaz", "fioul", "electrique", "pompe a chaleur", "bois"];
    static readonly string[] emitters = ["", "128", "256", "384", "16384"];
    static readonly string[] sharings = ["", "individuel", "collectif"];
    static readonly string[] kitchens = ["", "2", "3", "5", "4"];
    static readonly string[] absences = ["", "NS", "VI"];
    static readonly string[] precisions = ["", "exacte", "arrondie", "commune"];

    static readonly (string Path, Text? Text)[] Fields = InOrder(new()
    {
        [F.AgencyId] = ("agency", (_, l, _) => l.Agency),
        [F.TechnicalId] = ("technical_id", (_, l, _) => l.TechnicalId),
        [F.Reference] = ("reference", (_, l, _) => l.Reference),
        [F.Transaction] = ("transaction", (_, l, _) => Word(transactions, (int)l.Transaction)),
        [F.PropertyType] = ("property_type", (_, l, _) => l.PropertyType),
        [F.Postcode] = ("postcode", (_, l, _) => l.Postcode),
        [F.City] = ("city", (_, l, _) => l.City),
        [F.Title] = ("title", (_, l, _) => l.Title),
        [F.Description] = ("description", (_, l, _) => l.Description),
        [F.Price] = ("price", (r, l, _) => r.Amount(l.Price)),
        // As the contract says of the price.
        [F.RentIncludesCharges] = ("price", (_, l, _) => l.Transaction == Wire.Listing.Types.Transaction.Rental ? "OUI" : ""),
        [F.Surface] = ("surface_m2", (r, l, _) => r.Number(l.SurfaceM2)),
        [F.LandSurface] = ("land_m2", (r, l, _) => r.Number(l.LandM2)),
        [F.Rooms] = ("rooms", (r, l, _) => r.Number(l.Rooms)),
        [F.Bedrooms] = ("bedrooms", (r, l, _) => r.Number(l.Bedrooms)),
        [F.AvailableFrom] = ("availability_date", (r, l, _) => r.Day(l.AvailabilityDate)),
        [F.EnergyClass] = ("energy_label", (_, l, d) => l.EnergyLabel.Length > 0 ? l.EnergyLabel : Word(absences, (int?)d.Diagnosis?.EnergyAbsence)),
        [F.GhgClass] = ("emission_label", (_, l, d) => l.EmissionLabel.Length > 0 ? l.EmissionLabel : Word(absences, (int?)d.Diagnosis?.EmissionAbsence)),

        [F.FeesPayer] = ("details.costs.fees_payer", (_, _, d) => Word(numbers, (int?)d.Costs?.FeesPayer)),
        [F.FeesPercent] = ("details.costs.fees_percent", (r, _, d) => r.Number(d.Costs?.FeesPercent)),
        // For a sale, this one would be a percentage.
        [F.Fees] = ("details.costs.fees", (r, l, d) => l.Transaction == Wire.Listing.Types.Transaction.Sale ? "" : r.Amount(d.Costs?.Fees)),
        [F.InventoryFees] = ("details.costs.inventory_fees", (r, _, d) => r.Amount(d.Costs?.InventoryFees)),
        [F.FeesUri] = ("details.costs.fees_uri", (_, _, d) => d.Costs?.FeesUri),
        [F.PriceWithoutFees] = ("details.costs.price_without_fees", (r, _, d) => r.Amount(d.Costs?.PriceWithoutFees)),
        [F.Charges] = ("details.costs.charges", (r, _, d) => r.Amount(d.Costs?.Charges)),
        [F.ChargesTerms] = ("details.costs.charges_terms", (_, _, d) => Word(numbers, (int?)d.Costs?.ChargesTerms)),
        [F.Deposit] = ("details.costs.deposit", (r, _, d) => r.Amount(d.Costs?.Deposit)),
        [F.RentControlled] = ("details.costs.rent_controlled", (_, _, d) => Answer(d.Costs?.RentControlled)),
        [F.BaseRent] = ("details.costs.base_rent", (r, _, d) => r.Amount(d.Costs?.BaseRent)),
        [F.ReferenceRentCeiling] = ("details.costs.reference_rent_ceiling", (r, _, d) => r.Amount(d.Costs?.ReferenceRentCeiling)),
        [F.RentSupplement] = ("details.costs.rent_supplement", (r, _, d) => r.Amount(d.Costs?.RentSupplement)),
        [F.PropertyTax] = ("details.costs.property_tax", (r, _, d) => r.Amount(d.Costs?.PropertyTax)),

        [F.LivingRoomSurface] = ("details.layout.living_room_m2", (r, _, d) => r.Number(d.Layout?.LivingRoomM2)),
        [F.DiningRoomSurface] = ("details.layout.dining_room_m2", (r, _, d) => r.Number(d.Layout?.DiningRoomM2)),
        [F.BalconySurface] = ("details.layout.balcony_m2", (r, _, d) => r.Number(d.Layout?.BalconyM2)),
        [F.TerraceSurface] = ("details.layout.terrace_m2", (r, _, d) => r.Number(d.Layout?.TerraceM2)),
        [F.CellarSurface] = ("details.layout.cellar_m2", (r, _, d) => r.Number(d.Layout?.CellarM2)),
        [F.GardenSurface] = ("details.layout.garden_m2", (r, _, d) => r.Number(d.Layout?.GardenM2)),
        [F.Bathrooms] = ("details.layout.bathroom_count", (r, _, d) => r.Number(d.Layout?.BathroomCount)),
        [F.ShowerRooms] = ("details.layout.shower_room_count", (r, _, d) => r.Number(d.Layout?.ShowerRoomCount)),
        [F.Toilets] = ("details.layout.toilet_count", (r, _, d) => r.Number(d.Layout?.ToiletCount)),
        [F.SeparateToilets] = ("details.layout.separate_toilets", (_, _, d) => Answer(d.Layout?.SeparateToilets)),
        [F.Floor] = ("details.layout.floor", (r, _, d) => d.Layout is { HasFloor: true } layout ? r.Written(layout.Floor) : ""),
        [F.FloorCount] = ("details.layout.floor_count", (r, _, d) => r.Number(d.Layout?.FloorCount)),
        [F.Duplex] = ("details.layout.duplex", (_, _, d) => Answer(d.Layout?.Duplex)),
        [F.YearBuilt] = ("details.layout.year_built", (r, _, d) => r.Number(d.Layout?.YearBuilt)),

        [F.HeatingEnergy] = ("details.heating.energy", (_, _, d) => Word(energies, (int?)d.Heating?.Energy)),
        [F.Heating] = ("details.heating.emitter", (_, _, d) => Word(emitters, (int?)d.Heating?.Emitter)),
        [F.HeatingSharing] = ("details.heating.sharing", (_, _, d) => Word(sharings, (int?)d.Heating?.Sharing)),
        [F.Kitchen] = ("details.kitchen.kind", (_, _, d) => Word(kitchens, (int?)d.Kitchen?.Kind)),
        [F.KitchenEquipped] = ("details.kitchen.equipped", (_, _, d) => Answer(d.Kitchen?.Equipped)),

        [F.Balconies] = ("details.outside.balcony_count", (r, _, d) => r.Number(d.Outside?.BalconyCount)),
        [F.Terrace] = ("details.outside.terrace", (_, _, d) => Answer(d.Outside?.Terrace)),
        [F.Terraces] = ("details.outside.terrace_count", (r, _, d) => r.Number(d.Outside?.TerraceCount)),
        [F.Garden] = ("details.outside.garden", (_, _, d) => Answer(d.Outside?.Garden)),
        [F.Pool] = ("details.outside.pool", (_, _, d) => Answer(d.Outside?.Pool)),
        [F.ParkingSpaces] = ("details.outside.parking_count", (r, _, d) => r.Number(d.Outside?.ParkingCount)),
        [F.Boxes] = ("details.outside.box_count", (r, _, d) => r.Number(d.Outside?.BoxCount)),
        [F.Garage] = ("details.outside.garage", (_, _, d) => Answer(d.Outside?.Garage)),
        [F.FacesNorth] = ("details.outside.faces_north", (_, _, d) => Answer(d.Outside?.FacesNorth)),
        [F.FacesEast] = ("details.outside.faces_east", (_, _, d) => Answer(d.Outside?.FacesEast)),
        [F.FacesSouth] = ("details.outside.faces_south", (_, _, d) => Answer(d.Outside?.FacesSouth)),
        [F.FacesWest] = ("details.outside.faces_west", (_, _, d) => Answer(d.Outside?.FacesWest)),
        [F.OpenView] = ("details.outside.open_view", (_, _, d) => Answer(d.Outside?.OpenView)),

        [F.Lift] = ("details.comfort.lift", (_, _, d) => Answer(d.Comfort?.Lift)),
        [F.Accessible] = ("details.comfort.accessible", (_, _, d) => Answer(d.Comfort?.Accessible)),
        [F.Furnished] = ("details.comfort.furnished", (_, _, d) => Answer(d.Comfort?.Furnished)),
        [F.Cellar] = ("details.comfort.cellar", (_, _, d) => Answer(d.Comfort?.Cellar)),
        [F.Fireplace] = ("details.comfort.fireplace", (_, _, d) => Answer(d.Comfort?.Fireplace)),
        [F.AirConditioning] = ("details.comfort.air_conditioning", (_, _, d) => Answer(d.Comfort?.AirConditioning)),
        [F.Alarm] = ("details.comfort.alarm", (_, _, d) => Answer(d.Comfort?.Alarm)),
        [F.DoorCode] = ("details.comfort.door_code", (_, _, d) => Answer(d.Comfort?.DoorCode)),
        [F.Intercom] = ("details.comfort.intercom", (_, _, d) => Answer(d.Comfort?.Intercom)),
        [F.Caretaker] = ("details.comfort.caretaker", (_, _, d) => Answer(d.Comfort?.Caretaker)),
        [F.AnimalsAccepted] = ("details.comfort.animals_accepted", (_, _, d) => Answer(d.Comfort?.AnimalsAccepted)),
        [F.NewlyBuilt] = ("details.comfort.newly_built", (_, _, d) => Answer(d.Comfort?.NewlyBuilt)),
        [F.Refurbished] = ("details.comfort.refurbished", (_, _, d) => Answer(d.Comfort?.Refurbished)),
        [F.WorkNeeded] = ("details.comfort.work_needed", (_, _, d) => Answer(d.Comfort?.WorkNeeded)),
        [F.TransportLine] = ("details.comfort.transport", (_, _, d) => d.Comfort?.Transport),
        [F.Neighbourhood] = ("details.neighbourhood", (_, _, d) => d.Neighbourhood),

        [F.EnergyUse] = ("details.diagnosis.energy_use", (r, _, d) => r.Number(d.Diagnosis?.EnergyUse)),
        [F.GhgEmission] = ("details.diagnosis.emission", (r, _, d) => r.Number(d.Diagnosis?.Emission)),
        [F.DiagnosisDate] = ("details.diagnosis.diagnosis_date", (r, _, d) => r.Day(d.Diagnosis?.DiagnosisDate)),
        [F.DiagnosisVersion] = ("details.diagnosis.version", (_, _, d) => d.Diagnosis?.Version),
        [F.FinalEnergyUse] = ("details.diagnosis.final_energy_use", (r, _, d) => r.Number(d.Diagnosis?.FinalEnergyUse)),
        [F.LeastEnergyCost] = ("details.diagnosis.least_cost", (r, _, d) => r.Amount(d.Diagnosis?.LeastCost)),
        [F.MostEnergyCost] = ("details.diagnosis.most_cost", (r, _, d) => r.Amount(d.Diagnosis?.MostCost)),
        [F.EnergyPriceYear] = ("details.diagnosis.reference_year", (r, _, d) => r.Number(d.Diagnosis?.ReferenceYear)),

        [F.InCoOwnership] = ("details.co_ownership", (_, _, d) => d.CoOwnership is null ? "" : "OUI"),
        [F.Lots] = ("details.co_ownership.lot_count", (r, _, d) => r.Number(d.CoOwnership?.LotCount)),
        [F.CoOwnershipCharges] = ("details.co_ownership.charges", (r, _, d) => r.Amount(d.CoOwnership?.Charges)),
        [F.CoOwnershipProcedure] = ("details.co_ownership.procedure", (_, _, d) => Answer(d.CoOwnership?.Procedure)),
        [F.CoOwnershipProcedureDetails] = ("details.co_ownership.procedure_details", (_, _, d) => d.CoOwnership?.ProcedureDetails),

        [F.Latitude] = ("details.position.latitude", (r, _, d) => d.Position is { } at ? r.Written(at.Latitude) : ""),
        [F.Longitude] = ("details.position.longitude", (r, _, d) => d.Position is { } at ? r.Written(at.Longitude) : ""),
        [F.Precision] = ("details.position.precision", (_, _, d) => Word(precisions, (int?)d.Position?.Precision)),
        [F.ContactName] = ("details.visit_contact.display_name", (_, _, d) => d.VisitContact?.DisplayName),
        [F.ContactPhone] = ("details.visit_contact.phone", (_, _, d) => d.VisitContact?.Phone),
        [F.ContactEmail] = ("details.visit_contact.email", (_, _, d) => d.VisitContact?.Email),
        [F.VirtualTour] = ("details.virtual_tour_uri", (_, _, d) => d.VirtualTourUri),
    });

    readonly char[] digits = new char[64];
    Wire.Listing current = new();
    Wire.ListingDetails details = noDetails;

    public int LineNumber { get; private set; }

    public int Photos => current.PhotoUris.Count;

    /// <summary>The next one.</summary>
    /// <param name="position">Its place in the stream, from 1.</param>
    public void Take(Wire.Listing listing, int position) => (current, details, LineNumber) = (listing, listing.Details ?? noDetails, position);

    public ReadOnlySpan<char> Read(F field, int rank = 0) => field switch
    {
        F.Photo => current.PhotoUris[rank].AsSpan().Trim(),
        F.PhotoTitle => rank < details.Photos.Count ? details.Photos[rank].Title.AsSpan().Trim() : default,
        _ when Fields[(int)field] is (var path, { } text) && (details != noDetails || !path.StartsWith(InDetails, StringComparison.Ordinal)) => text(this, current, details).Trim(),
        _ => default,
    };

    public string LabelOf(F field, int rank = 0) => below + (field is F.Photo ? $"photo_uris[{rank}]" : field is F.PhotoTitle ? $"details.photos[{rank}].title" : Fields[(int)field].Path);

    static (string Path, Text? Text)[] InOrder(Dictionary<F, (string Path, Text Text)> fields) =>
        [.. Enum.GetValues<F>().Select(f => fields.TryGetValue(f, out var field) ? ((string, Text?))field : (f.ToString(), null))];

    static ReadOnlySpan<char> Word(string[] words, int? number) => (uint)(number ?? 0) < words.Length ? words[number ?? 0] : "";

    static ReadOnlySpan<char> Answer(Wire.YesNo? answer) => Word(yesNo, (int?)answer);

    ReadOnlySpan<char> Number(int? number) => number is { } given and not 0 ? Written(given) : "";

    ReadOnlySpan<char> Number(double? number) => number is { } given and not 0 ? Written(given) : "";

    ReadOnlySpan<char> Written(int number) => number.TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture) ? digits.AsSpan(0, length) : "";

    /// <summary>Digits and no exponent, as people write it. What is too large for that is no number of a home, and is found to be none.</summary>
    ReadOnlySpan<char> Written(double number) => Math.Abs(number) < 1e15 && ((decimal)number).TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture)
        ? digits.AsSpan(0, length)
        : number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Euros; what is no amount in euros does not look like one.</summary>
    ReadOnlySpan<char> Amount(Money? money)
    {
        const int NanosPerCent = 10_000_000;
        if (money is null) return "";
        var (units, nanos) = (money.Units, money.Nanos);
        if (money.CurrencyCode != "EUR" || Math.Abs((long)nanos) >= 100 * NanosPerCent) return string.Create(CultureInfo.InvariantCulture, $"¤{money.CurrencyCode} {units} {nanos}");
        return nanos == 0 && units.TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture) ? digits.AsSpan(0, length)
            : nanos % NanosPerCent == 0 ? string.Create(CultureInfo.InvariantCulture, $"{units}.{nanos / NanosPerCent:D2}")
            : string.Create(CultureInfo.InvariantCulture, $"{units}.{nanos:D9}");
    }

    ReadOnlySpan<char> Day(Date? date) =>
        date is not null && digits.AsSpan().TryWrite(CultureInfo.InvariantCulture, $"{date.Day:D2}/{date.Month:D2}/{date.Year:D4}", out var length) ? digits.AsSpan(0, length) : "";
}
