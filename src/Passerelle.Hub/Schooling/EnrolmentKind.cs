using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Schooling.V1;

namespace Passerelle.Hub.Schooling;

/// <summary>What travels to a town hall or a school. Schooling is compulsory: it needs no consent, and every file is in the register.</summary>
public sealed class EnrolmentKind(HubDb db, Vault vault) : IExchangeKind
{
    public const string KindName = "enrolment";
    const string Category = "enrolment_file";

    public string Name => KindName;

    public async Task<Preparation> PrepareAsync(Exchange exchange, CancellationToken ct)
    {
        // An earlier round is answered, and what is answered is not sent again: whatever is prepared is the present round.
        var enrolment = await db.Enrolments.AsNoTracking().Include(e => e.Documents).SingleAsync(e => e.ExchangeId == exchange.Id, ct);
        var child = await db.Persons.AsNoTracking().SingleAsync(p => p.Id == enrolment.PersonId, ct);
        var adults = await db.Persons.AsNoTracking().Where(p => p.CaseId == enrolment.CaseId && p.Role == PersonRole.Adult).OrderBy(p => p.Position).ToListAsync(ct);
        var cipher = await vault.OpenAsync(child.Id, ct);
        var file = new Wire.EnrolmentFile
        {
            Enrolment = enrolment.Name,
            Pupil = ToPupil(child.OpenProfile(cipher)),
            Level = (Wire.Level)enrolment.Level,
            StartDate = enrolment.StartDate.ToWire(),
            PreviousSchool = enrolment.OpenPreviousSchool(cipher),
        };
        await vault.LoadAsync(adults.Select(a => a.Id), ct);
        foreach (var adult in adults) file.Guardians.Add(ToGuardian(adult.OpenProfile(await vault.OpenAsync(adult.Id, ct))));
        var ids = enrolment.DocumentIds.ToList();
        var documents = await db.Documents.AsNoTracking().Where(d => ids.Contains(d.Id)).ToDictionaryAsync(d => d.Id, ct);
        file.Documents.AddRange(ids.Select(id => documents[id].ToWire(cipher)));
        return new Preparation.Cleared(file, Clearance.PublicTask, [(child.Id, Category), .. adults.Select(a => (a.Id, Category))]);
    }

    static Wire.EnrolmentFile.Types.Pupil ToPupil(Contracts.Cases.V1.Person child) =>
        new() { Person = child.Name, GivenName = child.GivenName, FamilyName = child.FamilyName, BirthDate = child.BirthDate };

    static Wire.EnrolmentFile.Types.Guardian ToGuardian(Contracts.Cases.V1.Person adult) =>
        new() { Person = adult.Name, GivenName = adult.GivenName, FamilyName = adult.FamilyName, Email = adult.Email, Phone = adult.Phone };
}
