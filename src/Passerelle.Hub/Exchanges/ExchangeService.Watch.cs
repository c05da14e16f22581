using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Hub.Exchanges;

public sealed partial class ExchangeService
{
    const int EventsAtOnce = 200;

    public override async Task WatchExchanges(Wire.WatchExchangesRequest request, IServerStreamWriter<Wire.WatchExchangesResponse> responseStream, ServerCallContext context)
    {
        var violations = new Violations();
        var partnerId = violations.OptionalPartnerId(request.Partner, "partner");
        var caseId = violations.OptionalId(request.Case, Names.Cases, "case");
        violations.ThrowIfAny();
        var cursor = FeedCursor.Parse(request.StartCursor);
        // Who watches what is not there would wait for ever.
        if (partnerId is not null && !await db.Partners.AnyAsync(p => p.Id == partnerId, context.CancellationToken)) throw new ResourceNotFound(request.Partner);
        if (caseId is { } id && !await HasCaseAsync(id, context.CancellationToken)) throw new ResourceNotFound(request.Case);
        var filter = new FeedFilter(Exchanges: true, partnerId, caseId);
        DateTimeOffset read = default;
        await watch.RunAsync(
            async ct =>
            {
                var page = await feed.ReadAsync(filter, cursor, EventsAtOnce, ct);
                foreach (var (position, happened) in page.Events)
                    await responseStream.WriteAsync(new Wire.WatchExchangesResponse { Cursor = position.ToString(), Event = ToWire(happened) }, ct);
                (cursor, read) = (page.End, page.ReadTime);
                return page.Events.Count > 0;
            },
            async ct => await responseStream.WriteAsync(new Wire.WatchExchangesResponse { Cursor = cursor.ToString(), CheckpointTime = read.ToWire() }, ct),
            context.CancellationToken);
    }

    /// <summary>The kernel knows that there are cases, not what they are.</summary>
    async Task<bool> HasCaseAsync(Guid id, CancellationToken ct) =>
        (await db.Database.SqlQuery<bool>($"""select exists (select from cases where id = {id}) as "Value" """).ToListAsync(ct))[0];

    static Wire.ExchangeEvent ToWire(FeedEvent happened) => new()
    {
        Time = happened.Time.ToWire(),
        Type = happened.Type,
        Exchange = happened.Subject,
        Partner = Names.OfPartner(happened.PartnerId!),
        Case = Names.Of(Names.Cases, happened.CaseId),
        Detail = happened.Detail,
    };
}
