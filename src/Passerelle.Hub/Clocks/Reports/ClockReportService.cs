using Grpc.Core;
using NodaTime;
using Passerelle.Hub.Clocks.Calendars;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Wire = Passerelle.Contracts.Clocks.V1;

namespace Passerelle.Hub.Clocks.Reports;

public sealed class ClockReportService(HubDb db, ClockReport report) : Wire.ClockReportService.ClockReportServiceBase
{
    static readonly DateTimeZone Paris = LocalTimes.Zone("Europe/Paris");

    public override async Task<Wire.ReportClocksResponse> ReportClocks(Wire.ReportClocksRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        violations.Member(request.Family, "family");
        violations.Members(request.Groups, "groups");
        violations.Check(request.Groups.Distinct().Count() == request.Groups.Count, "groups", "names one twice");
        var (from, until) = (violations.Date(request.StartDate, "start_date", required: false), violations.Date(request.EndDate, "end_date", required: false));
        violations.Check(from is null || until is null || from < until, "end_date", "must be after start_date");
        var partnerId = violations.OptionalPartnerId(request.Partner, "partner");
        var asKnown = violations.OptionalTime(request.AsKnownTime, "as_known_time");
        violations.ThrowIfAny();
        violations.Check(asKnown is null || asKnown <= await db.NowAsync(context.CancellationToken), "as_known_time", "is ahead of now");
        violations.ThrowIfAny();
        var own = context.Caller().PartnerId;
        // Another partner's figures do not exist for a partner.
        if (own is not null && partnerId is not null && partnerId != own) return new Wire.ReportClocksResponse { AsKnownTime = (asKnown ?? await db.NowAsync(context.CancellationToken)).ToWire() };
        var groups = request.Groups.Aggregate(ReportGroups.None, (all, group) => all | GroupOf(group));
        var (figures, moment) = await report.ReadAsync(
            new ReportQuestion((ClockFamily)request.Family, groups, Midnight(from), Midnight(until), partnerId ?? own, asKnown), context.CancellationToken);
        violations.Check(figures.Count <= ClockReport.MostGroups, "groups", $"makes more than {ClockReport.MostGroups} groups: ask for a shorter period");
        violations.ThrowIfAny();
        var response = new Wire.ReportClocksResponse { AsKnownTime = moment.ToWire() };
        response.Figures.AddRange(figures.Select(ToWire));
        return response;
    }

    static ReportGroups GroupOf(Wire.ReportClocksRequest.Types.Group group) => group switch
    {
        Wire.ReportClocksRequest.Types.Group.Unspecified => ReportGroups.None,
        Wire.ReportClocksRequest.Types.Group.Need => ReportGroups.Need,
        Wire.ReportClocksRequest.Types.Group.Partner => ReportGroups.Partner,
        Wire.ReportClocksRequest.Types.Group.Advisor => ReportGroups.Advisor,
        Wire.ReportClocksRequest.Types.Group.Month => ReportGroups.Month,
    };

    static DateTimeOffset? Midnight(DateOnly? date) => date is { } day ? Paris.AtStartOfDay(LocalDate.FromDateOnly(day)).ToInstant().ToDateTimeOffset() : null;

    static Wire.ClockFigures ToWire(ClockFigures figures) => new()
    {
        Need = figures.Need ?? "",
        Partner = figures.PartnerId is { } partner ? Names.OfPartner(partner) : "",
        Advisor = figures.Advisor ?? "",
        MonthDate = figures.Month.ToWire(),
        ClockCount = figures.Count,
        MetCount = figures.Met,
        MissedCount = figures.Missed,
        OverdueCount = figures.Overdue,
        OpenCount = figures.Open,
        VoidedCount = figures.Voided,
        Attainment = figures.Attainment ?? 0,
        Median = ToWire(figures.Times.P50),
        Percentile90 = ToWire(figures.Times.P90),
        Percentile95 = ToWire(figures.Times.P95),
        Percentile99 = ToWire(figures.Times.P99),
    };

    static Google.Protobuf.WellKnownTypes.Duration? ToWire(Duration? duration) => duration is { } known ? Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(known.ToTimeSpan()) : null;
}
