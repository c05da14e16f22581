using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;
using DataCategory = Passerelle.Hub.Privacy.DataCategory;
using Wire = Passerelle.Contracts.Employment.V1;

namespace Passerelle.Hub.Employment;

/// <summary>What a referral sends: the person and the CV as they are at that very moment, and only while the person consents.</summary>
public sealed class ReferralKind(HubDb db, Gate gate, Vault vault) : IExchangeKind
{
    public const string KindName = "referral";

    static readonly string PurposeText = EnumText<Purpose>.Of(Privacy.Purpose.EmploymentReferral);

    /// <summary>All that a referral is made of, in one question.</summary>
    static readonly Func<HubDb, Guid[], DateTimeOffset, IAsyncEnumerable<Material>> FindMaterial = EF.CompileAsyncQuery((HubDb db, Guid[] exchangeIds, DateTimeOffset now) =>
        from r in db.Referrals.AsNoTracking()
        join p in db.Persons on r.PersonId equals p.Id
        join c in db.Cvs on r.PersonId equals c.PersonId into cvs
        from cv in cvs.DefaultIfEmpty()
        join k in db.PersonKeys on r.PersonId equals k.PersonId into keys
        from key in keys.DefaultIfEmpty()
        from consent in db.LiveConsents(r.PersonId, PurposeText, r.PartnerId, now).OrderByDescending(s => s.Id).Take(1).DefaultIfEmpty()
        where exchangeIds.Contains(r.ExchangeId)
        select new Material(
            r, p, cv, key, consent == null ? null : consent.Id,
            db.PersonRestrictions.Where(s => s.PersonId == r.PersonId && (s.Scope == PersonRestriction.Everything || s.Scope == PurposeText)).OrderByDescending(s => s.Time).Select(s => (RestrictionReason?)s.Reason).FirstOrDefault()));

    /// <summary>An introduction without a name and a CV is none.</summary>
    static readonly DataCategory[] Needed = [DataCategory.Identity, DataCategory.Career];

    static readonly IReadOnlySet<DataCategory> Carried = MinimalView.CategoriesOf(Wire.ReferralFile.Descriptor);

    sealed record Material(Referral Referral, Person Person, Cv? Cv, PersonKey? Key, Guid? ConsentId, RestrictionReason? Restriction);

    public string Name => KindName;

    public Purpose Purpose => Purpose.EmploymentReferral;

    public async Task<IReadOnlyList<Guid>> FindOpenAsync(Guid personId, CancellationToken ct) => await (
        from referral in db.Referrals
        join exchange in db.Exchanges on referral.ExchangeId equals exchange.Id
        where referral.PersonId == personId && exchange.State != ExchangeState.Answered && exchange.State != ExchangeState.Withdrawn && exchange.State != ExchangeState.Expired
        select exchange.Id).ToListAsync(ct);

    public async Task<IReadOnlyDictionary<Guid, Preparation>> PrepareAsync(IReadOnlyList<ExchangeHeader> exchanges, DateTimeOffset now, CancellationToken ct)
    {
        var ids = exchanges.Select(e => e.Id).ToArray();
        var files = new Dictionary<Guid, Material>(exchanges.Count);
        await foreach (var material in FindMaterial(db, ids, now).WithCancellation(ct)) files[material.Referral.ExchangeId] = material;
        var prepared = new Dictionary<Guid, Preparation>(exchanges.Count);
        foreach (var exchange in exchanges) prepared[exchange.Id] = await PrepareAsync(files[exchange.Id], now, ct);
        return prepared;
    }

    async Task<Preparation> PrepareAsync(Material material, DateTimeOffset now, CancellationToken ct)
    {
        var (referral, person, cv, key, consentId, restriction) = material;
        if (key is null) return new Preparation.Stopped(new Verdict.Refused("PERSON_ERASED"));
        var lapsed = consentId is null && await Consent.HasLapsedAsync(db, referral.PersonId, Purpose, referral.PartnerId, now, ct);
        var verdict = await gate.DecideAsync(new GateQuestion(Purpose, referral.PartnerId, consentId, lapsed, Needed) { Restriction = restriction }, now, ct);
        if (verdict is not Verdict.Allowed { By: var by }) return new Preparation.Stopped(verdict);
        if (cv is null) return new Preparation.Stopped(new Verdict.Refused(ErrorReason.CvMissing.ToReasonName()));
        var file = Compose(referral, person, cv, vault.Open(key.PersonId, key.Wrapped));
        if (!by.Categories.Contains(DataCategory.Contact)) file.JsonResume = CvContacts.Without(file.JsonResume);
        MinimalView.Reduce(file, by.Categories);
        return new Preparation.Cleared(file, by, [new Disclosed(referral.PersonId, "cv", [.. Carried.Where(by.Categories.Contains)])]);
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
