using Passerelle.Hub.Feeds;
using F = Passerelle.Hub.Housing.Feeds.ListingField;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>Makes a listing, or a rejection, of each record. What a field must look like is said here, once for all formats.</summary>
sealed partial class ListingReader(IListingRecord record)
{
    readonly Dictionary<FeedIdentity, int> firstLines = [];
    readonly List<FieldFinding> fatal = [];
    readonly List<FieldFinding> warnings = [];
    readonly string?[] lastTexts = new string?[Enum.GetValues<F>().Length];

    /// <summary>Where the format keeps no technical id, the reference that the agency displays has to do.</summary>
    public F TechnicalId { get; init; } = F.TechnicalId;

    /// <summary>For a file that does not say whose it is.</summary>
    public string? DefaultAgency { get; init; }

    /// <summary>Whether it remembers every identity. A stream of millions has <see cref="ListingRows"/> for that.</summary>
    public bool FindsRepeats { get; init; } = true;

    public FeedLine Read()
    {
        fatal.Clear();
        warnings.Clear();
        var agency = Identifier(F.AgencyId);
        var technicalId = Identifier(TechnicalId);
        var identity = agency is null || technicalId is null ? null : new FeedIdentity(agency, technicalId);
        var listing = ReadListing(agency ?? "", technicalId ?? "");
        if (FindsRepeats && fatal.Count == 0 && !firstLines.TryAdd(identity!, record.LineNumber))
            Find(fatal, TechnicalId, technicalId, FeedProblem.DuplicateTechnicalId, firstLines[identity!]);
        return fatal.Count > 0
            ? new RejectedLine(fatal[0], [.. fatal.Skip(1), .. warnings], identity)
            : new DraftLine<ListingDraft>(record.LineNumber, listing, warnings.Count == 0 ? [] : [.. warnings]);
    }

    /// <summary>The line that was read last, whose identity came before: the first one counts.</summary>
    public RejectedLine Repeat(DraftLine<ListingDraft> line, int firstLine)
    {
        Find(fatal, TechnicalId, line.Draft.TechnicalId, FeedProblem.DuplicateTechnicalId, firstLine);
        return new RejectedLine(fatal[0], line.Warnings, new FeedIdentity(line.Draft.AgencyId, line.Draft.TechnicalId));
    }

    ListingDraft ReadListing(string agency, string technicalId)
    {
        var transaction = Required(F.Transaction, ListingVocabulary.Transactions, ListingProblem.UnknownTransaction);
        var propertyType = ListingVocabulary.PropertyTypes.TryGet(record.Read(F.PropertyTypeCode), out var coded)
            ? coded
            : Required(F.PropertyType, ListingVocabulary.PropertyTypes, ListingProblem.UnknownPropertyType);
        var isRental = transaction is Transaction.Rental or Transaction.SeasonalRental;
        var country = Text(F.Country, 60);
        var inFrance = country is null || ListingVocabulary.IsFrance(country);
        var postcode = Postcode(inFrance);
        var (latitude, longitude, precision) = Coordinates(inFrance, postcode);
        var diagnosis = ReadDiagnosis();
        var description = Text(F.Description, 100_000);
        var photos = Photos(out var titles);
        return new ListingDraft
        {
            AgencyId = agency,
            TechnicalId = technicalId,
            Reference = Text(F.Reference, 100),
            Transaction = transaction,
            PropertyType = propertyType,
            PropertyTypeText = Same(F.PropertyType, FieldText.Excerpt(record.Read(F.PropertyType))),
            Postcode = postcode,
            City = Text(F.City, 100),
            Country = country,
            PriceCents = Price(),
            PriceWithoutFeesCents = Amount(F.PriceWithoutFees),
            PriceHidden = YesNo(F.PriceHidden) ?? false,
            RentIncludesCharges = isRental ? YesNo(F.RentIncludesCharges) : null,
            ChargesCents = Amount(F.Charges),
            FeesPercent = isRental ? null : Percentage(F.Fees) ?? Percentage(F.FeesPercent),
            FeesCents = isRental ? Amount(F.Fees) : null,
            FeesPayer = Optional<FeesPayer>(F.FeesPayer, ListingText.TryFeesPayer, ListingProblem.NotAFeesPayer),
            DepositCents = Amount(F.Deposit),
            Surface = Surface(F.Surface),
            LandSurface = Surface(F.LandSurface),
            Rooms = Count(F.Rooms),
            Bedrooms = Count(F.Bedrooms),
            Floor = Floor(propertyType),
            Furnished = YesNo(F.Furnished),
            YearBuilt = Optional<int>(F.YearBuilt, FieldText.TryYear, FeedProblem.NotANumber),
            Title = Text(F.Title, 500),
            Description = description,
            AvailableFrom = Date(F.AvailableFrom),
            EnergyClass = diagnosis.EnergyClass,
            EnergyUse = diagnosis.EnergyUse,
            GhgClass = diagnosis.GhgClass,
            GhgEmission = diagnosis.GhgEmission,
            DiagnosisDate = diagnosis.Date,
            DiagnosisVersion = diagnosis.Version,
            Latitude = latitude,
            Longitude = longitude,
            Photos = photos,
            VirtualTour = WebAddress(F.VirtualTour),
            Details = ReadDetails(isRental, precision, titles, description),
        };
    }

