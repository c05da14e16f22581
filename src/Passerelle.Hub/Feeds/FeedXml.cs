using System.Text;
using System.Text.RegularExpressions;
using System.Xml;

namespace Passerelle.Hub.Feeds;

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
        // Partners let control characters through; FieldText takes them out.
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

    public static IEnumerable<TRecord> Read<TRecord>(Stream bytes, Encoding encoding, ITagSink<TRecord> sink, FeedLimits limits) where TRecord : class
    {
        using var text = new Bounded(new StreamReader(bytes, encoding, detectEncodingFromByteOrderMarks: false), limits.MaxLineBytes);
        using var xml = XmlReader.Create(text, Settings);
        while (Next(xml))
        {
            text.Pass(((IXmlLineInfo)xml).LineNumber);
            switch (xml.NodeType)
            {
                case XmlNodeType.Element:
                    var isEmpty = xml.IsEmptyElement;
                    sink.Begin(xml.LocalName, ((IXmlLineInfo)xml).LineNumber);
                    while (xml.MoveToNextAttribute())
                        sink.Attribute(xml.LocalName, xml.Value);
                    if (isEmpty && sink.End() is { } empty)
                        yield return empty;
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA:
                    sink.Text(xml.Value);
                    break;
                case XmlNodeType.EndElement:
                    if (sink.End() is { } record)
                        yield return record;
                    break;
            }
        }
    }

    /// <summary>Whatever has no end, be it a text, a name or an attribute, XmlReader would take into memory whole.</summary>
    sealed class Bounded(StreamReader inner, int max) : TextReader
    {
        int since, line = 1;

        public void Pass(int at) => (since, line) = (0, at);

        public override int Read(char[] buffer, int index, int count)
        {
            var read = inner.Read(buffer, index, count);
            since += read;
            return since <= max ? read : throw new FeedRefused(FeedRefusal.LineTooLong, line, max / 1024);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
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
