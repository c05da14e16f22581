using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Clocks.Reports;
using Passerelle.Hub.Persistence;
using Passerelle.Tests.Clocks.History;
using Passerelle.Tests.Support;
using Clock = Passerelle.Hub.Clocks.Clock;
using ClockEvent = Passerelle.Hub.Clocks.ClockEvent;
using ClockFamily = Passerelle.Hub.Clocks.ClockFamily;

namespace Passerelle.Tests.Clocks.Reports;

/// <summary>Clocks written down by the history that they have had, for reports to count.</summary>
static class ReportRows
{
    static readonly HashSet<FiringKey> none = [];

    /// <summary>Puts clocks into the database as they stand at a moment, which is the hub's time from then on.</summary>
    public static async Task WriteAsync(this HubHost hub, Instant now, params IEnumerable<(ClockHistory History, ClockFamily Family, string? Partner, string? Need, string? Advisor)> clocks)
    {
        await hub.Time.FreezeAsync(now.ToDateTimeOffset());
        await using var scope = hub.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<HubDb>();
        foreach (var (history, family, partner, need, advisor) in clocks)
        {
            var id = Guid.CreateVersion7(now.ToDateTimeOffset());
            var clock = Clock.Of(id, family, $"requests/{id}", Guid.Empty, partner, need: need, advisor: advisor);
            clock.Show(history, none, now);
            db.Clocks.Add(clock);
            foreach (var (index, fact) in history.Facts.Index())
            {
                var correction = fact as ClockFact.Corrected;
                db.ClockEvents.Add(ClockEvent.Of(id, index + 1, fact, correction?.By, correction?.Why));
            }
        }

        await using var transaction = await db.Database.BeginTransactionAsync();
        await db.SaveInBulkAsync(CancellationToken.None);
        await transaction.CommitAsync();
    }

    /// <summary>Promises to everybody.</summary>
    public static Task WriteAsync(this HubHost hub, Instant now, IEnumerable<ClockStory> promises) =>
        hub.WriteAsync(now, promises.Select(story => (story.History, ClockFamily.Promise, (string?)null, (string?)"housing", (string?)null)));

    /// <summary>So that the next clocks are alone, and nothing is left that no sweep has seen.</summary>
    public static Task ForgetClocksAsync(this HubHost hub) => hub.ExecuteAsync("truncate clocks, clock_events, clock_firings cascade");

    public static async Task<IReadOnlyList<ClockFigures>> ReportAsync(this HubHost hub, ReportQuestion question)
    {
        await using var scope = hub.Services.CreateAsyncScope();
        return (await scope.ServiceProvider.GetRequiredService<ClockReport>().ReadAsync(question, TestContext.Current.CancellationToken)).Figures;
    }

    /// <summary>Started so many hours ago, without an answer.</summary>
    public static ClockStory Waiting(double now, double hours) => new ClockStory().Start(ClockStory.Promise, now - hours);

    /// <summary>Answered after so many hours; it started long ago.</summary>
    public static ClockStory Answered(double hours, double start = 0) => new ClockStory().Start(ClockStory.Promise, start).Answer(start + hours);
}
