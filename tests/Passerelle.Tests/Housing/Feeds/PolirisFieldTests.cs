using Passerelle.Hub.Feeds;
using Passerelle.Hub.Housing.Feeds;

namespace Passerelle.Tests.Housing.Feeds;

/// <summary>What each mapped column means, and what happens when it cannot be read.</summary>
public class PolirisFieldTests
{
    [Fact]
    public void An_unremarkable_flat_is_read()
    {
        var listing = Poliris.ReadOne((2, "CAEN-12"), (19, "2"), (24, "4"), (26, "NON"), (27, "1975"), (22, "15/09/2026"), (105, "02 31 00 00 00"),
            (106, "Agence du Port"), (107, "contact@agence.example"), (85, "https://photos.example/1.jpg"), (17, "0"), (104, "https://visite.example/1")).Draft;

        Assert.Equal(("agence-1", "T1", "CAEN-12"), (listing.AgencyId, listing.TechnicalId, listing.Reference));
        Assert.Equal((Transaction.Sale, PropertyType.Apartment, "appartement"), (listing.Transaction, listing.PropertyType, listing.PropertyTypeText));
        Assert.Equal(("14000", "Caen", "France"), (listing.Postcode, listing.City, listing.Country));
        Assert.Equal((18_500_000L, 62.5m, (decimal?)null), (listing.PriceCents, listing.Surface, listing.LandSurface));
        Assert.Equal((3, 2, 4, 1975, false), (listing.Rooms, listing.Bedrooms, listing.Floor, listing.YearBuilt, listing.Furnished));
        Assert.Equal(("Trois pièces", "Près du port."), (listing.Title, listing.Description));
        Assert.Equal(new DateOnly(2026, 9, 15), listing.AvailableFrom);
        Assert.Equal(("Agence du Port", "02 31 00 00 00", "contact@agence.example"), (listing.Details.ContactName, listing.Details.ContactPhone, listing.Details.ContactEmail));
        Assert.Equal(["https://photos.example/1.jpg"], listing.Photos);
        Assert.Equal("https://visite.example/1", listing.VirtualTour);
    }

    [Theory]
    [InlineData("vente", Transaction.Sale)]
    [InlineData("Vente de prestige", Transaction.Sale)]
    [InlineData("LOCATION", Transaction.Rental)]
    [InlineData("location vacances", Transaction.SeasonalRental)]
    [InlineData("viager", Transaction.LifeAnnuity)]
    [InlineData("produit d'investissement", Transaction.Investment)]
    [InlineData("produit d’investissement", Transaction.Investment)]
    [InlineData("vente-fonds-de-commerce", Transaction.BusinessSale)]
    [InlineData("vente fonds-de-commerce", Transaction.BusinessSale)]
    [InlineData("cession de bail", Transaction.LeaseTransfer)]
    public void Transactions_are_recognised_whatever_their_case_and_punctuation(string written, Transaction expected) =>
        Assert.Equal(expected, Poliris.ReadOne((3, written)).Draft.Transaction);

    [Theory]
    [InlineData("Maison/Villa", PropertyType.House)]
    [InlineData("château", PropertyType.Castle)]
    [InlineData("chateau", PropertyType.Castle)]
    [InlineData("hôtel particulier", PropertyType.Mansion)]
    [InlineData("loft/atelier/surface", PropertyType.Loft)]
    [InlineData("parking / box", PropertyType.Parking)]
    [InlineData("inconnu", PropertyType.Unspecified)]
    public void Property_types_are_recognised(string written, PropertyType expected) =>
        Assert.Equal(expected, Poliris.ReadOne((4, written)).Draft.PropertyType);

    [Theory]
    [InlineData("185000", 18_500_000)]
    [InlineData("1495000.00", 149_500_000)]
    [InlineData("650,5", 65_050)]
    [InlineData("1 495 000 €", 149_500_000)]
    [InlineData("1\u00A0495\u202F000,00", 149_500_000)]
    [InlineData("1.495.000", 149_500_000)]
    [InlineData("1,495,000.00", 149_500_000)]
    [InlineData("165002.500", 16_500_250)]
    public void Prices_are_read_as_people_and_spreadsheets_write_them(string written, long cents) =>
        Assert.Equal(cents, Poliris.ReadOne((11, written)).Draft.PriceCents);

