using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Rights;

/// <summary>Who may say that a person consents: an adult for themselves, and for a child those who hold parental authority.</summary>
/// <remarks>Code civil, articles 371-1 to 373-2: both parents hold it, each is taken to act with the other's agreement for usual acts. Every adult of the household holds it, unless the case says otherwise.</remarks>
public sealed class ConsentGivers(HubDb db, Vault vault)
{
    /// <returns>Who gave it.</returns>
    public async Task<IReadOnlyList<Guid>> CheckAsync(Guid personId, Guid caseId, IReadOnlyList<Guid> by, bool elsewhere, GuardianRule rule, Violations violations, CancellationToken ct)
    {
        var person = await db.Persons.AsNoTracking().SingleAsync(p => p.Id == personId, ct);
        if (person.Role == PersonRole.Adult)
        {
            violations.Check(by.All(p => p == personId), "consent.given_by", "must be the person: an adult consents for themselves");
            violations.Check(!elsewhere, "consent.given_elsewhere", "is about children");
            return [personId];
        }

        var holders = await HoldersAsync(caseId, ct);
        violations.Check(by.Count > 0, "consent.given_by", "is required for a child");
        for (var i = 0; i < by.Count; i++) violations.Check(holders.Contains(by[i]), $"consent.given_by[{i}]", "must be a holder of parental authority of the household");
        if (rule == GuardianRule.All)
        {
            violations.Check(holders.All(by.Contains), "consent.given_by", "must be every holder of parental authority");
            var profile = person.OpenProfile(await vault.OpenEvenRestrictedAsync(personId, ct));
            violations.Check(!profile.HolderElsewhere || elsewhere, "consent.given_elsewhere", "is required: a holder of parental authority is not of the household");
        }

        return [.. by.Distinct()];
    }

    /// <summary>Any holder of parental authority may take back what another one gave.</summary>
    public async Task CheckWithdrawalAsync(Consent consent, Guid by, Violations violations, CancellationToken ct)
    {
        var isChild = await db.Persons.AnyAsync(p => p.Id == consent.PersonId && p.Role == PersonRole.Child, ct);
        violations.Check(isChild && (await HoldersAsync(consent.CaseId, ct)).Contains(by), "by", "must be the person, or a holder of parental authority over them");
    }

    async Task<HashSet<Guid>> HoldersAsync(Guid caseId, CancellationToken ct)
    {
        var adults = await db.Persons.AsNoTracking().Where(p => p.CaseId == caseId && p.Role == PersonRole.Adult).ToListAsync(ct);
        await vault.LoadAsync(adults.Select(a => a.Id), ct);
        return [.. adults.Where(a => vault.Find(a.Id)?.Unrestricted() is { } cipher && !a.OpenProfile(cipher).WithoutParentalAuthority).Select(a => a.Id)];
    }
}
