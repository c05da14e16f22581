using System.Collections.Frozen;
using F = Passerelle.Hub.Housing.Feeds.ListingField;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>Where a format of named fields keeps what the hub takes. A name is a tag's or key's, wherever it stands in the record, in front of it its parent's
/// where the name alone says too little ("prestation/type"), or an attribute's behind its tag's ("listing@mode"). What is not named here is not even kept.</summary>
sealed class ListingTags
{
    readonly FrozenDictionary<F, string[]> fields;
    readonly FrozenSet<string> wanted;

    public ListingTags(Dictionary<F, string[]> fields)
    {
        this.fields = fields.ToFrozenDictionary();
        wanted = fields.Values.SelectMany(names => names).Append("mode").ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>What one record is called.</summary>
    public required FrozenSet<string> Records { get; init; }

    /// <summary>What one photo is called, whose address is its text or in one of <see cref="PhotoAddresses"/>.</summary>
    public required FrozenSet<string> Photos { get; init; }

    /// <summary>A record whose attribute "mode" says this is no longer on offer.</summary>
    public string? Gone { get; init; }

    /// <summary>For a file that says of no agency: then the partner is the agency.</summary>
    public string? DefaultAgency { get; init; }

    public static FrozenSet<string> PhotoAddresses { get; } = Names("url", "uri", "lien", "href");

    public static FrozenSet<string> PhotoTitles { get; } = Names("titre", "title", "legende");

    /// <summary>In the order of preference; none for what the format does not have.</summary>
    public string[] NamesOf(F field) => fields.GetValueOrDefault(field, []);

    public bool Wants(string name) => wanted.Contains(name);

    public static FrozenSet<string> Names(params string[] names) => names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}

/// <summary>One record of named fields.</summary>
sealed class TagRecord(ListingTags tags, int lineNumber) : IListingRecord
{
    readonly Dictionary<string, string> texts = new(StringComparer.OrdinalIgnoreCase);
    readonly List<(string Address, string Title)> photos = [];

    public int LineNumber => lineNumber;

    public int Photos => photos.Count;

    /// <summary>The first text that says something wins: some exports repeat a tag empty.</summary>
    public void Add(string name, string text)
    {
        if (tags.Wants(name) && !string.IsNullOrWhiteSpace(text))
            texts.TryAdd(name, text);
    }

    public void AddPhoto(string address, string title) => photos.Add((address, title));

    public string? Find(string name) => texts.GetValueOrDefault(name);

    /// <summary>Whose all records are may be said around them; nothing else of there is theirs.</summary>
    public void Inherit(TagRecord around)
    {
        foreach (var name in tags.NamesOf(F.AgencyId))
        {
            if (around.Find(name) is { } text)
                texts.TryAdd(name, text);
        }
    }

    public ReadOnlySpan<char> Read(F field, int rank = 0)
    {
        switch (field)
        {
            case F.Photo: return photos[rank].Address.AsSpan().Trim();
            case F.PhotoTitle: return photos[rank].Title.AsSpan().Trim();
        }

        foreach (var name in tags.NamesOf(field))
        {
            if (texts.TryGetValue(name, out var text))
                return text.AsSpan().Trim();
        }

        return default;
    }

    public string LabelOf(F field, int rank = 0) => field is F.Photo or F.PhotoTitle
        ? $"photo {rank + 1}"
        : tags.NamesOf(field) is [var first, ..] names ? Array.Find(names, texts.ContainsKey) ?? first : field.ToString();
}

/// <summary>The record that a <see cref="ListingReader"/> reads next.</summary>
/// <param name="technicalId">Where this file keeps the technical id: one record that lacks it must not pass for another listing, under its reference.</param>
sealed class CurrentRecord(string technicalId) : IListingRecord
{
    public TagRecord Record { get; set; } = null!;
    public int LineNumber => Record.LineNumber;
    public int Photos => Record.Photos;
    public ReadOnlySpan<char> Read(F field, int rank = 0) => field == F.TechnicalId ? Record.Find(technicalId).AsSpan().Trim() : Record.Read(field, rank);
    public string LabelOf(F field, int rank = 0) => field == F.TechnicalId ? technicalId : Record.LabelOf(field, rank);
}
