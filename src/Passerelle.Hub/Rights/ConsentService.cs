using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Platform.Jobs;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Hub.Rights;

public sealed class ConsentService(HubDb db, RequestLedger ledger, ConsentGivers givers, GateBook gate, Stopping stopping, RecallDesk recalls, Nudge<DeliverDue> delivery, ChangeSignal changes)
    : Wire.ConsentService.ConsentServiceBase
{
    public override async Task<Wire.RecordConsentResponse> RecordConsent(Wire.RecordConsentRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var wanted = request.Consent ?? new Wire.Consent();
        violations.Check(request.Consent is not null, "consent", "is required");
        var personId = violations.Id(wanted.Person, Names.Persons, "consent.person");
        violations.Member(wanted.Purpose, "consent.purpose");
        var partnerId = violations.OptionalPartnerId(wanted.Partner, "consent.partner");
        violations.Check(Enum.IsDefined(wanted.RecipientKind), "consent.recipient_kind", "is not a value that this version knows");
        violations.Check(partnerId is null || wanted.RecipientKind == 0, "consent.recipient_kind", "does not go with a partner");
        violations.Text(wanted.TextVersion, "consent.text_version", 40);
        violations.Member(wanted.Method, "consent.method");
        var by = wanted.GivenBy.Select((name, i) => violations.Id(name, Names.Persons, $"consent.given_by[{i}]")).ToList();
        var (gave, expires) = (violations.OptionalTime(wanted.GiveTime, "consent.give_time"), violations.OptionalTime(wanted.ExpireTime, "consent.expire_time"));
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var response = await ledger.OnceAsync(context, requestId, request, async now =>
        {
            violations.Check(expires is null || expires > now, "consent.expire_time", "must be ahead");
            violations.Check(gave is null || gave <= now, "consent.give_time", "must not be ahead");
            var caseId = await db.PersonKeys.Where(p => p.PersonId == personId).Select(p => (Guid?)p.CaseId).SingleOrDefaultAsync(ct) ?? throw new ResourceNotFound(wanted.Person);
            var terms = (await gate.ReadAnewAsync(db, ct)).Of((Purpose)wanted.Purpose, now);
            violations.Check(terms?.Ground == Ground.Consent, "consent.purpose", "does not rest on consent");
            var kind = await RecipientKindAsync(terms, partnerId, wanted, violations, ct);
            violations.ThrowIfAny();
            var given = await givers.CheckAsync(personId, caseId, by, wanted.GivenElsewhere, terms!.Guardians, violations, ct);
            violations.ThrowIfAny();
            var consent = Consent.Record(
                new ConsentGiven(
                    personId, caseId, (Purpose)wanted.Purpose, partnerId, partnerId is null ? kind : null, wanted.TextVersion, given, wanted.GivenElsewhere,
                    (ConsentMethod)wanted.Method, gave ?? now, expires ?? Consent.LongestFrom(now)),
                now);
            db.Consents.Add(consent);
            db.Events.Add(HubEvent.Of("consent.recorded", now, consent.Name, consent.CaseId, partnerId));
            await ConsentEntry.Ledger.AppendAsync(db, [ConsentEntry.Given(consent, context.Caller().Id)], ct);
            return new Wire.RecordConsentResponse { Consent = ToWire(consent) };
        });
        changes.Pulse();
        return response;
    }

    /// <summary>That of the partner, which the purpose must name; or the named one, or the only one that the purpose names.</summary>
    async Task<PartnerKind?> RecipientKindAsync(PurposeTerms? terms, string? partnerId, Wire.Consent wanted, Violations violations, CancellationToken ct)
    {
        if (terms is null) return null;
        if (partnerId is not null)
        {
            var own = await db.Partners.Where(p => p.Id == partnerId).Select(p => (PartnerKind?)p.Kind).SingleOrDefaultAsync(ct) ?? throw new ResourceNotFound(wanted.Partner);
            violations.Check(terms.MayGoTo(own), "consent.partner", "is not of a kind that the purpose is for");
            return own;
        }

        if (wanted.RecipientKind == 0)
        {
            if (violations.Check(terms.Recipients.Length == 1, "consent.recipient_kind", "is required: the purpose is for several")) return EnumText<PartnerKind>.Parse(terms.Recipients[0]);
            return null;
        }

        violations.Check(terms.MayGoTo((PartnerKind)wanted.RecipientKind), "consent.recipient_kind", "is not one that the purpose is for");
        return (PartnerKind)wanted.RecipientKind;
    }

    public override async Task<Wire.WithdrawConsentResponse> WithdrawConsent(Wire.WithdrawConsentRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Consents, "name");
        var by = violations.OptionalId(request.By, Names.Persons, "by");
        violations.Check(Enum.IsDefined(request.Method), "method", "is not a value that this version knows");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // Exchanges before consents, as whatever leaves locks them: what may stop is locked first, and nothing new can be claimed of it meanwhile.
        var consent = await db.Consents.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, ct) ?? throw new ResourceNotFound(request.Name);
        var under = await stopping.LockAsync(consent.PersonId, consent.Purpose, ct);
        // Waits for what has just left by it; what comes after sees the withdrawal.
        consent = (await db.Consents.FromSql($"select * from consents where id = {id} for update").ToListAsync(ct)).Single();
        var response = new Wire.WithdrawConsentResponse();
        var now = await db.NowAsync(ct);
        if (by is { } who && who != consent.PersonId)
        {
            await givers.CheckWithdrawalAsync(consent, who, violations, ct);
            violations.ThrowIfAny();
        }

        if (consent.Withdraw(now))
        {
            db.Events.Add(HubEvent.Of("consent.withdrawn", now, request.Name, consent.CaseId, consent.PartnerId));
            await db.SaveChangesAsync(ct);
            var (stopped, inFlight) = await stopping.StopUnconsentedAsync(consent.PersonId, under, now, ct);
            response.Stopped.AddRange(stopped);
            response.InFlight.AddRange(inFlight);
            if (await recalls.OpenAsync(RecallReason.Withdrawn, consent.PersonId, consent.CaseId, consent.Id, now, ct) is { } recall) response.Recall = recall.Name;
            await ConsentEntry.Ledger.AppendAsync(db, [ConsentEntry.Withdrawn(consent, by ?? consent.PersonId, request.Method == 0 ? null : (ConsentMethod)request.Method, context.Caller().Id, now)], ct);
        }

        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        delivery.Now();
        changes.Pulse();
        response.Consent = ToWire(consent);
        return response;
    }

    public override async Task<Wire.GetConsentResponse> GetConsent(Wire.GetConsentRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Consents, "name");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var consent = await db.Consents.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, ct) ?? throw new ResourceNotFound(request.Name);
        var response = new Wire.GetConsentResponse { Consent = ToWire(consent) };
        response.Entries.AddRange((await db.ConsentEntries.AsNoTracking().Where(e => e.ConsentId == id).OrderBy(e => e.Sequence).ToListAsync(ct)).Select(e => e.ToWire()));
        return response;
    }

    public override async Task<Wire.ListConsentsResponse> ListConsents(Wire.ListConsentsRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var personId = violations.Id(request.Person, Names.Persons, "person");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        if (!await db.Persons.AnyAsync(p => p.Id == personId, ct)) throw new ResourceNotFound(request.Person);
        var read = await db.Consents.AsNoTracking().Where(c => c.PersonId == personId && (page.After == null || c.Id.CompareTo(page.After.Value) < 0))
            .OrderByDescending(c => c.Id).Take(page.Size + 1).ToListAsync(ct);
        var (items, next) = page.Cut(read, c => c.Id);
        var response = new Wire.ListConsentsResponse { NextPageToken = next };
        response.Consents.AddRange(items.Select(ToWire));
        return response;
    }

    static Wire.Consent ToWire(Consent consent)
    {
        var wire = new Wire.Consent
        {
            Name = consent.Name,
            Person = Names.Of(Names.Persons, consent.PersonId),
            Purpose = (Wire.Purpose)consent.Purpose,
            Partner = consent.PartnerId is { } partner ? Names.OfPartner(partner) : "",
            RecipientKind = (Contracts.Partners.V1.Partner.Types.Kind)(consent.RecipientKind ?? 0),
            TextVersion = consent.TextVersion,
            GivenElsewhere = consent.GivenElsewhere,
            Method = (Wire.Consent.Types.Method)consent.Method,
            GiveTime = consent.GiveTime.ToWire(),
            CreateTime = consent.CreateTime.ToWire(),
            ExpireTime = consent.ExpireTime.ToWire(),
            WithdrawTime = consent.WithdrawTime.ToWire(),
        };
        wire.GivenBy.AddRange(consent.GivenBy.Select(p => Names.Of(Names.Persons, p)));
        return wire;
    }
}
