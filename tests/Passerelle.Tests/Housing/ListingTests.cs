using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Tests.Housing.Feeds;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Housing;

/// <summary>Listings and reports as they are read, and by whom.</summary>
public sealed class ListingTests(Postgres postgres)
{
    [Fact]
    public async Task A_listing_is_shown_as_the_feed_gave_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.Of(Poliris.Sale("T1", (2, "CAEN-12"), (3, "location"), (4, "Maison/Villa"), (11, "650,50"), (13, "NON"), (23, "49,50"), (17, "120"), (19, "2"), (20, "Été à l’œil"),
            (22, "15/09/2026"), (85, "https://photos.example/1.jpg"), (86, "https://photos.example/2.jpg"), (177, "C"), (176, "120"), (179, "VI"), (298, "49.18"), (299, "-0.37"))));

        var listing = (await hub.Listings("crm").GetListingAsync(new() { Name = Assert.Single(await hub.OnMarketAsync()).Name })).Listing;

        Assert.Equal(listing.CreateTime, listing.UpdateTime);
        Assert.Equal(new Listing
        {
            Name = listing.Name, Partner = "partners/agence", Agency = "agence-1", TechnicalId = "T1", Reference = "CAEN-12", State = Listing.Types.State.OnMarket,
            Transaction = Listing.Types.Transaction.Rental, PropertyType = "Maison/Villa", Title = "Été à l’œil", Description = "Près du port.",
            Price = new() { CurrencyCode = "EUR", Units = 700 }, Postcode = "14000", City = "Caen", SurfaceM2 = 62.5, LandM2 = 120, Rooms = 3, Bedrooms = 2,
            EnergyLabel = "C", EmissionLabel = "", AvailabilityDate = new() { Year = 2026, Month = 9, Day = 15 },
            PhotoUris = { "https://photos.example/1.jpg", "https://photos.example/2.jpg" }, CreateTime = listing.CreateTime, UpdateTime = listing.UpdateTime,
            Details = listing.Details,
        }, listing);
    }

    [Fact]
    public async Task Its_details_say_what_a_family_asks()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.Of(Poliris.Sale("T1", (3, "location"), (9, "Gare"), (11, "650"), (13, "OUI"), (15, "350"), (23, "50"), (161, "600"), (304, "1"), (306, "90"), (302, "3"), (24, "0"), (27, "1975"), (29, "1"), (31, "2"),
            (33, "8832"), (34, "6"), (41, "OUI"), (43, "2"), (48, "NON"), (216, "24"), (26, "OUI"), (85, "https://photos.example/1.jpg"), (94, "Séjour"), (86, "https://photos.example/2.jpg"), (105, "02 31 00 00 00"),
            (106, "Agence du Port"), (107, "contact@agence.example"), (104, "https://visite.example/1"), (176, "120"), (177, "C"), (179, "VI"), (324, "01/02/2025"), (325, "DPE_v07-2021"), (326, "740"), (327, "1040"), (328, "01/01/2023"),
            (258, "OUI"), (259, "12"), (260, "1320"), (261, "NON"), (298, "49.18"), (299, "-0.37"), (193, "Tram B"), (194, "Calvaire"), (21, "Voir georisques.gouv.fr"))));

        var details = Assert.Single(await hub.OnMarketAsync("crm")).Details;

        Assert.Equal(new ListingDetails
        {
            Costs = new()
            {
                FeesPayer = FeesPayer.BuyerAndSeller, Fees = Euros(350), InventoryFees = Euros(90), RentWithCharges = Euros(650), RentWithoutCharges = Euros(600), Charges = Euros(50), ChargesTerms = ChargesTerms.Fixed,
                Deposit = Euros(600),
            },
            Layout = new() { LivingRoomM2 = 24, BathroomCount = 1, ToiletCount = 2, HasFloor = true, YearBuilt = 1975 },
            Heating = new() { Energy = Heating.Types.Energy.Gas, Emitter = Heating.Types.Emitter.Radiator, Sharing = Heating.Types.Sharing.Individual },
            Kitchen = new() { Kind = Kitchen.Types.Kind.Open, Equipped = YesNo.Yes },
            Outside = new() { Terrace = YesNo.No, ParkingCount = 2 },
            Comfort = new() { Lift = YesNo.Yes, Furnished = YesNo.Yes, Transport = "Tram B, Calvaire" },
            Diagnosis = new()
            {
                EnergyUse = 120, DiagnosisDate = new() { Year = 2025, Month = 2, Day = 1 }, Version = "DPE_v07-2021", LeastCost = Euros(740), MostCost = Euros(1040), ReferenceYear = 2023,
                EmissionAbsence = Diagnosis.Types.Absence.Blank,
            },
            CoOwnership = new() { LotCount = 12, Charges = Euros(1320), Procedure = YesNo.No },
            Position = new() { Latitude = 49.18, Longitude = -0.37, Precision = Position.Types.Precision.Rounded },
            Photos = { new Photo { Uri = "https://photos.example/1.jpg", Title = "Séjour" }, new Photo { Uri = "https://photos.example/2.jpg" } },
            VisitContact = new() { DisplayName = "Agence du Port", Phone = "02 31 00 00 00", Email = "contact@agence.example" },
            VirtualTourUri = "https://visite.example/1", MentionsRisks = true, Neighbourhood = "Gare",
        }, details);

        static Google.Type.Money Euros(long euros) => new() { CurrencyCode = "EUR", Units = euros };
    }

    [Theory]
    [InlineData("vente", Listing.Types.Transaction.Sale, "OUI", false)]
    [InlineData("vente", Listing.Types.Transaction.Sale, "NON", true)]
    [InlineData("location vacances", Listing.Types.Transaction.HolidayRental, "", true)]
    [InlineData("viager", Listing.Types.Transaction.Other, "", true)]
    public async Task A_price_that_the_agency_hides_is_not_shown(string written, Listing.Types.Transaction transaction, string hidden, bool shown)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.OfSales(["T1"], (3, written), (201, hidden), (11, "100.25")));

        var listing = Assert.Single(await hub.OnMarketAsync(filter: new() { Transaction = transaction }));

        Assert.Equal(shown ? new Google.Type.Money { CurrencyCode = "EUR", Units = 100, Nanos = 250_000_000 } : null, listing.Price);
    }

    /// <summary>Every column that the merge writes, against the entity that reads it: a column out of its order would end in another.</summary>
    [Fact]
    public async Task What_a_feed_says_beyond_the_contract_is_kept_too()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var sale = Poliris.Sale("V", (15, "4.5"), (24, "2"), (26, "OUI"), (27, "1975"), (104, "https://visite.example/1"), (176, "120"), (177, "C"), (178, "12.5"), (179, "B"), (201, "OUI"), (298, "49.18"), (299, "-0.37"),
            (302, "1"), (303, "177000"), (324, "01/02/2025"), (325, "DPE_v07-2021"));
        await hub.ImportAsync(Feed.Of(sale, Poliris.Sale("L", (3, "location"), (13, "OUI"), (15, "350"), (23, "45.5"), (161, "650"))));

        var v = await hub.QueryAsync(db => Task.FromResult(db.Listings.Single(l => l.TechnicalId == "V")));
        var l = await hub.QueryAsync(db => Task.FromResult(db.Listings.Single(x => x.TechnicalId == "L")));

        Assert.Equal((4.5m, 2, true, 1975, "https://visite.example/1"), (v.FeesPercent!.Value, v.Floor!.Value, v.Furnished!.Value, v.YearBuilt!.Value, v.VirtualTour));
        Assert.Equal((120m, 12.5m, new DateOnly(2025, 2, 1), "DPE_v07-2021"), (v.EnergyUse!.Value, v.GhgEmission!.Value, v.DiagnosisDate!.Value, v.DiagnosisVersion));
        Assert.Equal((49.18m, -0.37m, 17_700_000L, true, "France"), (v.Latitude!.Value, v.Longitude!.Value, v.PriceWithoutFeesCents!.Value, v.PriceHidden, v.Country));
        Assert.Equal((Hub.Housing.Feeds.FeesPayer.Buyer, Hub.Housing.Feeds.PropertyType.Apartment), (v.FeesPayer!.Value, v.PropertyType));
        Assert.Equal((Hub.Housing.Feeds.EnergyClass.C, Hub.Housing.Feeds.EnergyClass.B), (v.EnergyClass!.Value, v.GhgClass!.Value));
        Assert.Equal((true, 35_000L, 4_550L, 65_000L), (l.RentIncludesCharges!.Value, l.FeesCents!.Value, l.ChargesCents!.Value, l.DepositCents!.Value));
    }

    [Fact]
    public async Task Another_agency_neither_sees_nor_touches_what_is_not_its_own()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var file = Feed.OfSales(Feed.Ids(1, 3));
        var report = await hub.ImportAsync(file);
        var listing = (await hub.OnMarketAsync())[0];
        var before = await hub.OnMarketAsync();

        foreach (var name in new[] { listing.Name, "listings/" + Household.NewId() })
            Assert.Equal(name, (await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, async () => await hub.Listings("agence-deux").GetListingAsync(new() { Name = name }))).Metadata["resource"]);
        foreach (var name in new[] { report.Name, "importReports/" + Household.NewId() })
            Assert.Equal(name, (await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, async () => await hub.Feeds("agence-deux").GetImportReportAsync(new() { Name = name }))).Metadata["resource"]);
        Assert.Empty(await hub.OnMarketAsync("agence-deux"));
        Assert.Empty(await hub.OnMarketAsync("agence-deux", new() { Partner = "partners/agence" }));
        Assert.Empty((await hub.WatchAsync(0, caller: "agence-deux", partner: "partners/agence")).Listings);
        Assert.Empty((await hub.Feeds("agence-deux").ListImportReportsAsync(new())).Reports);

        // The same agency and technical ids: other listings all the same.
        Assert.Equal((3, 0, 0, 0, 0, 0), (await hub.ImportAsync(file, "agence-deux")).Counts());
        Assert.Equal((0, 1, 0, 0, 2, 0), (await hub.ImportAsync(Feed.OfSales(["T1"], (11, "1000")), "agence-deux")).Counts());
        Assert.Equal(before, await hub.OnMarketAsync());
        Assert.Equal(4, (await hub.OnMarketAsync("crm")).Count);
    }

    [Fact]
    public async Task Lists_page_through_in_order_and_filter()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.Of([.. Feed.Ids(1, 7).Select(id => Poliris.Sale(id)), Poliris.Sale("L1", (3, "location"), (5, "14400")), Poliris.Sale("L2", (3, "location"))]));
        await hub.ImportAsync(Feed.OfSales(["T1"]), "agence-deux");

        var paged = await hub.OnMarketAsync(filter: new() { PageSize = 2 });
        Assert.Equal(9, paged.Count);
        Assert.Equal(paged.Select(l => l.Name).Order(StringComparer.Ordinal), paged.Select(l => l.Name));
        Assert.Equal(9, paged.DistinctBy(l => l.Name).Count());
        Assert.Equal(["L1", "L2"], (await hub.OnMarketAsync(filter: new() { Transaction = Listing.Types.Transaction.Rental, PageSize = 1 })).Select(l => l.TechnicalId).Order());
        Assert.Equal(["L1"], (await hub.OnMarketAsync(filter: new() { Postcode = "14400" })).Select(l => l.TechnicalId));
        Assert.Equal((10, 1), ((await hub.OnMarketAsync("crm")).Count, (await hub.OnMarketAsync("crm", new() { Partner = "partners/agence-deux" })).Count));

        var page = await hub.Listings().ListListingsAsync(new() { PageSize = 2 });
        await HubError.OfAsync(ErrorReason.PageTokenInvalid, StatusCode.InvalidArgument, async () => await hub.Listings().ListListingsAsync(new() { PageToken = page.NextPageToken, Postcode = "14000" }));
        var invalid = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, async () => await hub.Listings().ListListingsAsync(new() { Partner = "agence", Postcode = "14\0", Transaction = (Listing.Types.Transaction)9 }));
        Assert.Equal(["partner", "transaction", "postcode"], invalid.Fields);
    }

    [Fact]
    public async Task Reports_are_listed_newest_first_without_their_problems()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var imported = new List<ImportReport>();
        for (var i = 0; i < 3; i++)
        {
            imported.Insert(0, await hub.ImportAsync(Feed.OfSales(["T1"], (5, $"Caen {i}"))));
            await hub.Time.AdvanceAsync(TimeSpan.FromHours(1));
        }

        var first = await hub.Feeds().ListImportReportsAsync(new() { PageSize = 2 });
        var second = await hub.Feeds("agence").ListImportReportsAsync(new() { PageSize = 2, PageToken = first.NextPageToken });

        Assert.Equal(imported.Select(r => r.Name), first.Reports.Concat(second.Reports).Select(r => r.Name));
        Assert.Equal("", second.NextPageToken);
        Assert.All(first.Reports, r => Assert.Equal((1, 0), (r.ProblemCount, r.Problems.Count)));
        Assert.Equal(3, (await hub.Feeds("crm").ListImportReportsAsync(new())).Reports.Count);
    }
}
