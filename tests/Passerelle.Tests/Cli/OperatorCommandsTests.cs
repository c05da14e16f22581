using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Tests.Client;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;
using Waits = Passerelle.Contracts.Exchanges.V1.ExplainExchangeResponse.Types.WaitsFor;

namespace Passerelle.Tests.Cli;

/// <summary>passerelle exchanges explain, redeliver, withdraw, replay, drain.</summary>
public sealed class OperatorCommandsTests : IAsyncLifetime
{
    private FakeHub _hub = null!;

    public async ValueTask InitializeAsync() => _hub = await FakeHub.StartAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    public static TheoryData<Waits> AllWaits => [.. System.Enum.GetValues<Waits>().Where(w => w != Waits.Unspecified)];

    [Theory]
    [MemberData(nameof(AllWaits))]
    public async Task Whatever_an_exchange_waits_for_is_said_in_a_sentence_with_nothing_left_open(Waits waits)
    {
        foreach (var next in (Timestamp?[])[Summer, null])
        {
            _hub.OnExplain = request => new ExplainExchangeResponse { Exchange = Exchange(request.Name), WaitsFor = waits, NextTime = next, BlockingExchange = "exchanges/0" };

            var result = await CommandLine.RunAsync(_hub, "exchanges", "explain", "1");

            Assert.Equal(0, result.Code);
            Assert.DoesNotContain(waits.ToString() + ".", result.Output, StringComparison.Ordinal);
            Assert.DoesNotMatch(@"[{}]", result.Output);
            Assert.DoesNotContain("Installez la version", result.Output, StringComparison.Ordinal);
            Assert.Contains("Échange : mise en relation (exchanges/1)", result.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_missing_option_is_said_in_French()
    {
        var result = await CommandLine.RunAsync(_hub, "exchanges", "replay");

        Assert.Equal(2, result.Code);
        Assert.StartsWith("Il manque l'option --since.", result.Error);
    }

    [Fact]
    public async Task An_explanation_says_why_what_was_tried_and_until_when()
    {
        _hub.OnExplain = request => new ExplainExchangeResponse
        {
            Exchange = new Exchange(Exchange(request.Name)) { State = State.Queued, DeliveryTime = null },
            Attempts = { new Attempt { Number = 3, StartTime = Summer, Error = "UNAVAILABLE" } },
            WaitsFor = Waits.NextAttempt,
            NextTime = Summer,
            RemainingAttemptCount = 9,
            GiveUpTime = Summer,
        };

        var result = await CommandLine.RunAsync(_hub, "exchanges", "explain", "exchanges/1");

        Assert.Contains("Il attend sa prochaine tentative, prévue le samedi 4 juillet 2026 à 20 h 05.", result.Output, StringComparison.Ordinal);
        Assert.Contains("La dernière tentative (n° 3, le samedi 4 juillet 2026 à 20 h 05) n'a pas abouti : UNAVAILABLE.", result.Output, StringComparison.Ordinal);
        Assert.Contains("Il reste au moins 9 tentatives ; abandon le samedi 4 juillet 2026 à 20 h 05 au plus tard", result.Output, StringComparison.Ordinal);
        Assert.Equal("WAITS_FOR_NEXT_ATTEMPT", Assert.Single((await CommandLine.RunAsync(_hub, "exchanges", "explain", "1", "--json")).Json).GetProperty("waitsFor").GetString());
    }

    [Fact]
    public async Task What_the_hub_cannot_compose_is_said_to_be_its_own_fault()
    {
        _hub.OnExplain = request => new ExplainExchangeResponse
        {
            Exchange = new Exchange(Exchange(request.Name)) { State = State.Queued, DeliveryTime = null }, WaitsFor = Waits.NextAttempt, NextTime = Summer, LastError = "NOT_COMPOSED",
        };

        Assert.Contains("Passerelle n'a pas pu composer ce qui doit partir", (await CommandLine.RunAsync(_hub, "exchanges", "explain", "1")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_held_exchange_says_why_and_attempts_show_latency_size_and_hash()
    {
        _hub.OnGetExchange = request => new GetExchangeResponse
        {
            Exchange = new Exchange(Exchange(request.Name)) { State = State.Held, HoldReason = "PARTNER_DOWN", SupersededBy = "exchanges/2" },
            Attempts =
            {
                new Attempt
                {
                    Number = 1, Outcome = Attempt.Types.Outcome.NotYet, StartTime = Summer, Transport = "push", Error = "UNAVAILABLE", SizeBytes = 2048,
                    Sha256 = ByteString.CopyFrom(Convert.FromHexString("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")), Latency = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(12)),
                },
                new Attempt { Number = 2, Outcome = Attempt.Types.Outcome.Unknown, StartTime = Summer, Transport = "push" },
            },
        };

        var result = await CommandLine.RunAsync(_hub, "exchanges", "show", "1");

        Assert.Contains("État : retenu (partenaire injoignable)", result.Output, StringComparison.Ordinal);
        Assert.Contains("Remplacé par exchanges/2", result.Output, StringComparison.Ordinal);
        Assert.Matches(@"1\s+04/07/2026 20:05\s+à réessayer\s+poussé\s+12 ms\s+2048\s+0011223344556677\s+UNAVAILABLE", result.Output);
        Assert.Matches(@"2\s+04/07/2026 20:05\s+inconnu ou en cours\s+poussé\s+—\s+0", result.Output);
    }

    [Fact]
    public async Task An_exchange_is_redelivered_and_withdrawn()
    {
        _hub.OnRedeliver = request => new RedeliverExchangeResponse { Exchange = new Exchange(Exchange(request.Name)) { State = State.Queued } };
        _hub.OnWithdraw = request => new WithdrawExchangeResponse { Exchange = new Exchange(Exchange(request.Name)) { State = State.Withdrawn, EndReason = request.Reason } };

        Assert.Contains("exchanges/1 repart dès que possible. État : en file.", (await CommandLine.RunAsync(_hub, "exchanges", "redeliver", "1")).Output, StringComparison.Ordinal);
        Assert.Contains("exchanges/1 est retiré (HOUSEHOLD_STAYS).", (await CommandLine.RunAsync(_hub, "exchanges", "withdraw", "exchanges/1", "--reason", "HOUSEHOLD_STAYS")).Output, StringComparison.Ordinal);
        Assert.Equal("STATE_WITHDRAWN", Assert.Single((await CommandLine.RunAsync(_hub, "--json", "exchanges", "withdraw", "1", "--reason", "X")).Json).GetProperty("exchange").GetProperty("state").GetString());
    }

    [Fact]
    public async Task What_the_hub_refuses_is_said()
    {
        _hub.OnRedeliver = _ => throw FakeHub.Refusal(StatusCode.FailedPrecondition, "STATE_CONFLICT", new() { ["resource"] = "exchanges/1", ["state"] = "answered" });

        var result = await CommandLine.RunAsync(_hub, "exchanges", "redeliver", "1");

        Assert.Equal(3, result.Code);
        Assert.Contains("L'état de « exchanges/1 » (answered) ne le permet pas", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-07-04", "2026-07-03T22:00:00Z")]
    [InlineData("04/07/2026", "2026-07-03T22:00:00Z")]
    [InlineData("2026-07-04T20:05", "2026-07-04T18:05:00Z")]
    [InlineData("2026-07-04T18:05:00Z", "2026-07-04T18:05:00Z")]
    [InlineData("2026-12-04", "2026-12-03T23:00:00Z")]
    public async Task A_replay_rehearses_or_does_it_since_a_date_in_Paris(string since, string start)
    {
        var requests = new List<ReplayExchangesRequest>();
        _hub.OnReplay = request =>
        {
            requests.Add(request);
            return new ReplayExchangesResponse
            {
                ReplayedCount = 12, RefusedCount = 3, Refused = { new ReplayExchangesResponse.Types.Refused { Exchange = "exchanges/1", Reason = "CONSENT_MISSING" } },
            };
        };

        var rehearsal = await CommandLine.RunAsync(_hub, "exchanges", "replay", "--since", since, "--partner", "essai", "--dry-run");
        var done = await CommandLine.RunAsync(_hub, "exchanges", "replay", "--since", since);

        Assert.Contains("Seraient renvoyés : 12. Ne peuvent plus partir, et resteraient non remis : 3.", rehearsal.Output, StringComparison.Ordinal);
        Assert.Matches(@"exchanges/1\s+CONSENT_MISSING", rehearsal.Output);
        Assert.Contains("... et 2 autres", rehearsal.Output, StringComparison.Ordinal);
        Assert.Contains("Renvoyés : 12.", done.Output, StringComparison.Ordinal);
        Assert.Equal([true, false], requests.Select(r => r.DryRun));
        Assert.Equal(["partners/essai", ""], requests.Select(r => r.Partner));
        Assert.All(requests, r => Assert.Equal(DateTimeOffset.Parse(start, System.Globalization.CultureInfo.InvariantCulture), r.StartTime.ToDateTimeOffset()));
    }

    [Theory]
    [InlineData("replay")]
    [InlineData("replay", "--since", "hier")]
    [InlineData("replay", "--since", "2026-02-30")]
    [InlineData("withdraw", "1")]
    [InlineData("explain")]
    public async Task A_malformed_command_is_a_mistake_of_usage(params string[] args)
    {
        var result = await CommandLine.RunAsync(_hub, ["exchanges", .. args]);

        Assert.Equal(2, result.Code);
        Assert.Empty(_hub.Calls);
    }

    [Fact]
    public async Task The_drain_is_a_table_by_partner()
    {
        var asked = "";
        _hub.OnDrain = request =>
        {
            asked = request.Partner;
            return new ReportDrainResponse
            {
                Drains =
                {
                    new Drain { Partner = "partners/essai", QueuedCount = 1234567, SendingCount = 8, UndeliverableCount = 2, DeliveredCount = 3600, OldestCreateTime = Summer, Remaining = Duration.FromTimeSpan(TimeSpan.FromHours(3)) },
                    new Drain { Partner = "partners/pause", HeldCount = 5 },
                },
            };
        };

        var result = await CommandLine.RunAsync(_hub, "exchanges", "drain", "--partner", "essai");

        Assert.Equal("partners/essai", asked);
        Assert.Matches(@"partners/essai\s+1234567\s+0\s+8\s+2\s+04/07/2026 20:05\s+3600\s+3 h 00", result.Output);
        Assert.Matches(@"partners/pause\s+0\s+5\s+0\s+0\s+—\s+0\s+—", result.Output);
        Assert.Equal(2, (await CommandLine.RunAsync(_hub, "--json", "exchanges", "drain")).Json.Count);
        _hub.OnDrain = _ => new ReportDrainResponse();
        Assert.Contains("Rien n'attend.", (await CommandLine.RunAsync(_hub, "exchanges", "drain")).Output, StringComparison.Ordinal);
    }

    private static Timestamp Summer => new DateTimeOffset(2026, 7, 4, 18, 5, 0, TimeSpan.Zero).ToTimestamp();

    private static Exchange Exchange(string name) => new()
    {
        Name = name,
        Kind = "referral",
        Partner = "partners/essai",
        Case = "cases/1",
        State = State.AwaitingAnswer,
        CreateTime = Summer,
        DeliveryTime = Summer,
    };
}
