using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Grpc.Core;
using Passerelle.Contracts.Clocks.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Clocks;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using CaseWire = Passerelle.Contracts.Cases.V1;
using Clock = Passerelle.Contracts.Clocks.V1.Clock;
using ClockEvent = Passerelle.Contracts.Clocks.V1.ClockEvent;
using Group = Passerelle.Contracts.Clocks.V1.ReportClocksRequest.Types.Group;

namespace Passerelle.Tests.Clocks.Reports;

/// <summary>Reports over the wire.</summary>
public sealed class ClockReportServiceTests(Postgres postgres)
{
    [Fact]
    public async Task A_report_of_the_past_stays_what_it_was_whatever_is_recorded_later()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (promise, request) = await hub.PromiseAsync();
        var (other, _) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(promise.After(50));
        await hub.RunAsync<FireClocks>();
        await hub.AnswerRequestAsync(request);
        await hub.Time.FreezeAsync(promise.After(51));
        var moment = new ReportClocksRequest { Family = Clock.Types.Family.Promise, AsKnownTime = Timestamp.FromDateTimeOffset(promise.After(50.5)) };
        var known = await ReportAsync(hub, moment);
        var figures = Assert.Single(known.Figures);
        Assert.Equal((0, 1, 1, 0.0, 50 * 3600), (figures.MetCount, figures.MissedCount, figures.OverdueCount, figures.Attainment, figures.Median.Seconds));

        await hub.Clocks().CorrectClockAsync(ClockCalls.AnsweredAt(promise.Name, promise.After(12)));
        await hub.Clocks().CorrectClockAsync(new()
        {
            RequestId = Household.NewId(), Name = other.Name, RemovedNumber = 1, AddedKind = ClockEvent.Types.Kind.Started, AddedTime = Timestamp.FromDateTimeOffset(promise.After(40)), Why = "Reçue plus tard",
        });
        await hub.PromiseAsync();

        Assert.Equal(known, await ReportAsync(hub, moment));
        var now = Assert.Single((await ReportAsync(hub, new() { Family = Clock.Types.Family.Promise })).Figures);
        Assert.Equal((3, 1, 0, 0, 2, 1.0, 12 * 3600), (now.ClockCount, now.MetCount, now.MissedCount, now.OverdueCount, now.OpenCount, now.Attainment, now.Median.Seconds));
        Assert.Empty((await ReportAsync(hub, new() { Family = Clock.Types.Family.Promise, AsKnownTime = Timestamp.FromDateTimeOffset(promise.After(-1)) })).Figures);
    }

    [Fact]
    public async Task A_promise_counts_for_the_need_and_the_advisor_that_it_was_given_with()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        foreach (var (need, advisor) in new[] { (CaseWire.Need.Housing, "advisors/ada"), (CaseWire.Need.Leisure, "advisors/ada"), (CaseWire.Need.Leisure, "") })
        {
            await new CaseWire.RequestService.RequestServiceClient(hub.As("crm")).FileRequestAsync(new()
            {
                RequestId = Household.NewId(), Case = household.Case, Person = household.FirstAdult, Need = need, Text = Marker.Of("DEMANDE"), Advisor = advisor,
            });
        }

        var report = await ReportAsync(hub, new() { Family = Clock.Types.Family.Promise, Groups = { Group.Need, Group.Advisor, Group.Month } });

        Assert.Equal([("housing", "advisors/ada"), ("leisure", "advisors/ada"), ("leisure", "")], report.Figures.Select(f => (f.Need, f.Advisor)));
        Assert.All(report.Figures, f => Assert.Equal((1, 1, 1, null), (f.MonthDate.Day, f.ClockCount, f.OpenCount, f.Median)));
    }

    [Fact]
    public async Task A_partner_is_told_of_its_own_windows_only()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.WindowAsync();
        await hub.PromiseAsync();
        var windows = new ReportClocksRequest { Family = Clock.Types.Family.PartnerWindow, Groups = { Group.Partner } };

        Assert.Equal("partners/emploi", Assert.Single((await ReportAsync(hub, windows, Candidate.Push)).Figures).Partner);
        Assert.Empty((await ReportAsync(hub, windows, Candidate.Pull)).Figures);
        Assert.Empty((await ReportAsync(hub, new(windows) { Partner = "partners/emploi" }, Candidate.Pull)).Figures);
        Assert.Empty((await ReportAsync(hub, new() { Family = Clock.Types.Family.Promise }, Candidate.Push)).Figures);
    }

    [Fact]
    public async Task Everything_that_is_wrong_with_a_question_is_said_at_once()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var request = new ReportClocksRequest
        {
            Groups = { Group.Need, Group.Need, (Group)9 }, Partner = "emploi", StartDate = new Date { Year = 2027, Month = 2, Day = 30 }, EndDate = new Date { Year = 2027 }, AsKnownTime = new Timestamp { Nanos = -1 },
        };
        Assert.Equal(["family", "groups[2]", "groups", "start_date", "end_date", "partner", "as_known_time"], (await RefusedAsync(request)).Fields);
        var backwards = new ReportClocksRequest { Family = Clock.Types.Family.Promise, StartDate = new Date { Year = 2027, Month = 2, Day = 1 }, EndDate = new Date { Year = 2027, Month = 2, Day = 1 } };
        Assert.Equal(["end_date"], (await RefusedAsync(backwards)).Fields);
        Assert.Equal(["as_known_time"], (await RefusedAsync(new() { Family = Clock.Types.Family.Promise, AsKnownTime = new Timestamp { Seconds = 253402300799 } })).Fields);

        Task<HubError> RefusedAsync(ReportClocksRequest wrong) => HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => ReportAsync(hub, wrong));
    }

    [Fact]
    public async Task Websites_read_it_as_json()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.PromiseAsync();
        var json = await hub.Http("crm").GetStringAsync(new Uri("/v1/clocks:report?family=FAMILY_PROMISE&groups=GROUP_MONTH&groups=GROUP_NEED", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("\"need\": \"housing\"", json.Replace("\":\"", "\": \"", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    static async Task<ReportClocksResponse> ReportAsync(HubHost hub, ReportClocksRequest request, string caller = "crm") =>
        await new ClockReportService.ClockReportServiceClient(hub.As(caller)).ReportClocksAsync(request);
}
