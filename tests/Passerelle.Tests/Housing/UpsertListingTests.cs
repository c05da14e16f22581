using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Npgsql;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Tests.Support;
using static Passerelle.Tests.Housing.TypedListing;

namespace Passerelle.Tests.Housing;

/// <summary>One listing through the typed door.</summary>
public sealed class UpsertListingTests(Postgres postgres)
{
    [Fact]
    public async Task A_listing_is_given_back_as_it_was_sent()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var whole = Sale("T1");
        (whole.Transaction, whole.LandM2, whole.Bedrooms, whole.EnergyLabel, whole.EmissionLabel) = (Listing.Types.Transaction.Rental, 120.25, 2, "C", "B");
        (whole.Price, whole.AvailabilityDate) = (new() { CurrencyCode = "EUR", Units = 650, Nanos = 500_000_000 }, new() { Year = 2027, Month = 9, Day = 15 });
        whole.PhotoUris.Add(["https://photos.example/1.jpg", "https://photos.example/2.jpg"]);
        foreach (var sent in (Listing[])[whole, new() { Agency = "a", TechnicalId = "b", Transaction = Listing.Types.Transaction.HolidayRental, PropertyType = "Maison/Villa", Price = Euros(1) }])
        {
            // What is output only does not matter: a listing that was read may be sent back.
            (sent.Name, sent.Partner, sent.State, sent.UpdateTime) = ("listings/x", "partners/x", Listing.Types.State.Withdrawn, new Timestamp());

            var stored = await hub.UpsertAsync(sent);

            Assert.Equal(stored, (await hub.Listings("crm").GetListingAsync(new() { Name = stored.Name })).Listing);
            Assert.Equal(("partners/agence", Listing.Types.State.OnMarket, stored.CreateTime), (stored.Partner, stored.State, stored.UpdateTime));
            (sent.Name, sent.Partner, sent.State, sent.CreateTime, sent.UpdateTime) = (stored.Name, stored.Partner, stored.State, stored.CreateTime, stored.UpdateTime);
            sent.Details = stored.Details;
            Assert.Equal(sent, stored);
        }
    }

    [Fact]
    public async Task Every_detail_is_given_back_as_it_was_sent()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (sale, rental) = (Sale("V"), Sale("L"));
        rental.Transaction = Listing.Types.Transaction.Rental;
        sale.PhotoUris.Add("https://photos.example/1.jpg");
        foreach (var listing in (Listing[])[sale, rental])
        {
            (listing.Details, listing.EnergyLabel, listing.EmissionLabel) = (AllDetails(), "C", "B");
            if (listing == sale) listing.Details.Photos.Add(new Photo { Uri = "https://photos.example/1.jpg", Title = "Le séjour" });
        }

        // What belongs to the other kind of transaction, and what follows from price and description.
        var costs = sale.Details.Costs;
        (costs.Fees, costs.InventoryFees, costs.ChargesTerms, costs.RentControlled, costs.BaseRent, costs.ReferenceRentCeiling, costs.RentSupplement) = (null, null, 0, 0, null, null, null);
        costs = rental.Details.Costs;
        (costs.FeesPercent, costs.RentWithCharges, costs.RentWithoutCharges) = (0, Euros(185_000), Euros(184_950));
        foreach (var sent in (Listing[])[sale, rental])
        {
            var stored = await hub.UpsertAsync(sent);
            Assert.Equal(sent.Details, stored.Details);
            Assert.Equal(stored, await hub.UpsertAsync(stored));
        }
    }

    /// <summary>Every field is set, and no two of a kind alike as far as there are values enough.</summary>
    static ListingDetails AllDetails() => new()
    {
        Costs = new()
        {
            FeesPayer = FeesPayer.Seller, FeesPercent = 4.5, Fees = Euros(350), InventoryFees = Euros(120), FeesUri = "https://agence.example/honoraires", PriceWithoutFees = Euros(177_000), Charges = Euros(50),
            ChargesTerms = ChargesTerms.Advance, Deposit = Euros(600), RentControlled = YesNo.Yes, BaseRent = Euros(610), ReferenceRentCeiling = Euros(620), RentSupplement = Euros(30), PropertyTax = Euros(900),
        },
        Layout = new()
        {
            LivingRoomM2 = 25.5, DiningRoomM2 = 12, BalconyM2 = 4, TerraceM2 = 15, CellarM2 = 6, GardenM2 = 300, BathroomCount = 1, ShowerRoomCount = 2, ToiletCount = 3, SeparateToilets = YesNo.Yes,
            Floor = 0, HasFloor = true, FloorCount = 4, Duplex = YesNo.No, YearBuilt = 1975,
        },
        Heating = new() { Energy = Heating.Types.Energy.HeatPump, Emitter = Heating.Types.Emitter.RadiatorAndFloor, Sharing = Heating.Types.Sharing.Collective },
        Kitchen = new() { Kind = Kitchen.Types.Kind.Kitchenette, Equipped = YesNo.No },
        Outside = new()
        {
            BalconyCount = 1, Terrace = YesNo.Yes, TerraceCount = 2, Garden = YesNo.No, Pool = YesNo.Yes, ParkingCount = 3, BoxCount = 4, Garage = YesNo.No, FacesNorth = YesNo.Yes, FacesEast = YesNo.No,
            FacesSouth = YesNo.Yes, FacesWest = YesNo.No, OpenView = YesNo.Yes,
        },
        Comfort = new()
        {
            Lift = YesNo.Yes, Accessible = YesNo.No, Furnished = YesNo.Yes, Cellar = YesNo.No, Fireplace = YesNo.Yes, AirConditioning = YesNo.No, Alarm = YesNo.Yes, DoorCode = YesNo.No, Intercom = YesNo.Yes,
            Caretaker = YesNo.No, AnimalsAccepted = YesNo.Yes, NewlyBuilt = YesNo.No, Refurbished = YesNo.Yes, WorkNeeded = YesNo.No, Transport = "Tram T1, Quatrans",
        },
        Diagnosis = new()
        {
            EnergyUse = 120, Emission = 12.5, DiagnosisDate = new() { Year = 2025, Month = 2, Day = 1 }, Version = "DPE_v07-2021", FinalEnergyUse = 90.25, LeastCost = Euros(800), MostCost = Euros(1100), ReferenceYear = 2023,
        },
        CoOwnership = new() { LotCount = 12, Charges = Euros(700), Procedure = YesNo.No, ProcedureDetails = "Aucune." },
        Position = new() { Latitude = 49.1829, Longitude = -0.3707, Precision = Position.Types.Precision.Rounded },
        VisitContact = new() { DisplayName = "L’accueil", Phone = "02 31 00 00 00", Email = "visites@agence.example" },
        VirtualTourUri = "https://visite.example/1",
        Neighbourhood = "Près du port",
    };

    [Fact]
    public async Task A_listing_of_a_known_identity_replaces_it_under_its_name_whichever_door_it_came_through()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAsync(Feed.OfSales(["T1", "T2"]));
        var first = (await hub.OnMarketAsync()).Single(l => l.TechnicalId == "T1");
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(1));

        var changed = await hub.UpsertAsync(Sale("T1", 179_000));
        Assert.Equal((first.Name, first.CreateTime, 179_000), (changed.Name, changed.CreateTime, changed.Price.Units));
        Assert.True(changed.UpdateTime > first.UpdateTime);
        Assert.Equal(changed, await hub.UpsertAsync(Sale("T1", 179_000)));
        Assert.NotEqual(first.Name, (await hub.UpsertAsync(Sale("T1"), "agence-deux")).Name);
        Assert.NotEqual(first.Name, (await hub.UpsertAsync(Sale("T1", agency: "agence-2"))).Name);
        Assert.Equal(["T1", "T1", "T2"], (await hub.OnMarketAsync()).Select(l => l.TechnicalId).Order());
    }

    [Fact]
    public async Task A_withdrawn_listing_is_off_the_market_and_comes_back_under_its_name()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var listing = await hub.UpsertAsync(Sale("T1"));
        var (_, cursor) = await hub.WatchAsync(1);

        var withdrawn = await hub.WithdrawListingAsync(listing.Name);

        Assert.Equal(Listing.Types.State.Withdrawn, withdrawn.State);
        Assert.Equal(withdrawn, await hub.WithdrawListingAsync(listing.Name));
        Assert.Empty(await hub.OnMarketAsync());
        (var watched, cursor) = await hub.WatchAsync(1, cursor);
        Assert.Equal(withdrawn, Assert.Single(watched));
        var back = await hub.UpsertAsync(Sale("T1"));
        Assert.Equal((listing.Name, Listing.Types.State.OnMarket), (back.Name, back.State));
        Assert.Equal(back, Assert.Single((await hub.WatchAsync(1, cursor)).Listings));
    }

    [Fact]
    public async Task An_equal_repeat_returns_the_first_response_and_an_unequal_one_is_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var requestId = Household.NewId();

        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => hub.UpsertAsync(Sale("T1"), requestId: requestId)));

        Assert.Single(responses.Distinct());
        await HubError.OfAsync(ErrorReason.RequestIdReused, StatusCode.AlreadyExists, () => hub.UpsertAsync(Sale("T1", 1), requestId: requestId));
    }

    [Fact]
    public async Task Eight_writers_of_one_identity_make_one_listing()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var stored = await Task.WhenAll(Enumerable.Range(1, 8).Select(n => hub.UpsertAsync(Sale("T1", n))));
        Assert.Single(stored.Select(l => l.Name).Distinct());
    }

    [Fact]
    public async Task What_is_anothers_is_not_found_and_only_a_housing_partner_writes()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var listing = await hub.UpsertAsync(Sale("T1"));

        foreach (var name in new[] { listing.Name, "listings/" + Household.NewId() })
            await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.WithdrawListingAsync(name, "agence-deux"));
        Assert.Equal(["name"], (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.WithdrawListingAsync("T1"))).Fields);
        foreach (var partner in new[] { "crm", "emploi" })
            await HubError.OfAsync(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, () => hub.UpsertAsync(Sale("T1"), partner));
        Assert.Single(await hub.OnMarketAsync());
    }

    [Fact]
    public async Task Everything_that_is_wrong_with_a_listing_is_said_at_once()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var broken = new Listing
        {
            TechnicalId = new string('t', 101), Reference = new string('r', 101), Transaction = Listing.Types.Transaction.Other, PropertyType = "igloo", City = new string('c', 101),
            Title = new string('t', 501), Description = new string('d', 100_001), Price = new() { CurrencyCode = "EUR", Units = 10, Nanos = 1 }, Postcode = "Caen", SurfaceM2 = double.NaN, LandM2 = -1,
            Rooms = 1000, Bedrooms = -1, EnergyLabel = "H", EmissionLabel = "AA", AvailabilityDate = new() { Year = 2027, Month = 2, Day = 30 }, PhotoUris = { "https://photos.example/1.jpg", "photo.jpg" },
        };

        var error = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.UpsertAsync(broken, requestId: "x"));

        Assert.Equal(
            [
                "listing.agency", "listing.availability_date", "listing.bedrooms", "listing.city", "listing.description", "listing.emission_label", "listing.energy_label", "listing.land_m2",
                "listing.photo_uris[1]", "listing.postcode", "listing.price", "listing.property_type", "listing.reference", "listing.rooms", "listing.surface_m2", "listing.technical_id", "listing.title",
                "listing.transaction", "request_id",
            ],
            error.Fields.Order(StringComparer.Ordinal));
        Assert.Equal(["listing"], (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.UpsertAsync(null))).Fields);
        foreach (var price in new Google.Type.Money?[] { null, new(), new() { CurrencyCode = "USD", Units = 1 }, Euros(-1), Euros(20_000_000_000), new() { CurrencyCode = "EUR", Units = 1, Nanos = -10_000_000 } })
        {
            var listing = Sale("T1");
            listing.Price = price;
            Assert.Equal(["listing.price"], (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.UpsertAsync(listing))).Fields);
        }
    }

    [Fact]
    public async Task An_upsert_waits_for_whoever_writes_the_partners_listings_at_that_moment()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await using var other = await hub.Source.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("select pg_advisory_xact_lock(hashtextextended('listings of agence', 0))", other)) await command.ExecuteNonQueryAsync();

        var waiting = hub.UpsertAsync(Sale("T1"));
        await Eventually.BecomesTrueAsync(async () => await CountWaitingAsync(hub) == 1, () => "Nobody waits.");
        Assert.Equal("T1", (await hub.UpsertAsync(Sale("T1"), "agence-deux")).TechnicalId);
        await transaction.RollbackAsync();

        Assert.Equal("T1", (await waiting).TechnicalId);
    }

    static async Task<long> CountWaitingAsync(HubHost hub)
    {
        await using var command = hub.Source.CreateCommand("select count(*) from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