    [Theory]
    [InlineData("nous consulter")]
    [InlineData("185.000")]
    [InlineData("-5")]
    [InlineData("99999999999999")]
    public void A_price_that_would_have_to_be_guessed_rejects_the_line(string written)
    {
        var rejected = Poliris.Rejected((11, written));

        Assert.Equal((ListingProblem.NotAPrice, "11 Prix / Loyer / Prix de cession", written), (rejected.Problem, rejected.Field, rejected.Value));
    }

    [Theory]
    [InlineData(1, "", FeedProblem.Missing)]
    [InlineData(1, "\u0001", FeedProblem.Missing)]
    [InlineData(11, "0 €", FeedProblem.Missing)]
    [InlineData(3, "", FeedProblem.Missing)]
    [InlineData(3, "troc", ListingProblem.UnknownTransaction)]
    [InlineData(4, "", FeedProblem.Missing)]
    [InlineData(4, "péniche", ListingProblem.UnknownPropertyType)]
    [InlineData(11, "", FeedProblem.Missing)]
    [InlineData(11, "0.00", FeedProblem.Missing)]
    [InlineData(175, " ", FeedProblem.Missing)]
    [InlineData(175, "0", FeedProblem.Missing)]
    public void A_line_without_a_usable_required_field_is_rejected(int column, string value, object expected)
    {
        var rejected = Poliris.Rejected((column, value));

        Assert.Equal(expected, (object)rejected.Problem);
        Assert.StartsWith($"{column} ", rejected.Field, StringComparison.Ordinal);
        Assert.Contains("Ligne 1", rejected.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rejected_line_names_everything_that_is_wrong_at_once()
    {
        var rejected = Poliris.Rejected((3, "troc"), (11, "cher"), (22, "demain"));

        Assert.Equal(ListingProblem.UnknownTransaction, rejected.Problem);
        Assert.Equal([ListingProblem.NotAPrice, FeedProblem.NotADate], rejected.AlsoFound.Select(f => f.Problem));
    }

    [Theory]
    [InlineData(5, "1400", null)]
    [InlineData(5, "140000", FeedProblem.NotAPostcode)]
    [InlineData(5, "Caen", FeedProblem.NotAPostcode)]
    [InlineData(13, "peut-être", null)]
    [InlineData(15, "4500", FeedProblem.NotAPercentage)]
    [InlineData(16, "grand", FeedProblem.NotANumber)]
    [InlineData(16, "-12", FeedProblem.NotANumber)]
    [InlineData(18, "2.5", FeedProblem.NotANumber)]
    [InlineData(22, "31/02/2026", FeedProblem.NotADate)]
    [InlineData(22, "15/09/0026", FeedProblem.NotADate)]
    [InlineData(23, "mensuelles", FeedProblem.NotAnAmount)]
    [InlineData(26, "partiel", FeedProblem.NotAYesOrNo)]
    [InlineData(27, "19755", FeedProblem.NotANumber)]
    [InlineData(85, "photo1.jpg", FeedProblem.NotAWebAddress)]
    [InlineData(85, "javascript:alert(1)", FeedProblem.NotAWebAddress)]
    [InlineData(85, "https://user:secret@host.example/1.jpg", FeedProblem.NotAWebAddress)]
    [InlineData(177, "H", ListingProblem.NotAnEnergyClass)]
    [InlineData(302, "4", ListingProblem.NotAFeesPayer)]
    public void An_unusable_optional_field_is_left_out_and_reported(int column, string value, object? expected)
    {
        var line = Poliris.ReadOne((column, value));

        Assert.Equal(expected, line.Warnings.Count == 0 ? null : (object)Assert.Single(line.Warnings).Problem);
        Assert.All(line.Warnings, w => Assert.Contains(value, w.Sentence, StringComparison.Ordinal));
        if (expected is not null)
            Assert.Equal(Poliris.ReadOne((column, "")).Draft.ContentHash(), line.Draft.ContentHash());
    }

    [Fact]
    public void Zero_and_the_zero_date_mean_not_given()
    {
        var line = Poliris.ReadOne((15, "0.00"), (16, "0"), (18, "0"), (19, "0"), (22, "00/00/0000"), (23, "0"), (27, "0"), (298, "0.000000000"), (299, "0.000000000"), (324, "00/00/0000"));

        Assert.Empty(line.Warnings);
        Assert.True(line.Draft is
        {
            FeesPercent: null, Surface: null, Rooms: null, Bedrooms: null, AvailableFrom: null, ChargesCents: null, YearBuilt: null, Latitude: null, DiagnosisDate: null,
        });
    }

    [Theory]
    [InlineData("6560.0", "06560")]
    [InlineData("6560", "06560")]
    [InlineData("14 000", "14000")]
    [InlineData("14000,0", "14000")]
    public void A_postcode_recovers_from_a_spreadsheet(string written, string expected) =>
        Assert.Equal(expected, Poliris.ReadOne((5, written)).Draft.Postcode);

    [Fact]
    public void A_foreign_postcode_is_kept_as_written() =>
        Assert.Equal("SW1A 1AA", Poliris.ReadOne((5, "SW1A 1AA"), (7, "Royaume-Uni")).Draft.Postcode);

    [Theory]
    [InlineData("15/09/2026")]
    [InlineData("15/9/2026")]
    [InlineData("2026-09-15")]
    [InlineData("15-09-2026")]
    [InlineData("15.09.2026")]
    [InlineData("20260915")]
    [InlineData("2026-09-15T00:00:00")]
    [InlineData("15/09/2026 08:30:00")]
    public void Dates_come_in_several_shapes(string written) =>
        Assert.Equal(new DateOnly(2026, 9, 15), Poliris.ReadOne((22, written)).Draft.AvailableFrom);

    [Fact]
    public void Fees_are_a_percentage_for_a_sale_and_euros_for_a_rental()
    {
        var sale = Poliris.ReadOne((15, "4.07")).Draft;
        var rental = Poliris.ReadOne((3, "location"), (11, "650"), (13, "OUI"), (15, "390"), (23, "45,50"), (161, "1300")).Draft;

        Assert.Equal((4.07m, (long?)null), (sale.FeesPercent, sale.FeesCents));
        Assert.Equal((null, 39_000L), (rental.FeesPercent, rental.FeesCents));
        Assert.Equal((65_000L, true, 4_550L, 130_000L), (rental.PriceCents, rental.RentIncludesCharges, rental.ChargesCents, rental.DepositCents));
    }

    [Fact]
    public void A_default_version_or_letter_without_a_diagnosis_is_none()
    {
        var none = Poliris.ReadOne((178, "0"), (179, "A"), (324, "00/00/0000"), (325, "DPE_v01-2011")).Draft;
        var real = Poliris.ReadOne((176, "179"), (177, "d"), (178, "4"), (179, "A"), (324, "06/10/2025"), (325, "DPE_v07-2021")).Draft;

        Assert.True(none is { EnergyClass: null, GhgClass: null, DiagnosisDate: null, DiagnosisVersion: null });
        Assert.Equal((EnergyClass.D, 179m, EnergyClass.A, 4m), (real.EnergyClass, real.EnergyUse, real.GhgClass, real.GhgEmission));
        Assert.Equal((new DateOnly(2025, 10, 6), "DPE_v07-2021"), (real.DiagnosisDate, real.DiagnosisVersion));
    }

    [Theory]
    [InlineData("NS", EnergyClass.NotSubject)]
    [InlineData("VI", EnergyClass.Blank)]
    public void A_home_without_a_letter_says_why(string written, EnergyClass expected) =>
        Assert.Equal(expected, Poliris.ReadOne((177, written)).Draft.EnergyClass);

    [Theory]
    [InlineData("appartement", "0", 0)]
    [InlineData("appartement", "RDC", 0)]
    [InlineData("appartement", "", null)]
    [InlineData("appartement", "-1", -1)]
    [InlineData("maison/villa", "0", null)]
    public void Floor_zero_is_the_ground_floor_of_a_flat_and_nothing_for_a_house(string type, string floor, int? expected) =>
        Assert.Equal(expected, Poliris.ReadOne((4, type), (24, floor)).Draft.Floor);

    [Fact]
    public void Longitude_zero_is_a_place_in_the_Calvados()
    {
        var listing = Poliris.ReadOne((298, "49.32"), (299, "0.00")).Draft;

        Assert.Equal((49.32m, 0m), (listing.Latitude, listing.Longitude));
    }

    [Theory]
    [InlineData("-0.36", "49.18", FeedProblem.CoordinatesOutOfPlace)]
    [InlineData("49.18", "200", FeedProblem.CoordinatesOutOfPlace)]
    [InlineData("49.18", "", FeedProblem.IncompleteCoordinates)]
    [InlineData("", "-0.36", FeedProblem.IncompleteCoordinates)]
    [InlineData("nord", "-0.36", FeedProblem.NotANumber)]
    public void Coordinates_are_dropped_together_when_one_is_unusable(string latitude, string longitude, FeedProblem expected)
    {
        var line = Poliris.ReadOne((298, latitude), (299, longitude));

        Assert.Equal(expected, Assert.Single(line.Warnings).Problem);
        Assert.True(line.Draft is { Latitude: null, Longitude: null });
    }

    [Fact]
    public void Overseas_coordinates_are_in_France_too() =>
        Assert.Equal(-21.1m, Poliris.ReadOne((5, "97400"), (298, "-21.1"), (299, "55.5")).Draft.Latitude);

    [Fact]
    public void Photos_keep_the_agencys_order_across_their_three_runs_of_columns()
    {
        var columns = Enumerable.Range(85, 9).Concat(Enumerable.Range(164, 11)).Concat(Enumerable.Range(264, 10)).ToList();

        var listing = Poliris.ReadOne([.. columns.Select((column, i) => (column, $"https://photos.example/{i + 1}.jpg"))]).Draft;

        Assert.Equal(Enumerable.Range(1, 30).Select(i => $"https://photos.example/{i}.jpg"), listing.Photos);
    }

    [Fact]
    public void Text_keeps_its_lines_and_loses_control_characters()
    {
        var listing = Poliris.ReadOne((20, " Beau\u0000 T3\u0007 "), (21, "Un<br>deux<BR />trois\r\nquatre <b>gras</b>")).Draft;

        Assert.Equal(("Beau T3", "Un\ndeux\ntrois\nquatre <b>gras</b>"), (listing.Title, listing.Description));
    }

    [Fact]
    public void Private_columns_reach_neither_listings_nor_reports()
    {
        var secrets = PolirisTable.Columns.Where(column => column.IsPrivate).Select(column => (column.Number, "SECRET-MARKER")).ToArray();

        var read = Poliris.ReadOne(secrets);
        var rejected = Poliris.Rejected([.. secrets, (3, "troc")]);

        Assert.DoesNotContain("SECRET", read.Draft.ToString() + string.Concat(read.Draft.Photos), StringComparison.Ordinal);
        Assert.True(secrets.Length >= 16);
        Assert.DoesNotContain("SECRET", rejected.ToString() + rejected.Sentence, StringComparison.Ordinal);
        Assert.Equal(Poliris.ReadOne().Draft.ContentHash(), read.Draft.ContentHash());
    }

    [Fact]
    public void A_report_names_the_contact_fields_and_never_repeats_them()
    {
        var long_ = "SECRET-MARKER" + new string('x', 300);

        var warnings = Poliris.ReadOne((105, long_), (106, long_), (107, "SECRET-MARKER")).Warnings;
        var rejected = Poliris.Rejected((107, "SECRET-MARKER"), (11, "offert"));

        Assert.Equal(["105 Téléphone à afficher", "106 Contact à afficher", "107 Email à afficher"], warnings.Select(w => w.Field).Order());
        Assert.All(warnings.Concat(rejected.AlsoFound), w => Assert.Equal("", w.Value));
        Assert.All(warnings.Concat(rejected.AlsoFound), w => Assert.DoesNotContain("SECRET", w.Sentence, StringComparison.Ordinal));
    }

    [Fact]
    public void A_long_value_is_shortened_in_the_report_without_breaking_a_character()
    {
        var rejected = Poliris.Rejected((4, new string('x', 79) + "😀 et la suite"));

        Assert.Equal(new string('x', 79), rejected.Value);
    }
}
