using Passerelle.Hub.Feeds;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>Puts records together from what XML and JSON have in common: things with a name that hold others, or a text.</summary>
sealed class TagCollector(ListingTags tags, FeedLimits limits)
{
    const int MaxDepth = 40;
    const int MaxPhotos = 200;

    readonly Stack<Open> open = new();
    readonly TagRecord around = new(tags, 0);
    TagRecord? record;
    int recordDepth;
    int recordSize;

    /// <param name="line">Where it begins, from 1.</param>
    public void Begin(string name, int line)
    {
        if (open.Count == MaxDepth)
            throw new FeedRefused(FeedRefusal.TooDeep, line, MaxDepth);
        if (record is null && tags.Records.Contains(name))
            (record, recordDepth, recordSize) = (new TagRecord(tags, line), open.Count, 0);
        open.Push(new Open(name, tags.Photos.Contains(name) && record is not null ? new Photo() : null));
    }

    public void Attribute(string name, string text)
    {
        Measure(text);
        var current = open.Peek();
        Target.Add($"{current.Name}@{name}", text);
        if (open.Count - 1 == recordDepth)
            record?.Add(name, text);
        if (current.Photo is { } photo && ListingTags.PhotoTitles.Contains(name))
            photo.Title = text;
        if (current.Photo is { Address.Length: 0 } unaddressed && ListingTags.PhotoAddresses.Contains(name))
            unaddressed.Address = text;
    }

    public void Text(string text)
    {
        Measure(text);
        var current = open.Pop();
        if (open.TryPeek(out var parent))
        {
            Target.Add($"{parent.Name}/{current.Name}", text);
            if (parent.Photo is { } photo && ListingTags.PhotoAddresses.Contains(current.Name))
                photo.Address = text;
            if (parent.Photo is { } named && ListingTags.PhotoTitles.Contains(current.Name))
                named.Title = text;
        }

        Target.Add(current.Name, text);
        if (current.Photo is { Address.Length: 0 } own)
            own.Address = text.Trim();
        open.Push(current);
    }

    /// <summary>The record that is complete with this, if any; those that are gone are left out.</summary>
    public TagRecord? End()
    {
        var closed = open.Pop();
        if (record is null)
            return null;
        if (closed.Photo is { Address.Length: > 0 } photo && record.Photos < MaxPhotos)
            record.AddPhoto(photo.Address, photo.Title);
        if (open.Count != recordDepth)
            return null;
        var complete = record;
        record = null;
        complete.Inherit(around);
        return tags.Gone is not null && tags.Gone.Equals(complete.Find("mode"), StringComparison.OrdinalIgnoreCase) ? null : complete;
    }

    TagRecord Target => record ?? around;

    void Measure(string text)
    {
        recordSize += text.Length;
        if (record is not null && recordSize > limits.MaxLineBytes)
            throw new FeedRefused(FeedRefusal.LineTooLong, record.LineNumber, limits.MaxLineBytes / 1024);
    }

    sealed record Open(string Name, Photo? Photo);

    sealed class Photo
    {
        public string Address { get; set; } = "";
        public string Title { get; set; } = "";
    }
}
