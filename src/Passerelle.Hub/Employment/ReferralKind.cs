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

    public async Task<IReadOnlyDictionary<Guid, Preparation>> PrepareAsync(IReadOnlyList<Exchange> exchanges, CancellationToken ct)
    {
        var ids = exchanges.Select(e => e.Id).ToArray();
        var referrals = await db.Referrals.AsNoTracking().Where(r => ids.Contains(r.ExchangeId)).ToDictionaryAsync(r => r.ExchangeId, ct);
        var personIds = referrals.Values.Select(r => r.PersonId).Distinct().ToArray();
        var consents = await gate.FindLiveAsync(Purpose.EmploymentReferral, [.. exchanges.Select(e => (referrals[e.Id].PersonId, e.PartnerId))], ct);
        var persons = await db.Persons.AsNoTracking().Where(p => personIds.Contains(p.Id)).ToDictionaryAsync(p => p.Id, ct);
        var cvs = await db.Cvs.AsNoTracking().Where(c => personIds.Contains(c.PersonId)).ToDictionaryAsync(c => c.PersonId, ct);
        await vault.LoadAsync(personIds, ct);
        var prepared = new Dictionary<Guid, Preparation>(exchanges.Count);
        foreach (var exchange in exchanges)
        {
            var referral = referrals[exchange.Id];
            prepared[exchange.Id] = (consents.GetValueOrDefault((referral.PersonId, exchange.PartnerId)), vault.Find(referral.PersonId), cvs.GetValueOrDefault(referral.PersonId)) switch
            {
                (_, null, _) => new Preparation.NotCleared("PERSON_ERASED"),
                (null, _, _) => await gate.HasLapsedAsync(referral.PersonId, Purpose.EmploymentReferral, exchange.PartnerId, await db.NowAsync(ct), ct)
                    ? new Preparation.Lapsed("CONSENT_EXPIRED")
                    : new Preparation.NotCleared(ErrorReason.ConsentMissing.ToReasonName()),
                (_, _, null) => new Preparation.NotCleared(ErrorReason.CvMissing.ToReasonName()),
                ({ } consent, { } cipher, { } cv) => new Preparation.Cleared(Compose(referral, persons[referral.PersonId].OpenProfile(cipher), cv, cipher), Clearance.By(consent), [(referral.PersonId, "cv")]),
            };
        }

        return prepared;
    }

    static Wire.ReferralFile Compose(Referral referral, Contracts.Cases.V1.Person profile, Cv cv, PersonCipher cipher) => new()
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
}
