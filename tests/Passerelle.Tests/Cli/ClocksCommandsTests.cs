using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Passerelle.Cli;
using Passerelle.Contracts.Clocks.V1;
using Passerelle.Tests.Client;
using Answer = Passerelle.Contracts.Clocks.V1.ClockEvent.Types.AnswerKind;
using Group = Passerelle.Contracts.Clocks.V1.ReportClocksRequest.Types.Group;
using Kind = Passerelle.Contracts.Clocks.V1.ClockEvent.Types.Kind;
using Rule = Passerelle.Contracts.Clocks.V1.ClockInterval.Types.Rule;
using State = Passerelle.Contracts.Clocks.V1.Clock.Types.State;

namespace Passerelle.Tests.Cli;

/// <summary>passerelle clocks.</summary>
public sealed class ClocksCommandsTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 3, 6, 15, 5, 0, TimeSpan.Zero);

    private FakeHub _hub = null!;

    public async ValueTask InitializeAsync() => _hub = await FakeHub.StartAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task Clocks_are_listed_and_those_whose_deadline_has_passed_are_late_at_once()
    {
        ListClocksRequest? asked = null;
        _hub.OnListClocks = request =>
        {
            asked = request.Clone();
            return new ListClocksResponse { Clocks = { Clock("clocks/1"), Clock("clocks/2", due: At(6, 15, 4)), new Clock(Clock("clocks/3", State.Paused)) { DueTime = null } } };
        };

        var result = await RunAsync("list", "--state", "overdue", "--partner", "essai", "--case", "7", "--limit", "3");

        Assert.Equal(("partners/essai", "cases/7", State.Overdue, 3), (asked!.Partner, asked.Case, asked.State, asked.PageSize));
        Assert.Matches(@"clocks/1\s+réponse au ménage\s+requests/1\s+en cours\s+06/03/2026 18:05", result.Output);
        Assert.Matches(@"clocks/2\s+réponse au ménage\s+requests/1\s+EN RETARD\s+06/03/2026 16:04", result.Output);
        Assert.Matches(@"clocks/3\s+réponse au ménage\s+requests/1\s+suspendu\s+—", result.Output);
        Assert.Equal(3, (await RunAsync("list", "--json")).Json.Count);
        _hub.OnListClocks = _ => new ListClocksResponse();
        Assert.Contains("Aucun délai.", (await RunAsync("list")).Output, StringComparison.Ordinal);
        var wrong = await RunAsync("list", "--state", "late");
        Assert.Equal(2, wrong.Code);
        Assert.Contains("« late » ne convient pas à --state. Choisissez parmi : running, paused, overdue, met, missed, voided.", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clock_shows_what_happened_to_it_with_who_and_why()
    {
        _hub.OnGetClock = request => new GetClockResponse
        {
            Clock = Clock(request.Name),
            Events =
            {
                new ClockEvent { Number = 1, Kind = Kind.Started, EffectiveTime = At(4, 17, 5), RecordTime = At(4, 17, 5) },
                new ClockEvent { Number = 2, Kind = Kind.Answered, AnswerKind = Answer.AutomaticReceipt, SetAside = "not_an_answer", EffectiveTime = At(4, 17, 6), RecordTime = At(4, 17, 6) },
                new ClockEvent
                {
                    Number = 3, Kind = Kind.Corrected, RemovedNumber = 2, EffectiveTime = At(5, 9, 0), RecordTime = At(5, 10, 0), By = "crm:advisors/ada", Why = "Appel\u001b[31m noté trop tard",
                    Added = new ClockEvent { Kind = Kind.Answered, AnswerKind = Answer.CallLogged, EffectiveTime = At(5, 9, 0) },
                },
            },
        };

        var result = await RunAsync("get", "1");

        Assert.Contains("réponse au ménage (requests/1) : en cours jusqu'au vendredi 6 mars 2026 à 18 h 05, reste 2 h 00", result.Output, StringComparison.Ordinal);
        Assert.Contains("Commencé le mercredi 4 mars 2026 à 18 h 05, selon la règle promise@1", result.Output, StringComparison.Ordinal);
        Assert.Matches(@"2\s+04/03/2026 18:06\s+04/03/2026 18:06\s+répondu : accusé automatique \[sans effet : not_an_answer\]", result.Output);
        Assert.Matches(@"3\s+05/03/2026 10:00\s+05/03/2026 11:00\s+corrigé \(retire le n° 2\) \(ajoute : répondu : appel noté, le 05/03/2026 10:00\)\s+crm:advisors/ada\s+Appel·\[31m noté trop tard", result.Output);
    }

    [Fact]
    public async Task An_explanation_shows_what_counted_and_what_did_not_and_adds_up()
    {
        ExplainClockRequest? asked = null;
        _hub.OnExplainClock = request =>
        {
            asked = request.Clone();
            return new ExplainClockResponse
            {
                Clock = Clock(request.Name), EndTime = At(6, 15, 5), Counted = Duration.FromTimeSpan(TimeSpan.FromHours(3) + TimeSpan.FromMicroseconds(123_457)), LimitTime = At(7, 8, 0),
                Intervals =
                {
                    Interval(At(4, 17, 5), At(4, 18, 5), true, Rule.WorkingHours), Interval(At(4, 18, 5), At(5, 8, 0), false, Rule.OutsideHours),
                    Interval(At(5, 8, 0), At(6, 8, 0), false, Rule.Holiday, "Lundi de Pâques"),
                    new ClockInterval(Interval(At(6, 8, 0), At(6, 10, 0), true, Rule.WorkingHours)) { EndTime = At(6, 10, 0) + Duration.FromTimeSpan(TimeSpan.FromMicroseconds(123_457)) },
                    Interval(At(6, 10, 1), At(6, 15, 5), false, Rule.Paused),
                },
            };
        };

        var result = await RunAsync("explain", "clocks/1", "--as-known", "2026-03-06 16:05");

        Assert.Equal(("clocks/1", At(6, 15, 5)), (asked!.Name, asked.AsKnownTime));
        Assert.Contains("D'après ce qu'on savait le vendredi 6 mars 2026 à 16 h 05", result.Output, StringComparison.Ordinal);
        Assert.Contains("Compté : 3 h 0,123457 s, jusqu'au vendredi 6 mars 2026 à 16 h 05", result.Output, StringComparison.Ordinal);
        Assert.Contains("Non compté : 42 h 59 min", result.Output, StringComparison.Ordinal);
        Assert.Contains("L'échéance ne dépasse jamais le samedi 7 mars 2026 à 9 h 00", result.Output, StringComparison.Ordinal);
        Assert.Matches(@"04/03/2026 18:05\s+04/03/2026 19:05\s+1 h\s+heures ouvrées\s+promise@1", result.Output);
        Assert.Matches(@"05/03/2026 09:00\s+06/03/2026 09:00\s+24 h\s+jour férié : Lundi de Pâques\s+promise@1", result.Output);
        Assert.Matches(@"06/03/2026 09:00\s+06/03/2026 11:00\s+2 h 0,123457 s\s+heures ouvrées", result.Output);
        Assert.Equal(2, (await RunAsync("explain", "1", "--as-known", "hier")).Code);
    }

    [Fact]
    public async Task Clocks_are_paused_resumed_and_reopened_with_who_and_why()
    {
        var asked = new List<(string, string, string)>();
        _hub.OnPauseClock = r => { asked.Add((r.Name, r.Why, r.By)); return new PauseClockResponse { Clock = new Clock(Clock(r.Name, State.Paused)) { DueTime = null } }; };
        _hub.OnResumeClock = r => { asked.Add((r.Name, r.Why, r.By)); return new ResumeClockResponse { Clock = Clock(r.Name) }; };
        _hub.OnReopenClock = r => { asked.Add((r.Name, r.Why, r.By)); return new ReopenClockResponse { Clock = Clock(r.Name) }; };

        Assert.Contains("réponse au ménage (requests/1) : suspendu", (await RunAsync("pause", "1", "--why", "Vacances", "--by", "advisors/ada")).Output, StringComparison.Ordinal);
        Assert.Contains("en cours jusqu'au", (await RunAsync("resume", "1")).Output, StringComparison.Ordinal);
        Assert.Equal("clocks/1", Assert.Single((await RunAsync("reopen", "1", "--why", "Message revenu", "--json")).Json).GetProperty("name").GetString());

        Assert.Equal([("clocks/1", "Vacances", "advisors/ada"), ("clocks/1", "", ""), ("clocks/1", "Message revenu", "")], asked);
        Assert.Equal(2, (await RunAsync("pause", "1")).Code);
        Assert.Equal(2, (await RunAsync("reopen", "1")).Code);
    }

    [Fact]
    public async Task What_happens_to_clocks_is_shown_and_goes_on_where_a_stream_broke()
    {
        var asked = new List<(string, string, State)>();
        _hub.OnWatchClocks = async (request, stream) =>
        {
            asked.Add((request.StartCursor, request.Partner, request.State));
            var number = asked.Count;
            await stream.WriteAsync(new WatchClocksResponse { Cursor = $"c{number}", Event = new ClockChange { Time = At(6, 17, 5), Type = "clock.overdue", Clock = Clock($"clocks/{number}", State.Overdue) } });
            if (number == 1) throw FakeHub.Down;
            await stream.WriteAsync(new WatchClocksResponse { Cursor = "end", CheckpointTime = At(6, 17, 6) });
        };

        var result = await RunAsync("watch", "--once", "--cursor", "c0", "--partner", "essai", "--state", "overdue");

        Assert.Equal([("c0", "partners/essai", State.Overdue), ("c1", "partners/essai", State.Overdue)], asked);
        Assert.Equal(0, result.Code);
        Assert.Equal(2, result.Output.Split("06/03/2026 18:05  délai dépassé  réponse au ménage (requests/1) : EN RETARD").Length - 1);
        asked.Clear();
        Assert.Equal(["c1", "c2"], (await RunAsync("watch", "--once", "--json")).Json.Select(j => j.GetProperty("cursor").GetString()));
    }

    [Fact]
    public async Task A_correction_says_what_goes_and_what_comes()
    {
        CorrectClockRequest? asked = null;
        _hub.OnCorrectClock = r => { asked = r.Clone(); return new CorrectClockResponse { Clock = Clock(r.Name) }; };

        await RunAsync("correct", "1", "--remove", "2", "--add", "answered", "--at", "2026-03-05 10:00", "--answer", "call", "--why", "Appel noté trop tard");

        Assert.True(Guid.TryParse(asked!.RequestId, out _));
        Assert.Equal(("clocks/1", 2, Kind.Answered, At(5, 9, 0), Answer.CallLogged, "Appel noté trop tard"), (asked.Name, asked.RemovedNumber, asked.AddedKind, asked.AddedTime, asked.AddedAnswerKind, asked.Why));
        Assert.Contains("Dites ce qu'il faut corriger", (await RunAsync("correct", "1", "--why", "x")).Error, StringComparison.Ordinal);
        Assert.Contains("--add et --at vont ensemble", (await RunAsync("correct", "1", "--add", "paused", "--why", "x")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_shows_the_groups_that_were_asked_for()
    {
        ReportClocksRequest? asked = null;
        _hub.OnReportClocks = request =>
        {
            asked = request.Clone();
            return new ReportClocksResponse
            {
                AsKnownTime = At(6, 15, 5),
                Figures =
                {
                    new ClockFigures
                    {
                        Need = "housing", MonthDate = new Date { Year = 2026, Month = 2, Day = 1 }, ClockCount = 2003, MetCount = 1999, MissedCount = 1, OverdueCount = 0, OpenCount = 2, VoidedCount = 1, Attainment = 1999 / 2000.0,
                        Median = Duration.FromTimeSpan(TimeSpan.FromHours(5)), Percentile90 = Duration.FromTimeSpan(TimeSpan.FromHours(50)),
                    },
                    new ClockFigures { MonthDate = new Date { Year = 2026, Month = 3, Day = 1 }, ClockCount = 1, OpenCount = 1 },
                },
            };
        };

        var result = await RunAsync("report", "promises", "--group", "need", "month", "--since", "2026-02-01", "--until", "01/04/2026", "--as-known", "2026-03-06 16:05");

        Assert.Equal([Group.Month, Group.Need], asked!.Groups);
        Assert.Equal((Passerelle.Contracts.Clocks.V1.Clock.Types.Family.Promise, new Date { Year = 2026, Month = 2, Day = 1 }, new Date { Year = 2026, Month = 4, Day = 1 }, At(6, 15, 5)), (asked.Family, asked.StartDate, asked.EndDate, asked.AsKnownTime));
        Assert.Matches(@"Mois\s+Besoin\s+Délais\s+Tenus\s+Manqués\s+En retard\s+En cours\s+Sans objet\s+Part tenue\s+Médiane\s+90 %\s+95 %\s+99 %", result.Output);
        Assert.Matches(@"02/2026\s+logement\s+2003\s+1999\s+1\s+0\s+2\s+1\s+99,9 %\s+5 h 00\s+2 j 2 h\s+—\s+—", result.Output);
        Assert.Matches(@"03/2026\s+—\s+1\s+0\s+0\s+0\s+1\s+0\s+—\s+—", result.Output);
        Assert.Equal(2, (await RunAsync("report", "promises", "--json")).Json.Count);
        Assert.Contains("« tout » ne convient pas. Choisissez parmi : promises, windows.", (await RunAsync("report", "tout")).Error, StringComparison.Ordinal);
        Assert.Contains("« jour » ne convient pas. Choisissez parmi : month, need, partner, advisor.", (await RunAsync("report", "windows", "--group", "jour")).Error, StringComparison.Ordinal);
        Assert.Contains("n'est pas un jour", (await RunAsync("report", "windows", "--since", "2026-02-30")).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(1, "0,000001 s")]
    [InlineData(60_000_000, "1 min")]
    [InlineData(90_000_000_000, "25 h")]
    [InlineData(172_800_000_000 - 1, "47 h 59 min 59,999999 s")]
    [InlineData(172_800_000_000, "2 j")]
    [InlineData(183_845_500_000, "2 j 3 h 4 min 5,5 s")]
    public void Lengths_are_exact(long microseconds, string expected) => Assert.Equal(expected, FrenchTime.Length(TimeSpan.FromMicroseconds(microseconds)));

    private Task<CommandResult> RunAsync(params string[] args) => CommandLine.RunAsync(
        new() { ["PASSERELLE_ADDRESS"] = _hub.Address.ToString() }, Now, TestContext.Current.CancellationToken, ["clocks", .. args]);

    private static Clock Clock(string name, State state = State.Running, Timestamp? due = null) => new()
    {
        Name = name, Family = Passerelle.Contracts.Clocks.V1.Clock.Types.Family.Promise, Subject = "requests/1", State = state, StartTime = At(4, 17, 5), DueTime = due ?? At(6, 17, 5), Policy = "promise@1",
    };

    private static ClockInterval Interval(Timestamp from, Timestamp until, bool counts, Rule rule, string detail = "") =>
        new() { StartTime = from, EndTime = until, Counts = counts, Rule = rule, Detail = detail, Policy = "promise@1" };

    private static Timestamp At(int day, int hour, int minute) => new DateTimeOffset(2026, 3, day, hour, minute, 0, TimeSpan.Zero).ToTimestamp();
}
