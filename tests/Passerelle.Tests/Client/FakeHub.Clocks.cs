using Grpc.Core;
using Passerelle.Contracts.Clocks.V1;

namespace Passerelle.Tests.Client;

/// <summary>The clocks of a fake hub.</summary>
public sealed partial class FakeHub
{
    public Func<GetClockRequest, GetClockResponse> OnGetClock { get; set; } = _ => throw Unscripted;
    public Func<ListClocksRequest, ListClocksResponse> OnListClocks { get; set; } = _ => throw Unscripted;
    public Func<ExplainClockRequest, ExplainClockResponse> OnExplainClock { get; set; } = _ => throw Unscripted;
    public Func<PauseClockRequest, PauseClockResponse> OnPauseClock { get; set; } = _ => throw Unscripted;
    public Func<ResumeClockRequest, ResumeClockResponse> OnResumeClock { get; set; } = _ => throw Unscripted;
    public Func<ReopenClockRequest, ReopenClockResponse> OnReopenClock { get; set; } = _ => throw Unscripted;
    public Func<CorrectClockRequest, CorrectClockResponse> OnCorrectClock { get; set; } = _ => throw Unscripted;
    public Func<WatchClocksRequest, IServerStreamWriter<WatchClocksResponse>, Task> OnWatchClocks { get; set; } = (_, _) => throw Unscripted;
    public Func<ReportClocksRequest, ReportClocksResponse> OnReportClocks { get; set; } = _ => throw Unscripted;

    private sealed class FakeClocks(FakeHub hub) : ClockService.ClockServiceBase
    {
        public override Task<GetClockResponse> GetClock(GetClockRequest request, ServerCallContext context) => Task.FromResult(hub.OnGetClock(request));

        public override Task<ListClocksResponse> ListClocks(ListClocksRequest request, ServerCallContext context) => Task.FromResult(hub.OnListClocks(request));

        public override Task<ExplainClockResponse> ExplainClock(ExplainClockRequest request, ServerCallContext context) => Task.FromResult(hub.OnExplainClock(request));

        public override Task WatchClocks(WatchClocksRequest request, IServerStreamWriter<WatchClocksResponse> responseStream, ServerCallContext context) => hub.OnWatchClocks(request, responseStream);

        public override Task<PauseClockResponse> PauseClock(PauseClockRequest request, ServerCallContext context) => Task.FromResult(hub.OnPauseClock(request));

        public override Task<ResumeClockResponse> ResumeClock(ResumeClockRequest request, ServerCallContext context) => Task.FromResult(hub.OnResumeClock(request));

        public override Task<ReopenClockResponse> ReopenClock(ReopenClockRequest request, ServerCallContext context) => Task.FromResult(hub.OnReopenClock(request));

        public override Task<CorrectClockResponse> CorrectClock(CorrectClockRequest request, ServerCallContext context) => Task.FromResult(hub.OnCorrectClock(request));
    }

    private sealed class FakeClockReports(FakeHub hub) : ClockReportService.ClockReportServiceBase
    {
        public override Task<ReportClocksResponse> ReportClocks(ReportClocksRequest request, ServerCallContext context) => Task.FromResult(hub.OnReportClocks(request));
    }
}
