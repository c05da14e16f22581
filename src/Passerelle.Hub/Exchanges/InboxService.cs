using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Hub.Exchanges;

/// <summary>The inbox of partners that pull.</summary>
public sealed class InboxService(HubDb db, Sight sight, PullInbox inbox, ExchangeDesk desk, IOptions<DeliveryOptions> options, WatchLoop watch, ChangeSignal changes) : Wire.InboxService.InboxServiceBase
{
    const string Rejected = "REJECTED";

    const int DefaultCount = 20;
    const int MaxCount = 100;

    /// <summary>A response ends here, with the exchange that reaches it: half of what gRPC takes by default, and no exchange is larger than the other half.</summary>
    const int MaxBytes = 2 * 1024 * 1024;

    /// <summary>How many are claimed together: what does not fit is given back, and should be little.</summary>
    const int Step = 8;

    static readonly TimeSpan MaxLease = TimeSpan.FromHours(1);

    public override async Task WatchInbox(Wire.WatchInboxRequest request, IServerStreamWriter<Wire.WatchInboxResponse> responseStream, ServerCallContext context)
    {
        var partnerId = context.Caller().RequirePartner();
        var start = InboxCursor.Parse(request.StartCursor);
        if (start is { } last) await inbox.ReleaseAfterAsync(partnerId, last, context.CancellationToken);
        var cursor = start ?? new InboxCursor(await db.NowAsync(context.CancellationToken));
        await watch.RunAsync(
            async ct =>
            {
                // One at a time: what a slow reader has not taken yet must not wait under a lease that runs.
                var given = await TakeAsync(partnerId, 1, ct);
                foreach (var ready in given.Ready)
                {
                    var next = new InboxCursor(ready.StartTime);
                    await GiveAsync([ready.Claim], () => responseStream.WriteAsync(new Wire.WatchInboxResponse { Envelope = ready.Envelope, Cursor = next.ToString() }, ct));
                    cursor = next;
                }

                return given.Ready.Count > 0 || given.More;
            },
            async ct => await responseStream.WriteAsync(new Wire.WatchInboxResponse { CheckpointTime = (await db.NowAsync(ct)).ToWire(), Cursor = cursor.ToString() }, ct),
            context.CancellationToken);
    }

    public override async Task<Wire.FetchExchangesResponse> FetchExchanges(Wire.FetchExchangesRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        violations.Check(request.MaxCount >= 0, "max_count", "must not be negative");
        violations.ThrowIfAny();
        var count = request.MaxCount == 0 ? DefaultCount : Math.Min(request.MaxCount, MaxCount);
        var (partnerId, ct) = (context.Caller().RequirePartner(), context.CancellationToken);
        var response = new Wire.FetchExchangesResponse();
        var given = new List<Claim>();
        await GiveAsync(given, async () =>
        {
            var (size, largest) = (0, MaxBytes / Step);
            while (given.Count < count && size < MaxBytes)
            {
                var step = await TakeAsync(partnerId, Math.Clamp((MaxBytes - size) / largest, 1, Math.Min(Step, count - given.Count)), ct);
                var tooMany = new List<Claim>();
                foreach (var ready in step.Ready)
                {
                    if (size >= MaxBytes)
                    {
                        tooMany.Add(ready.Claim);
                        continue;
                    }

                    response.Envelopes.Add(ready.Envelope);
                    given.Add(ready.Claim);
                    var bytes = ready.Envelope.CalculateSize();
                    (size, largest) = (size + bytes, Math.Max(largest, bytes));
                }

                if (tooMany.Count > 0) await inbox.ReleaseAsync(tooMany);
                if (step.Ready.Count == 0 && !step.More) break;
            }
        });
        return response;
    }

