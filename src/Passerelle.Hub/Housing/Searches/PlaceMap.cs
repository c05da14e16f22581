using Passerelle.Hub.Places;

namespace Passerelle.Hub.Housing.Searches;

/// <summary>Places by numbers of their own, so that a set of them is a few words of bits; and which lie close to which.</summary>
public sealed class PlaceMap
{
    public const int Nowhere = -1;

    /// <summary>From the middle of one commune to the middle of the next: close enough for a near miss, in metres.</summary>
    public const double Near = 5_000;

    readonly PlaceBook book;
    readonly Place[] places;
    readonly Dictionary<string, int> numbers;
    readonly ulong[][] neighbours;
    readonly Dictionary<(string City, string? Postcode), int> resolved = [];

    public PlaceMap(PlaceBook book)
    {
        this.book = book;
        places = [.. book.Places.OrderBy(p => p.Code, StringComparer.Ordinal)];
        numbers = places.Select((p, i) => (p.Code, i)).ToDictionary(p => p.Code, p => p.i);
        neighbours = [.. places.Select((_, i) => Set(Enumerable.Range(0, places.Length).Where(j => Distance(i, j) <= Near)))];
    }

    /// <summary>The number of the place that has this code today.</summary>
    public int Of(string code) => book.ByCode(code) is { } place ? numbers[place.Code] : Nowhere;

    /// <summary>The number of the place that a listing names, if it is certain.</summary>
    public int Of(string? city, string? postcode)
    {
        if (city is null) return Nowhere;
        if (!resolved.TryGetValue((city, postcode), out var number)) resolved[(city, postcode)] = number = book.Certain(city, postcode) is { } place ? numbers[place.Code] : Nowhere;
        return number;
    }

    public GeoPoint? Position(int number) => number == Nowhere ? null : places[number].Position;

    public IReadOnlyList<string> Postcodes(int number) => places[number].Postcodes;

    /// <summary>In metres; infinite where one is not known.</summary>
    public double Distance(int one, int other)
    {
        if (one == other) return 0;
        if (places[one].Position is not { } here || places[other].Position is not { } there) return double.PositiveInfinity;
        // Most are far apart: a degree of latitude is 111 km everywhere.
        return Math.Abs(here.Latitude - there.Latitude) * 111_000 > 2 * Near ? double.PositiveInfinity : here.DistanceTo(there);
    }

    public ulong[] Set(IEnumerable<int> members)
    {
        var set = new ulong[(places.Length + 63) / 64];
        foreach (var number in members) set[number >> 6] |= 1UL << (number & 63);
        return set;
    }

    /// <summary>Those, and what lies close to one of them.</summary>
    public ulong[] Around(IReadOnlyCollection<int> members)
    {
        var set = Set(members);
        foreach (var number in members)
            for (var i = 0; i < set.Length; i++) set[i] |= neighbours[number][i];
        return set;
    }

    public static bool Holds(ulong[] set, int number) => (set[number >> 6] >> (number & 63) & 1) != 0;
}
