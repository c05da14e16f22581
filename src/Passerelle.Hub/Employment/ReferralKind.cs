using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Employment.V1;

namespace Passerelle.Hub.Employment;

/// <summary>What a referral sends: the person and the CV as they are at that very moment, and only while the person consents.</summary>
public sealed class ReferralKind(HubDb db, ConsentGate gate, Vault vault) : IExchangeKind
{
    public const string KindName = "referral";

    public string Name => KindName;

    public async Task<Preparation> PrepareAsync(Exchange exchange, CancellationToken ct)
    {
        var referral = await db.Referrals.AsNoTracking().SingleAsync(r => r.ExchangeId == exchange.Id, ct);
        if (await gate.FindLiveAsync(referral.PersonId, Purpose.EmploymentReferral, exchange.PartnerId, ct) is not { } consent)
            return new Preparation.NotCleared(ErrorReason.ConsentMissing.ToReasonName());
        if (await db.Cvs.AsNoTracking().SingleOrDefaultAsync(c => c.PersonId == referral.PersonId, ct) is not { } cv)
            return new Preparation.NotCleared(ErrorReason.CvMissing.ToReasonName());
        var person = await db.Persons.AsNoTracking().SingleAsync(p => p.Id == referral.PersonId, ct);
        var cipher = await vault.OpenAsync(person.Id, ct);
        var profile = person.OpenProfile(cipher);
        var file = new Wire.ReferralFile
        {
            Referral = referral.Name,
            Person = profile.Name,
            GivenName = profile.GivenName,
            FamilyName = profile.FamilyName,
            Email = profile.Email,
            Phone = profile.Phone,
            Introduction = referral.OpenIntroduction(cipher),
            JsonResume = cv.Open(cipher),
        };
        return new Preparation.Cleared(file, Clearance.By(consent), [(person.Id, "cv")]);
    }
}
