using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Clocks.V1;

namespace Passerelle.Hub.Clocks;

public sealed partial class ClockService
{
    const int EventsAtOnce = 200;

    public override async Task WatchClocks(Wire.WatchClocksRequest request, IServerStreamWriter<Wire.WatchClocksResponse> responseStream, ServerCallContext context)
    {
        var violations = new Violations();
        var partnerId = violations.OptionalPartnerId(request.Partner, "partner");
        violations.Check(System.Enum.IsDefined(request.Family), "family", "is not a value that this version knows");
        violations.Check(System.Enum.IsDefined(request.State), "state", "is not a value that this version knows");
        violations.ThrowIfAny();
        var cursor = FeedCursor.Parse(request.StartCursor);
        // Who watches what is not there, or is not his, would wait for ever.
        if (partnerId is not null && !(context.Caller().Sees(partnerId) && await db.Partners.AnyAsync(p => p.Id == partnerId, context.CancellationToken))) throw new ResourceNotFound(request.Partner);
        partnerId ??= context.Caller().PartnerId;
        var filter = new FeedFilter(Exchanges: partnerId is not null, PartnerId: partnerId, Clocks: true);
        var (family, state) = ((ClockFamily)request.Family, StateOf(request.State));
        DateTimeOffset read = default;
        await watch.RunAsync(
            async ct =>
            {
                var page = await feed.ReadAsync(filter, cursor, EventsAtOnce, ct);
                var subjects = page.Events.Select(e => e.Event.Subject).Distinct().ToArray();
                // Read after the events: what they tell is in it. What ended before it was delivered has no clock.
                var clocks = subjects.Length == 0 ? [] : await db.Clocks.AsNoTracking().Where(c => subjects.Contains(c.Subject)).ToDictionaryAsync(c => c.Subject, ct);
                foreach (var (position, happened) in page.Events)
                {
                    if (!clocks.TryGetValue(happened.Subject, out var clock) || (request.Family != 0 && clock.Family != family) || (state is not null && clock.State != state)) continue;
                    await responseStream.WriteAsync(new Wire.WatchClocksResponse { Cursor = position.ToString(), Event = ToWire(happened, clock) }, ct);
                }

                (cursor, read) = (page.End, page.ReadTime);
                return page.Events.Count > 0;
            },
            async ct => await responseStream.WriteAsync(new Wire.WatchClocksResponse { Cursor = cursor.ToString(), CheckpointTime = read.ToWire() }, ct),
            context.CancellationToken);
    }

    static Wire.ClockChange ToWire(FeedEvent happened, Clock clock) => new() { Time = happened.Time.ToWire(), Type = happened.Type, Detail = happened.Detail, Clock = ToWire(clock) };
}
