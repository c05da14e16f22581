using Passerelle.Hub.Housing;
using Passerelle.Hub.Housing.Feeds;

namespace Passerelle.Tests.Housing.Feeds;

/// <summary>What a family asks beyond the essentials, column by column.</summary>
public class PolirisDetailTests
{
    [Fact]
    public void A_rental_says_what_it_costs()
    {
        var details = Details((3, "location"), (306, "97.5"), (307, "https://agence.example/honoraires.pdf"), (304, "2"), (333, "OUI"), (331, "600"), (332, "720"), (305, "40"));

        Assert.Equal((9_750L, "https://agence.example/honoraires.pdf", ChargesTerms.Advance), (details.InventoryFeesCents!.Value, details.FeesUri, details.ChargesTerms!.Value));
        Assert.Equal((true, 60_000L, 72_000L, 4_000L), (details.RentControlled!.Value, details.BaseRentCents!.Value, details.ReferenceRentCeilingCents!.Value, details.RentSupplementCents!.Value));
    }

    [Fact]
    public void Surfaces_and_counts()
    {
        var details = Details((216, "24.5"), (253, "12"), (40, "6"), (329, "15.20"), (252, "4"), (29, "1"), (30, "2"), (31, "2"), (32, "OUI"), (25, "3"), (81, "NON"), (39, "1"), (244, "2"), (43, "2"), (44, "1"));

        Assert.Equal((24.5m, 12m, 6m, 15.2m, 4m), (details.LivingRoomSurface!.Value, details.DiningRoomSurface!.Value, details.BalconySurface!.Value, details.TerraceSurface!.Value, details.CellarSurface!.Value));
        Assert.Equal((1, 2, 2, true, 3, false), (details.Bathrooms!.Value, details.ShowerRooms!.Value, details.Toilets!.Value, details.SeparateToilets!.Value, details.FloorCount!.Value, details.Duplex!.Value));
        Assert.Equal((1, 2, 2, 1), (details.Balconies!.Value, details.Terraces!.Value, details.ParkingSpaces!.Value, details.Boxes!.Value));
    }

    [Theory]
    [InlineData("10368", HeatingEnergy.Electric, HeatingEmitter.Radiator, HeatingSharing.Individual)]
    [InlineData("8832", HeatingEnergy.Gas, HeatingEmitter.Radiator, HeatingSharing.Individual)]
    [InlineData("4608", HeatingEnergy.Gas, null, HeatingSharing.Collective)]
    [InlineData("1280", HeatingEnergy.Oil, HeatingEmitter.Floor, null)]
    [InlineData("896", HeatingEnergy.Gas, HeatingEmitter.RadiatorAndFloor, null)]
    [InlineData("16384", null, HeatingEmitter.Air, null)]
    [InlineData("10", null, null, null)]
    [InlineData("", null, null, null)]
    [InlineData("gaz individuel", HeatingEnergy.Gas, null, HeatingSharing.Individual)]
    [InlineData("Heat Pump Central Heating", HeatingEnergy.HeatPump, null, null)]
    public void Heating_is_a_sum_of_bits_or_words(string written, HeatingEnergy? energy, HeatingEmitter? emitter, HeatingSharing? sharing)
    {
        var details = Details((33, written));

        Assert.Equal((energy, emitter, sharing), (details.HeatingEnergy, details.HeatingEmitter, details.HeatingSharing));
    }

    [Theory]
    [InlineData("1", null, null)]
    [InlineData("2", KitchenKind.Open, null)]
    [InlineData("3", KitchenKind.Separate, null)]
    [InlineData("6", KitchenKind.Open, true)]
    [InlineData("8", KitchenKind.Kitchenette, true)]
    [InlineData("9", null, true)]
    [InlineData("Américaine équipée", KitchenKind.Open, true)]
    [InlineData("non précisé", null, null)]
    public void Kitchens_are_numbered_or_named(string written, KitchenKind? kind, bool? equipped) =>
        Assert.Equal((kind, equipped), (Details((34, written)).Kitchen, Details((34, written)).KitchenEquipped));

    [Fact]
    public void Each_yes_or_no_has_its_own_column()
    {
        (int Column, Func<ListingDetails, bool?> Of)[] answers =
        [
            (28, d => d.Refurbished), (35, d => d.FacesSouth), (36, d => d.FacesEast), (37, d => d.FacesWest), (38, d => d.FacesNorth), (41, d => d.Lift), (42, d => d.Cellar), (45, d => d.DoorCode),
            (46, d => d.Intercom), (47, d => d.Caretaker), (48, d => d.Terrace), (61, d => d.Alarm), (64, d => d.AirConditioning), (65, d => d.Pool), (66, d => d.Accessible), (67, d => d.AnimalsAccepted),
            (68, d => d.Fireplace), (78, d => d.OpenView), (162, d => d.NewlyBuilt), (163, d => d.WorkNeeded), (258, d => d.InCoOwnership), (261, d => d.CoOwnershipProcedure), (318, d => d.Garage),
        ];
        foreach (var (column, _) in answers)
        {
            var details = Details((column, "OUI"));
            Assert.All(answers, other => Assert.Equal(other.Column == column ? true : null, other.Of(details)));
            Assert.False(answers.Single(a => a.Column == column).Of(Details((column, "NON"))));
        }
    }

