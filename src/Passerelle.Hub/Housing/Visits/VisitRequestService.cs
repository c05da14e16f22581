using Google.Protobuf.Collections;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Platform.Jobs;
using AnswerCase = Passerelle.Contracts.Housing.V1.AnswerVisitRequestRequest.AnswerOneofCase;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing.Visits;

public sealed class VisitRequestService(HubDb db, RequestLedger ledger, VisitPlanning planning, VisitDesk visits, Nudge<DeliverDue> delivery, ChangeSignal changes)
    : Wire.VisitRequestService.VisitRequestServiceBase
{
    const int MaxMessage = 2000;
    const int MaxSlots = 10;

    static readonly TimeSpan LongestSlot = TimeSpan.FromHours(24);

    public override async Task<Wire.GetVisitRequestResponse> GetVisitRequest(Wire.GetVisitRequestRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.VisitRequests, "name");
        violations.ThrowIfAny();
        var found = await SeenBy(context.Caller()).AsNoTracking().SingleOrDefaultAsync(v => v.Id == id, context.CancellationToken) ?? throw new ResourceNotFound(request.Name);
        return new Wire.GetVisitRequestResponse { VisitRequest = VisitWire.ToWire(found, context.Caller().PartnerId is not null) };
    }

    public override async Task<Wire.ListVisitRequestsResponse> ListVisitRequests(Wire.ListVisitRequestsRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var caseId = violations.OptionalId(request.Case, Names.Cases, "case");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var read = await SeenBy(context.Caller()).AsNoTracking()
            .Where(v => (caseId == null || v.CaseId == caseId) && (page.After == null || v.Id.CompareTo(page.After.Value) < 0))
            .OrderByDescending(v => v.Id).Take(page.Size + 1).ToListAsync(context.CancellationToken);
        var (items, next) = page.Cut(read, v => v.Id);
        var response = new Wire.ListVisitRequestsResponse { NextPageToken = next };
        response.VisitRequests.AddRange(items.Select(v => VisitWire.ToWire(v, context.Caller().PartnerId is not null)));
        return response;
    }

    public override async Task<Wire.AnswerVisitRequestResponse> AnswerVisitRequest(Wire.AnswerVisitRequestRequest request, ServerCallContext context)
    {
        var caller = context.Caller();
        caller.RequirePartner();
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var id = violations.Id(request.Name, Names.VisitRequests, "name");
        var answer = ReadAnswer(request, violations);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var dayId = await SeenBy(caller).Where(v => v.Id == id).Select(v => (Guid?)v.DayId).SingleOrDefaultAsync(ct) ?? throw new ResourceNotFound(request.Name);
        var room = await planning.PrepareAsync(dayId, ct);
        var response = await ledger.OnceAsync(context, requestId, request, async now =>
        {
            var day = (await visits.LockAsync(dayId, ct))!;
            var visit = day.Visits.Single(v => v.Id == id);
            Check(answer!, visit, now, violations);
            violations.ThrowIfAny();
            await visits.AnswerAsync(day, visit, answer!, room, ct);
            await visits.SettleAsync(day, room, ct);
            return new Wire.AnswerVisitRequestResponse { VisitRequest = VisitWire.ToWire(visit, toPartner: true) };
        });
        delivery.Now();
        changes.Pulse();
        return response;
    }

    /// <summary>A partner learns of a request by its first attempt, never before.</summary>
    IQueryable<VisitRequest> SeenBy(Caller caller) => caller.PartnerId is { } own
        ? db.VisitRequests.Where(v => v.PartnerId == own && db.Attempts.Any(a =>
            db.Exchanges.Any(e => e.Id == a.ExchangeId && e.PartnerId == own && e.CaseId == v.CaseId && e.Subject == Names.VisitRequests + "/" + v.Id.ToString())))
        : db.VisitRequests;

    static VisitAnswer? ReadAnswer(Wire.AnswerVisitRequestRequest request, Violations violations)
    {
        violations.Check(request.AnswerCase != AnswerCase.None, "answer", "is required: accepted, proposed, refused or noted");
        return request.AnswerCase switch
        {
            AnswerCase.None => null,
            AnswerCase.Accepted => new VisitAnswer.Accepted(Time(request.Accepted.StartTime, "accepted.start_time")) { Message = Message(request.Accepted.Message, "accepted") },
            AnswerCase.Proposed => new VisitAnswer.Proposed(Slots(request.Proposed.Slots)) { Message = Message(request.Proposed.Message, "proposed") },
            AnswerCase.Refused => new VisitAnswer.Refused(Reason(request.Refused.Reason)) { Message = Message(request.Refused.Message, "refused") },
            AnswerCase.Noted => new VisitAnswer.Noted(),
        };

        string Message(string message, string path)
        {
            violations.Text(message, $"{path}.message", MaxMessage, required: false);
            return message;
        }

        DateTimeOffset Time(Google.Protobuf.WellKnownTypes.Timestamp? time, string field)
        {
            violations.Check(time is not null, field, "is required");
            return violations.OptionalTime(time, field) ?? default;
        }

        VisitRefusalReason Reason(Wire.VisitRefusalReason reason)
        {
            violations.Member(reason, "refused.reason");
            return (VisitRefusalReason)reason;
        }

        List<TimeSpanRange> Slots(RepeatedField<Wire.TimeSlot> slots)
        {
            violations.Check(slots.Count is > 0 and <= MaxSlots, "proposed.slots", $"must be 1 to {MaxSlots}");
            return [.. slots.Take(MaxSlots).Select((s, i) => new TimeSpanRange(Time(s.StartTime, $"proposed.slots[{i}].start_time"), Time(s.EndTime, $"proposed.slots[{i}].end_time")))];
        }
    }

    /// <summary>What is said of times, against what was asked.</summary>
    static void Check(VisitAnswer answer, VisitRequest visit, DateTimeOffset now, Violations violations)
    {
        switch (answer)
        {
            case VisitAnswer.Accepted accepted when visit.State is VisitRequestState.Asked or VisitRequestState.Lapsed:
                violations.Check(visit.AskedStarts.Contains(accepted.Start), "accepted.start_time", "is none of the times that were asked for");
                break;
            case VisitAnswer.Proposed proposed:
                foreach (var (i, slot) in proposed.Slots.Index())
                {
                    violations.Check(slot.Start > now, $"proposed.slots[{i}].start_time", "must be in the future");
                    violations.Check(slot.End - slot.Start >= visit.Length && slot.End - slot.Start <= LongestSlot, $"proposed.slots[{i}].end_time", "must leave room for the visit, and be at most 24 hours later");
                }

                break;
            case VisitAnswer.Accepted or VisitAnswer.Refused or VisitAnswer.Noted:
                break;
        }
    }
}
