using Grpc.Core;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Tests.Client;
using Contract = Passerelle.Contracts.Employment.V1.Offer.Types.Contract;

namespace Passerelle.Tests.Cli;

public sealed class OffersCommandsTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<Offer> _received = [];
    private FakeHub _hub = null!;

    public async ValueTask InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        _hub.OnPushOffers = async (stream, _) =>
        {
            await foreach (var item in stream.ReadAllAsync())
            {
                if (item.ItemCase == PushOffersRequest.ItemOneofCase.Offer)
                    _received.Add(item.Offer);
            }
            return new PushOffersResponse { ReceivedCount = _received.Count, NewCount = _received.Count };
        };
    }

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await _hub.DisposeAsync();
    }

    [Theory]
    [InlineData("""[ { "reference": "a", "weeklyHours": 35 }, { "reference": "b", "contract": "CONTRACT_PERMANENT" } ]""")]
    [InlineData("{ \"reference\": \"a\" }\n\n{ \"reference\": \"b\" }\n")]
    [InlineData("\uFEFF[ { \"reference\": \"a\" },\r\n { \"reference\": \"b\" }, ]")]
    public async Task An_array_or_lines_of_offers_are_pushed(string content)
    {
        var result = await CommandLine.RunAsync(_hub, "offers", "push", _folder.Write("offres.json", content));

        Assert.Equal((0, ""), (result.Code, result.Code == 0 ? "" : result.Error));
        Assert.Equal(["a", "b"], _received.Select(o => o.Reference));
        Assert.Matches(@"Nouvelles\s+2", result.Output);
    }

    [Fact]
    public async Task A_search_result_of_France_Travail_is_mapped()
    {
        var file = _folder.Write("recherche.json", """
            { "resultats": [
              { "id": "190ABCD", "intitule": "Soudeur (H/F)", "description": "Vous soudez.", "romeCode": "H2913",
                "lieuTravail": { "libelle": "14 - CAEN", "codePostal": "14000", "commune": "14118" },
                "entreprise": { "nom": "Atelier d'essai" }, "typeContrat": "CDD", "natureContrat": "Contrat travail",
                "salaire": { "libelle": "Mensuel de 1800,50 Euros à 2000.0 Euros sur 13 mois" },
                "dureeTravailLibelle": "17H30 Travail en journée", "alternance": false,
                "contact": { "urlPostulation": "http://sans-tls.example/postuler" },
                "origineOffre": { "urlOrigine": "https://offres.example/190ABCD" } },
              { "id": "190ABCE", "intitule": "Apprenti boulanger", "typeContrat": "CDD", "natureContrat": "Contrat apprentissage", "alternance": true }
            ], "filtresPossibles": [] }
            """);

        var result = await CommandLine.RunAsync(_hub, "offers", "push", file);

        Assert.Equal(0, result.Code);
        var offer = _received[0];
        Assert.Equal(("190ABCD", "Soudeur (H/F)", "Vous soudez."), (offer.Reference, offer.Title, offer.Description));
        Assert.Equal(("Atelier d'essai", "H2913", "14118"), (offer.Employer, offer.RomeCode, offer.CommuneCode));
        Assert.Equal((Contract.FixedTerm, 17.5), (offer.Contract, offer.WeeklyHours));
        Assert.Equal((23_406.50m, 26_000m, "EUR"), (offer.SalaryMin.DecimalValue, offer.SalaryMax.DecimalValue, offer.SalaryMin.CurrencyCode));
        Assert.Equal("https://offres.example/190ABCD", offer.ApplyUri);
        Assert.Equal(Contract.Apprenticeship, _received[1].Contract);
        Assert.Null(_received[1].SalaryMin);
    }

    [Theory]
    [InlineData("Annuel de 38000.0 Euros à 45000.0 Euros sur 12.0 mois", 38_000, 45_000)]
    [InlineData("Annuel de 26400,00 Euros sur 12 mois", 26_400, 26_400)]
    [InlineData("Mensuel de 1710,00 Euros sur 12 mois", 20_520, 20_520)]
    [InlineData("Horaire de 12,00 Euros sur 12 mois", 21_840, 21_840)]
    [InlineData("Mensuel de 2 000,00 Euros à 1 900,00 Euros", 22_800, 24_000)]
    [InlineData("Mensuel de 380000.0 Euros sur 12 mois", null, null)]
    [InlineData("Cachet de 200 Euros", null, null)]
    [InlineData("Selon profil", null, null)]
    [InlineData("", null, null)]
    public async Task A_salary_is_made_yearly_or_left_out(string text, int? low, int? high)
    {
        await CommandLine.RunAsync(_hub, "offers", "push", _folder.Write("a.json",
            $$"""[{ "id": "1", "intitule": "x", "dureeTravailLibelle": "35H Horaires normaux", "salaire": { "libelle": "{{text}}" } }]"""));

        var offer = Assert.Single(_received);
        Assert.Equal((low, high), ((int?)offer.SalaryMin?.DecimalValue, (int?)offer.SalaryMax?.DecimalValue));
    }

    [Fact]
    public async Task Real_answers_of_France_Travail_are_mapped()
    {
        var folder = Fixtures.Folder("jobs/france-travail");
        foreach (var name in new[] { "les-emplois_offres.json", "offre-167GHBR-2024-01.json" })
            Assert.Equal(0, (await CommandLine.RunAsync(_hub, "offers", "push", Path.Combine(folder, name))).Code);

        Assert.Equal(3, _received.Count);
        Assert.All(_received, offer =>
        {
            Assert.NotEmpty(offer.Reference);
            Assert.Equal(5, offer.CommuneCode.Length);
            Assert.NotEqual(Contract.Unspecified, offer.Contract);
            Assert.Equal(35, offer.WeeklyHours);
            Assert.NotNull(offer.SalaryMin);
        });
    }

    [Fact]
    public async Task What_the_hub_rejected_is_shown_by_its_place_in_the_file_with_french_advice()
    {
        _hub.OnPushOffers = (_, _) => Task.FromResult(new PushOffersResponse
        {
            ReceivedCount = 2,
            NewCount = 1,
            RejectedCount = 1,
            Rejected = { new PushOffersResponse.Types.RejectedOffer { Index = 1, Reference = "c", Field = "commune_code", Description = "is required" } },
        });
        var file = _folder.Write("a.json", """[ { "reference": "a" }, { "reference": "b", "titel": "x" }, { "reference": "c" }, 4, { "reference": "e", "weeklyHours": "many" } ]""");

        var result = await CommandLine.RunAsync(_hub, "offers", "push", file);

        Assert.Equal(6, result.Code);
        Assert.Matches(@"Reçues\s+5", result.Output);
        Assert.Matches(@"Rejetées\s+4", result.Output);
        Assert.Matches(@"(?m)^2\s+b\s+titel\s+Ce champ n'existe pas", result.Output);
        Assert.Matches(@"(?m)^3\s+c\s+commune_code\s+Le code INSEE", result.Output);
        Assert.Matches(@"(?m)^4\s+Ce n'est pas un objet JSON", result.Output);
        Assert.Matches(@"(?m)^5\s+e\s+weeklyHours\s+La valeur n'est pas du type", result.Output);
    }

    [Fact]
    public async Task With_json_rejections_carry_their_place_in_the_file()
    {
        var result = await CommandLine.RunAsync(_hub, "offers", "push", _folder.Write("a.json", """[ 1, { "reference": "b" } ]"""), "--json");

        Assert.Equal(6, result.Code);
        var response = Assert.Single(result.Json);
        Assert.Equal(1, response.GetProperty("rejectedCount").GetInt32());
        Assert.Equal(0, response.GetProperty("rejected")[0].GetProperty("index").GetInt32());
    }

    [Theory]
    [InlineData("[ { \"reference\": \"a\" },\n { oops ]", "voyez la ligne 2")]
    [InlineData("", "ne contient aucune offre")]
    [InlineData("[]", "ne contient aucune offre")]
    [InlineData("[[[[", "n'est pas du JSON")]
    public async Task A_file_that_cannot_be_read_sends_nothing(string content, string sentence)
    {
        var result = await CommandLine.RunAsync(_hub, "offers", "push", _folder.Write("a.json", content));

        Assert.Equal(2, result.Code);
        Assert.Contains(sentence, result.Error);
        Assert.Empty(_hub.Calls);
    }

    [Fact]
    public async Task More_offers_than_one_stream_takes_are_refused_before_they_are_sent()
    {
        var file = _folder.Write("a.json", string.Concat(Enumerable.Repeat("{\"reference\":\"a\"}\n", 10_001)));

        var result = await CommandLine.RunAsync(_hub, "offers", "push", file);

        Assert.Equal(2, result.Code);
        Assert.Contains("coupez-le", result.Error);
        Assert.Empty(_hub.Calls);
    }

    [Fact]
    public async Task A_refusal_of_the_stream_is_told_in_french()
    {
        _hub.OnPushOffers = (_, _) => throw FakeHub.Refusal(StatusCode.ResourceExhausted, "TOO_LARGE", new() { ["limit"] = "4194304" });

        var result = await CommandLine.RunAsync(_hub, "offers", "push", _folder.Write("a.json", """{ "reference": "a" }"""));

        Assert.Equal(3, result.Code);
        Assert.Contains("4194304 octets", result.Error);
    }
}
