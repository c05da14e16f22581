using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Places;

/// <summary>What a name was found to be.</summary>
public abstract record PlaceFinding
{
    PlaceFinding() { }

    /// <summary>The name of one commune.</summary>
    public sealed record Exact(Place Place) : PlaceFinding;

    /// <summary>The name of former times of one commune.</summary>
    public sealed record Former(Place Place, FormerPlace Was) : PlaceFinding;

    /// <summary>The name of several communes, or of one that has another postcode.</summary>
    public sealed record Ambiguous(IReadOnlyList<PlaceCandidate> Candidates) : PlaceFinding;

    /// <summary>The name of no commune.</summary>
    /// <param name="DidYouMean">What it looks like, the likeliest first.</param>
    public sealed record Unknown(IReadOnlyList<PlaceCandidate> DidYouMean) : PlaceFinding;

}

/// <param name="MatchedName">Of its names, the one that looks like what was written.</param>
public sealed record PlaceCandidate(Place Place, string MatchedName);

/// <summary>All places by their codes and names. A name is one of these or it is none: what only looks like one is a candidate.</summary>
public sealed class PlaceBook
{
    public const int MaxCandidates = 5;

    /// <summary>Less alike than this is something else.</summary>
    const double LeastLikeness = 0.6;

    readonly Dictionary<string, Place> byCode;
    readonly Dictionary<string, string> successors;
    readonly List<Name> names;
    readonly ILookup<string, Name> byFull, byBare;

    public PlaceBook(IEnumerable<Place> places, IReadOnlyCollection<FormerPlace> former)
    {
        byCode = places.ToDictionary(p => p.Code);
        successors = former.Where(f => !byCode.ContainsKey(f.Code)).DistinctBy(f => f.Code).ToDictionary(f => f.Code, f => f.PlaceCode);
        names =
        [
            .. byCode.Values.Select(p => new Name(PlaceKey.Of(p.Name), p.Name, p, null)),
            .. former.Where(f => f.Name.Length > 0).Select(f => new Name(PlaceKey.Of(f.Name), f.Name, byCode[f.PlaceCode], f)),
        ];
        (byFull, byBare) = (names.ToLookup(n => n.Key.Full), names.ToLookup(n => n.Key.Bare));
    }

    sealed record Name(PlaceKey Key, string Written, Place Place, FormerPlace? Former);

    public static async Task<PlaceBook> LoadAsync(HubDb db, CancellationToken ct) =>
        new(await db.Places.AsNoTracking().ToListAsync(ct), await db.FormerPlaces.AsNoTracking().OrderBy(f => f.Code).ThenBy(f => f.Name).ToListAsync(ct));

    public IReadOnlyCollection<Place> Places => byCode.Values;

    /// <summary>The commune with this code today: of a former one's code, its successor.</summary>
    public Place? ByCode(string code) => byCode.GetValueOrDefault(code) ?? (successors.TryGetValue(code, out var today) ? byCode[today] : null);

    /// <param name="written">A name, with or without a postcode beside it.</param>
    /// <param name="postcode">What was written as the postcode; null or empty: nothing was.</param>
    public PlaceFinding Find(string written, string? postcode = null)
    {
        var (key, postcodes) = Read(written, postcode);
        if (key.Full.Length == 0) return new PlaceFinding.Unknown([]);
        var named = Named(key);
        if (named.Count == 0) return new PlaceFinding.Unknown(Like(key, postcodes));
        return Fitting(named, postcodes) switch
        {
            [{ Former: null } one] => new PlaceFinding.Exact(one.Place),
            [{ Former: { } was } one] => new PlaceFinding.Former(one.Place, was),
            var fitting => new PlaceFinding.Ambiguous([.. (fitting is [] ? Fitting(named, []) : fitting).Take(MaxCandidates).Select(n => new PlaceCandidate(n.Place, n.Written))]),
        };
    }

    /// <summary>The commune that <see cref="Find"/> is sure of; null where it would ask.</summary>
    public Place? Certain(string written, string? postcode)
    {
        var (key, postcodes) = Read(written, postcode);
        return key.Full.Length > 0 && Fitting(Named(key), postcodes) is [var one] ? one.Place : null;
    }

    /// <returns>The name, and the postcodes that were written: one that cannot be read is empty, and fits nothing.</returns>
    static (PlaceKey Key, string[] Postcodes) Read(string written, string? postcode)
    {
        var (key, inLine) = PlaceKey.OfLine(written);
        var beside = string.IsNullOrWhiteSpace(postcode) ? null : PlaceKey.Postcode(postcode) ?? "";
        return (key, [.. new[] { beside, inLine }.OfType<string>()]);
    }

    List<Name> Named(PlaceKey key) => byFull.Contains(key.Full) ? [.. byFull[key.Full]] : [.. byBare[key.Bare]];

    /// <summary>One for each place that has all these postcodes: its name of today, where that is among them.</summary>
    static List<Name> Fitting(List<Name> named, string[] postcodes) => [.. named.Where(n => postcodes.All(n.Place.Postcodes.Contains)).DistinctBy(n => n.Place.Code)];

    List<PlaceCandidate> Like(PlaceKey key, string[] postcodes) =>
    [
        .. (from name in names
           let likeness = Alike(key.Bare, name.Key.Bare) + (postcodes.Length > 0 && postcodes.All(name.Place.Postcodes.Contains) ? 0.1 : 0)
           where likeness >= LeastLikeness
           orderby likeness descending, name.Former is not null, name.Place.Code
           group name by name.Place.Code into place
           let best = place.First()
           select new PlaceCandidate(best.Place, best.Written)).Take(MaxCandidates),
    ];

    /// <summary>Who writes the beginning of a name, or more than the name, means it as much as who misspells it.</summary>
    static double Alike(string written, string name)
    {
        var likeness = Spelling.Of(written, name);
        var shared = $"{name} ".StartsWith($"{written} ", StringComparison.Ordinal) || $"{written} ".StartsWith($"{name} ", StringComparison.Ordinal);
        return shared ? Math.Max(likeness, 0.8) : likeness;
    }
}
