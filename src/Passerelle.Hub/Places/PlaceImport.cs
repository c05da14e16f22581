using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Places;

/// <summary>What an import has done, and what is known now.</summary>
/// <param name="Ignored">Entries about communes that are not known.</param>
public sealed record PlaceImportCounts(int Places, int Changed, int Merged, int Former, int Facts, int Ignored);

/// <summary>Brings what public files say into the tables, in the caller's transaction. What the files do not speak of stays as it was.</summary>
public sealed class PlaceImport(HubDb db)
{
    Dictionary<string, Place> places = [];
    Dictionary<(string Code, string Name), FormerPlace> former = [];

    /// <summary>By code of former times: the code that it became.</summary>
    readonly Dictionary<string, string> successors = [];

    int ignored;

    public async Task<PlaceImportCounts> RunAsync(IReadOnlyList<PlaceData> files, CancellationToken ct)
    {
        await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(hashtextextended('places', 0))", ct);
        places = await db.Places.ToDictionaryAsync(p => p.Code, ct);
        former = await db.FormerPlaces.AsNoTracking().ToDictionaryAsync(f => (f.Code, f.Name), ct);
        foreach (var known in former.Values.Where(f => !places.ContainsKey(f.Code))) successors[known.Code] = known.PlaceCode;

        // Whatever the order of the files: who is a commune, and of what others became part, is known before anything is said of them.
        foreach (var communes in files.OfType<PlaceData.Communes>()) TakeCommunes(communes);
        var merged = await MergeAsync(files, ct);
        TakePostcodes(files);
        foreach (var epcis in files.OfType<PlaceData.Epcis>())
            foreach (var (epci, name, member) in epcis.Members) Today(member)?.Join(epci, name);
        TakeOutlines([.. files.OfType<PlaceData.Outlines>().SelectMany(f => f.All)]);
        foreach (var commune in files.OfType<PlaceData.Communes>().SelectMany(f => f.Current))
            if (commune.Centre is { } centre) places[commune.Code].Move(centre);
        db.ChangeTracker.DetectChanges();
        var changed = db.ChangeTracker.Entries<Place>().Count(e => e.State is EntityState.Added or EntityState.Modified);
        await db.SaveChangesAsync(ct);
        await WriteFormerAsync(ct);
        var facts = await TakeFibreAsync([.. files.OfType<PlaceData.Fibre>()], ct);
        return new(places.Count, changed, merged, former.Count, facts, ignored);
    }

    void TakeCommunes(PlaceData.Communes communes)
    {
        foreach (var said in communes.Current)
        {
            if (!places.TryGetValue(said.Code, out var place)) db.Places.Add(places[said.Code] = place = Place.Of(said.Code));
            // What it was called until now leads to it from now on.
            if (place.Name.Length > 0) Remember(said.Code, place.Name, said.Code, said.Name);
            place.Describe(said.Name, said.Population);
        }

        foreach (var (code, successor) in communes.Successors) successors[code] = successor;
        foreach (var said in communes.Current) successors.Remove(said.Code);
    }

    /// <summary>Communes of until now that the files call former ones, and the former names that all files tell.</summary>
    async Task<int> MergeAsync(IReadOnlyList<PlaceData> files, CancellationToken ct)
    {
        var gone = places.Values.Where(p => successors.ContainsKey(p.Code)).ToList();
        foreach (var place in gone) places.Remove(place.Code);
        foreach (var (key, known) in former.ToList())
            if (TodayCode(known.PlaceCode) is { } today && today != known.PlaceCode) former[key] = known with { PlaceCode = today };
        foreach (var place in gone)
            if (TodayCode(place.Code) is { } today) Remember(place.Code, place.Name, today);
        foreach (var code in successors.Keys.Where(c => !former.Keys.Any(k => k.Code == c)))
            if (TodayCode(code) is { } today) former[(code, "")] = new FormerPlace(code, "", today);
        foreach (var (code, name) in Named(files))
        {
            if (TodayCode(code) is { } today) Remember(code, name, today);
            else ignored++;
        }

        if (gone.Count == 0) return 0;
        var codes = gone.ConvertAll(p => p.Code);
        // Its figures would stand for a commune that is not there; files of its successor have them added up.
        await db.PlaceFacts.Where(f => codes.Contains(f.PlaceCode)).ExecuteDeleteAsync(ct);
        await db.FormerPlaces.Where(f => codes.Contains(f.PlaceCode)).ExecuteDeleteAsync(ct);
        db.Places.RemoveRange(gone);
        return gone.Count;
    }

