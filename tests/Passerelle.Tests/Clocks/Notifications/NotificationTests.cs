using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Passerelle.Contracts.Clocks.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Clocks.Notifications;
using Passerelle.Tests.Support;
using ClockFamily = Passerelle.Hub.Clocks.ClockFamily;
using Notification = Passerelle.Contracts.Clocks.V1.Notification;
using NotificationService = Passerelle.Contracts.Clocks.V1.NotificationService;

namespace Passerelle.Tests.Clocks.Notifications;

/// <summary>Who is told what, when, and how often.</summary>
public sealed class NotificationTests(Postgres postgres)
{
    /// <summary>A Tuesday, 10:00 in Paris.</summary>
    static readonly DateTimeOffset Morning = new(2027, 3, 2, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Many_rungs_are_one_notification_and_the_next_one_comes_a_quarter_of_an_hour_later()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await SeedAsync(hub, Morning, 30);
        await SweepAsync(hub, Morning.AddHours(24).AddSeconds(1));
        var first = Assert.Single(await ListAsync(hub));
        Assert.Equal(("service", 30, "30 délais de réponse demandent votre attention"), (first.Recipient, first.ClockCount, first.Title));
        var lines = first.Summary.Split('\n');
        Assert.Equal(21, lines.Length);
        Assert.Equal("… et 10 autres.", lines[^1]);

        await SeedAsync(hub, Morning.AddMinutes(5), 2);
        await SweepAsync(hub, Morning.AddHours(24).AddMinutes(6));
        await SeedAsync(hub, Morning.AddMinutes(10), 3);
        await SweepAsync(hub, Morning.AddHours(24).AddMinutes(11));
        Assert.Single(await ListAsync(hub));
        await SweepAsync(hub, Morning.AddHours(24).AddMinutes(15).AddSeconds(2));
        Assert.Equal([30, 5], (await ListAsync(hub)).Select(n => n.ClockCount));
    }