    ListingDetails ReadDetails(bool isRental, PositionPrecision? precision, IReadOnlyList<string>? titles, string? description)
    {
        var heating = Heating();
        var (kitchen, equipped) = Kitchen();
        var (least, most) = EnergyCosts();
        return new ListingDetails
        {
            InventoryFeesCents = isRental ? Amount(F.InventoryFees) : null,
            FeesUri = LooseWebAddress(F.FeesUri),
            ChargesTerms = isRental ? Optional<ChargesTerms>(F.ChargesTerms, ListingText.TryChargesTerms, FeedProblem.NotAKnownWord) : null,
            RentControlled = isRental ? YesNo(F.RentControlled) : null,
            BaseRentCents = isRental ? Amount(F.BaseRent) : null,
            ReferenceRentCeilingCents = isRental ? Amount(F.ReferenceRentCeiling) : null,
            RentSupplementCents = isRental ? Amount(F.RentSupplement) : null,
            PropertyTaxCents = Amount(F.PropertyTax),
            LivingRoomSurface = Surface(F.LivingRoomSurface),
            DiningRoomSurface = Surface(F.DiningRoomSurface),
            BalconySurface = Surface(F.BalconySurface),
            TerraceSurface = Surface(F.TerraceSurface),
            CellarSurface = Surface(F.CellarSurface),
            GardenSurface = Surface(F.GardenSurface),
            Bathrooms = Count(F.Bathrooms),
            ShowerRooms = Count(F.ShowerRooms),
            Toilets = Count(F.Toilets),
            SeparateToilets = YesNo(F.SeparateToilets),
            FloorCount = Count(F.FloorCount),
            Duplex = YesNo(F.Duplex),
            HeatingEnergy = heating.Energy,
            HeatingEmitter = heating.Emitter,
            HeatingSharing = heating.Sharing,
            Kitchen = kitchen,
            KitchenEquipped = equipped,
            Balconies = Count(F.Balconies),
            Terrace = YesNo(F.Terrace),
            Terraces = Count(F.Terraces),
            Garden = YesNo(F.Garden),
            Pool = YesNo(F.Pool),
            ParkingSpaces = Count(F.ParkingSpaces),
            Boxes = Count(F.Boxes),
            Garage = YesNo(F.Garage),
            FacesNorth = YesNo(F.FacesNorth),
            FacesEast = YesNo(F.FacesEast),
            FacesSouth = YesNo(F.FacesSouth),
            FacesWest = YesNo(F.FacesWest),
            OpenView = YesNo(F.OpenView),
            Lift = YesNo(F.Lift),
            Accessible = YesNo(F.Accessible),
            Cellar = YesNo(F.Cellar),
            Fireplace = YesNo(F.Fireplace),
            AirConditioning = YesNo(F.AirConditioning),
            Alarm = YesNo(F.Alarm),
            DoorCode = YesNo(F.DoorCode),
            Intercom = YesNo(F.Intercom),
            Caretaker = YesNo(F.Caretaker),
            AnimalsAccepted = YesNo(F.AnimalsAccepted),
            NewlyBuilt = YesNo(F.NewlyBuilt),
            Refurbished = YesNo(F.Refurbished),
            WorkNeeded = YesNo(F.WorkNeeded),
            Neighbourhood = Text(F.Neighbourhood, 200),
            Transport = (Text(F.TransportLine, 200), Text(F.TransportStop, 200)) is (var line, var stop) && line is not null && stop is not null ? $"{line}, {stop}" : line ?? stop,
            FinalEnergyUse = Optional<decimal>(F.FinalEnergyUse, FieldText.TryMeasure, FeedProblem.NotANumber),
            LeastEnergyCostCents = least,
            MostEnergyCostCents = most,
            // A year without a cost is the CRM's default.
            EnergyPriceYear = least is null ? null : Year(F.EnergyPriceYear),
            InCoOwnership = YesNo(F.InCoOwnership),
            Lots = Optional<int>(F.Lots, FieldText.TryManyCount, FeedProblem.NotANumber),
            CoOwnershipChargesCents = Amount(F.CoOwnershipCharges),
            CoOwnershipProcedure = YesNo(F.CoOwnershipProcedure),
            CoOwnershipProcedureDetails = Text(F.CoOwnershipProcedureDetails, 1000),
            MentionsRisks = YesNo(F.RisksNotice) == true || ListingText.MentionsRisks(description) ? true : null,
            Precision = precision,
            PhotoTitles = titles,
            ContactName = Text(F.ContactName, 200),
            ContactPhone = Text(F.ContactPhone, 40),
            ContactEmail = Email(),
        };
    }

