using System.Text.Json.Nodes;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Cases;

/// <summary>Who a person is, and what they asked.</summary>
public sealed class CasePersonalData(HubDb db) : IPersonalData
{
    static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithIndentation());

    public string Section => "dossier";

    public async Task<PersonalSection?> ExportAsync(Guid personId, PersonCipher cipher, bool portable, CancellationToken ct)
    {
        var person = await db.Persons.AsNoTracking().SingleAsync(p => p.Id == personId, ct);
        var found = await db.Cases.AsNoTracking().SingleAsync(c => c.Id == person.CaseId, ct);
        var requests = await db.Requests.AsNoTracking().Where(r => r.PersonId == personId).OrderBy(r => r.Id).ToListAsync(ct);
        var data = new JsonObject
        {
            ["reference"] = found.Reference,
            ["ouvert_le"] = found.CreateTime.ToString("O"),
            ["identite"] = JsonNode.Parse(Json.Format(person.OpenProfile(cipher))),
            ["demandes"] = new JsonArray([.. requests.Select(r => (JsonNode)new JsonObject
            {
                ["le"] = r.CreateTime.ToString("O"),
                ["besoin"] = EnumText<Need>.Of(r.Need),
                ["texte"] = r.OpenText(cipher),
                // What the service answered was not given by the person.
                ["reponse"] = portable ? null : r.OpenAnswerText(cipher),
            })]),
        };
        return new PersonalSection(data, []);
    }

    /// <summary>Identity and requests are sealed in rows that others refer to; they stay, unreadable.</summary>
    public Task EraseAsync(Guid personId, CancellationToken ct) => Task.CompletedTask;
}
