using Google.Type;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Platform;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing;

/// <summary>A listing as the contract shows it.</summary>
static class ListingWire
{
    public static Wire.Listing ToWire(this Listing listing)
    {
        var wire = new Wire.Listing
        {
            Name = Names.Of(Names.Listings, listing.Id),
            Partner = Names.OfPartner(listing.PartnerId),
            Agency = listing.Agency,
            TechnicalId = listing.TechnicalId,
            Reference = listing.Reference ?? "",
            State = (Wire.Listing.Types.State)listing.State,
            Transaction = ToWire(listing.Transaction),
            PropertyType = listing.PropertyTypeText,
            Title = listing.Title ?? "",
            Description = listing.Description ?? "",
            Price = PriceOf(listing),
            Postcode = listing.Postcode ?? "",
            City = listing.City ?? "",
            SurfaceM2 = ToWire(listing.Surface),
            LandM2 = ToWire(listing.LandSurface),
            Rooms = listing.Rooms ?? 0,
            Bedrooms = listing.Bedrooms ?? 0,
            EnergyLabel = LetterOf(listing.EnergyClass),
            EmissionLabel = LetterOf(listing.GhgClass),
            AvailabilityDate = listing.AvailableFrom.ToWire(),
            CreateTime = listing.CreateTime.ToWire(),
            UpdateTime = listing.UpdateTime.ToWire(),
            Details = DetailsOf(listing),
        };
        wire.PhotoUris.AddRange(listing.Photos);
        return wire;
    }

    static Wire.ListingDetails DetailsOf(Listing l)
    {
        var d = l.Details;
        var wire = new Wire.ListingDetails
        {
            Costs = CostsOf(l),
            Layout = new Wire.Layout
            {
                LivingRoomM2 = ToWire(d.LivingRoomSurface),
                DiningRoomM2 = ToWire(d.DiningRoomSurface),
                BalconyM2 = ToWire(d.BalconySurface),
                TerraceM2 = ToWire(d.TerraceSurface),
                CellarM2 = ToWire(d.CellarSurface),
                GardenM2 = ToWire(d.GardenSurface),
                BathroomCount = d.Bathrooms ?? 0,
                ShowerRoomCount = d.ShowerRooms ?? 0,
                ToiletCount = d.Toilets ?? 0,
                SeparateToilets = ToWire(d.SeparateToilets),
                Floor = l.Floor ?? 0,
                HasFloor = l.Floor is not null,
                FloorCount = d.FloorCount ?? 0,
                Duplex = ToWire(d.Duplex),
                YearBuilt = l.YearBuilt ?? 0,
            },
            Heating = new Wire.Heating { Energy = ToWire(d.HeatingEnergy), Emitter = ToWire(d.HeatingEmitter), Sharing = ToWire(d.HeatingSharing) },
            Kitchen = new Wire.Kitchen { Kind = ToWire(d.Kitchen), Equipped = ToWire(d.KitchenEquipped) },
            Outside = new Wire.Outside
            {
                BalconyCount = d.Balconies ?? 0,
                Terrace = ToWire(d.Terrace),
                TerraceCount = d.Terraces ?? 0,
                Garden = ToWire(d.Garden),
                Pool = ToWire(d.Pool),
                ParkingCount = d.ParkingSpaces ?? 0,
                BoxCount = d.Boxes ?? 0,
                Garage = ToWire(d.Garage),
                FacesNorth = ToWire(d.FacesNorth),
                FacesEast = ToWire(d.FacesEast),
                FacesSouth = ToWire(d.FacesSouth),
                FacesWest = ToWire(d.FacesWest),
                OpenView = ToWire(d.OpenView),
            },
            Comfort = new Wire.Comfort
            {
                Lift = ToWire(d.Lift),
                Accessible = ToWire(d.Accessible),
                Furnished = ToWire(l.Furnished),
                Cellar = ToWire(d.Cellar),
                Fireplace = ToWire(d.Fireplace),
                AirConditioning = ToWire(d.AirConditioning),
                Alarm = ToWire(d.Alarm),
                DoorCode = ToWire(d.DoorCode),
                Intercom = ToWire(d.Intercom),
                Caretaker = ToWire(d.Caretaker),
                AnimalsAccepted = ToWire(d.AnimalsAccepted),
                NewlyBuilt = ToWire(d.NewlyBuilt),
                Refurbished = ToWire(d.Refurbished),
                WorkNeeded = ToWire(d.WorkNeeded),
                Transport = d.Transport ?? "",
            },
            Diagnosis = DiagnosisOf(l),
            CoOwnership = d.InCoOwnership != true ? null : new Wire.CoOwnership
            {
                LotCount = d.Lots ?? 0,
                Charges = Euros(d.CoOwnershipChargesCents),
                Procedure = ToWire(d.CoOwnershipProcedure),
                ProcedureDetails = d.CoOwnershipProcedureDetails ?? "",
            },
            Position = l is { Latitude: { } latitude, Longitude: { } longitude }
                ? new Wire.Position { Latitude = (double)latitude, Longitude = (double)longitude, Precision = ToWire(d.Precision) }
                : null,
            VisitContact = d is { ContactName: null, ContactPhone: null, ContactEmail: null }
                ? null
                : new Wire.VisitContact { DisplayName = d.ContactName ?? "", Phone = d.ContactPhone ?? "", Email = d.ContactEmail ?? "" },
            VirtualTourUri = l.VirtualTour ?? "",
            MentionsRisks = d.MentionsRisks ?? false,
            Neighbourhood = d.Neighbourhood ?? "",
        };
        wire.Photos.AddRange(l.Photos.Select((uri, i) => new Wire.Photo { Uri = uri, Title = d.PhotoTitles?.ElementAtOrDefault(i) ?? "" }));
        return wire;
    }