    /// <summary>A diagnosis as far as there is one: without, CRMs still write "A" (for 0 kg), and a version.</summary>
    (EnergyClass? EnergyClass, decimal? EnergyUse, EnergyClass? GhgClass, decimal? GhgEmission, DateOnly? Date, string? Version) ReadDiagnosis()
    {
        var energyClass = Optional<EnergyClass>(F.EnergyClass, ListingText.TryEnergyClass, ListingProblem.NotAnEnergyClass);
        var energyUse = Optional<decimal>(F.EnergyUse, FieldText.TryMeasure, FeedProblem.NotANumber);
        var ghgClass = Optional<EnergyClass>(F.GhgClass, ListingText.TryEnergyClass, ListingProblem.NotAnEnergyClass);
        var ghgEmission = Optional<decimal>(F.GhgEmission, FieldText.TryMeasure, FeedProblem.NotANumber);
        var date = Date(F.DiagnosisDate);
        if (energyClass is null && energyUse is null && ghgEmission is null && date is null)
            ghgClass = null;
        return (energyClass, energyUse, ghgClass, ghgEmission, date, date is null ? null : Text(F.DiagnosisVersion, 40));
    }

    (HeatingEnergy? Energy, HeatingEmitter? Emitter, HeatingSharing? Sharing) Heating()
    {
        var (energy, emitter, sharing) = ListingVocabulary.Heating(record.Read(F.Heating));
        return (ListingVocabulary.Heating(record.Read(F.HeatingEnergy)).Energy ?? energy, emitter, ListingVocabulary.Heating(record.Read(F.HeatingSharing)).Sharing ?? sharing);
    }