    static IEnumerable<(string Code, string Name)> Named(IReadOnlyList<PlaceData> files) =>
    [
        .. files.OfType<PlaceData.Communes>().SelectMany(f => f.Former).Select(f => (f.Code, f.Name)),
        .. files.OfType<PlaceData.Postcodes>().SelectMany(f => f.Lines).Select(l => (l.Code, l.Name)),
        .. files.OfType<PlaceData.Outlines>().SelectMany(f => f.All).Select(o => (o.Code, o.Name)),
    ];

    void TakePostcodes(IReadOnlyList<PlaceData> files)
    {
        var lines = files.OfType<PlaceData.Communes>().SelectMany(f => f.Current).SelectMany(c => c.Postcodes.Select(p => (c.Code, Postcode: p)))
            .Concat(files.OfType<PlaceData.Postcodes>().SelectMany(f => f.Lines).Select(l => (l.Code, l.Postcode)));
        foreach (var byPlace in lines.Select(l => (Place: Today(l.Code, counted: false), l.Postcode)).Where(l => l.Place is not null).GroupBy(l => l.Place!, l => l.Postcode))
            byPlace.Key.Receive(byPlace);
    }

    /// <summary>Communes that are one today have their outlines put together.</summary>
    void TakeOutlines(IReadOnlyList<PlaceData.Outline> outlines)
    {
        foreach (var parts in outlines.Select(o => (Place: Today(o.Code, counted: false), Outline: o)).Where(o => o.Place is not null).GroupBy(o => o.Place!, o => o.Outline))
        {
            var area = parts.Sum(o => o.Area);
            parts.Key.Move(new GeoPoint(parts.Sum(o => o.Centroid.Latitude * o.Area) / area, parts.Sum(o => o.Centroid.Longitude * o.Area) / area));
        }
    }

    async Task<int> TakeFibreAsync(IReadOnlyList<PlaceData.Fibre> files, CancellationToken ct)
    {
        if (files.Count == 0) return 0;
        var known = await db.PlaceFacts.AsNoTracking().Where(f => f.Kind == PlaceFactKind.FibrePremises).ToDictionaryAsync(f => (f.PlaceCode, f.Date), ct);
        var facts = from file in files
                    from count in file.Counts
                    let place = Today(count.Code)
                    where place is not null
                    group count by (place.Code, count.Date, file.Source) into counts
                    select new PlaceFact(counts.Key.Code, PlaceFactKind.FibrePremises, counts.Key.Date, counts.Sum(c => c.Premises), counts.Key.Source);
        var changed = 0;
        // Of two files that count the same day, the later one holds.
        foreach (var fact in facts.ToList().GroupBy(f => (f.PlaceCode, f.Date)).Select(g => g.Last()))
        {
            if (known.TryGetValue((fact.PlaceCode, fact.Date), out var before) && before == fact) continue;
            if (before is null) db.PlaceFacts.Add(fact);
            else db.PlaceFacts.Update(fact);
            changed++;
        }

        await db.SaveChangesAsync(ct);
        return changed;
    }

    async Task WriteFormerAsync(CancellationToken ct)
    {
        var before = await db.FormerPlaces.AsNoTracking().ToDictionaryAsync(f => (f.Code, f.Name), ct);
        db.FormerPlaces.RemoveRange(before.Where(b => !former.ContainsKey(b.Key)).Select(b => b.Value));
        foreach (var (key, told) in former)
        {
            if (!before.TryGetValue(key, out var known)) db.FormerPlaces.Add(told);
            else if (known != told) db.FormerPlaces.Update(told);
        }

        await db.SaveChangesAsync(ct);
    }

    /// <summary>A name that is not just another way to write today's.</summary>
    void Remember(string code, string name, string today, string? todaysName = null)
    {
        if (PlaceKey.Of(name).Bare == PlaceKey.Of(todaysName ?? places[today].Name).Bare && code == today) return;
        former.Remove((code, ""));
        // Files write one name in two ways.
        if (former.Keys.Any(k => k.Code == code && PlaceKey.Of(k.Name).Bare == PlaceKey.Of(name).Bare)) return;
        former[(code, name)] = new FormerPlace(code, name, today);
    }

    Place? Today(string code, bool counted = true)
    {
        if (TodayCode(code) is { } today) return places[today];
        if (counted) ignored++;
        return null;
    }

    /// <summary>Null when it is no code of ours. What became part of what became part of another is followed to its end; a circle leads nowhere.</summary>
    string? TodayCode(string code)
    {
        for (var steps = 0; steps < 10; steps++)
        {
            if (places.ContainsKey(code)) return code;
            if (!successors.TryGetValue(code, out var next)) return null;
            code = next;
        }

        return null;
    }
}
