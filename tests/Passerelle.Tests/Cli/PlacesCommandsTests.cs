using Google.Type;
using Grpc.Core;
using Passerelle.Contracts.Places.V1;
using Passerelle.Tests.Client;

namespace Passerelle.Tests.Cli;

public sealed class PlacesCommandsTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private FakeHub _hub = null!;

    public async ValueTask InitializeAsync() => _hub = await FakeHub.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task A_former_name_shows_the_commune_of_today_and_what_is_known_of_it()
    {
        FindPlaceRequest? asked = null;
        _hub.OnFindPlace = request =>
        {
            asked = request;
            return new FindPlaceResponse
            {
                Outcome = FindPlaceResponse.Types.Outcome.Former,
                Place = Valbourg(),
                FormerPlace = new FormerPlace { Code = "14911", DisplayName = "Vieux-Moulin" },
            };
        };

        var result = await CommandLine.RunAsync(_hub, "places", "find", "vieux", "moulin", "--postcode", "14990");

        Assert.Equal(0, result.Code);
        Assert.Equal(("vieux moulin", "14990"), (asked?.Query, asked?.Postcode));
        Assert.Contains("Vieux-Moulin (14911) fait aujourd'hui partie de Valbourg.", result.Output);
        Assert.Contains("Valbourg (14901)", result.Output);
        Assert.Contains("Code postal : 14990, 14991", result.Output);
        Assert.Contains("À vol d'oiseau : 9,2 km de Caen, 203 km de Paris", result.Output);
        Assert.Contains("Locaux raccordables à la fibre : 22 au dimanche 31 décembre 2017 (source : Arcep, essai.csv)", result.Output);
        Assert.Contains("Autrefois : Vieux-Moulin", result.Output);
    }

    [Theory]
    [InlineData(FindPlaceResponse.Types.Outcome.Unknown, true, "« valbuorg » n'est pas une commune connue. Vouliez-vous dire :")]
    [InlineData(FindPlaceResponse.Types.Outcome.Unknown, false, "« valbuorg » n'est pas une commune connue : vérifiez")]
    [InlineData(FindPlaceResponse.Types.Outcome.Ambiguous, true, "« valbuorg » peut désigner plusieurs communes")]
    public async Task What_is_not_certain_is_offered_and_is_no_success(FindPlaceResponse.Types.Outcome outcome, bool offered, string sentence)
    {
        _hub.OnFindPlace = _ =>
        {
            var response = new FindPlaceResponse { Outcome = outcome };
            if (offered)
                response.Candidates.Add(new PlaceCandidate { Place = Valbourg(), MatchedName = "Valbourg" });
            return response;
        };

        var result = await CommandLine.RunAsync(_hub, "places", "find", "valbuorg");

        Assert.Equal(3, result.Code);
        Assert.Contains(sentence, result.Output);
        Assert.Equal(offered, result.Output.Contains("14901  Valbourg  14990 14991", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Files_are_sent_together_and_what_they_brought_is_counted()
    {
        ImportPlacesRequest? sent = null;
        _hub.OnImportPlaces = request =>
        {
            sent = request;
            return new ImportPlacesResponse { PlaceCount = 526, ChangedCount = 3, FactCount = 12 };
        };

        var result = await CommandLine.RunAsync(_hub, "places", "import", _folder.Write("communes.json", "[1]"), _folder.Write("fibre.csv", "a,b"));

        Assert.Equal(0, result.Code);
        Assert.Equal([("communes.json", "[1]"), ("fibre.csv", "a,b")], sent!.Files.Select(f => (f.FileName, f.Content.ToStringUtf8())));
        Assert.Matches(@"Communes connues\s+526", result.Output);
        Assert.Matches(@"Chiffres nouveaux ou modifiés\s+12", result.Output);
    }

    [Fact]
    public async Task A_file_that_is_not_taken_is_named_with_what_is_wrong()
    {
        _hub.OnImportPlaces = _ => throw FakeHub.Refusal(StatusCode.InvalidArgument, "PLACE_FILE_INVALID", new() { ["file"] = "communes.json", ["problem"] = "il ne contient rien." });

        var result = await CommandLine.RunAsync(_hub, "places", "import", _folder.Write("communes.json", "[]"));

        Assert.Equal(3, result.Code);
        Assert.Contains("Le fichier communes.json n'a pas été pris, ni ceux qui l'accompagnent : il ne contient rien.", result.Error);
    }

    [Fact]
    public async Task Files_that_are_missing_or_too_large_are_not_sent()
    {
        Assert.Equal(2, (await CommandLine.RunAsync(_hub, "places", "import", _folder.File("absent.json"))).Code);
        var result = await CommandLine.RunAsync(_hub, "places", "import", _folder.Write("a.json", new string(' ', 2 * 1024 * 1024)), _folder.Write("b.json", new string(' ', 2 * 1024 * 1024)));
        Assert.Equal(2, result.Code);
        Assert.Contains("dépassent 3 Mio", result.Error);
        Assert.Empty(_hub.Calls);
    }

    private static Place Valbourg() => new()
    {
        Name = "places/14901", Code = "14901", DisplayName = "Valbourg", Postcodes = { "14990", "14991" }, Position = new Position { Latitude = 49.1, Longitude = -0.4 }, CaenDistanceKm = 9.24, ParisDistanceKm = 203,
        FormerPlaces = { new FormerPlace { Code = "14911", DisplayName = "Vieux-Moulin" }, new FormerPlace { Code = "14912" } },
        Facts = { new PlaceFact { Kind = PlaceFact.Types.Kind.FibrePremises, FactDate = new Date { Year = 2017, Month = 12, Day = 31 }, Value = 22, Source = "Arcep, essai.csv" } },
    };
}
