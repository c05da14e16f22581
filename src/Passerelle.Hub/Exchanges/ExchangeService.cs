using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Hub.Exchanges;

public sealed partial class ExchangeService(
    HubDb db, ExchangeVerbs verbs, Replay replay, DrainReport drains, EventFeed feed, WatchLoop watch, IOptions<DeliveryOptions> delivery, IOptions<LaneOptions> lanes) : Wire.ExchangeService.ExchangeServiceBase
{
    public override async Task<Wire.GetExchangeResponse> GetExchange(Wire.GetExchangeRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Exchanges, "name");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var exchange = await db.Exchanges.AsNoTracking().SingleOrDefaultAsync(e => e.Id == id, ct);
        var attempts = await db.Attempts.AsNoTracking().Where(a => a.ExchangeId == id).OrderBy(a => a.Number).ToListAsync(ct);
        var caller = context.Caller();
        // A partner learns of an exchange by its first attempt: until then it may still be withdrawn, and nobody outside need ever know.
        if (exchange is null || !caller.Sees(exchange.PartnerId) || (caller.PartnerId is not null && attempts.Count == 0)) throw new ResourceNotFound(request.Name);
        var response = new Wire.GetExchangeResponse { Exchange = await ToWireAsync(db, exchange, ct) };
        response.Attempts.AddRange(attempts.Select(ToWire));
        return response;
    }

    public override async Task<Wire.ListExchangesResponse> ListExchanges(Wire.ListExchangesRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var partnerId = violations.OptionalPartnerId(request.Partner, "partner");
        var caseId = violations.OptionalId(request.Case, Names.Cases, "case");
        violations.Check(System.Enum.IsDefined(request.State), "state", "is not a value that this version knows");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var (own, state, ct) = (context.Caller().PartnerId, (ExchangeState)request.State, context.CancellationToken);
        var read = await db.Exchanges.AsNoTracking()
            .Where(e => own == null || (e.PartnerId == own && db.Attempts.Any(a => a.ExchangeId == e.Id)))
            .Where(e => partnerId == null || e.PartnerId == partnerId)
            .Where(e => caseId == null || e.CaseId == caseId)
            // Held is what a queued exchange is called that the gate keeps, or of a closed lane.
            .Where(e => request.State == 0
                || (e.State != ExchangeState.Queued && e.State == state)
                || (e.State == ExchangeState.Queued
                    && state == (e.HoldReason != null || db.Lanes.Any(l => l.PartnerId == e.PartnerId && (l.PauseTime != null || l.Health != LaneHealth.Up)) ? ExchangeState.Held : ExchangeState.Queued)))
            .Where(e => page.After == null || e.Id.CompareTo(page.After.Value) < 0)
            .OrderByDescending(e => e.Id).Take(page.Size + 1).ToListAsync(ct);
        var (items, next) = page.Cut(read, e => e.Id);
        var response = new Wire.ListExchangesResponse { NextPageToken = next };
        response.Exchanges.AddRange(await ToWireAsync(db, items, ct));
        return response;
    }

    public static async Task<Wire.Exchange> ToWireAsync(HubDb db, Exchange exchange, CancellationToken ct) => (await ToWireAsync(db, [exchange], ct))[0];

    static async Task<List<Wire.Exchange>> ToWireAsync(HubDb db, IReadOnlyList<Exchange> exchanges, CancellationToken ct)
    {
        var (ids, names, partners) = (exchanges.Select(e => e.Id).ToList(), exchanges.Select(e => e.Name).ToList(), exchanges.Select(e => e.PartnerId).Distinct().ToList());
        var windows = await db.Clocks.AsNoTracking().Where(c => names.Contains(c.Subject)).ToDictionaryAsync(c => c.Subject, ct);
        var attempts = await db.Attempts.Where(a => ids.Contains(a.ExchangeId)).GroupBy(a => a.ExchangeId).ToDictionaryAsync(g => g.Key, g => g.Count(), ct);
        var lanes = await db.Lanes.AsNoTracking().Where(l => partners.Contains(l.PartnerId)).ToDictionaryAsync(l => l.PartnerId, ct);
        return [.. exchanges.Select(e => ToWire(e, lanes[e.PartnerId], windows.GetValueOrDefault(e.Name), attempts.GetValueOrDefault(e.Id)))];
    }

    static Wire.Exchange ToWire(Exchange exchange, Lane lane, Clock? window, int attempts) => new()
    {
        Name = exchange.Name,
        Kind = exchange.Kind,
        Partner = Names.OfPartner(exchange.PartnerId),
        Case = Names.Of(Names.Cases, exchange.CaseId),
        Subject = exchange.Subject,
        State = (Wire.Exchange.Types.State)exchange.StateIn(lane),
        CreateTime = exchange.CreateTime.ToWire(),
        DeliveryTime = exchange.DeliveryTime.ToWire(),
        AnswerTime = exchange.AnswerTime.ToWire(),
        NextAttemptTime = exchange.State == ExchangeState.Queued ? exchange.DueTime.ToWire() : null,
        AttemptCount = attempts,
        AnswerCode = exchange.AnswerCode ?? "",
        EndReason = exchange.EndReason ?? "",
        Window = window is null ? null : ClockService.ToWire(window),
        HoldReason = exchange.HoldReasonIn(lane) ?? "",
        SupersededBy = exchange.SupersededBy is { } newer ? Names.Of(Names.Exchanges, newer) : "",
    };

    static Wire.Attempt ToWire(Attempt attempt) => new()
    {
        Number = attempt.Number,
        Outcome = (Wire.Attempt.Types.Outcome)attempt.Outcome,
        StartTime = attempt.StartTime.ToWire(),
        EndTime = attempt.EndTime.ToWire(),
        Transport = EnumText<Transport>.Of(attempt.Transport),
        Error = attempt.Error ?? "",
        SizeBytes = attempt.Size,
        Sha256 = ByteString.CopyFrom(attempt.Sha256),
        Latency = attempt.EndTime is { } end ? Duration.FromTimeSpan(end - attempt.StartTime) : null,
    };
}
