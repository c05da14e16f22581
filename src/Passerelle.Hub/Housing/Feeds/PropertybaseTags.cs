using F = Passerelle.Hub.Housing.Feeds.ListingField;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>The names of Propertybase's export in XML: its own, and the fields that the agency added ("con_...") to feed French portals from it.</summary>
static class PropertybaseTags
{
    public static ListingTags Tags { get; } = new(new()
    {
        [F.AgencyId] = ["agency_id"],
        [F.TechnicalId] = ["listing/id"],
        [F.Reference] = ["listing/id"],
        [F.Transaction] = ["listingtype"],
        [F.PropertyType] = ["con_polirispropertytype", "propertytype"],
        [F.Postcode] = ["postalcode"],
        [F.City] = ["city"],
        [F.Country] = ["country"],
        [F.Latitude] = ["latitude"],
        [F.Longitude] = ["longitude"],
        [F.Title] = ["con_titleportalfr", "con_titlewebfr"],
        [F.Description] = ["con_textportalfr", "con_textwebfr"],
        [F.Price] = ["listingprice"],
        [F.Fees] = ["con_polirisbuyerfee"],
        [F.FeesPayer] = ["con_polirisfeeallocation", "con_feeallocation"],
        [F.PropertyTax] = ["con_taxefonciere"],
        [F.Surface] = ["totalarea"],
        [F.LandSurface] = ["lotsize"],
        [F.Rooms] = ["con_rooms"],
        [F.Bedrooms] = ["bedrooms"],
        [F.Bathrooms] = ["fullbathrooms"],
        [F.Toilets] = ["halfbathrooms"],
        [F.Floor] = ["floor"],
        [F.FloorCount] = ["pba__numberoffloors"],
        [F.YearBuilt] = ["yearbuilt", "con_yearbuilttext"],
        [F.WorkNeeded] = ["con_polirisworkneeded"],
        [F.Heating] = ["con_polirisheatingtype", "con_primaryheatingsystem"],
        [F.Kitchen] = ["con_poliriskitchentype", "con_kitchentype"],
        [F.Pool] = ["pba__pool_pb"],
        [F.ParkingSpaces] = ["pba__numberofparkingspaces"],
        [F.Boxes] = ["con_numberofgaragespaces"],
        [F.AirConditioning] = ["con_airconditioning"],
        [F.EnergyUse] = ["con_dpe"],
        [F.EnergyClass] = ["con_dpeletter"],
        [F.GhgEmission] = ["con_ges"],
        [F.GhgClass] = ["con_gesletter"],
        [F.DiagnosisDate] = ["con_dpecompletiondate", "con_polirisdpecompletiondate"],
        [F.DiagnosisVersion] = ["con_dpeversion"],
        [F.InCoOwnership] = ["con_copro"],
        [F.Lots] = ["con_numbersofunits"],
        [F.VirtualTour] = ["con_virtualtour"],
    })
    {
        Records = ListingTags.Names("listing"),
        Photos = ListingTags.Names("image"),
        Gone = "DELETE",
    };
}
