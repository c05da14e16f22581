using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using Passerelle.Hub.Feeds;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>Records of an XML file, one in memory at a time. Nothing is fetched and nothing expands: a DOCTYPE is refused.</summary>
static partial class FeedXml
{
    static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        IgnoreWhitespace = true,
        // CRMs let control characters through; FieldText takes them out.
        CheckCharacters = false,
    };

    /// <summary>The encoding that the declaration names, to be held to it; null when it names none.</summary>
    public static Encoding? DeclaredIn(FeedSource source)
    {
        using var bytes = source.OpenBytes(sealedToo: false);
        var head = new byte[512];
        var text = Encoding.Latin1.GetString(head, 0, bytes.ReadAtLeast(head, head.Length, throwOnEndOfStream: false));
        if (Declaration().Match(text) is not { Success: true } declared)
            return null;
        try
        {
            var name = declared.Groups[1].Value;
            return (Encoding)(CodePagesEncodingProvider.Instance.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)
                ?? Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback));
        }
        catch (Exception unknown) when (unknown is ArgumentException or NotSupportedException)
        {
            throw new FeedRefused(FeedRefusal.Undecodable, FieldText.Excerpt(declared.Groups[1].Value));
        }
    }

    public static IEnumerable<TagRecord> Read(Stream bytes, Encoding encoding, TagCollector collector)
    {
        using var xml = XmlReader.Create(new StreamReader(bytes, encoding, detectEncodingFromByteOrderMarks: false), Settings);
        while (Next(xml))
        {
            switch (xml.NodeType)
            {
                case XmlNodeType.Element:
                    var isEmpty = xml.IsEmptyElement;
                    collector.Begin(xml.LocalName, ((IXmlLineInfo)xml).LineNumber);
                    while (xml.MoveToNextAttribute())
                        collector.Attribute(xml.LocalName, xml.Value);
                    if (isEmpty && collector.End() is { } empty)
                        yield return empty;
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA:
                    collector.Text(xml.Value);
                    break;
                case XmlNodeType.EndElement:
                    if (collector.End() is { } record)
                        yield return record;
                    break;
                case XmlNodeType.DocumentType:
                    throw new FeedRefused(FeedRefusal.Doctype);
            }
        }
    }

    static bool Next(XmlReader xml)
    {
        try
        {
            return xml.Read();
        }
        catch (XmlException refused) when (refused.Message.Contains("DTD", StringComparison.Ordinal))
        {
            throw new FeedRefused(FeedRefusal.Doctype);
        }
    }

    [GeneratedRegex("""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")]
    private static partial Regex Declaration();
}
