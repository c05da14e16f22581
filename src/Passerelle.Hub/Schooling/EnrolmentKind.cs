using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Schooling.V1;

namespace Passerelle.Hub.Schooling;

/// <summary>What travels to a town hall or a school. Schooling is compulsory: it needs no consent, but an agreement with the school, and every file is in the register.</summary>
public sealed class EnrolmentKind(HubDb db, Gate gate, Vault vault) : IExchangeKind
{
    public const string KindName = "enrolment";
    const string Category = "enrolment_file";

    /// <summary>An enrolment without the pupil's name is none.</summary>
    static readonly DataCategory[] Needed = [DataCategory.Identity, DataCategory.Schooling];

    static readonly IReadOnlySet<DataCategory> OfPupil = MinimalView.CategoriesOf(Wire.EnrolmentFile.Types.Pupil.Descriptor).Union([DataCategory.Schooling, DataCategory.Document]).ToHashSet();
    static readonly IReadOnlySet<DataCategory> OfGuardian = MinimalView.CategoriesOf(Wire.EnrolmentFile.Types.Guardian.Descriptor);

    public string Name => KindName;

    public Purpose Purpose => Purpose.SchoolEnrolment;

    /// <summary>Of the child, and of each adult of the household: its file names them too.</summary>
    public async Task<IReadOnlyList<Guid>> FindOpenAsync(Guid personId, CancellationToken ct) => await (
        from enrolment in db.Enrolments
        join exchange in db.Exchanges on enrolment.ExchangeId equals exchange.Id
        where exchange.State != ExchangeState.Answered && exchange.State != ExchangeState.Withdrawn && exchange.State != ExchangeState.Expired
            && (enrolment.PersonId == personId || db.Persons.Any(p => p.Id == personId && p.CaseId == enrolment.CaseId && p.Role == PersonRole.Adult))
        select exchange.Id).ToListAsync(ct);

    public async Task<IReadOnlyDictionary<Guid, Preparation>> PrepareAsync(IReadOnlyList<ExchangeHeader> exchanges, DateTimeOffset now, CancellationToken ct)
    {
        var (ids, caseIds) = (exchanges.Select(e => e.Id).ToArray(), exchanges.Select(e => e.CaseId).Distinct().ToArray());
        // An earlier round is answered, and what is answered is not sent again: whatever is prepared is the present round.
        var enrolments = await db.Enrolments.AsNoTracking().Include(e => e.Documents).Where(e => ids.Contains(e.ExchangeId)).ToDictionaryAsync(e => e.ExchangeId, ct);
        var persons = await db.Persons.AsNoTracking().Where(p => caseIds.Contains(p.CaseId)).ToListAsync(ct);
        var documentIds = enrolments.Values.SelectMany(e => e.DocumentIds).ToArray();
        var documents = await db.Documents.AsNoTracking().Where(d => documentIds.Contains(d.Id)).ToDictionaryAsync(d => d.Id, ct);
        await vault.LoadAsync(persons.Select(p => p.Id), ct);
        var personIds = persons.Select(p => p.Id).ToArray();
        var scopes = new[] { PersonRestriction.Everything, EnumText<Purpose>.Of(Purpose) };
        var restricted = (await db.PersonRestrictions.AsNoTracking().Where(r => personIds.Contains(r.PersonId) && scopes.Contains(r.Scope)).OrderBy(r => r.Time).ToListAsync(ct)).ToLookup(r => r.PersonId, r => r.Reason);
        var prepared = new Dictionary<Guid, Preparation>(exchanges.Count);
        foreach (var exchange in exchanges)
        {
            var enrolment = enrolments[exchange.Id];
            RestrictionReason? restriction = restricted[enrolment.PersonId].ToArray() is [.., var last] ? last : null;
            var verdict = await gate.DecideAsync(new GateQuestion(Purpose, exchange.PartnerId, null, HasLapsed: false, Needed) { Restriction = restriction }, now, ct);
            // An adult whose own data is restricted is left out: the child's enrolment does not wait for it.
            prepared[exchange.Id] = verdict is Verdict.Allowed { By: var by }
                ? Prepare(enrolment, [.. persons.Where(p => p.Id == enrolment.PersonId || !restricted.Contains(p.Id))], documents, by)
                : new Preparation.Stopped(verdict);
        }

        return prepared;
    }

    Preparation Prepare(Enrolment enrolment, List<Person> persons, Dictionary<Guid, Document> documents, Clearance by)
    {
        if (vault.Find(enrolment.PersonId) is not { } cipher) return new Preparation.Stopped(new Verdict.Refused("PERSON_ERASED"));
        var child = persons.Single(p => p.Id == enrolment.PersonId);
        var adults = persons.Where(p => p.CaseId == enrolment.CaseId && p.Role == PersonRole.Adult).OrderBy(p => p.Position)
            .Select(p => (Person: p, Cipher: vault.Find(p.Id))).Where(a => a.Cipher is not null).ToList();
        var file = new Wire.EnrolmentFile
        {
            Enrolment = enrolment.Name,
            Pupil = ToPupil(child.OpenProfile(cipher)),
            Level = (Wire.Level)enrolment.Level,
            StartDate = enrolment.StartDate.ToWire(),
            PreviousSchool = enrolment.OpenPreviousSchool(cipher),
        };
        foreach (var (adult, own) in adults) file.Guardians.Add(ToGuardian(adult.OpenProfile(own!)));
        file.Documents.AddRange(enrolment.DocumentIds.Select(id => documents[id].ToWire(cipher)));
        MinimalView.Reduce(file, by.Categories);
        return new Preparation.Cleared(file, by, [Of(child.Id, OfPupil), .. adults.Select(a => Of(a.Person.Id, OfGuardian))]);

        Disclosed Of(Guid personId, IReadOnlySet<DataCategory> held) => new(personId, Category, [.. held.Where(by.Categories.Contains)]);
    }

    static Wire.EnrolmentFile.Types.Pupil ToPupil(Contracts.Cases.V1.Person child) =>
        new() { Person = child.Name, GivenName = child.GivenName, FamilyName = child.FamilyName, BirthDate = child.BirthDate };

    static Wire.EnrolmentFile.Types.Guardian ToGuardian(Contracts.Cases.V1.Person adult) =>
        new() { Person = adult.Name, GivenName = adult.GivenName, FamilyName = adult.FamilyName, Email = adult.Email, Phone = adult.Phone };
}
