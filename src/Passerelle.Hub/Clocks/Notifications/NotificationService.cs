using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Clocks.V1;

namespace Passerelle.Hub.Clocks.Notifications;

public sealed class NotificationService(HubDb db, NotificationFeed feed, WatchLoop watch) : Wire.NotificationService.NotificationServiceBase
{
    public override async Task WatchNotifications(Wire.WatchNotificationsRequest request, IServerStreamWriter<Wire.WatchNotificationsResponse> responseStream, ServerCallContext context)
    {
        var violations = new Violations();
        var recipient = RecipientOf(request.Recipient, violations);
        violations.ThrowIfAny();
        var cursor = FeedCursor.Parse(request.StartCursor);
        DateTimeOffset read = default;
        await watch.RunAsync(
            async ct =>
            {
                var page = await feed.ReadAsync(recipient, cursor, ct);
                foreach (var (position, notification) in page.Notifications)
                    await responseStream.WriteAsync(new Wire.WatchNotificationsResponse { Cursor = position.ToString(), Notification = ToWire(notification) }, ct);
                (cursor, read) = (page.End, page.ReadTime);
                return page.Notifications.Count > 0;
            },
            async ct => await responseStream.WriteAsync(new Wire.WatchNotificationsResponse { Cursor = cursor.ToString(), CheckpointTime = read.ToWire() }, ct),
            context.CancellationToken);
    }

    public override async Task<Wire.ListNotificationsResponse> ListNotifications(Wire.ListNotificationsRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var recipient = RecipientOf(request.Recipient, violations);
        violations.Check(System.Enum.IsDefined(request.State), "state", "is not a value that this version knows");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var state = request.State == 0 ? (NotificationState?)null : (NotificationState)request.State;
        var read = await db.Notifications.AsNoTracking()
            .Where(n => recipient == null || n.Recipient == recipient)
            .Where(n => state == null || n.State == state)
            .Where(n => page.After == null || n.Id.CompareTo(page.After.Value) < 0)
            .OrderByDescending(n => n.Id).Take(page.Size + 1).ToListAsync(context.CancellationToken);
        var (items, next) = page.Cut(read, n => n.Id);
        var response = new Wire.ListNotificationsResponse { NextPageToken = next };
        response.Notifications.AddRange(items.Select(ToWire));
        return response;
    }

    public override async Task<Wire.AcknowledgeNotificationResponse> AcknowledgeNotification(Wire.AcknowledgeNotificationRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Notifications, "name");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var notification = await db.Notifications.SingleOrDefaultAsync(n => n.Id == id, ct) ?? throw new ResourceNotFound(request.Name);
        notification.Acknowledge(await db.NowAsync(ct));
        await db.SaveChangesAsync(ct);
        return new Wire.AcknowledgeNotificationResponse { Notification = ToWire(notification) };
    }

    static string? RecipientOf(string recipient, Violations violations)
    {
        violations.Check(recipient is "" or Notice.Service || Names.TryParsePartner(recipient, out _), "recipient", "must be service or partners/{id}");
        return recipient.Length == 0 ? null : recipient;
    }

    static Wire.Notification ToWire(Notification notification) => new()
    {
        Name = notification.Name,
        Recipient = notification.Recipient,
        State = (Wire.Notification.Types.State)notification.State,
        Title = notification.Title,
        Summary = notification.Summary,
        ClockCount = notification.ClockCount,
        CreateTime = notification.CreateTime.ToWire(),
        AcknowledgeTime = notification.AcknowledgeTime.ToWire(),
    };
}
