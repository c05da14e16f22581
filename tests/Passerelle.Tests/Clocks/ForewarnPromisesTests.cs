using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Clocks;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Clocks;

/// <summary>Promises that fall due while everyone is away are told of while somebody is there.</summary>
public sealed class ForewarnPromisesTests(Postgres postgres)
{
    // Friday; Monday is Easter Monday, and on Sunday summer time begins.
    static DateTimeOffset Paris(int day, int hour, int minute = 0) => new(2027, 3, day, hour, minute, 0, TimeSpan.FromHours(day < 28 ? 1 : 2));

    [Fact]
    public async Task An_hour_before_everyone_leaves_each_is_told_once_and_late_comers_at_once()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Paris(26, 10));
        var (_, sunday) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(Paris(26, 16, 59));
        await hub.RunAsync<ForewarnPromises>();
        Assert.Empty(await hub.ToldAsync(sunday));

        await hub.Time.FreezeAsync(Paris(26, 17));
        await hub.RunAsync<ForewarnPromises>();
        await hub.RunAsync<ForewarnPromises>();
        Assert.Equal(["clock.unattended away@2027-03-26T17:00:00Z"], await hub.ToldAsync(sunday));
        await hub.RunAsync<FireClocks>();
        await hub.RunAsync<FireClocks>();
        Assert.Contains("pendant que le service est fermé", Assert.Single(await hub.QueryAsync(db => db.Notifications.Select(n => n.Summary).ToListAsync())), StringComparison.Ordinal);

        // Filed when everyone has left, and due before anybody is back.
        await hub.Time.FreezeAsync(Paris(27, 9));
        var (_, late) = await hub.PromiseAsync();
        await hub.RunAsync<ForewarnPromises>();
        await hub.Time.FreezeAsync(Paris(27, 9, 5));
        await hub.RunAsync<ForewarnPromises>();
        Assert.Equal(["clock.unattended away@2027-03-26T17:00:00Z"], await hub.ToldAsync(late));
        Assert.Single(await hub.ToldAsync(sunday));
    }

    [Fact]
    public async Task Four_nodes_tell_of_each_once()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Paris(26, 17));
        // More than are told of in one transaction.
        await hub.Source.SeedPromisesAsync(Paris(26, 10), 1200);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => hub.RunAsync<ForewarnPromises>()));
        await hub.RunAsync<ForewarnPromises>();
        Assert.Equal((1200, 1200, 1200), await hub.QueryAsync(async db => (await db.ClockFirings.CountAsync(), await db.Events.CountAsync(e => e.Type == "clock.unattended"), await db.Notices.CountAsync())));
    }

    [Fact]
    public async Task Who_is_due_while_somebody_is_there_or_was_answered_is_not_told_of()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Paris(24, 17));
        var (_, friday) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(Paris(26, 10));
        var (_, answered) = await hub.PromiseAsync();
        await hub.AnswerRequestAsync(answered);
        await hub.Time.FreezeAsync(Paris(26, 17, 30));
        await hub.RunAsync<ForewarnPromises>();
        Assert.DoesNotContain(await hub.ToldAsync(friday), told => told.StartsWith("clock.unattended", StringComparison.Ordinal));
        Assert.Empty(await hub.ToldAsync(answered));
    }

    [Fact]
    public async Task The_forecast_says_which_when_and_how_many()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Paris(24, 20));
        var (tonight, _) = await hub.PromiseAsync();
        await hub.Time.FreezeAsync(Paris(26, 10));
        var (sunday, _) = await hub.PromiseAsync();
        await hub.WindowAsync();

        var quiet = Assert.Single((await hub.Clocks().ReportForecastAsync(new())).QuietTimes);

        Assert.Equal((Paris(26, 18), Paris(30, 9), Paris(26, 17)), (quiet.StartTime.ToDateTimeOffset(), quiet.EndTime.ToDateTimeOffset(), quiet.AlertTime.ToDateTimeOffset()));
        Assert.Equal(2, quiet.ClockCount);
        Assert.Equal([tonight.Name, sunday.Name], quiet.Clocks.Select(c => c.Name));
        Assert.Empty((await hub.Clocks().ReportForecastAsync(new() { Horizon = Duration.FromTimeSpan(TimeSpan.FromHours(2)) })).QuietTimes);
        foreach (var horizon in (Duration[])[new() { Seconds = -1 }, new() { Seconds = 32 * 86400 }, new() { Seconds = long.MaxValue }])
            await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.Clocks().ReportForecastAsync(new() { Horizon = horizon }).ResponseAsync);
        await HubError.OfAsync(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, () => hub.Clocks("emploi").ReportForecastAsync(new()).ResponseAsync);
    }

    [Fact]
    public async Task It_is_due_from_the_alert_on_until_it_is_told()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var work = (Hub.Platform.Jobs.IDueWork)hub.Services.GetService(typeof(ForewarnPromises))!;
        await hub.Time.FreezeAsync(Paris(26, 16));
        await hub.PromiseAsync();
        Assert.Null(await work.OldestDueAsync(CancellationToken.None));
        await hub.Time.FreezeAsync(Paris(26, 17, 5));
        Assert.Equal(TimeSpan.Zero, await work.OldestDueAsync(CancellationToken.None));
        await hub.Time.FreezeAsync(Paris(26, 17, 6));
        Assert.Equal(TimeSpan.FromMinutes(1), await work.OldestDueAsync(CancellationToken.None));
        await work.RunAsync(CancellationToken.None);
        Assert.Null(await work.OldestDueAsync(CancellationToken.None));
    }
}
