using System.Text;
using Passerelle.Hub.Feeds;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>Poliris, also called SeLoger: one line for each listing, columns between "!#", no header.</summary>
sealed class PolirisFormat : IFeedFormat
{
    public string Name => "poliris";

    public bool Recognises(FeedHead head) => !head.IsXml && !head.IsJson && head.Contains("!#");

    public IFeedReading Inspect(FeedSource source)
    {
        try
        {
            using var bytes = source.OpenBytes(sealedToo: true);
            return new Reading(source, PolirisInspection.Of(new PolirisRecordReader(bytes, source.Limits.MaxLineBytes)));
        }
        catch (DecoderFallbackException undecodable)
        {
            throw new FeedRefused(FeedRefusal.Undecodable, source.Marked?.WebName ?? undecodable.Message);
        }
    }

    sealed class Reading(FeedSource source, PolirisInspection inspection) : IFeedReading
    {
        // Column 301 of a line, else the archive's configuration.
        public string? Version { get; } = inspection.Version ?? VersionIn(source.Companion("config.txt"));

        public Encoding Encoding { get; } = source.Settle(inspection.IsUtf8);

        public IEnumerable<FeedLine> ReadLines()
        {
            using var bytes = source.OpenBytes(sealedToo: false);
            var decoding = inspection.IsUtf8 ? Encoding.UTF8 : FeedText.Windows1252;
            foreach (var line in new PolirisLineReader(new PolirisRecordReader(bytes, source.Limits.MaxLineBytes), inspection.Usual, decoding).ReadAll())
                yield return line;
        }

        static string? VersionIn(string? configuration) => configuration?.Split('\n')
            .Where(line => line.StartsWith("Version=", StringComparison.OrdinalIgnoreCase))
            .Select(line => FieldText.Version(line.AsSpan("Version=".Length)))
            .FirstOrDefault();
    }
}
