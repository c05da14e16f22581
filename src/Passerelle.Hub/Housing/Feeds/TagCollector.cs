using System.Text;
using Passerelle.Hub.Feeds;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>Puts records of listings together from what XML and JSON tell.</summary>
sealed class TagCollector(ListingTags tags, FeedLimits limits) : ITagSink<TagRecord>
{
    const int MaxDepth = 40;
    const int MaxPhotos = 200;

    readonly Stack<Open> open = new();
    readonly TagRecord around = new(tags, 0);
    TagRecord? record;
    int recordDepth;
    int recordSize;

    public void Begin(string name, int line)
    {
        if (open.Count == MaxDepth)
            throw new FeedRefused(FeedRefusal.TooDeep, line, MaxDepth);
        if (record is null && tags.Records.Contains(name))
            (record, recordDepth, recordSize) = (new TagRecord(tags, line), open.Count, 0);
        open.Push(new Open(name, line, tags.Photos.Contains(name) && record is not null ? new Photo() : null));
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
        var current = open.Peek();
        current.Text.Append(text);
        if (current.Text.Length > limits.MaxLineBytes)
            throw new FeedRefused(FeedRefusal.LineTooLong, current.Line, limits.MaxLineBytes / 1024);
    }

    /// <summary>Those that are gone are left out.</summary>
    public TagRecord? End()
    {
        var closed = open.Pop();
        if (closed.Text.Length > 0)
            Keep(closed, closed.Text.ToString());
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

    void Keep(Open closed, string text)
    {
        if (open.TryPeek(out var parent))
        {
            Target.Add($"{parent.Name}/{closed.Name}", text);
            if (parent.Photo is { } photo && ListingTags.PhotoAddresses.Contains(closed.Name))
                photo.Address = text;
            if (parent.Photo is { } named && ListingTags.PhotoTitles.Contains(closed.Name))
                named.Title = text;
        }

        Target.Add(closed.Name, text);
        if (closed.Photo is { Address.Length: 0 } own)
            own.Address = text.Trim();
    }

    TagRecord Target => record ?? around;

    void Measure(string text)
    {
        recordSize += text.Length;
        if (record is not null && recordSize > limits.MaxLineBytes)
            throw new FeedRefused(FeedRefusal.LineTooLong, record.LineNumber, limits.MaxLineBytes / 1024);
    }

    sealed record Open(string Name, int Line, Photo? Photo)
    {
        public StringBuilder Text { get; } = new();
    }

    sealed class Photo
    {
        public string Address { get; set; } = "";
        public string Title { get; set; } = "";
    }
}