    (KitchenKind? Kind, bool? Equipped) Kitchen()
    {
        var (kind, equipped) = ListingVocabulary.Kitchen(record.Read(F.Kitchen));
        return (kind, YesNo(F.KitchenEquipped) ?? equipped);
    }

    (long? Least, long? Most) EnergyCosts()
    {
        var one = Amount(F.EnergyCost);
        return (Amount(F.LeastEnergyCost) ?? one, Amount(F.MostEnergyCost) ?? one);
    }

    string[] Photos(out IReadOnlyList<string>? titles)
    {
        var (photos, names, named) = (new List<string>(), new List<string>(), false);
        for (var rank = 0; rank < record.Photos; rank++)
        {
            if (WebAddress(F.Photo, rank) is not { } photo)
                continue;
            photos.Add(photo);
            names.Add(PhotoTitle(rank));
            named |= names[^1].Length > 0;
        }

        titles = named ? names : null;
        return [.. photos];
    }

    /// <summary>What a person would read: a file's name is no title.</summary>
    string PhotoTitle(int rank)
    {
        var text = record.Read(F.PhotoTitle, rank);
        return text.IsEmpty || text.Length > 200 || ListingText.IsFileName(text) ? "" : FieldText.Clean(text);
    }

    /// <summary>
    /// The one field where 0 is a value, and for flats only: most that a CRM exports with floor 0 are described as ground
    /// floor, and it leaves the unknown ones blank. A house has 0 here for want of anything to say.
    /// </summary>
    int? Floor(PropertyType propertyType) => propertyType == PropertyType.Apartment && record.Read(F.Floor) is "0"
        ? 0
        : Optional<int>(F.Floor, FieldText.TryFloor, FeedProblem.NotANumber);

    long Price()
    {
        var text = record.Read(F.Price);
        if (FieldText.IsNotGiven(text))
            Find(fatal, F.Price, text, FeedProblem.Missing);
        else if (!FieldText.TryPrice(text, out var cents))
            Find(fatal, F.Price, text, ListingProblem.NotAPrice);
        else if (cents == 0)
            Find(fatal, F.Price, text, FeedProblem.Missing);
        else
            return cents;
        return 0;
    }

    (decimal?, decimal?, PositionPrecision?) Coordinates(bool inFrance, string? postcode)
    {
        var hasLongitude = !record.Read(F.Longitude).IsEmpty;
        if (FieldText.IsNotGiven(record.Read(F.Latitude)))
        {
            if (hasLongitude && !FieldText.IsNotGiven(record.Read(F.Longitude)))
                Find(warnings, F.Latitude, record.Read(F.Latitude), FeedProblem.IncompleteCoordinates);
            return default;
        }

        if (!hasLongitude)
        {
            Find(warnings, F.Longitude, default, FeedProblem.IncompleteCoordinates);
            return default;
        }

        // Beside a latitude, longitude 0 is a place: the Greenwich meridian crosses the Calvados at Villers-sur-Mer.
        var mainland = inFrance && postcode?.StartsWith("97", StringComparison.Ordinal) != true && postcode?.StartsWith("98", StringComparison.Ordinal) != true;
        var (south, north, west, east) = mainland ? (41m, 51.5m, -5.5m, 10m) : (-90m, 90m, -180m, 180m);
        if (Coordinate(F.Latitude, south, north) is { } latitude && Coordinate(F.Longitude, west, east) is { } longitude)
            return (latitude, longitude, ListingVocabulary.Precision(record.Read(F.Precision)) ?? ListingText.PrecisionOf(latitude, longitude));
        return default;
    }

    decimal? Coordinate(F field, decimal least, decimal most)
    {
        var text = record.Read(field);
        if (!FieldText.TryNumber(text, out var degrees))
            Find(warnings, field, text, FeedProblem.NotANumber);
        else if (degrees < least || degrees > most)
            Find(warnings, field, text, FeedProblem.CoordinatesOutOfPlace);
        else
            return degrees;
        return null;
    }
}
