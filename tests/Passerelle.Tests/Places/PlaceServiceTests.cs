using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf;
using Google.Type;
using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Places.V1;
using Passerelle.Tests.Support;
using Outcome = Passerelle.Contracts.Places.V1.FindPlaceResponse.Types.Outcome;

namespace Passerelle.Tests.Places;

/// <summary>Communes as they come in and are asked for.</summary>
public sealed class PlaceServiceTests(Postgres postgres)
{
    [Fact]
    public async Task Files_in_any_order_make_places_and_once_more_change_nothing()
    {
        await using var hub = await HubHost.StartAsync(postgres);

        var first = await hub.ImportAllPlacesAsync();
        var dump = await hub.DumpAsync();
        var again = await hub.ImportPlacesAsync(InventedPlaces.Communes, InventedPlaces.Postcodes, InventedPlaces.Epcis, InventedPlaces.Outlines, InventedPlaces.Fibre);

        Assert.Equal(new ImportPlacesResponse { PlaceCount = 5, ChangedCount = 5, FormerCount = 4, FactCount = 2, IgnoredCount = 4 }, first);
        Assert.Equal((5, 0, 0), (again.PlaceCount, again.ChangedCount, again.MergedCount));
        Assert.Equal(Without(dump), Without(await hub.DumpAsync()));

        // The facts name the file that they come from, which has another name now.
        static string Without(string dump) => dump.Replace("fichier-0", "fichier", StringComparison.Ordinal).Replace("fichier-4", "fichier", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_place_is_shown_with_all_that_the_files_say()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();

        var place = (await hub.Places().GetPlaceAsync(new() { Name = "places/14901" })).Place;

        Assert.Equal((49.1, -0.39), (Math.Round(place.Position.Latitude, 6), Math.Round(place.Position.Longitude, 6)));
        place.Position = null;
        Assert.InRange(place.CaenDistanceKm, 9, 9.5);
        Assert.InRange(place.ParisDistanceKm, 200, 205);
        Assert.Equal(new Place
        {
            Name = "places/14901", Code = "14901", DisplayName = "Valbourg", Postcodes = { "14990", "14991" }, Epci = "990000001", EpciDisplayName = "CC du Val", Population = 12000,
            CaenDistanceKm = place.CaenDistanceKm, ParisDistanceKm = place.ParisDistanceKm,
            FormerPlaces = { new FormerPlace { Code = "14911", DisplayName = "Vieux-Moulin" }, new FormerPlace { Code = "14912", DisplayName = "Grand-Pré" }, new FormerPlace { Code = "14913", DisplayName = "L'Épine" } },
            Facts = { Fibre(new Date { Year = 2017, Month = 12, Day = 31 }, 22), Fibre(new Date { Year = 2017, Month = 9, Day = 30 }, 11) },
        }, place);
        Assert.Equal("places/14901", (await hub.Places().GetPlaceAsync(new() { Name = "places/14913" })).Place.Name);
        Assert.Null((await hub.Places().GetPlaceAsync(new() { Name = "places/14904" })).Place.Position);
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.Places().GetPlaceAsync(new() { Name = "places/14999" }).ResponseAsync);
        await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.Places().GetPlaceAsync(new() { Name = "places/149" }).ResponseAsync);

