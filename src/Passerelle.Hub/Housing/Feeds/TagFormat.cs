using System.Text;
using System.Text.Json;
using System.Xml;
using Passerelle.Hub.Feeds;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>A format of named fields, in XML or JSON.</summary>
/// <param name="name">As the report names it.</param>
/// <param name="tags">Its names.</param>
/// <param name="isJson">The form.</param>
/// <param name="recognises">Beyond the form.</param>
sealed class TagFormat(string name, ListingTags tags, bool isJson, Func<FeedHead, bool> recognises) : IFeedFormat
{
    public string Name => name;

    public bool Recognises(FeedHead head) => (isJson ? head.IsJson : head.IsXml) && recognises(head);

    public IFeedReading Inspect(FeedSource source)
    {
        var encoding = source.Marked ?? (isJson ? null : FeedXml.DeclaredIn(source)) ?? (source.IsUtf8() ? Encoding.UTF8 : FeedText.Windows1252);
        var reading = new Reading(source, tags, isJson, encoding);
        try
        {
            reading.Inspect();
        }
        catch (Exception broken) when (broken is XmlException or JsonException)
        {
            throw new FeedRefused(FeedRefusal.Truncated, broken);
        }
        catch (DecoderFallbackException)
        {
            throw new FeedRefused(FeedRefusal.Undecodable, encoding.WebName);
        }

        return reading;
    }

    sealed class Reading(FeedSource source, ListingTags tags, bool isJson, Encoding encoding) : IFeedReading
    {
        string technicalId = "";

        public string? Version => null;

        public Encoding Encoding => encoding;

        public void Inspect()
        {
            var names = tags.NamesOf(ListingField.TechnicalId);
            var (count, given) = (0, new int[names.Length]);
            foreach (var record in Records(sealedToo: true))
            {
                count++;
                for (var i = 0; i < names.Length; i++)
                    given[i] += record.Find(names[i]) is null ? 0 : 1;
            }

            if (count == 0)
                throw new FeedRefused(FeedRefusal.Empty);
            // The first that most records have: what one of them lacks is missing there.
            technicalId = names[Math.Max(0, Array.FindIndex(given, n => 2 * n > count))];
        }

        public IEnumerable<FeedLine> ReadLines()
        {
            var current = new CurrentRecord(technicalId);
            var listings = new ListingReader(current) { DefaultAgency = tags.DefaultAgency };
            foreach (var record in Records(sealedToo: false))
            {
                current.Record = record;
                yield return listings.Read();
            }
        }

        public IEnumerable<TagRecord> Records(bool sealedToo)
        {
            using var bytes = source.OpenBytes(sealedToo);
            // Behind a mark the source gives UTF-8, whatever it was.
            var decoding = source.Marked is null ? encoding : FeedText.StrictUtf8;
            var collector = new TagCollector(tags, source.Limits);
            foreach (var record in isJson ? FeedJson.Read(bytes, decoding, "annonces", collector, source.Limits) : FeedXml.Read(bytes, decoding, collector, source.Limits))
                yield return record;
        }
    }
}