    [Fact]
    public void A_co_ownership_says_what_the_law_asks()
    {
        var details = Details((258, "OUI"), (259, "1200"), (260, "1 320,50"), (261, "OUI"), (262, "Administration provisoire"));

        Assert.Equal((true, 1200, 132_050L, true, "Administration provisoire"),
            (details.InCoOwnership!.Value, details.Lots!.Value, details.CoOwnershipChargesCents!.Value, details.CoOwnershipProcedure!.Value, details.CoOwnershipProcedureDetails));
    }

    [Theory]
    [InlineData("Voir www.georisques.gouv.fr.", true)]
    [InlineData("Voir le site GÉORISQUES.", true)]
    [InlineData("Près du port.", null)]
    public void The_notice_of_risks_is_found_in_the_description(string description, bool? expected) => Assert.Equal(expected, Details((21, description)).MentionsRisks);

    [Fact]
    public void Costs_of_energy_have_their_year()
    {
        var range = Details((326, "740"), (327, "1040"), (328, "01/01/2023"), (334, "117"));
        var one = Details((330, "900"), (328, "2022"));
        var none = Details((326, "0"), (327, "0"), (328, "01/01/2000"));

        Assert.Equal((74_000L, 104_000L, 2023, 117m), (range.LeastEnergyCostCents!.Value, range.MostEnergyCostCents!.Value, range.EnergyPriceYear!.Value, range.FinalEnergyUse!.Value));
        Assert.Equal((90_000L, 90_000L, 2022), (one.LeastEnergyCostCents!.Value, one.MostEnergyCostCents!.Value, one.EnergyPriceYear!.Value));
        Assert.True(none is { LeastEnergyCostCents: null, EnergyPriceYear: null });
    }

    [Theory]
    [InlineData("49.182863", "-0.370679", PositionPrecision.Exact)]
    [InlineData("49.180000000", "-0.370000000", PositionPrecision.Rounded)]
    [InlineData("49.2", "-0.4", PositionPrecision.Commune)]
    public void A_position_is_as_precise_as_it_is_written(string latitude, string longitude, PositionPrecision expected) =>
        Assert.Equal(expected, Details((298, latitude), (299, longitude), (300, "1")).Precision);

    [Fact]
    public void Titles_stay_beside_their_photos()
    {
        var line = Poliris.ReadOne((85, "https://p.example/1.jpg"), (94, "Séjour"), (87, "https://p.example/3.jpg"), (164, "https://p.example/10.jpg"), (274, "Jardin"), (95, "Perdu"));

        Assert.Equal(["https://p.example/1.jpg", "https://p.example/3.jpg", "https://p.example/10.jpg"], line.Draft.Photos);
        Assert.Equal(["Séjour", "", "Jardin"], line.Draft.Details.PhotoTitles!);
        Assert.Null(Details((85, "https://p.example/1.jpg"), (94, "c4007-r3957.JPG")).PhotoTitles);
    }

    [Fact]
    public void An_agencys_own_site_may_be_written_as_it_is_said() => Assert.Equal("https://www.agence.example", Details((307, "www.agence.example")).FeesUri);

    [Fact]
    public void What_nobody_maps_is_no_change()
    {
        var left = PolirisTable.Columns.Where(c => c.MapsTo is null).Select(c => (c.Number, "autre")).ToArray();

        Assert.True(left.Length > 150);
        Assert.Equal(Poliris.ReadOne().Draft.ContentHash(), Poliris.ReadOne(left).Draft.ContentHash());
    }

    [Fact]
    public void Details_survive_their_column()
    {
        var details = Details((33, "10368"), (34, "6"), (41, "OUI"), (298, "49.18"), (299, "-0.37"), (106, "Agence du Port"), (85, "https://p.example/1.jpg"), (94, "Été"));

        var json = details.ToJson();

        Assert.Equal(json, ListingDetails.FromJson(System.Text.Encoding.UTF8.GetString(json)).ToJson());
        Assert.Equal("{}", System.Text.Encoding.UTF8.GetString(ListingDetails.None.ToJson()));
    }

    static ListingDetails Details(params (int Column, string Value)[] changes)
    {
        var line = Poliris.ReadOne(changes);
        Assert.Empty(line.Warnings);
        return line.Draft.Details;
    }
}