    static Wire.Costs CostsOf(Listing l)
    {
        var isRental = l.Transaction == Transaction.Rental;
        var rent = isRental && !l.PriceHidden ? l.PriceCents : (long?)null;
        return new Wire.Costs
        {
            FeesPayer = l.FeesPayer switch
            {
                FeesPayer.Buyer => Wire.FeesPayer.Buyer,
                FeesPayer.Seller => Wire.FeesPayer.Seller,
                FeesPayer.BuyerAndSeller => Wire.FeesPayer.BuyerAndSeller,
                FeesPayer.Unknown or null => Wire.FeesPayer.Unspecified,
            },
            FeesPercent = ToWire(l.FeesPercent),
            Fees = Euros(l.FeesCents),
            InventoryFees = Euros(l.Details.InventoryFeesCents),
            FeesUri = l.Details.FeesUri ?? "",
            PriceWithoutFees = l.PriceHidden ? null : Euros(l.PriceWithoutFeesCents),
            RentWithCharges = Euros(l.RentIncludesCharges switch { true => rent, false => rent + l.ChargesCents, null => null }),
            RentWithoutCharges = Euros(l.RentIncludesCharges switch { true => rent - l.ChargesCents, false => rent, null => null }),
            Charges = Euros(l.ChargesCents),
            ChargesTerms = l.Details.ChargesTerms switch
            {
                ChargesTerms.Fixed => Wire.ChargesTerms.Fixed,
                ChargesTerms.Advance => Wire.ChargesTerms.Advance,
                ChargesTerms.Reimbursed => Wire.ChargesTerms.Reimbursed,
                null => Wire.ChargesTerms.Unspecified,
            },
            Deposit = Euros(l.DepositCents),
            RentControlled = ToWire(l.Details.RentControlled),
            BaseRent = Euros(l.Details.BaseRentCents),
            ReferenceRentCeiling = Euros(l.Details.ReferenceRentCeilingCents),
            RentSupplement = Euros(l.Details.RentSupplementCents),
            PropertyTax = Euros(l.Details.PropertyTaxCents),
        };
    }

    static Wire.Diagnosis? DiagnosisOf(Listing l) =>
        l is { EnergyClass: null, EnergyUse: null, GhgClass: null, GhgEmission: null, DiagnosisDate: null } ? null : new Wire.Diagnosis
        {
            EnergyUse = ToWire(l.EnergyUse),
            Emission = ToWire(l.GhgEmission),
            DiagnosisDate = l.DiagnosisDate.ToWire(),
            Version = l.DiagnosisVersion ?? "",
            FinalEnergyUse = ToWire(l.Details.FinalEnergyUse),
            LeastCost = Euros(l.Details.LeastEnergyCostCents),
            MostCost = Euros(l.Details.MostEnergyCostCents),
            ReferenceYear = l.Details.EnergyPriceYear ?? 0,
            EnergyAbsence = AbsenceOf(l.EnergyClass),
            EmissionAbsence = AbsenceOf(l.GhgClass),
        };

