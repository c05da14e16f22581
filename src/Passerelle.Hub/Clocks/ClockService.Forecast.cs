using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Platform;
using Wire = Passerelle.Contracts.Clocks.V1;

namespace Passerelle.Hub.Clocks;

public sealed partial class ClockService
{
    const int MostForecast = 50;

    static readonly Duration DefaultHorizon = Duration.FromDays(7);
    static readonly Duration MaxHorizon = Duration.FromDays(31);

    public override async Task<Wire.ReportForecastResponse> ReportForecast(Wire.ReportForecastRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var horizon = request.Horizon is { } asked ? Duration.FromSeconds(Math.Clamp(asked.Seconds, -1, 1 + (long)MaxHorizon.TotalSeconds)) : DefaultHorizon;
        violations.Check(horizon > Duration.Zero && horizon <= MaxHorizon, "horizon", "must be more than 0 and at most 31 days");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var now = Instant.FromDateTimeOffset(await db.NowAsync(ct));
        var response = new Wire.ReportForecastResponse();
        foreach (var quiet in Forecast.QuietTimes(options.Value.ServiceHours(), Duration.FromTimeSpan(options.Value.WarnBefore), now, now + horizon))
        {
            // As QuietTime.Covers has it.
            var (from, until) = (Instant.Max(now, quiet.Absence.From).ToDateTimeOffset(), quiet.Absence.Until.ToDateTimeOffset());
            var due = db.Clocks.AsNoTracking().Where(c => c.Family == ClockFamily.Promise && c.State == Standing.Running && c.DueTime > from && c.DueTime <= until);
            var count = await due.LongCountAsync(ct);
            if (count == 0) continue;
            var wire = new Wire.QuietTime { StartTime = quiet.Absence.From.ToWire(), EndTime = quiet.Absence.Until.ToWire(), AlertTime = quiet.AlertTime.ToWire(), ClockCount = count };
            wire.Clocks.AddRange((await due.OrderBy(c => c.DueTime).ThenBy(c => c.Id).Take(MostForecast).ToListAsync(ct)).Select(ToWire));
            response.QuietTimes.Add(wire);
        }

        return response;
    }
}
