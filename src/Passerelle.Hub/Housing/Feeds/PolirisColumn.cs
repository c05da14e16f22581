namespace Passerelle.Hub.Housing.Feeds;

/// <summary>What a column of Poliris holds.</summary>
public enum PolirisKind
{
    Text,

    /// <summary>A word or a number out of a fixed list.</summary>
    Code,
    Whole,
    Number,
    Percentage,

    /// <summary>Euros.</summary>
    Amount,

    /// <summary>OUI or NON.</summary>
    YesNo,

    /// <summary>jj/mm/aaaa.</summary>
    Date,

    /// <summary>Complete, with https://.</summary>
    WebAddress,
}

/// <summary>One column of Poliris, by its number in the published order, from 1 as partners count, and its published name.</summary>
public sealed record PolirisColumn
{
    /// <param name="mapsTo">What the hub takes it for; null for what it leaves in the file.</param>
    /// <param name="rank">Which photo, from 0.</param>
    public PolirisColumn(int number, string name, PolirisKind kind, ListingField? mapsTo = null, int rank = 0)
        : this(number, name, kind, mapsTo, rank, isPrivate: false)
    {
    }

    PolirisColumn(int number, string name, PolirisKind kind, ListingField? mapsTo, int rank, bool isPrivate) =>
        (Number, Name, Kind, MapsTo, Rank, IsPrivate, Label) = (number, name, kind, mapsTo, rank, isPrivate, $"{number} {name}");

    public int Number { get; }
    public string Name { get; }
    public PolirisKind Kind { get; }
    public ListingField? MapsTo { get; }
    public int Rank { get; }

    /// <summary>The owner, the mandate, the keys: dropped at the door. It maps to nothing, and there is no way to make one that does.</summary>
    public bool IsPrivate { get; }

    /// <summary>As reports name it: "5 CP".</summary>
    public string Label { get; }

    public static PolirisColumn Private(int number, string name) => new(number, name, PolirisKind.Text, null, 0, isPrivate: true);
}