    /// <summary>What is paid: a rent that the agency gives without its charges has them added.</summary>
    public static Money? PriceOf(Listing listing) => listing.PriceHidden
        ? null
        : Euros(listing.PriceCents + (listing.Transaction == Transaction.Rental && listing.RentIncludesCharges == false ? listing.ChargesCents ?? 0 : 0));

    static Money? Euros(long? cents) => cents is { } given ? new Money { CurrencyCode = "EUR", Units = given / 100, Nanos = (int)(given % 100) * 10_000_000 } : null;

    static double ToWire(decimal? value) => (double)(value ?? 0);

    static string LetterOf(EnergyClass? energyClass) => energyClass is { } given and <= EnergyClass.G ? given.ToString() : "";

    static Wire.Diagnosis.Types.Absence AbsenceOf(EnergyClass? energyClass) => energyClass switch
    {
        EnergyClass.NotSubject => Wire.Diagnosis.Types.Absence.NotSubject,
        EnergyClass.Blank => Wire.Diagnosis.Types.Absence.Blank,
        _ => Wire.Diagnosis.Types.Absence.Unspecified,
    };

    static Wire.YesNo ToWire(bool? answer) => answer switch { true => Wire.YesNo.Yes, false => Wire.YesNo.No, null => Wire.YesNo.Unspecified };

    public static Wire.Listing.Types.Transaction ToWire(Transaction transaction) => transaction switch
    {
        Transaction.Sale => Wire.Listing.Types.Transaction.Sale,
        Transaction.Rental => Wire.Listing.Types.Transaction.Rental,
        Transaction.SeasonalRental => Wire.Listing.Types.Transaction.HolidayRental,
        Transaction.LifeAnnuity or Transaction.Investment or Transaction.BusinessSale or Transaction.LeaseTransfer or Transaction.CatalogueHouse => Wire.Listing.Types.Transaction.Other,
    };

    static Wire.Heating.Types.Energy ToWire(HeatingEnergy? energy) => energy switch
    {
        HeatingEnergy.Gas => Wire.Heating.Types.Energy.Gas,
        HeatingEnergy.Oil => Wire.Heating.Types.Energy.Oil,
        HeatingEnergy.Electric => Wire.Heating.Types.Energy.Electric,
        HeatingEnergy.HeatPump => Wire.Heating.Types.Energy.HeatPump,
        HeatingEnergy.Wood => Wire.Heating.Types.Energy.Wood,
        null => Wire.Heating.Types.Energy.Unspecified,
    };

    static Wire.Heating.Types.Emitter ToWire(HeatingEmitter? emitter) => emitter switch
    {
        HeatingEmitter.Radiator => Wire.Heating.Types.Emitter.Radiator,
        HeatingEmitter.Floor => Wire.Heating.Types.Emitter.Floor,
        HeatingEmitter.RadiatorAndFloor => Wire.Heating.Types.Emitter.RadiatorAndFloor,
        HeatingEmitter.Air => Wire.Heating.Types.Emitter.Air,
        null => Wire.Heating.Types.Emitter.Unspecified,
    };

    static Wire.Heating.Types.Sharing ToWire(HeatingSharing? sharing) => sharing switch
    {
        HeatingSharing.Individual => Wire.Heating.Types.Sharing.Individual,
        HeatingSharing.Collective => Wire.Heating.Types.Sharing.Collective,
        null => Wire.Heating.Types.Sharing.Unspecified,
    };

    static Wire.Kitchen.Types.Kind ToWire(KitchenKind? kitchen) => kitchen switch
    {
        KitchenKind.Open => Wire.Kitchen.Types.Kind.Open,
        KitchenKind.Separate => Wire.Kitchen.Types.Kind.Separate,
        KitchenKind.Kitchenette => Wire.Kitchen.Types.Kind.Kitchenette,
        KitchenKind.Industrial => Wire.Kitchen.Types.Kind.Industrial,
        null => Wire.Kitchen.Types.Kind.Unspecified,
    };

    static Wire.Position.Types.Precision ToWire(PositionPrecision? precision) => precision switch
    {
        PositionPrecision.Exact => Wire.Position.Types.Precision.Exact,
        PositionPrecision.Rounded => Wire.Position.Types.Precision.Rounded,
        PositionPrecision.Commune => Wire.Position.Types.Precision.Commune,
        null => Wire.Position.Types.Precision.Unspecified,
    };
}
