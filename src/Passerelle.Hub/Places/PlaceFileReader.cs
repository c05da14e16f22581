using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Passerelle.Hub.Places;

/// <summary>What is wrong with a file; each has its sentence in PlaceSentences.resx.</summary>
public enum PlaceFileProblem
{
    /// <summary>Of no format that is known here.</summary>
    UnknownFormat,

    /// <summary>It is cut, or no JSON, or lacks what its format has.</summary>
    Malformed,

    /// <summary>Not one entry.</summary>
    Empty,

    /// <summary>{0}: what is wrong, as it stands there.</summary>
    BadValue,
}

/// <summary>A file that is not taken: nothing of it, and nothing of those beside it.</summary>
public sealed class PlaceFileRefused(string file, PlaceFileProblem problem, string seen = "") : Exception
{
    public string File => file;

    public PlaceFileProblem Problem => problem;

    public string Seen => seen;
}

/// <summary>A public file as it was read, checked and not yet understood together with others.</summary>
public abstract record PlaceData
{
    PlaceData() { }

    /// <param name="Successors">By code of former times: the code that it became, which may have become another since.</param>
    public sealed record Communes(IReadOnlyList<Commune> Current, IReadOnlyList<FormerName> Former, IReadOnlyList<(string Code, string Successor)> Successors) : PlaceData;

    public sealed record Postcodes(IReadOnlyList<(string Code, string Name, string Postcode)> Lines) : PlaceData;

    public sealed record Epcis(IReadOnlyList<(string Epci, string Name, string Member)> Members) : PlaceData;

    public sealed record Outlines(IReadOnlyList<Outline> All) : PlaceData;

    public sealed record Fibre(IReadOnlyList<(string Code, DateOnly Date, long Premises)> Counts, string Source) : PlaceData;

    public sealed record Commune(string Code, string Name, IReadOnlyList<string> Postcodes, int? Population, GeoPoint? Centre);

    public sealed record FormerName(string Code, string Name);

    /// <param name="Area">Of no unit: only outlines of one place are compared.</param>
    public sealed record Outline(string Code, string Name, GeoPoint Centroid, double Area);
}

/// <summary>Reads a public file of places, whichever it is, wholly or not at all.</summary>
public static class PlaceFileReader
{
    const string FibreTitle = "Réseaux en fibre optique jusqu'à l'abonné (FttH)";
    const string FibreHeader = "Code commune,Champ,";
    const string FibrePremises = "Locaux Raccordables";
    const string Current = "commune-actuelle";

    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { NumberHandling = JsonNumberHandling.Strict };

