using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Clocks.V1;
using Passerelle.Tests.Client;
using ClockWire = Passerelle.Contracts.Clocks.V1;

namespace Passerelle.Tests.Cli;

public sealed class CasesCommandsTests : IAsyncLifetime
{
    // Winter in Paris: one hour ahead.
    private static readonly DateTimeOffset Now = new(2026, 3, 5, 16, 0, 0, TimeSpan.Zero);

    private FakeHub _hub = null!;

    public async ValueTask InitializeAsync() => _hub = await FakeHub.StartAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task A_case_shows_its_clocks_in_the_time_of_Paris_and_its_timeline()
    {
        string? asked = null;
        _hub.OnGetCase = request =>
        {
            asked = request.Name;
            return Response();
        };

        var result = await ShowAsync("1");

        Assert.Equal(0, result.Code);
        Assert.Equal("cases/1", asked);
        Assert.Contains("Dossier 2026-00417 (cases/1)", result.Output);
        Assert.Contains("Ouvert le mercredi 4 mars 2026 à 18 h 05", result.Output);
        Assert.Contains("Ménage : adultes 2, enfants 1", result.Output);
        Assert.Contains("Besoins : emploi, scolarité", result.Output);
        Assert.Contains("réponse au ménage (requests/1) : en cours jusqu'au vendredi 6 mars 2026 à 18 h 05, reste 25 h 05", result.Output);
        Assert.Contains("réponse du partenaire (exchanges/1) : EN RETARD, c'était à faire avant le jeudi 5 mars 2026 à 16 h 00, dépassé de 1 h 00", result.Output);
        Assert.Contains("réponse du partenaire (exchanges/2) : tenu, réponse le jeudi 5 mars 2026 à 12 h 00", result.Output);
        Assert.Matches(@"04/03/2026 18:05\s+dossier ouvert\s+cases/1", result.Output);
        Assert.Matches(@"05/03/2026 12:00\s+échange répondu\s+exchanges/2\s+partners/essai\s+intéressé", result.Output);
        // Newer than this program: shown as it is.
        Assert.Contains("visit.booked", result.Output);
    }

    [Fact]
    public async Task Names_of_people_are_shown_with_json_only()
    {
        _hub.OnGetCase = _ => Response();

        Assert.DoesNotContain("Marqueur", (await ShowAsync("cases/1")).Output);

        var json = Assert.Single((await ShowAsync("cases/1", "--json")).Json);
        Assert.Equal("Marqueur", json.GetProperty("members")[0].GetProperty("familyName").GetString());
    }

    [Fact]
    public async Task A_clock_whose_deadline_has_passed_is_late_even_before_the_hub_noticed()
    {
        _hub.OnGetCase = _ => new GetCaseResponse { Case = new Case(), Clocks = { Clock(ClockWire.Clock.Types.State.Running, "requests/1", Now.AddSeconds(-1)) } };

        Assert.Contains("EN RETARD", (await ShowAsync("1")).Output);
    }

    [Fact]
    public async Task A_case_that_does_not_exist_is_refused()
    {
        _hub.OnGetCase = _ => throw FakeHub.Refusal(StatusCode.NotFound, "RESOURCE_NOT_FOUND", new() { ["resource"] = "cases/9" });

        var result = await ShowAsync("9");

        Assert.Equal(3, result.Code);
        Assert.Contains("« cases/9 » n'existe pas", result.Error);
    }

    private Task<CommandResult> ShowAsync(params string[] args) => CommandLine.RunAsync(
        new() { ["PASSERELLE_ADDRESS"] = _hub.Address.ToString() }, Now, TestContext.Current.CancellationToken, ["cases", "show", .. args]);

    private static GetCaseResponse Response() => new()
    {
        Case = new Case { Name = "cases/1", Reference = "2026-00417", Needs = { Need.Employment, Need.Schooling }, CreateTime = At(4, 17, 5) },
        Members =
        {
            new Person { Role = Person.Types.Role.Adult, FamilyName = "Marqueur" },
            new Person { Role = Person.Types.Role.Adult, FamilyName = "Marqueur" },
            new Person { Role = Person.Types.Role.Child, FamilyName = "Marqueur" },
        },
        Clocks =
        {
            Clock(ClockWire.Clock.Types.State.Overdue, "exchanges/1", new(2026, 3, 5, 15, 0, 0, TimeSpan.Zero)),
            Clock(ClockWire.Clock.Types.State.Running, "requests/1", new(2026, 3, 6, 17, 5, 0, TimeSpan.Zero)),
            Clock(ClockWire.Clock.Types.State.Met, "exchanges/2", new(2026, 3, 6, 17, 5, 0, TimeSpan.Zero)),
        },
        Timeline =
        {
            new TimelineEvent { Time = At(4, 17, 5), Type = "case.opened", Subject = "cases/1" },
            new TimelineEvent { Time = At(5, 11, 0), Type = "exchange.answered", Subject = "exchanges/2", Partner = "partners/essai", Detail = "interested" },
            new TimelineEvent { Time = At(5, 12, 0), Type = "visit.booked", Subject = "visits/1" },
        },
    };

    private static Clock Clock(Clock.Types.State state, string subject, DateTimeOffset due) => new()
    {
        Family = subject.StartsWith("requests", StringComparison.Ordinal) ? ClockWire.Clock.Types.Family.Promise : ClockWire.Clock.Types.Family.PartnerWindow,
        State = state,
        Subject = subject,
        DueTime = due.ToTimestamp(),
        AnswerTime = state == ClockWire.Clock.Types.State.Met ? At(5, 11, 0) : null,
    };

    private static Timestamp At(int day, int hour, int minute) => new DateTimeOffset(2026, 3, day, hour, minute, 0, TimeSpan.Zero).ToTimestamp();
}
