using NodaTime;
using Passerelle.Hub.Clocks.Calendars;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Clocks.Reports;

/// <summary>A month as everybody may see it.</summary>
/// <param name="Month">Its first day.</param>
/// <param name="Shown">Null when the month had too few requests: somebody could be recognised.</param>
public sealed record PublicMonth(DateOnly Month, ShownFigures? Shown);

/// <param name="RequestsAtLeast">Rounded down to tens.</param>
/// <param name="AttainmentPercent">Rounded down: 100 is every one of them.</param>
/// <param name="MedianHours">Rounded up; null where too few have been answered to tell.</param>
/// <param name="Percentile90Hours">Rounded up; null where too few have been answered to tell.</param>
public sealed record ShownFigures(long RequestsAtLeast, int AttainmentPercent, int? MedianHours, int? Percentile90Hours);

/// <param name="Months">Newest first.</param>
public sealed record PublicReport(DateTimeOffset AsKnown, IReadOnlyList<PublicMonth> Months);

/// <summary>
/// How the promise to households was kept, month by month, for everybody: the last twelve months that are over, with nothing in it that tells of one household. Months with few requests are
/// not shown, and numbers are rounded, so that neither a figure nor the difference of two of them says how a single request went. Counted once in a while on each node, whoever asks how often.
/// </summary>
public sealed class PublicFigures(IServiceScopeFactory scopes, TimeProvider time) : IDisposable
{
    /// <summary>Requests with a verdict that a month must have to be shown.</summary>
    public const int Fewest = 10;

    public static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(10);

    const int Months = 12;

    static readonly DateTimeZone Paris = LocalTimes.Zone("Europe/Paris");

    readonly SemaphoreSlim counting = new(1);
    volatile Counted? last;

    public async ValueTask<PublicReport> ReadAsync(CancellationToken ct)
    {
        if (Fresh() is { } fresh) return fresh;
        await counting.WaitAsync(ct);
        try
        {
            if (Fresh() is { } meanwhile) return meanwhile;
            var report = await CountAsync(ct);
            last = new Counted(report, time.GetTimestamp());
            return report;
        }
        catch (Exception e) when (last is not null && ErrorInterceptor.IsStorageOutage(e))
        {
            // What was right a while ago is better than nothing.
            return last.Report;
        }
        finally
        {
            counting.Release();
        }
    }

    public void Dispose() => counting.Dispose();

    PublicReport? Fresh() => last is { } counted && time.GetElapsedTime(counted.At) < FreshFor ? counted.Report : null;

    async Task<PublicReport> CountAsync(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var now = await scope.ServiceProvider.GetRequiredService<HubDb>().NowAsync(ct);
        var thisMonth = Instant.FromDateTimeOffset(now).InZone(Paris).Date.With(DateAdjusters.StartOfMonth);
        var question = new ReportQuestion(ClockFamily.Promise, ReportGroups.Month, Midnight(thisMonth.PlusMonths(-Months)), Midnight(thisMonth));
        var (figures, asKnown) = await scope.ServiceProvider.GetRequiredService<ClockReport>().ReadAsync(question, ct);
        var byMonth = figures.ToDictionary(f => f.Month!.Value);
        return new PublicReport(asKnown, [.. Enumerable.Range(1, Months).Select(back => thisMonth.PlusMonths(-back).ToDateOnly()).Select(month => new PublicMonth(month, Shown(byMonth.GetValueOrDefault(month))))]);
    }

    /// <returns>Null when it would show too much.</returns>
    public static ShownFigures? Shown(ClockFigures? figures) => figures is null || figures.Verdicts < Fewest
        ? null
        : new ShownFigures(figures.Verdicts / 10 * 10, (int)(figures.Met * 100 / figures.Verdicts), Hours(figures.Times.P50), Hours(figures.Times.P90));

    static int? Hours(Duration? time) => time is { } known ? (int)Math.Ceiling(known.TotalHours) : null;

    static DateTimeOffset Midnight(LocalDate date) => Paris.AtStartOfDay(date).ToInstant().ToDateTimeOffset();

    sealed record Counted(PublicReport Report, long At);
}
