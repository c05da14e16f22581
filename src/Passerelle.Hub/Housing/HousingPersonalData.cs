using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Passerelle.Hub.Housing.Searches;
using Passerelle.Hub.Housing.Visits;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Housing;

/// <summary>What a person's household looks for, which is everybody's of the household and stays as long as one of them does; and the days of visits on which agencies expect, or expected, the person.</summary>
public sealed class HousingPersonalData(HubDb db) : IPersonalData
{
    static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithIndentation());

    public string Section => "logement";

    public async Task<PersonalSection?> ExportAsync(Guid personId, PersonCipher cipher, bool portable, CancellationToken ct)
    {
        var searches = await db.Searches.AsNoTracking().Where(s => db.Persons.Any(p => p.Id == personId && p.CaseId == s.CaseId)).OrderBy(s => s.Id).ToListAsync(ct);
        var days = await db.VisitDays.AsNoTracking().Include(d => d.Visits).Where(d => d.PersonId == personId).OrderBy(d => d.Id).ToListAsync(ct);
        if (searches.Count == 0 && days.Count == 0) return null;
        var section = new JsonObject();
        // The household said it itself: it may take it along.
        if (searches.Count > 0) section["recherches"] = new JsonArray([.. searches.Select(s => JsonNode.Parse(Json.Format(SearchWire.Of(s))))]);
        if (days.Count > 0) section["journees_de_visites"] = new JsonArray([.. days.Select(d => DayOf(d, cipher, portable))]);
        return new PersonalSection(section, []);
    }

    /// <summary>Searches go with the last of the household: nobody looks for anything any more. Of days of visits, what is sealed in rows that others refer to stays, unreadable; the day itself is
    /// released as soon as it is seen, see SettleVisitDays.</summary>
    public async Task EraseAsync(Guid personId, CancellationToken ct)
    {
        // Two who are erased at once: the second waits, and is then the last.
        await db.Database.ExecuteSqlAsync($"select 1 from cases c join persons p on p.case_id = c.id where p.id = {personId} for no key update of c", ct);
        var others = db.Persons.Where(other => other.Id != personId && db.Persons.Any(p => p.Id == personId && p.CaseId == other.CaseId));
        if (await others.AnyAsync(other => db.PersonKeys.Any(k => k.PersonId == other.Id), ct)) return;
        await new SearchMatches((NpgsqlConnection)db.Database.GetDbConnection(), await db.NowAsync(ct)).LockAsync(ct);
        var searches = db.Searches.Where(s => db.Persons.Any(p => p.Id == personId && p.CaseId == s.CaseId));
        await db.SearchMatches.Where(m => searches.Any(s => s.Id == m.SearchId)).ExecuteDeleteAsync(ct);
        await searches.ExecuteDeleteAsync(ct);
    }

    static JsonObject DayOf(VisitDay day, PersonCipher cipher, bool portable) => new()
    {
        ["le"] = day.Date.ToString("O", CultureInfo.InvariantCulture),
        ["depart"] = day.OpenBase(cipher).Address,
        ["etat"] = EnumText<VisitDayState>.Of(day.State),
        // What agencies said was not given by the person.
        ["visites"] = portable ? null : new JsonArray([.. day.Visits.OrderBy(v => v.Id).Select(v => new JsonObject
        {
            ["partenaire"] = v.PartnerId,
            ["etat"] = EnumText<VisitRequestState>.Of(v.State),
            ["a"] = v.SlotStart?.ToString("O", CultureInfo.InvariantCulture),
            ["reponse_le"] = v.AnswerTime?.ToString("O", CultureInfo.InvariantCulture),
            ["reponse"] = v.OpenAnswerMessage(cipher),
        })]),
    };
}
