using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Tests.Client;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Tests.Cli;

public sealed class ExchangesCommandsTests : IAsyncLifetime
{
    private FakeHub _hub = null!;

    public async ValueTask InitializeAsync() => _hub = await FakeHub.StartAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task A_list_follows_the_pages_up_to_the_limit_with_its_filters()
    {
        var requests = new List<ListExchangesRequest>();
        _hub.OnListExchanges = request =>
        {
            requests.Add(request);
            return new ListExchangesResponse
            {
                Exchanges = { Enumerable.Range(0, Math.Min(2, request.PageSize)).Select(i => Exchange($"exchanges/{requests.Count}-{i}")) },
                NextPageToken = "more",
            };
        };

        var result = await CommandLine.RunAsync(_hub, "exchanges", "list", "--partner", "essai", "--case", "cases/1", "--state", "Awaiting-Answer", "--limit", "3");

        Assert.Equal(0, result.Code);
        Assert.Equal([3, 1], requests.Select(r => r.PageSize));
        Assert.Equal(["", "more"], requests.Select(r => r.PageToken));
        Assert.All(requests, r => Assert.Equal(("partners/essai", "cases/1", State.AwaitingAnswer), (r.Partner, r.Case, r.State)));
        Assert.Matches(@"exchanges/2-0\s+mise en relation\s+partners/essai\s+04/07/2026 20:05\s+attend la réponse", result.Output);
        Assert.Contains("augmentez --limit", result.Error);
    }

    [Fact]
    public async Task With_json_each_exchange_is_one_line()
    {
        _hub.OnListExchanges = _ => new ListExchangesResponse { Exchanges = { Exchange("exchanges/1"), Exchange("exchanges/2") } };

        var result = await CommandLine.RunAsync(_hub, "--json", "exchanges", "list");

        Assert.Equal(["exchanges/1", "exchanges/2"], result.Json.Select(j => j.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task An_empty_list_says_so_to_people_and_nothing_to_programs()
    {
        _hub.OnListExchanges = _ => new ListExchangesResponse();

        Assert.Contains("Aucun échange", (await CommandLine.RunAsync(_hub, "exchanges", "list")).Output);
        Assert.Empty((await CommandLine.RunAsync(_hub, "exchanges", "list", "--json")).Output);
    }

    [Fact]
    public async Task An_exchange_shows_its_attempts()
    {
        _hub.OnGetExchange = request => new GetExchangeResponse
        {
            Exchange = Exchange(request.Name),
            Attempts =
            {
                new Attempt { Number = 1, Outcome = Attempt.Types.Outcome.NotYet, StartTime = Summer, Transport = "push", Error = "UNAVAILABLE" },
                new Attempt { Number = 2, Outcome = Attempt.Types.Outcome.Accepted, StartTime = Summer, Transport = "push" },
            },
        };

        var result = await CommandLine.RunAsync(_hub, "exchanges", "show", "1");

        Assert.Equal(0, result.Code);
        Assert.Contains("Échange : mise en relation (exchanges/1)", result.Output);
        Assert.Contains("créé le samedi 4 juillet 2026 à 20 h 05", result.Output);
        Assert.Matches(@"1\s+04/07/2026 20:05\s+à réessayer\s+poussé\s+—\s+0\s+UNAVAILABLE", result.Output);
        Assert.Matches(@"2\s+04/07/2026 20:05\s+remis\s+poussé", result.Output);
    }

    [Fact]
    public async Task With_json_an_exchange_is_one_object()
    {
        _hub.OnGetExchange = request => new GetExchangeResponse { Exchange = Exchange(request.Name) };

        var json = Assert.Single((await CommandLine.RunAsync(_hub, "exchanges", "show", "exchanges/1", "--json")).Json);

        Assert.Equal("STATE_AWAITING_ANSWER", json.GetProperty("exchange").GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("--state", "waiting", "« waiting » ne convient pas à --state. Choisissez parmi : queued")]
    [InlineData("--limit", "0", "--limit est un nombre à partir de 1")]
    [InlineData("--limit", "many", "--limit est un nombre à partir de 1")]
    public async Task A_malformed_option_is_a_mistake_of_usage(string option, string value, string sentence)
    {
        var result = await CommandLine.RunAsync(_hub, "exchanges", "list", option, value);

        Assert.Equal(2, result.Code);
        Assert.Contains(sentence, result.Error);
        Assert.Empty(_hub.Calls);
    }

    [Fact]
    public async Task A_server_that_knows_nothing_of_us_is_unexpected()
    {
        _hub.OnGetExchange = _ => throw new RpcException(new Status(StatusCode.Unimplemented, ""));

        var result = await CommandLine.RunAsync(_hub, "exchanges", "show", "1");

        Assert.Equal(1, result.Code);
        Assert.Contains("Ce serveur ne connaît pas cette opération", result.Error);
    }

    private static Timestamp Summer => new DateTimeOffset(2026, 7, 4, 18, 5, 0, TimeSpan.Zero).ToTimestamp();

    private static Exchange Exchange(string name) => new()
    {
        Name = name,
        Kind = "referral",
        Partner = "partners/essai",
        State = State.AwaitingAnswer,
        CreateTime = Summer,
    };
}