        static PlaceFact Fibre(Date date, long premises) => new() { Kind = PlaceFact.Types.Kind.FibrePremises, FactDate = date, Value = premises, Source = "Arcep, fichier-0" };
    }

    [Fact]
    public async Task Places_are_listed_by_postcode_and_EPCI_page_by_page()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();

        Assert.Equal(["14901", "14905"], await CodesAsync(new() { Postcode = "14990" }));
        Assert.Equal(["14901", "14902"], await CodesAsync(new() { Epci = "990000001" }));
        Assert.Equal(["14901"], await CodesAsync(new() { Epci = "990000001", Postcode = "14991" }));
        Assert.Equal(["14901", "14902", "14903", "14904", "14905"], await CodesAsync(new() { PageSize = 2 }));
        await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.Places().ListPlacesAsync(new() { Postcode = "1499" }).ResponseAsync);

        async Task<List<string>> CodesAsync(ListPlacesRequest request)
        {
            var codes = new List<string>();
            do
            {
                var page = await hub.Places().ListPlacesAsync(request);
                codes.AddRange(page.Places.Select(p => p.Code));
                request.PageToken = page.NextPageToken;
            }
            while (request.PageToken.Length > 0);
            return codes;
        }
    }

    [Theory]
    [InlineData("ST-ORME SUR MER", "", Outcome.Exact, "14902", "")]
    [InlineData("Crevecoeurs", "14992.0", Outcome.Exact, "14903", "")]
    [InlineData("14990 vieux moulin", "", Outcome.Former, "14901", "Vieux-Moulin")]
    [InlineData("Orbelle sur Val", "", Outcome.Former, "14905", "Orbelle sur Val")]
    [InlineData("Saint-Orme", "14992", Outcome.Ambiguous, "14904", "Saint-Orme")]
    [InlineData("Valbuorg", "", Outcome.Unknown, "14901", "Valbourg")]
    [InlineData("14990", "", Outcome.Unknown, "", "")]
    public async Task A_name_is_found_or_asked_about(string query, string postcode, Outcome outcome, string code, string name)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();

        var found = await hub.Places().FindPlaceAsync(new() { Query = query, Postcode = postcode });

        Assert.Equal(outcome, found.Outcome);
        var isCertain = outcome is Outcome.Exact or Outcome.Former;
        Assert.Equal(isCertain, found.Place is not null);
        Assert.Equal(code, isCertain ? found.Place!.Code : found.Candidates.FirstOrDefault()?.Place.Code ?? "");
        Assert.Equal(name, isCertain ? found.FormerPlace?.DisplayName ?? "" : found.Candidates.FirstOrDefault()?.MatchedName ?? "");
    }

    [Fact]
    public async Task A_bad_file_changes_nothing_nor_do_those_beside_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();
        var before = await hub.DumpAsync();

        var error = await HubError.OfAsync(ErrorReason.PlaceFileInvalid, StatusCode.InvalidArgument, () => hub.ImportPlacesAsync(InventedPlaces.Communes.Replace("Valbourg", "Valville", StringComparison.Ordinal), "[{"));

        Assert.Equal("fichier-1", error.Metadata["file"]);
        Assert.Contains("Téléchargez-le de nouveau", error.Metadata["problem"], StringComparison.Ordinal);
        Assert.Equal(before, await hub.DumpAsync());
        await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.Places().ImportPlacesAsync(new()).ResponseAsync);
    }

    [Fact]
    public async Task A_commune_that_becomes_part_of_another_is_found_there()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();

        var done = await hub.ImportPlacesAsync(
            """
            [{ "code": "14902", "nom": "Orme-la-Neuve", "type": "commune-actuelle", "anciensCodes": ["14901", "14904"], "codesPostaux": ["14992", "14990"], "population": 13000 },
             { "code": "14904", "nom": "Saint-Orme", "type": "commune-deleguee", "chefLieu": "14902" }]
            """);

        Assert.Equal((3, 2), (done.PlaceCount, done.MergedCount));
        foreach (var name in (string[])["Valbourg", "Saint-Orme", "Saint-Orme-sur-Mer", "Vieux-Moulin", "L'Épine"])
        {
            var found = await hub.Places().FindPlaceAsync(new() { Query = name });
            Assert.Equal((Outcome.Former, "places/14902", name), (found.Outcome, found.Place.Name, found.FormerPlace.DisplayName));
        }

        Assert.Equal("places/14902", (await hub.Places().GetPlaceAsync(new() { Name = "places/14912" })).Place.Name);
    }

    [Fact]
    public async Task Places_speak_JSON()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();
        using var http = hub.Http("crm");

        var place = await http.GetFromJsonAsync<JsonElement>("/v1/places/14901", TestContext.Current.CancellationToken);
        var found = await (await http.PostAsJsonAsync("/v1/places:find", new { query = "st orme" }, TestContext.Current.CancellationToken)).Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);

        Assert.Equal("Valbourg", place.GetProperty("place").GetProperty("displayName").GetString());
        Assert.Equal("OUTCOME_EXACT", found.GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task The_public_files_of_the_Calvados_make_its_526_communes()
    {
        var paths = RealPlaces.Paths;
        await using var hub = await HubHost.StartAsync(postgres);
        var request = new ImportPlacesRequest();
        foreach (var path in paths) request.Files.Add(new PlaceFile { FileName = Path.GetFileName(path), Content = ByteString.CopyFrom(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken)) });

        var first = await hub.Places().ImportPlacesAsync(request);
        var before = await hub.DumpAsync();
        var again = await hub.Places().ImportPlacesAsync(request);

        Assert.Equal((526, 526), (first.PlaceCount, first.ChangedCount));
        Assert.Equal((526, 0, 0, 0), (again.PlaceCount, again.ChangedCount, again.MergedCount, again.FactCount));
        Assert.Equal(before, await hub.DumpAsync());
        Assert.Equal((32, 88), (await CountAsync("select count(*) from places where '14400' = any(postcodes)"), await CountAsync("select count(distinct p) from places, unnest(postcodes) p")));
        // One commune was made in 2020 out of another: the outlines of 2018 do not have it.
        Assert.Equal((525, 526), (await CountAsync("select count(*) from places where latitude is not null"), await CountAsync("select count(*) from places where epci_code is not null")));
        // Every name of every file, today's and former ones, leads to its commune or is asked about.
        var book = await hub.QueryAsync(db => Hub.Places.PlaceBook.LoadAsync(db, TestContext.Current.CancellationToken));
        Assert.All(book.Places, p => Assert.Equal(p.Code, book.Certain(p.Name, p.Postcodes[0])?.Code));

        async Task<int> CountAsync(string sql)
        {
            await using var command = hub.Source.CreateCommand(sql);
            return (int)(long)(await command.ExecuteScalarAsync())!;
        }
    }
}
