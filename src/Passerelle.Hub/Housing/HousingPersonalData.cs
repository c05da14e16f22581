using System.Text.Json.Nodes;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Housing.Searches;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Housing;

/// <summary>What a person's household looks for. It is everybody's of the household, and stays as long as one of them does.</summary>
public sealed class HousingPersonalData(HubDb db) : IPersonalData
{
    static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithIndentation());

    public string Section => "logement";

    /// <summary>The household said it itself: it may take it along.</summary>
    public async Task<PersonalSection?> ExportAsync(Guid personId, PersonCipher cipher, bool portable, CancellationToken ct)
    {
        var searches = await db.Searches.AsNoTracking().Where(s => db.Persons.Any(p => p.Id == personId && p.CaseId == s.CaseId)).OrderBy(s => s.Id).ToListAsync(ct);
        return searches.Count == 0 ? null : new PersonalSection(new JsonObject { ["recherches"] = new JsonArray([.. searches.Select(s => JsonNode.Parse(Json.Format(SearchWire.Of(s))))]) }, []);
    }

    /// <summary>With the last of the household: nobody looks for anything any more.</summary>
    public async Task EraseAsync(Guid personId, CancellationToken ct)
    {
        // Two who are erased at once: the second waits, and is then the last.
        await db.Database.ExecuteSqlAsync($"select 1 from cases c join persons p on p.case_id = c.id where p.id = {personId} for no key update of c", ct);
        if (await db.Persons.AnyAsync(other => other.Id != personId && db.Persons.Any(p => p.Id == personId && p.CaseId == other.CaseId) && db.PersonKeys.Any(k => k.PersonId == other.Id), ct)) return;
        var searches = db.Searches.Where(s => db.Persons.Any(p => p.Id == personId && p.CaseId == s.CaseId));
        await db.SearchMatches.Where(m => searches.Any(s => s.Id == m.SearchId)).ExecuteDeleteAsync(ct);
        await searches.ExecuteDeleteAsync(ct);
    }
}
