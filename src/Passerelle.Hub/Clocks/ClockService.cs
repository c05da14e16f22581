using System.Data;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using NodaTime;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Clocks.V1;

namespace Passerelle.Hub.Clocks;

public sealed partial class ClockService(HubDb db, ClockBook book, ClockFiles files, IEnumerable<IReopenable> reopenables, RequestLedger ledger, ChangeSignal changes, EventFeed feed, WatchLoop watch, IOptions<ResponseOptions> options)
    : Wire.ClockService.ClockServiceBase
{
    public override async Task<Wire.GetClockResponse> GetClock(Wire.GetClockRequest request, ServerCallContext context)
    {
        var id = NameOf(request.Name);
        // One moment for the row and what it comes from.
        await using var snapshot = await db.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, context.CancellationToken);
        var clock = await FindAsync(id, context);
        var (events, history) = await files.HistoryAsync(clock.Id, context.CancellationToken);
        var response = new Wire.GetClockResponse { Clock = ToWire(clock) };
        response.Events.AddRange(ToWire(events, history, context.Caller()));
        return response;
    }

    public override async Task<Wire.ListClocksResponse> ListClocks(Wire.ListClocksRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var caseId = violations.OptionalId(request.Case, Names.Cases, "case");
        var partnerId = violations.OptionalPartnerId(request.Partner, "partner");
        violations.Check(System.Enum.IsDefined(request.State), "state", "is not a value that this version knows");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var (own, state, ct) = (context.Caller().PartnerId, StateOf(request.State), context.CancellationToken);
        var clocks = db.Clocks.AsNoTracking();
        // Written out: few clocks are in some states or of some partners, and nearly all in one; each has a plan of its own.
        if (state is { } wanted) clocks = clocks.Where(c => c.State == EF.Constant(wanted));
        if ((partnerId ?? own) is { } named) clocks = clocks.Where(c => c.PartnerId == EF.Constant(named));
        var read = await clocks
            .Where(c => own == null || c.PartnerId == own)
            .Where(c => caseId == null || c.CaseId == caseId)
            .Where(c => partnerId == null || c.PartnerId == partnerId)
            .Where(c => page.After == null || c.Id.CompareTo(page.After.Value) < 0)
            .OrderByDescending(c => c.Id).Take(page.Size + 1).ToListAsync(ct);
        var (items, next) = page.Cut(read, c => c.Id);
        var response = new Wire.ListClocksResponse { NextPageToken = next };
        response.Clocks.AddRange(items.Select(ToWire));
        return response;
    }

    public override async Task<Wire.ExplainClockResponse> ExplainClock(Wire.ExplainClockRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Clocks, "name");
        var asked = violations.OptionalTime(request.AsKnownTime, "as_known_time");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var clock = await FindAsync(id, context);
        var now = await db.NowAsync(ct);
        var moment = Instant.FromDateTimeOffset(asked ?? now);
        var (events, whole) = await files.HistoryAsync(clock.Id, ct);
        // What is asked of now includes what was recorded a microsecond ahead of it.
        var history = asked is null ? whole : whole.AsKnownAt(moment);
        violations.Check(asked is null || asked <= now, "as_known_time", "is ahead of now");
        violations.Check(history.Timeline.StartTime is not null, "as_known_time", "is before the clock was recorded");
        violations.ThrowIfAny();
        var said = ClockExplanation.Of(history.Timeline, moment)!;
        var response = new Wire.ExplainClockResponse
        {
            Clock = ToWire(clock.AsOf(history, moment)),
            EndTime = said.Until.ToWire(),
            Counted = ToWire(said.Counted),
            LimitTime = said.Limit?.ToWire(),
        };
        response.Intervals.AddRange(said.Spans.Select(ToWire));
        response.Events.AddRange(ToWire([.. events.Where(e => asked is null || e.RecordTime <= asked)], history, context.Caller()));
        return response;
    }

    public override async Task<Wire.PauseClockResponse> PauseClock(Wire.PauseClockRequest request, ServerCallContext context)
    {
        var (id, order) = OrderOf(request.Name, request.By, request.Why, whyRequired: true, context);
        return new Wire.PauseClockResponse { Clock = await ChangeAsync(() => book.PauseAsync(id, order, context.CancellationToken), context) };
    }

    public override async Task<Wire.ResumeClockResponse> ResumeClock(Wire.ResumeClockRequest request, ServerCallContext context)
    {
        var (id, order) = OrderOf(request.Name, request.By, request.Why, whyRequired: false, context);
        return new Wire.ResumeClockResponse { Clock = await ChangeAsync(() => book.ResumeAsync(id, order, context.CancellationToken), context) };
    }

    public override async Task<Wire.ReopenClockResponse> ReopenClock(Wire.ReopenClockRequest request, ServerCallContext context)
    {
        var (id, order) = OrderOf(request.Name, request.By, request.Why, whyRequired: true, context);
        var clock = await FindAsync(id, context);
        var (owner, subject) = reopenables.Select(r => (r, Names.TryParse(r.Collection, clock.Subject, out var found) ? found : (Guid?)null)).FirstOrDefault(r => r.Item2 is not null);
        if (subject is null) throw new StateConflict(clock.Name, EnumText<Standing>.Of(clock.State), "A partner's answer stands.");
        return new Wire.ReopenClockResponse
        {
            Clock = await ChangeAsync(async () =>
            {
                // Its row is locked before the clock's, as whoever answers it does.
                await owner.ReopenAsync(subject.Value, context.CancellationToken);
                return await book.ReopenAsync(id, order, context.CancellationToken);
            }, context),
        };
    }

    public override async Task<Wire.CorrectClockResponse> CorrectClock(Wire.CorrectClockRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var id = violations.Id(request.Name, Names.Clocks, "name");
        var order = Ordered.Read(request.By, request.Why, whyRequired: true, violations, context);
        violations.Check(request.RemovedNumber >= 0, "removed_number", "must not be negative");
        violations.Check(request.RemovedNumber > 0 || request.AddedKind != 0, "added_kind", "is required where nothing is taken out");
        var added = Correction.Read(request, violations);
        violations.ThrowIfAny();
        var response = await ledger.OnceAsync(context, requestId, request, async now =>
        {
            violations.Check(added is null || added.Time <= now, "added_time", "is ahead of now");
            violations.ThrowIfAny();
            var clock = await book.CorrectAsync(id, request.RemovedNumber == 0 ? null : request.RemovedNumber, added is null ? null : added.ToFact, order, context.CancellationToken);
            return new Wire.CorrectClockResponse { Clock = ToWire(clock) };
        });
        changes.Pulse();
        return response;
    }

    /// <summary>One that the caller may see.</summary>
    async Task<Clock> FindAsync(Guid id, ServerCallContext context)
    {
        var clock = await db.Clocks.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, context.CancellationToken);
        return clock is not null && (context.Caller().PartnerId is not { } own || clock.PartnerId == own) ? clock : throw new ResourceNotFound(Names.Of(Names.Clocks, id));
    }

    async Task<Wire.Clock> ChangeAsync(Func<Task<Clock>> change, ServerCallContext context)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(context.CancellationToken);
        var clock = await change();
        await db.SaveChangesAsync(context.CancellationToken);
        await transaction.CommitAsync(context.CancellationToken);
        changes.Pulse();
        return ToWire(clock);
    }

    static Guid NameOf(string name)
    {
        var violations = new Violations();
        var id = violations.Id(name, Names.Clocks, "name");
        violations.ThrowIfAny();
        return id;
    }

    static (Guid Id, Ordered Order) OrderOf(string name, string by, string why, bool whyRequired, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(name, Names.Clocks, "name");
        var order = Ordered.Read(by, why, whyRequired, violations, context);
        violations.ThrowIfAny();
        return (id, order);
    }

    /// <summary>What a correction puts in.</summary>
    sealed record Correction(ClockFactKind Kind, DateTimeOffset Time, AnswerKind? Answer)
    {
        public static Correction? Read(Wire.CorrectClockRequest request, Violations violations)
        {
            var isAnswer = request.AddedKind == Wire.ClockEvent.Types.Kind.Answered;
            violations.Check(
                request.AddedKind is 0 or Wire.ClockEvent.Types.Kind.Started or Wire.ClockEvent.Types.Kind.Answered or Wire.ClockEvent.Types.Kind.Paused or Wire.ClockEvent.Types.Kind.Resumed,
                "added_kind", "must be STARTED, ANSWERED, PAUSED or RESUMED");
            if (isAnswer) violations.Member(request.AddedAnswerKind, "added_answer_kind");
            else violations.Check(request.AddedAnswerKind == 0, "added_answer_kind", "goes with ANSWERED only");
            violations.Check((request.AddedTime is null) == (request.AddedKind == 0), "added_time", request.AddedKind == 0 ? "goes with added_kind" : "is required");
            var time = violations.OptionalTime(request.AddedTime, "added_time");
            return request.AddedKind == 0 || time is null ? null : new Correction((ClockFactKind)request.AddedKind, time.Value, isAnswer ? (AnswerKind)request.AddedAnswerKind : null);
        }

        public ClockFact ToFact(Guid id, Instant recorded, ClockFile file)
        {
            var effective = Instant.FromDateTimeOffset(Time);
            return Kind switch
            {
                ClockFactKind.Started => Started(id, effective, recorded, file.History.Generations[0].Timeline),
                ClockFactKind.Answered => new ClockFact.Answered(id, effective, recorded, Answer!.Value),
                ClockFactKind.Paused => new ClockFact.Paused(id, effective, recorded, ""),
                ClockFactKind.Resumed => new ClockFact.Resumed(id, effective, recorded),
                ClockFactKind.PolicyChanged or ClockFactKind.Limited or ClockFactKind.Reopened or ClockFactKind.Voided or ClockFactKind.Corrected =>
                    throw new InvalidOperationException($"{Kind} is not put in by a correction."),
            };
        }

        /// <summary>Under the policy and the limit that it has had from the beginning.</summary>
        static ClockFact.Started Started(Guid id, Instant effective, Instant recorded, ClockTimeline first) => new(id, effective, recorded, first.Policy!, first.Limit);
    }
}