    /// <exception cref="PlaceFileRefused">It is not one of those that are known, or not whole.</exception>
    public static PlaceData Read(string file, ReadOnlySpan<byte> content)
    {
        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content).TrimStart('\uFEFF').TrimStart();
            if (text.Length == 0) throw new PlaceFileRefused(file, PlaceFileProblem.Empty);
            if (text[0] is not ('[' or '{')) return ReadFibre(file, text);
            using var document = JsonDocument.Parse(text);
            return document.RootElement switch
            {
                { ValueKind: JsonValueKind.Array } array when array.GetArrayLength() == 0 => throw new PlaceFileRefused(file, PlaceFileProblem.Empty),
                { ValueKind: JsonValueKind.Array } array => ReadArray(file, array),
                var root when root.TryGetProperty("features", out _) => ReadOutlines(file, root),
                _ => throw new PlaceFileRefused(file, PlaceFileProblem.UnknownFormat),
            };
        }
        catch (Exception e) when (e is JsonException or IndexOutOfRangeException or DecoderFallbackException or InvalidOperationException or FormatException)
        {
            throw new PlaceFileRefused(file, PlaceFileProblem.Malformed);
        }
    }

    static PlaceData ReadArray(string file, JsonElement array)
    {
        if (array[0].ValueKind is not JsonValueKind.Object) throw new PlaceFileRefused(file, PlaceFileProblem.UnknownFormat);
        if (array[0].TryGetProperty("codeCommune", out _)) return ReadPostcodes(file, array);
        if (array[0].TryGetProperty("membres", out _)) return ReadEpcis(file, array);
        return array[0].TryGetProperty("nom", out _) ? ReadCommunes(file, array) : throw new PlaceFileRefused(file, PlaceFileProblem.UnknownFormat);
    }

    sealed record CommuneEntry(string? Code, string? Nom, string? Type, string? ChefLieu, string[]? AnciensCodes, string[]? CodesPostaux, int? Population, Point? Centre);

    sealed record Point(double[]? Coordinates);

    /// <summary>geo.api.gouv.fr gives communes of today only and no type; @etalab/decoupage-administratif gives both.</summary>
    static PlaceData.Communes ReadCommunes(string file, JsonElement array)
    {
        var (current, former, successors) = (new List<PlaceData.Commune>(), new List<PlaceData.FormerName>(), new List<(string, string)>());
        foreach (var entry in Entries<CommuneEntry>(file, array))
        {
            var (code, name) = (Code(file, entry.Code), Name(file, entry.Nom));
            if (entry.Type is null or Current)
            {
                if (entry.Population is < 0) throw new PlaceFileRefused(file, PlaceFileProblem.BadValue, $"population {entry.Population}");
                GeoPoint? centre = entry.Centre is { Coordinates: { } at } ? Position(file, at) : null;
                current.Add(new(code, name, [.. (entry.CodesPostaux ?? []).Select(p => Postcode(file, p))], entry.Population, centre));
                successors.AddRange((entry.AnciensCodes ?? []).Select(old => (Code(file, old), code)));
            }
            else
            {
                former.Add(new(code, name));
                successors.Add((code, Code(file, entry.ChefLieu)));
            }
        }

        // Several places of one code would each undo what the other says.
        if (current.CountBy(c => c.Code).FirstOrDefault(c => c.Value > 1).Key is { } twice) throw new PlaceFileRefused(file, PlaceFileProblem.BadValue, twice);
        return new(current, former, successors);
    }

    sealed record PostcodeEntry(string? CodeCommune, string? NomCommune, string? CodePostal);

    static PlaceData.Postcodes ReadPostcodes(string file, JsonElement array) =>
        new([.. Entries<PostcodeEntry>(file, array).Select(e => (Code(file, e.CodeCommune), Name(file, e.NomCommune), Postcode(file, e.CodePostal)))]);

    sealed record EpciEntry(string? Code, string? Nom, MemberEntry?[]? Membres);

    sealed record MemberEntry(string? Code);

    static PlaceData.Epcis ReadEpcis(string file, JsonElement array) =>
        new([.. from epci in Entries<EpciEntry>(file, array)
                from member in epci.Membres ?? []
                select (Name(file, epci.Code), Name(file, epci.Nom), Code(file, member?.Code))]);

    static PlaceData.Outlines ReadOutlines(string file, JsonElement root)
    {
        var outlines = new List<PlaceData.Outline>();
        foreach (var feature in root.GetProperty("features").EnumerateArray())
        {
            if (!feature.TryGetProperty("properties", out var said) || !feature.TryGetProperty("geometry", out var geometry) || !geometry.TryGetProperty("type", out var type)
                || !geometry.TryGetProperty("coordinates", out var shape))
                throw new PlaceFileRefused(file, PlaceFileProblem.Malformed);
            var properties = said.Deserialize<CommuneEntry>(Json) ?? throw new PlaceFileRefused(file, PlaceFileProblem.Malformed);
            var code = Code(file, properties.Code);
            IReadOnlyList<JsonElement> polygons = type.GetString() switch
            {
                "Polygon" => [shape],
                "MultiPolygon" => [.. shape.EnumerateArray()],
                _ => throw new PlaceFileRefused(file, PlaceFileProblem.BadValue, type.ToString()),
            };
            // The first ring of a polygon is its outside; the others are holes, which no commune has to speak of.
            GeoPoint[][] rings = [.. polygons.Select(polygon => polygon[0].EnumerateArray().Select(point => Position(file, [.. point.EnumerateArray().Select(n => n.GetDouble())])).ToArray())];
            outlines.Add(Centroid(code, Name(file, properties.Nom), rings) ?? throw new PlaceFileRefused(file, PlaceFileProblem.BadValue, code));
        }

        return outlines.Count > 0 ? new(outlines) : throw new PlaceFileRefused(file, PlaceFileProblem.Empty);
    }

    static IEnumerable<T> Entries<T>(string file, JsonElement array) where T : class =>
        array.EnumerateArray().Select(entry => entry.Deserialize<T>(Json) ?? throw new PlaceFileRefused(file, PlaceFileProblem.Malformed));

    /// <summary>Of the outer rings, each by its area. Degrees are taken for lengths: over one commune that is exact enough.</summary>
    static PlaceData.Outline? Centroid(string code, string name, IReadOnlyList<GeoPoint[]> rings)
    {
        var (area, north, east) = (0.0, 0.0, 0.0);
        foreach (var ring in rings.Where(r => r.Length > 0))
        {
            // From a corner of it, or the products would be differences of large numbers.
            var (from, signed, latitude, longitude) = (ring[0], 0.0, 0.0, 0.0);
            for (var i = 1; i < ring.Length; i++)
            {
                var (y1, x1, y2, x2) = (ring[i - 1].Latitude - from.Latitude, ring[i - 1].Longitude - from.Longitude, ring[i].Latitude - from.Latitude, ring[i].Longitude - from.Longitude);
                var cross = x1 * y2 - x2 * y1;
                (signed, latitude, longitude) = (signed + cross / 2, latitude + (y1 + y2) * cross / 6, longitude + (x1 + x2) * cross / 6);
            }

            if (signed == 0) continue;
            var size = Math.Abs(signed);
            (area, north, east) = (area + size, north + size * (from.Latitude + latitude / signed), east + size * (from.Longitude + longitude / signed));
        }

        return area > 0 ? new(code, name, new GeoPoint(north / area, east / area), area) : null;
    }

    /// <summary>Arcep's table: a title, a header that names quarters, and of each commune a line of premises.</summary>
    static PlaceData.Fibre ReadFibre(string file, string text)
    {
        string[] lines = [.. text.Split('\n').Select(line => line.TrimEnd('\r'))];
        var header = Array.FindIndex(lines, line => line.StartsWith(FibreHeader, StringComparison.OrdinalIgnoreCase));
        if (header < 0 || !lines[0].StartsWith(FibreTitle, StringComparison.Ordinal)) throw new PlaceFileRefused(file, PlaceFileProblem.UnknownFormat);
        DateOnly[] quarters = [.. lines[header].Split(',')[2..].Select(column => Quarter(file, column))];
        var counts = new List<(string, DateOnly, long)>();
        foreach (var line in lines[(header + 1)..].Where(line => line.Length > 0))
        {
            var fields = line.Split(',');
            if (fields.Length != quarters.Length + 2) throw new PlaceFileRefused(file, PlaceFileProblem.Malformed);
            if (fields[1] != FibrePremises) continue;
            for (var i = 0; i < quarters.Length; i++)
                counts.Add((Code(file, fields[0]), quarters[i], long.TryParse(fields[i + 2], NumberStyles.None, CultureInfo.InvariantCulture, out var premises)
                    ? premises : throw new PlaceFileRefused(file, PlaceFileProblem.BadValue, line)));
        }

        return counts.Count > 0 ? new(counts, $"Arcep, {file}") : throw new PlaceFileRefused(file, PlaceFileProblem.Empty);
    }

    /// <summary>`T3 2017` is 30 September 2017.</summary>
    static DateOnly Quarter(string file, string column) =>
        column is ['T', >= '1' and <= '4' and var quarter, ' ', .. var year] && int.TryParse(year, NumberStyles.None, CultureInfo.InvariantCulture, out var of) && of is >= 2000 and <= 2200
            ? new DateOnly(of, 1, 1).AddMonths((quarter - '0') * 3).AddDays(-1)
            : throw new PlaceFileRefused(file, PlaceFileProblem.BadValue, column);

    static string Code(string file, string? code) => code is not null && Place.IsCode(code) ? code : throw new PlaceFileRefused(file, PlaceFileProblem.BadValue, $"code {code}");

    static string Postcode(string file, string? postcode) =>
        postcode is not null && Place.IsPostcode(postcode) ? postcode : throw new PlaceFileRefused(file, PlaceFileProblem.BadValue, $"code postal {postcode}");

    static string Name(string file, string? name) =>
        !string.IsNullOrWhiteSpace(name) && name.Length <= 200 && !name.Contains('\0', StringComparison.Ordinal) ? name
            : throw new PlaceFileRefused(file, PlaceFileProblem.BadValue, $"nom {name}");

    static GeoPoint Position(string file, double[] lonLat) =>
        lonLat is [>= -180 and <= 180 and var longitude, >= -90 and <= 90 and var latitude, ..] ? new GeoPoint(latitude, longitude)
            : throw new PlaceFileRefused(file, PlaceFileProblem.BadValue, string.Join(' ', lonLat));
}
