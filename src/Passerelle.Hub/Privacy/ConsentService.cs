using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Hub.Privacy;

public sealed class ConsentService(HubDb db, RequestLedger ledger, ChangeSignal changes) : Wire.ConsentService.ConsentServiceBase
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
        violations.Text(wanted.TextVersion, "consent.text_version", 40);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var response = await ledger.OnceAsync(context, requestId, request, async now =>
        {
            var expires = wanted.ExpireTime?.ToDateTimeOffset();
            if (expires <= now) throw new FieldInvalid([new() { Field = "consent.expire_time", Description = "must be ahead" }]);
            var person = await db.PersonKeys.AsNoTracking().SingleOrDefaultAsync(p => p.PersonId == personId, ct) ?? throw new ResourceNotFound(wanted.Person);
            if (partnerId is not null && !await db.Partners.AnyAsync(p => p.Id == partnerId, ct)) throw new ResourceNotFound(wanted.Partner);
            var consent = Consent.Record(personId, person.CaseId, (Purpose)wanted.Purpose, partnerId, wanted.TextVersion, expires, now);
            db.Consents.Add(consent);
            db.Events.Add(HubEvent.Of("consent.recorded", now, Names.Of(Names.Consents, consent.Id), consent.CaseId, partnerId));
            return new Wire.RecordConsentResponse { Consent = ToWire(consent) };
        });
        changes.Pulse();
        return response;
    }

    public override async Task<Wire.WithdrawConsentResponse> WithdrawConsent(Wire.WithdrawConsentRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Consents, "name");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // Waits for preparations that have just relied on it; those that come after see the withdrawal.
        var consent = (await db.Consents.FromSql($"select * from consents where id = {id} for update").ToListAsync(ct)).SingleOrDefault() ?? throw new ResourceNotFound(request.Name);
        var now = await db.NowAsync(ct);
        if (consent.Withdraw(now)) db.Events.Add(HubEvent.Of("consent.withdrawn", now, request.Name, consent.CaseId, consent.PartnerId));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        changes.Pulse();
        return new Wire.WithdrawConsentResponse { Consent = ToWire(consent) };
    }

    public override async Task<Wire.GetConsentResponse> GetConsent(Wire.GetConsentRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Consents, "name");
        violations.ThrowIfAny();
        var consent = await db.Consents.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, context.CancellationToken) ?? throw new ResourceNotFound(request.Name);
        return new Wire.GetConsentResponse { Consent = ToWire(consent) };
    }

    static Wire.Consent ToWire(Consent consent) => new()
    {
        Name = Names.Of(Names.Consents, consent.Id),
        Person = Names.Of(Names.Persons, consent.PersonId),
        Purpose = (Wire.Purpose)consent.Purpose,
        Partner = consent.PartnerId is { } partner ? Names.OfPartner(partner) : "",
        TextVersion = consent.TextVersion,
        CreateTime = consent.CreateTime.ToWire(),
        ExpireTime = consent.ExpireTime.ToWire(),
        WithdrawTime = consent.WithdrawTime.ToWire(),
    };
}
