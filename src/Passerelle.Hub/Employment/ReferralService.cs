using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Platform.Jobs;
using Passerelle.Hub.Privacy;
using Passerelle.Hub.Privacy.Accesses;
using Wire = Passerelle.Contracts.Employment.V1;

namespace Passerelle.Hub.Employment;

public sealed class ReferralService(
    HubDb db, Gathering<NewReferral, Wire.CreateReferralResponse> creations, RequestLedger ledger, ExchangeDesk desk, Vault vault, AccessLog access, ReferralFollowUp followUp,
    Nudge<DeliverDue> delivery, ChangeSignal changes) : Wire.ReferralService.ReferralServiceBase
{
    const int MaxMessage = 2000;

    public override async Task<Wire.CreateReferralResponse> CreateReferral(Wire.CreateReferralRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var personId = violations.Id(request.Person, Names.Persons, "person");
        var partnerId = violations.PartnerId(request.Partner, "partner");
        violations.Text(request.Introduction, "introduction", MaxMessage, required: false);
        violations.ThrowIfAny();
        var response = await creations.CreateAsync(context, requestId, request, new NewReferral(personId, partnerId, request.Introduction, request.PartnerChosen));
        delivery.Now(partnerId);
        changes.Pulse();
        return response;
    }

    public override async Task<Wire.GetReferralResponse> GetReferral(Wire.GetReferralRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Referrals, "name");
        violations.ThrowIfAny();
        var (caller, ct) = (context.Caller(), context.CancellationToken);
        var referral = await SeenBy(caller).SingleOrDefaultAsync(r => r.Id == id, ct) ?? throw new ResourceNotFound(request.Name);
        var response = new Wire.GetReferralResponse { Referral = referral.ToWire((await StatesAsync([referral], ct))[referral.ExchangeId], caller.PartnerId is not null) };
        if (caller.PartnerId is not null) return response;
        await access.ReadAsync(context, request.Name, referral.CaseId, referral.PersonId);
        if (await vault.FindAsync(referral.PersonId, ct) is not { } cipher) return response;
        (response.Introduction, response.AnswerMessage) = (referral.OpenIntroduction(cipher), referral.OpenAnswerMessage(cipher));
        return response;
    }

    public override async Task<Wire.ListReferralsResponse> ListReferrals(Wire.ListReferralsRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var caseId = violations.OptionalId(request.Case, Names.Cases, "case");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var read = await SeenBy(context.Caller())
            .Where(r => (caseId == null || r.CaseId == caseId) && (page.After == null || r.Id.CompareTo(page.After.Value) < 0))
            .OrderByDescending(r => r.Id).Take(page.Size + 1).ToListAsync(ct);
        var (items, next) = page.Cut(read, r => r.Id);
        var states = await StatesAsync(items, ct);
        var response = new Wire.ListReferralsResponse { NextPageToken = next };
        response.Referrals.AddRange(items.Select(r => r.ToWire(states[r.ExchangeId], context.Caller().PartnerId is not null)));
        return response;
    }

    public override async Task<Wire.AnswerReferralResponse> AnswerReferral(Wire.AnswerReferralRequest request, ServerCallContext context)
    {
        var partnerId = context.Caller().RequirePartner();
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var id = violations.Id(request.Name, Names.Referrals, "name");
        CheckAnswer(request, violations);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var response = await ledger.OnceAsync(context, requestId, request, async _ =>
        {
            var referral = (await db.Referrals.FromSql($"select * from referrals where id = {id} for update").ToListAsync(ct)).SingleOrDefault();
            if (referral is null || referral.PartnerId != partnerId || !await db.Attempts.AnyAsync(a => a.ExchangeId == referral.ExchangeId, ct)) throw new ResourceNotFound(request.Name);
            referral.RequireOpen();
            var cipher = await vault.OpenAsync(referral.PersonId, ct);
            var exchange = await desk.AnswerAsync(referral.ExchangeId, CodeOf(request), ct);
            if (request.Declined is { } declined)
            {
                referral.Decline((DeclineReason)declined.Reason, declined.Message, cipher, exchange.AnswerTime!.Value);
                await followUp.FollowDeclineAsync(referral, exchange, ct);
            }
            else referral.Interest(request.Interested.Message, cipher, exchange.AnswerTime!.Value);
            return new Wire.AnswerReferralResponse { Referral = referral.ToWire(exchange.State, toPartner: true) };
        });
        delivery.Now();
        changes.Pulse();
        return response;
    }

    static void CheckAnswer(Wire.AnswerReferralRequest request, Violations violations)
    {
        switch (request.AnswerCase)
        {
            case Wire.AnswerReferralRequest.AnswerOneofCase.Interested:
                violations.Text(request.Interested.Message, "interested.message", MaxMessage, required: false);
                break;
            case Wire.AnswerReferralRequest.AnswerOneofCase.Declined:
                violations.Member(request.Declined.Reason, "declined.reason");
                violations.Text(request.Declined.Message, "declined.message", MaxMessage, required: false);
                break;
            case Wire.AnswerReferralRequest.AnswerOneofCase.None:
                violations.Add("answer", "is required: interested or declined");
                break;
        }
    }

    static string CodeOf(Wire.AnswerReferralRequest request) => EnumText<ReferralState>.Of(request.Declined is null ? ReferralState.Interested : ReferralState.Declined);

    /// <summary>A partner learns of a referral by its first attempt, never before: until then the person may still think better of it.</summary>
    IQueryable<Referral> SeenBy(Caller caller)
    {
        var all = db.Referrals.AsNoTracking();
        return caller.PartnerId is { } own ? all.Where(r => r.PartnerId == own && db.Attempts.Any(a => a.ExchangeId == r.ExchangeId)) : all;
    }

    Task<Dictionary<Guid, ExchangeState>> StatesAsync(IReadOnlyCollection<Referral> referrals, CancellationToken ct)
    {
        var ids = referrals.Select(r => r.ExchangeId).ToList();
        return db.Exchanges.Where(e => ids.Contains(e.Id)).ToDictionaryAsync(e => e.Id, e => e.State, ct);
    }
}
