using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Schooling;

/// <summary>A child's enrolments and documents.</summary>
public sealed class SchoolingPersonalData(HubDb db) : IPersonalData
{
    public string Section => "scolarite";

    /// <summary>Enrolment is a public task: nothing of it falls under portability.</summary>
    public async Task<PersonalSection?> ExportAsync(Guid personId, PersonCipher cipher, bool portable, CancellationToken ct)
    {
        if (portable) return null;
        var documents = await db.Documents.AsNoTracking().Where(d => d.PersonId == personId).OrderBy(d => d.Id).ToListAsync(ct);
        var enrolments = await db.Enrolments.AsNoTracking().Include(e => e.Documents).Where(e => e.PersonId == personId).OrderBy(e => e.Id).ToListAsync(ct);
        if (documents.Count == 0 && enrolments.Count == 0) return null;
        var originals = documents.ConvertAll(document => new Original(
            NameOf(document, cipher), async stop => (await db.DocumentContents.AsNoTracking().SingleAsync(c => c.DocumentId == document.Id, stop)).Open(cipher)));
        var data = new JsonObject
        {
            ["documents"] = new JsonArray([.. documents.Select(d => (JsonNode)new JsonObject { ["le"] = d.CreateTime.ToString("O"), ["nature"] = EnumText<DocumentKind>.Of(d.Kind), ["fichier"] = NameOf(d, cipher) })]),
            ["inscriptions"] = new JsonArray([.. enrolments.Select(e => (JsonNode)new JsonObject
            {
                ["le"] = e.CreateTime.ToString("O"),
                ["partenaire"] = e.PartnerId,
                ["niveau"] = EnumText<Level>.Of(e.Level),
                ["rentree_le"] = e.StartDate.ToString("O", System.Globalization.CultureInfo.InvariantCulture),
                ["ecole_precedente"] = e.OpenPreviousSchool(cipher),
                ["etat"] = EnumText<EnrolmentState>.Of(e.State),
                ["reponse_le"] = e.AnswerTime?.ToString("O"),
                ["reponse"] = e.OpenAnswerMessage(cipher),
            })]),
        };
        return new PersonalSection(data, originals);
    }

    public async Task EraseAsync(Guid personId, CancellationToken ct) =>
        await db.DocumentContents.Where(c => db.Documents.Any(d => d.Id == c.DocumentId && d.PersonId == personId)).ExecuteDeleteAsync(ct);

    /// <summary>Two files may have one name; ids keep them apart.</summary>
    static string NameOf(Document document, PersonCipher cipher) => $"documents/{document.Id:D}-{document.ToWire(cipher).FileName}";
}
