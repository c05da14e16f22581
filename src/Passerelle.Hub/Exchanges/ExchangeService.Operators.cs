using System.Data;
using System.Text.RegularExpressions;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Hub.Exchanges;

/// <summary>For operators: why, when, again, not at all.</summary>
public sealed partial class ExchangeService
{
    public override async Task<Wire.ExplainExchangeResponse> ExplainExchange(Wire.ExplainExchangeRequest request, ServerCallContext context)
    {
        var id = NameOf(request.Name);
        var ct = context.CancellationToken;
        // One moment for all that is said.
        await using var snapshot = await db.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
        var exchange = await db.Exchanges.AsNoTracking().SingleOrDefaultAsync(e => e.Id == id, ct);
        if (exchange is null || !context.Caller().Sees(exchange.PartnerId)) throw new ResourceNotFound(request.Name);
        var now = await db.NowAsync(ct);
        var partner = await db.Partners.AsNoTracking().Include(p => p.Lane).SingleAsync(p => p.Id == exchange.PartnerId, ct);
        var first = exchange.IsUndelivered
            ? await db.Exchanges.Where(e => e.PartnerId == exchange.PartnerId && e.CaseId == exchange.CaseId && (e.State == ExchangeState.Queued || e.State == ExchangeState.Sending))
                .OrderBy(e => e.Sequence).Select(e => (Guid?)e.Id).FirstOrDefaultAsync(ct)
            : null;
        var window = await db.Clocks.AsNoTracking().SingleOrDefaultAsync(c => c.Subject == exchange.Name, ct);
        var inFlight = await db.Exchanges.CountAsync(e => e.PartnerId == exchange.PartnerId && e.State == ExchangeState.Sending && e.DueTime > now, ct);
        var said = Explanation.Of(
            exchange, new Surroundings(partner.Lane, partner.Delivery, first == exchange.Id ? null : first, window, inFlight), delivery.Value, lanes.Value, now);
        var response = new Wire.ExplainExchangeResponse
        {
            Exchange = await ToWireAsync(db, exchange, ct),
            WaitsFor = (Wire.ExplainExchangeResponse.Types.WaitsFor)said.WaitsFor,
            NextTime = said.NextTime.ToWire(),
            BlockingExchange = said.Blocking is { } blocking ? Names.Of(Names.Exchanges, blocking) : "",
            RemainingAttemptCount = said.RemainingAttempts,
            GiveUpTime = said.GiveUpTime.ToWire(),
            LastError = exchange.IsUndelivered ? await LastErrorAsync(exchange, ct) : "",
        };
        response.Attempts.AddRange((await db.Attempts.AsNoTracking().Where(a => a.ExchangeId == id).OrderBy(a => a.Number).ToListAsync(ct)).Select(ToWire));
        response.Decisions.AddRange((await db.GateDecisions.AsNoTracking().Where(d => d.ExchangeId == id).OrderBy(d => d.Number).ToListAsync(ct)).Select(d => d.ToWire()));
        return response;
    }

    /// <summary>What could not even be composed has no attempt: the event tells.</summary>
    async Task<string> LastErrorAsync(Exchange exchange, CancellationToken ct) =>
        await db.Events.Where(e => e.CaseId == exchange.CaseId && e.Subject == exchange.Name && e.Type == "exchange.attempted").OrderByDescending(e => e.Sequence).Select(e => e.Detail).FirstOrDefaultAsync(ct) ?? "";

    public override async Task<Wire.RedeliverExchangeResponse> RedeliverExchange(Wire.RedeliverExchangeRequest request, ServerCallContext context)
    {
        var exchange = await verbs.RedeliverAsync(NameOf(request.Name), context.CancellationToken);
        return new Wire.RedeliverExchangeResponse { Exchange = await ToWireAsync(db, exchange, context.CancellationToken) };
    }

    public override async Task<Wire.WithdrawExchangeResponse> WithdrawExchange(Wire.WithdrawExchangeRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Exchanges, "name");
        violations.Check(ReasonWord().IsMatch(request.Reason), "reason", request.Reason.Length == 0 ? "is required" : "must be 1 to 60 of A-Z, 0-9 and _");
        violations.ThrowIfAny();
        var exchange = await verbs.WithdrawAsync(id, request.Reason, context.CancellationToken);
        return new Wire.WithdrawExchangeResponse { Exchange = await ToWireAsync(db, exchange, context.CancellationToken) };
    }

    public override async Task<Wire.ReplayExchangesResponse> ReplayExchanges(Wire.ReplayExchangesRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var partnerId = violations.OptionalPartnerId(request.Partner, "partner");
        if (request.StartTime is null) violations.Add("start_time", "is required");
        else violations.Check(IsATime(request.StartTime), "start_time", "must be a time from 0001 to 9999");
        violations.ThrowIfAny();
        var outcome = await replay.RunAsync(request.StartTime!.ToDateTimeOffset(), partnerId, request.DryRun, context.CancellationToken);
        var response = new Wire.ReplayExchangesResponse { ReplayedCount = outcome.Replayed, RefusedCount = outcome.RefusedCount };
        response.Refused.AddRange(outcome.Refused.Select(r => new Wire.ReplayExchangesResponse.Types.Refused { Exchange = Names.Of(Names.Exchanges, r.ExchangeId), Reason = r.Reason }));
        return response;
    }

    public override async Task<Wire.ReportDrainResponse> ReportDrain(Wire.ReportDrainRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var partnerId = violations.OptionalPartnerId(request.Partner, "partner");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        if (partnerId is not null && !await db.Partners.AnyAsync(p => p.Id == partnerId, ct)) throw new ResourceNotFound(request.Partner);
        var response = new Wire.ReportDrainResponse();
        response.Drains.AddRange((await drains.ReadAsync(partnerId, await db.NowAsync(ct), ct)).Select(ToWire));
        return response;
    }

    static Guid NameOf(string name)
    {
        var violations = new Violations();
        var id = violations.Id(name, Names.Exchanges, "name");
        violations.ThrowIfAny();
        return id;
    }

    static Wire.Drain ToWire(Drain drain) => new()
    {
        Partner = Names.OfPartner(drain.PartnerId),
        QueuedCount = drain.Queued,
        HeldCount = drain.Held,
        SendingCount = drain.Sending,
        UndeliverableCount = drain.Undeliverable,
        OldestCreateTime = drain.Oldest.ToWire(),
        DeliveredCount = drain.Delivered,
        Remaining = drain.Remaining is { } remaining ? Duration.FromTimeSpan(remaining) : null,
    };

    static bool IsATime(Timestamp time) => time.Nanos is >= 0 and < 1_000_000_000 && time.Seconds is >= -62135596800 and <= 253402300799;

    [GeneratedRegex(@"^[A-Z0-9_]{1,60}\z")]
    private static partial Regex ReasonWord();
}
