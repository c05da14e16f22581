using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Cases;
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

    /// <summary>All that a referral is made of, in one question.</summary>
    static readonly Func<HubDb, Guid[], DateTimeOffset, IAsyncEnumerable<Material>> FindMaterial = EF.CompileAsyncQuery((HubDb db, Guid[] exchangeIds, DateTimeOffset now) =>
        from r in db.Referrals.AsNoTracking()
        join p in db.Persons on r.PersonId equals p.Id
        join c in db.Cvs on r.PersonId equals c.PersonId into cvs
        from cv in cvs.DefaultIfEmpty()
        join k in db.PersonKeys on r.PersonId equals k.PersonId into keys
        from key in keys.DefaultIfEmpty()
        from consent in db.Consents
            .Where(s => s.PersonId == r.PersonId && s.Purpose == Purpose.EmploymentReferral && (s.PartnerId == null || s.PartnerId == r.PartnerId) && s.WithdrawTime == null && s.ExpireTime > now)
            .OrderByDescending(s => s.Id).Take(1).DefaultIfEmpty()
        where exchangeIds.Contains(r.ExchangeId)
        select new Material(r, p, cv, key, consent));

    sealed record Material(Referral Referral, Person Person, Cv? Cv, PersonKey? Key, Consent? Consent);

    public string Name => KindName;

    public async Task<IReadOnlyDictionary<Guid, Preparation>> PrepareAsync(IReadOnlyList<ExchangeHeader> exchanges, DateTimeOffset now, CancellationToken ct)
    {
        var ids = exchanges.Select(e => e.Id).ToArray();
        var files = new Dictionary<Guid, Material>(exchanges.Count);
        await foreach (var material in FindMaterial(db, ids, now).WithCancellation(ct)) files[material.Referral.ExchangeId] = material;
        var prepared = new Dictionary<Guid, Preparation>(exchanges.Count);
        foreach (var exchange in exchanges)
        {
            var (referral, person, cv, key, allows) = files[exchange.Id];
            prepared[exchange.Id] = (allows, key, cv) switch
            {
                (_, null, _) => new Preparation.NotCleared("PERSON_ERASED"),
                (null, _, _) => await gate.HasLapsedAsync(referral.PersonId, Purpose.EmploymentReferral, exchange.PartnerId, now, ct)
                    ? new Preparation.Lapsed("CONSENT_EXPIRED")
                    : new Preparation.NotCleared(ErrorReason.ConsentMissing.ToReasonName()),
                (_, _, null) => new Preparation.NotCleared(ErrorReason.CvMissing.ToReasonName()),
                ({ } consent, _, _) => new Preparation.Cleared(Compose(referral, person, cv, vault.Open(key.PersonId, key.Wrapped)), Clearance.By(consent), [(referral.PersonId, "cv")]),
            };
        }

        return prepared;
    }

    static Wire.ReferralFile Compose(Referral referral, Person person, Cv cv, PersonCipher cipher)
    {
        var profile = person.OpenProfile(cipher);
        return new Wire.ReferralFile
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
}
