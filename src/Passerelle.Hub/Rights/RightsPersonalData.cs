using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Rights;

/// <summary>What a person allowed, who got what of them, and what they asked for.</summary>
public sealed class RightsPersonalData(HubDb db) : IPersonalData
{
    public string Section => "droits";

    public async Task<PersonalSection?> ExportAsync(Guid personId, PersonCipher cipher, bool portable, CancellationToken ct)
    {
        var consents = await db.Consents.AsNoTracking().Where(c => c.PersonId == personId).OrderBy(c => c.Id).ToListAsync(ct);
        var disclosures = portable ? [] : await db.Disclosures.AsNoTracking().Where(d => d.PersonId == personId).OrderBy(d => d.Id).ToListAsync(ct);
        var requests = await db.RightsRequests.AsNoTracking().Where(r => r.PersonId == personId).OrderBy(r => r.Id).ToListAsync(ct);
        return new PersonalSection(
            new JsonObject
            {
                ["consentements"] = new JsonArray([.. consents.Select(c => (JsonNode)new JsonObject
                {
                    ["le"] = c.GiveTime.ToString("O"), ["finalite"] = EnumText<Purpose>.Of(c.Purpose), ["destinataire"] = c.PartnerId ?? EnumText<Partners.PartnerKind>.Of(c.RecipientKind!.Value),
                    ["texte"] = c.TextVersion, ["jusqu_au"] = c.ExpireTime.ToString("O"), ["retire_le"] = c.WithdrawTime?.ToString("O"),
                })]),
                ["communications"] = new JsonArray([.. disclosures.Select(d => (JsonNode)new JsonObject
                {
                    ["le"] = d.Time.ToString("O"), ["destinataire"] = d.PartnerId, ["objet"] = d.Category, ["donnees"] = d.Data, ["finalite"] = EnumText<Purpose>.Of(d.Purpose),
                    ["base_legale"] = EnumText<Ground>.Of(d.Ground),
                })]),
                ["demandes"] = new JsonArray([.. requests.Select(r => (JsonNode)new JsonObject
                {
                    ["le"] = r.CreateTime.ToString("O"), ["droit"] = EnumText<PersonRight>.Of(r.Right), ["etat"] = EnumText<RightsRequestState>.Of(r.State), ["close_le"] = r.CloseTime?.ToString("O"),
                })]),
            },
            []);
    }

    /// <summary>Ids, kinds and times: the proof of what was done stays.</summary>
    public Task EraseAsync(Guid personId, CancellationToken ct) => Task.CompletedTask;
}
