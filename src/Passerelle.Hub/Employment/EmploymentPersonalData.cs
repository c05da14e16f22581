using System.Text;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Employment;

/// <summary>A person's CV, and whom it introduced them to.</summary>
public sealed class EmploymentPersonalData(HubDb db) : IPersonalData
{
    public string Section => "emploi";

    public async Task<PersonalSection?> ExportAsync(Guid personId, PersonCipher cipher, bool portable, CancellationToken ct)
    {
        var cv = await db.Cvs.AsNoTracking().SingleOrDefaultAsync(c => c.PersonId == personId, ct);
        var referrals = portable ? [] : await db.Referrals.AsNoTracking().Where(r => r.PersonId == personId).OrderBy(r => r.Id).ToListAsync(ct);
        if (cv is null && referrals.Count == 0) return null;
        var data = new JsonObject
        {
            ["cv"] = cv is null ? null : "cv.json",
            ["mises_en_relation"] = new JsonArray([.. referrals.Select(r => (JsonNode)new JsonObject
            {
                ["le"] = r.CreateTime.ToString("O"),
                ["partenaire"] = r.PartnerId,
                ["presentation"] = r.OpenIntroduction(cipher),
                ["etat"] = EnumText<ReferralState>.Of(r.State),
                ["reponse_le"] = r.AnswerTime?.ToString("O"),
                ["reponse"] = r.OpenAnswerMessage(cipher),
            })]),
        };
        return new PersonalSection(data, cv is null ? [] : [new Original("cv.json", _ => Task.FromResult(Encoding.UTF8.GetBytes(cv.Open(cipher))))]);
    }

    public async Task EraseAsync(Guid personId, CancellationToken ct) => await db.Cvs.Where(c => c.PersonId == personId).ExecuteDeleteAsync(ct);
}