    [Fact]
    public async Task Four_sweepers_at_once_tell_everything_once()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Notifications:Gap=00:00:00");
        await SeedAsync(hub, Morning, 3000);
        await hub.Time.FreezeAsync(Morning.AddHours(24).AddSeconds(1));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => hub.RunAsync<FireClocks>()));
        await hub.RunAsync<FireClocks>();
        var notices = await hub.QueryAsync(db => db.Notices.ToListAsync());
        Assert.Equal((3000, 3000), (notices.Count, notices.DistinctBy(n => n.ClockId).Count()));
        Assert.All(notices, n => Assert.Equal(NoticeState.Told, n.State));
        Assert.Equal(3000, (await ListAsync(hub)).Sum(n => n.ClockCount));
    }

    [Fact]
    public async Task A_reminder_of_the_night_is_told_in_the_morning()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var night = new DateTimeOffset(2027, 3, 2, 20, 0, 0, TimeSpan.Zero);
        await SeedAsync(hub, night.AddHours(-24), 1);
        await SweepAsync(hub, night.AddSeconds(1));
        var morning = new DateTimeOffset(2027, 3, 3, 7, 0, 0, TimeSpan.Zero);
        await SweepAsync(hub, morning.AddMicroseconds(-1));
        Assert.Empty(await ListAsync(hub));
        await SweepAsync(hub, morning);
        Assert.Single(await ListAsync(hub));
    }

    [Fact]
    public async Task A_deadline_that_passes_by_night_is_told_at_once_with_what_else_was_to_be_told_of_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        // Reminded on Saturday at 20:30, by the wall of Paris, and on Sunday; due on Sunday at 20:30. The other one is due on Saturday at 21:00.
        var reminded = new DateTimeOffset(2027, 3, 6, 19, 30, 0, TimeSpan.Zero);
        await SeedAsync(hub, reminded.AddHours(-24), 1);
        await SeedAsync(hub, reminded.AddMinutes(30).AddHours(-48), 1);
        await SweepAsync(hub, reminded.AddSeconds(1));
        Assert.Empty(await ListAsync(hub));
        await SweepAsync(hub, reminded.AddMinutes(31));
        Assert.Contains("Ce délai est dépassé.", Assert.Single(await ListAsync(hub)).Summary, StringComparison.Ordinal);
        await SweepAsync(hub, reminded.AddHours(23));
        Assert.Single(await ListAsync(hub));
        await SweepAsync(hub, reminded.AddHours(24).AddSeconds(1));
        await SweepAsync(hub, reminded.AddHours(40));
        Assert.Equal([1, 1], (await ListAsync(hub)).Select(n => n.ClockCount));
        Assert.Equal(2, await hub.QueryAsync(db => db.Notices.Where(n => n.State == NoticeState.Told).Select(n => n.NotificationId).Distinct().CountAsync()));
        Assert.False(await hub.QueryAsync(db => db.Notices.AnyAsync(n => n.State == NoticeState.Queued)));
    }

    [Fact]
    public async Task Quiet_hours_go_by_the_wall_across_summer_time_and_over_holidays()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Source.SeedPromisesAsync(new DateTimeOffset(2027, 3, 26, 20, 0, 0, TimeSpan.Zero), 1);
        await SweepAsync(hub, new DateTimeOffset(2027, 3, 27, 20, 0, 1, TimeSpan.Zero));
        Assert.Equal(new DateTimeOffset(2027, 3, 30, 6, 0, 0, TimeSpan.Zero), await hub.QueryAsync(db => db.Notices.Select(n => n.DueTime).SingleAsync()));
    }

    [Fact]
    public async Task A_rung_that_says_so_breaks_quiet_hours()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Response:RereadPoliciesEvery=00:00:00");
        await hub.OfferAsync(ClockFamily.Promise, new PolicyTerms { Rungs = [PolicyRung.AfterStart(Duration.FromHours(12), breaksQuietHours: true), PolicyRung.AfterStart(Duration.FromHours(13))] });
        await hub.Time.FreezeAsync(Morning);
        await hub.PromiseAsync();
        await SweepAsync(hub, Morning.AddHours(12).AddSeconds(1));
        Assert.Single(await ListAsync(hub));
        await SweepAsync(hub, Morning.AddHours(13).AddSeconds(1));
        Assert.Single(await ListAsync(hub));
    }

    [Fact]
    public async Task What_was_answered_before_it_could_be_told_is_told_to_nobody()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(new DateTimeOffset(2027, 3, 1, 21, 0, 0, TimeSpan.Zero));
        var (promise, request) = await hub.PromiseAsync();
        await SweepAsync(hub, promise.After(24).AddSeconds(1));
        await hub.AnswerRequestAsync(request);
        await SweepAsync(hub, promise.After(36));
        Assert.Empty(await ListAsync(hub));
        Assert.Equal(NoticeState.Dropped, await hub.QueryAsync(db => db.Notices.Select(n => n.State).SingleAsync()));
    }

    [Fact]
    public async Task The_policy_says_who_is_told_and_each_reads_it_in_French()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Response:RereadPoliciesEvery=00:00:00");
        await hub.OfferAsync(ClockFamily.PartnerWindow, new PolicyTerms
        {
            Rungs = [PolicyRung.AfterStart(Duration.FromHours(1)) with { To = RungRecipient.Partner }, PolicyRung.AfterStart(Duration.FromHours(2)) with { To = RungRecipient.Service }, PolicyRung.AfterStart(Duration.FromHours(3))],
        });
        await hub.Time.FreezeAsync(Morning);
        var (window, exchange) = await hub.WindowAsync();
        var reference = (await hub.QueryAsync(db => db.Cases.SingleAsync())).Reference;

        await SweepAsync(hub, window.After(1).AddSeconds(1));
        var partner = Assert.Single(await ListAsync(hub));
        Assert.Equal(("partners/emploi", "Votre réponse est attendue"), (partner.Recipient, partner.Title));
        Assert.Equal($"- Envoi du mardi 2 mars 2027 à 10 h 00 ({exchange}) : votre réponse est attendue avant le jeudi 4 mars 2027 à 10 h 00.", partner.Summary);
        await SweepAsync(hub, window.After(2).AddSeconds(1));
        var service = Assert.Single(await ListAsync(hub, "service"));
        Assert.Equal(("Un délai de réponse demande votre attention", $"- Dossier {reference} : la réponse de Partenaire emploi est attendue avant le jeudi 4 mars 2027 à 10 h 00."), (service.Title, service.Summary));
        await SweepAsync(hub, window.After(3).AddSeconds(1));
        Assert.Equal((2, 2), ((await ListAsync(hub, "service")).Count, (await ListAsync(hub, "partners/emploi")).Count));
    }

    [Fact]
    public async Task Watching_gives_what_waits_and_goes_on_from_a_cursor_until_it_is_acknowledged()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Notifications:Gap=00:00:00");
        foreach (var minutes in (int[])[0, 1, 2])
        {
            await SeedAsync(hub, Morning.AddMinutes(minutes), 1);
            await SweepAsync(hub, Morning.AddHours(24).AddMinutes(minutes).AddSeconds(1));
        }

        var names = (await ListAsync(hub)).Select(n => n.Name).ToList();
        // Another test's transaction, on the same server, may hold the horizon back for a moment.
        var (read, cursor) = (new List<string>(), "");
        await Eventually.BecomesTrueAsync(async () => ((read, cursor) = await WatchAsync(hub, new())).read.Count >= names.Count, () => $"{names.Count} notifications were not told: {read.Count}");
        Assert.Equal(names, read);
        Assert.Equal(names[1..], (await WatchAsync(hub, new() { StartCursor = await CursorOfFirstAsync(hub) })).Names);
        var acknowledged = await Of(hub).AcknowledgeNotificationAsync(new() { Name = names[1] });
        Assert.Equal(Notification.Types.State.Acknowledged, acknowledged.Notification.State);
        Assert.Equal(acknowledged, await Of(hub).AcknowledgeNotificationAsync(new() { Name = names[1] }));
        Assert.Equal([names[0], names[2]], (await WatchAsync(hub, new())).Names);
        Assert.Empty((await WatchAsync(hub, new() { StartCursor = cursor })).Names);
        Assert.Empty((await WatchAsync(hub, new() { Recipient = "partners/emploi" })).Names);
        Assert.Equal([names[1]], (await Of(hub).ListNotificationsAsync(new() { State = Notification.Types.State.Acknowledged })).Notifications.Select(n => n.Name));
        Assert.Equal(names[2], Assert.Single((await Of(hub).ListNotificationsAsync(new() { PageSize = 1 })).Notifications).Name);
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => ListAsync(hub, "emploi"));
        await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => WatchAsync(hub, new() { Recipient = "tout le monde" }));
        await HubError.OfAsync(ErrorReason.CursorInvalid, StatusCode.InvalidArgument, () => WatchAsync(hub, new() { StartCursor = "hier" }));
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, async () => await Of(hub).AcknowledgeNotificationAsync(new() { Name = "notifications/01a2b3c4-0000-7000-8000-000000000000" }));
        await HubError.OfAsync(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, () => ListAsync(hub, caller: "emploi"));
    }

    static NotificationService.NotificationServiceClient Of(HubHost hub, string caller = "crm") => new(hub.As(caller));

    static Task<int> SeedAsync(HubHost hub, DateTimeOffset start, int count) => hub.Source.SeedPromisesAsync(start, count);

    static async Task SweepAsync(HubHost hub, DateTimeOffset at)
    {
        await hub.Time.FreezeAsync(at);
        await hub.RunAsync<FireClocks>();
    }

    /// <summary>Oldest first.</summary>
    static async Task<List<Notification>> ListAsync(HubHost hub, string recipient = "", string caller = "crm") =>
        [.. (await Of(hub, caller).ListNotificationsAsync(new() { Recipient = recipient })).Notifications.Reverse()];

    /// <summary>Up to the first checkpoint.</summary>
    static async Task<(List<string> Names, string Cursor)> WatchAsync(HubHost hub, WatchNotificationsRequest request)
    {
        using var call = Of(hub).WatchNotifications(request);
        var names = new List<string>();
        while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
            var item = call.ResponseStream.Current;
            if (item.Notification is null) return (names, item.Cursor);
            names.Add(item.Notification.Name);
        }

        throw new InvalidOperationException("The stream ended without a checkpoint.");
    }

    static async Task<string> CursorOfFirstAsync(HubHost hub)
    {
        using var call = Of(hub).WatchNotifications(new());
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        return call.ResponseStream.Current.Cursor;
    }
}