    public override async Task<Wire.AcknowledgeExchangeResponse> AcknowledgeExchange(Wire.AcknowledgeExchangeRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Exchanges, "name");
        violations.ThrowIfAny();
        var exchange = await desk.AcknowledgeAsync(id, context.Caller().RequirePartner(), context.CancellationToken);
        changes.Pulse();
        return new Wire.AcknowledgeExchangeResponse { Exchange = await ExchangeService.ToWireAsync(db, exchange, context.CancellationToken) };
    }

    public override async Task<Wire.RejectExchangeResponse> RejectExchange(Wire.RejectExchangeRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Exchanges, "name");
        CheckAttempt(request.Attempt, violations);
        var delay = Span(request.RetryDelay, "retry_delay", violations);
        violations.ThrowIfAny();
        var (partnerId, ct) = (context.Caller().RequirePartner(), context.CancellationToken);
        var (exchange, attempt) = await FindAsync(id, request.Attempt, partnerId, ct);
        if (!IsRejected(attempt))
        {
            if (attempt is not { Transport: Transport.Pull } || !exchange.IsClaimedBy(request.Attempt)) throw NotUnderWay(exchange);
            await inbox.RejectAsync(
                new Claim(id, request.Attempt, partnerId), request.Permanent ? new SendOutcome.Refused(Rejected) : new SendOutcome.NotYet(Rejected, delay), ct);
            changes.Pulse();
            (exchange, attempt) = await FindAsync(id, request.Attempt, partnerId, ct);
            // An acknowledgement or an answer was quicker.
            if (!IsRejected(attempt)) throw NotUnderWay(exchange);
        }

        return new Wire.RejectExchangeResponse { Exchange = await ExchangeService.ToWireAsync(db, exchange, ct) };
    }

    public override async Task<Wire.ExtendExchangeLeaseResponse> ExtendExchangeLease(Wire.ExtendExchangeLeaseRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Exchanges, "name");
        CheckAttempt(request.Attempt, violations);
        var lease = Span(request.Lease, "lease", violations) ?? options.Value.PullLease;
        violations.Check(lease > TimeSpan.Zero, "lease", "must be positive");
        violations.ThrowIfAny();
        var (partnerId, ct) = (context.Caller().RequirePartner(), context.CancellationToken);
        var end = await inbox.ExtendAsync(new Claim(id, request.Attempt, partnerId), lease < MaxLease ? lease : MaxLease, ct)
            ?? throw NotUnderWay((await FindAsync(id, request.Attempt, partnerId, ct)).Exchange);
        return new Wire.ExtendExchangeLeaseResponse { LeaseEndTime = end.ToWire() };
    }

    /// <summary>Taken by the hub, which sees everybody's: nothing is given that PostgreSQL does not show to this very partner.</summary>
    async Task<Given> TakeAsync(string partnerId, int limit, CancellationToken ct)
    {
        var given = await inbox.GiveAsync(partnerId, limit, ct);
        if (await sight.CanSeeExchangesAsync([.. given.Ready.Select(r => r.Claim.ExchangeId)], ct)) return given;
        await inbox.ReleaseAsync([.. given.Ready.Select(r => r.Claim)]);
        throw new InvalidOperationException("An exchange of another partner was about to be given.");
    }

    /// <summary>What was claimed and could not be given does not wait for the end of its lease.</summary>
    async Task GiveAsync(List<Claim> given, Func<Task> give)
    {
        try
        {
            await give();
        }
        catch
        {
            if (given.Count > 0) await inbox.ReleaseAsync(given);
            throw;
        }
    }

    async Task<(Exchange Exchange, Attempt? Attempt)> FindAsync(Guid id, int number, string partnerId, CancellationToken ct)
    {
        var exchange = await db.Exchanges.AsNoTracking().SingleOrDefaultAsync(e => e.Id == id, ct);
        if (exchange is null || exchange.PartnerId != partnerId) throw new ResourceNotFound(Names.Of(Names.Exchanges, id));
        return (exchange, await db.Attempts.AsNoTracking().SingleOrDefaultAsync(a => a.ExchangeId == id && a.Number == number, ct));
    }

    static bool IsRejected(Attempt? attempt) => attempt is { Transport: Transport.Pull, Error: Rejected };

    static StateConflict NotUnderWay(Exchange exchange) => new(exchange.Name, EnumText<ExchangeState>.Of(exchange.State), "This attempt is not under way (any more).");

    static void CheckAttempt(int attempt, Violations violations) => violations.Check(attempt > 0, "attempt", attempt == 0 ? "is required" : "must be positive");

    static TimeSpan? Span(Duration? span, string field, Violations violations)
    {
        if (span is null) return null;
        // Beyond what a duration can be, ToTimeSpan throws.
        if (violations.Check(span.Seconds is >= 0 and <= 315_576_000_000 && span.Nanos is >= 0 and <= 999_999_999, field, "must be a duration that is not negative")) return span.ToTimeSpan();
        return null;
    }
}
