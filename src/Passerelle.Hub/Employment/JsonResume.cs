using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Text.Unicode;

namespace Passerelle.Hub.Employment;

/// <param name="Path">Where: <c>basics.email</c>, <c>work[2].startDate</c>; empty for the document as a whole. Only names of the format: what a person called a property of their own stays out.</param>
/// <param name="Problem">What to change, an English sentence. A CV is personal data: it never repeats anything of the document.</param>
public sealed record CvProblem(string Path, string Problem);

/// <summary>Is this a CV in the format JSON Resume 1.0.0? Source: <c>schema.json</c> of jsonresume/resume-schema v1.0.0, https://jsonresume.org/schema.</summary>
public static partial class JsonResume
{
    /// <summary>1 MiB: a CV is text, and the longest are some tens of kilobytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>A sender corrects fifty problems at a time; a broken export repeats the same one for ever.</summary>
    public const int MaxProblems = 50;

    // The format itself is 4 deep (an object in `basics.profiles`); the rest is room for people's own properties.
    const int MaxDepth = 32;

    // Nothing is required and every object may hold more than the format names: `additionalProperties` is true throughout. There are no enumerations.
    // The schema's `additionalItems: false` says nothing where `items` is one schema, as it is everywhere here.
    static readonly Shape Anything = new(JsonTokenType.None);
    static readonly Shape Text = new(JsonTokenType.String);
    static readonly Shape Date = new(JsonTokenType.String, Format.Date);
    static readonly Shape Email = new(JsonTokenType.String, Format.Email);
    static readonly Shape Uri = new(JsonTokenType.String, Format.Uri);
    static readonly Shape Texts = ListOf(Text);

    static readonly Shape Resume = Section(
        // The schema says `format: uri`, but its own cases hold a relative one to be valid, and nobody follows it.
        ("$schema", Text),
        ("basics", Section(
            ("name", Text),
            ("label", Text),
            ("image", Text),
            ("email", Email),
            ("phone", Text),
            ("url", Uri),
            ("summary", Text),
            ("location", Section(
                ("address", Text),
                ("postalCode", Text),
                ("city", Text),
                ("countryCode", Text),
                ("region", Text))),
            ("profiles", ListOf(Section(
                ("network", Text),
                ("username", Text),
                ("url", Uri)))))),
        ("work", ListOf(Section(
            ("name", Text),
            ("location", Text),
            ("description", Text),
            ("position", Text),
            ("url", Uri),
            ("startDate", Date),
            ("endDate", Date),
            ("summary", Text),
            ("highlights", Texts)))),
        ("volunteer", ListOf(Section(
            ("organization", Text),
            ("position", Text),
            ("url", Uri),
            ("startDate", Date),
            ("endDate", Date),
            ("summary", Text),
            ("highlights", Texts)))),
        ("education", ListOf(Section(
            ("institution", Text),
            ("url", Uri),
            ("area", Text),
            ("studyType", Text),
            ("startDate", Date),
            ("endDate", Date),
            ("score", Text),
            ("courses", Texts)))),
        ("awards", ListOf(Section(
            ("title", Text),
            ("date", Date),
            ("awarder", Text),
            ("summary", Text)))),
        ("certificates", ListOf(Section(
            ("name", Text),
            ("date", Date),
            ("url", Uri),
            ("issuer", Text)))),
        ("publications", ListOf(Section(
            ("name", Text),
            ("publisher", Text),
            ("releaseDate", Date),
            ("url", Uri),
            ("summary", Text)))),
        ("skills", ListOf(Section(
            ("name", Text),
            ("level", Text),
            ("keywords", Texts)))),
        ("languages", ListOf(Section(
            ("language", Text),
            ("fluency", Text)))),
        ("interests", ListOf(Section(
            ("name", Text),
            ("keywords", Texts)))),
        ("references", ListOf(Section(
            ("name", Text),
            ("reference", Text)))),
        ("projects", ListOf(Section(
            ("name", Text),
            ("description", Text),
            ("highlights", Texts),
            ("keywords", Texts),
            ("startDate", Date),
            ("endDate", Date),
            ("url", Uri),
            ("roles", Texts),
            ("entity", Text),
            ("type", Text)))),
        ("meta", Section(
            ("canonical", Uri),
            ("version", Text),
            ("lastModified", Text))));

    /// <summary>Whether it can be sent to an employer: the format, and a name on it. No problem means yes.</summary>
    /// <param name="utf8Json">The document as received. Whatever it holds, the answer is a list and never an exception.</param>
    /// <returns>Every problem at once, at most <see cref="MaxProblems"/>; the missing name first, then in the order of the document. One that cannot be read through has that one problem.</returns>
    public static IReadOnlyList<CvProblem> Check(ReadOnlySpan<byte> utf8Json) => Problems(utf8Json, mustBeSendable: true);

    /// <summary>The format alone, in which <c>{}</c> is a CV.</summary>
    public static IReadOnlyList<CvProblem> CheckSchema(ReadOnlySpan<byte> utf8Json) => Problems(utf8Json, mustBeSendable: false);

    static readonly string TooDeepReason = $"The document is nested deeper than {MaxDepth} levels.";

    static List<CvProblem> Problems(ReadOnlySpan<byte> utf8Json, bool mustBeSendable)
    {
        if (Unreadable(utf8Json) is { } reason)
            return [new("", reason)];
        var reading = new Reading(utf8Json);
        try
        {
            reading.Document();
        }
        catch (JsonException e)
        {
            // The exception's own message quotes the document; its position does not.
            return [new("", reading.TooDeep
                ? TooDeepReason
                : $"The document is not JSON: it stops making sense at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1} of that line.")];
        }
        if (reading.TooDeep)
            return [new("", TooDeepReason)];
        // The schema requires nothing at all, but an employer must know whose CV it is.
        if (mustBeSendable && reading.Missing is { } missing)
            return [new(missing, "A CV to be sent needs basics with the name of the person."), .. reading.Problems.Take(MaxProblems - 1)];
        return reading.Problems;
    }

    static string? Unreadable(ReadOnlySpan<byte> utf8Json)
    {
        if (utf8Json.Length > MaxBytes)
            return $"The document is larger than {MaxBytes} bytes.";
        if (utf8Json.StartsWith("\uFEFF"u8))
            return "The document starts with a byte order mark: send it without.";
        // The JSON reader does not look inside strings for this, and throws much later.
        return Utf8.IsValid(utf8Json) ? null : "The document is not UTF-8.";
    }

    static string? Misformed(string text, Format format) => format switch
    {
        Format.Free => null,
        Format.Date => DatePattern().IsMatch(text) ? null
            : "It must be a day as 2014-06-29, a month as 2014-06 or a year as 2014; leave it out if there is none.",
        Format.Email => IsEmail(text) ? null
            : "It must be one email address, such as name@example.org; leave it out if there is none.",
        Format.Uri => UriPattern().IsMatch(text) ? null
            : "It must be a complete URI, such as https://example.org/page, with blanks and accents percent-encoded; leave it out if there is none.",
    };

    // RFC 5321 section 4.5.3.1, and the erratum of RFC 3696: 64 before the at sign, 254 in all.
    static bool IsEmail(string text) => text.Length <= 254 && text.LastIndexOf('@') <= 64 && EmailPattern().IsMatch(text);

    // `iso8601` in the schema, word for word, so 2014-19-39 passes; only the end is `\z`, as `$` would let a line feed through here.
    [GeneratedRegex(@"^([1-2][0-9]{3}-[0-1][0-9]-[0-3][0-9]|[1-2][0-9]{3}-[0-1][0-9]|[1-2][0-9]{3})\z")]
    private static partial Regex DatePattern();

    // What `format: email` stands for: a mailbox of RFC 5321, section 4.1.2, in ASCII; one with accents would be an `idn-email`.
    [GeneratedRegex("""
        ^ (?: (?> [A-Za-z0-9!\#$%&'*+/=?^_`{|}~-]+ (?: \. [A-Za-z0-9!\#$%&'*+/=?^_`{|}~-]+ )* )   # dot-string
            | " (?> (?: [\x20\x21\x23-\x5B\x5D-\x7E] | \\ [\x20-\x7E] )* ) " )                     # quoted string
        @
        (?: [A-Za-z0-9] (?: [A-Za-z0-9-]{0,61} [A-Za-z0-9] )? (?: \. [A-Za-z0-9] (?: [A-Za-z0-9-]{0,61} [A-Za-z0-9] )? )*
            | \[ [A-Za-z0-9:.-]+ \] )                                                              # address literal
        \z
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex EmailPattern();

    // What `format: uri` stands for: RFC 3986, appendix A. System.Uri is no judge of it: it takes C:\cv, /cv and blanks.
    // The groups are atomic: a megabyte of one repeated character must not be tried in every way.
    [GeneratedRegex("""
        ^ [A-Za-z] (?> [A-Za-z0-9+.-]* ) :
        (?: // (?: (?> (?: [A-Za-z0-9._~!$&'()*+,;=:-] | % [0-9A-Fa-f]{2} )* ) @ )?                # user
            (?: \[ (?: [0-9A-Fa-f:.]+ | [vV] [0-9A-Fa-f]+ \. [A-Za-z0-9._~!$&'()*+,;=:-]+ ) \]      # IPv6 or later
              | (?> (?: [A-Za-z0-9._~!$&'()*+,;=-] | % [0-9A-Fa-f]{2} )* ) )                       # host
            (?: : [0-9]* )?
            (?= [/?\#] | \z )
          | (?! // ) )
        (?> (?: [A-Za-z0-9._~!$&'()*+,;=:@/-] | % [0-9A-Fa-f]{2} )* )                              # path
        (?: \? (?> (?: [A-Za-z0-9._~!$&'()*+,;=:@/?-] | % [0-9A-Fa-f]{2} )* ) )?
        (?: \# (?> (?: [A-Za-z0-9._~!$&'()*+,;=:@/?-] | % [0-9A-Fa-f]{2} )* ) )?
        \z
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex UriPattern();

    static Shape ListOf(Shape item) => new(JsonTokenType.StartArray, Item: item);

    static Shape Section(params (string Name, Shape Shape)[] fields) =>
        new(JsonTokenType.StartObject, Fields: fields.ToFrozenDictionary(field => field.Name, field => field.Shape, StringComparer.Ordinal));

    static string Word(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => "a boolean",
    };

    // The reader tells it by an exception, and a mebibyte has room for a hundred thousand of them. That the escapes are well formed it has seen to.
    static bool IsWhole(ReadOnlySpan<byte> escaped)
    {
        var half = false;
        for (var at = 0; at < escaped.Length; at++)
        {
            var unit = '\0';
            if (escaped[at] == '\\' && escaped[++at] == 'u')
            {
                unit = (char)ushort.Parse(escaped.Slice(at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                at += 4;
            }
            if (char.IsLowSurrogate(unit) != half)
                return false;
            half = char.IsHighSurrogate(unit);
        }
        return !half;
    }

    enum Format { Free, Date, Email, Uri }

    // `Token` is how the value starts, `None` for anything at all.
    sealed record Shape(JsonTokenType Token, Format Format = Format.Free, Shape? Item = null, FrozenDictionary<string, Shape>? Fields = null);

    /// <summary>One pass over the document. Inside what the format does not know, the path stays that of the last thing it does know.</summary>
    ref struct Reading(ReadOnlySpan<byte> utf8Json)
    {
        // One level more than allowed, so that "too deep" is told from "not JSON".
        Utf8JsonReader reader = new(utf8Json, new JsonReaderOptions { MaxDepth = MaxDepth + 1 });

        public List<CvProblem> Problems { get; } = [];
        public bool TooDeep { get; private set; }

        /// <summary>What a CV to be sent still lacks: <c>basics</c>, then <c>basics.name</c>, then nothing. Of the wrong type is a problem of the schema, and not told twice.</summary>
        public string? Missing { get; private set; } = "basics";

        public void Document()
        {
            reader.Read();
            Value(Resume, "");
            // Past the end of the value: anything but white space there throws.
            reader.Read();
        }

        void Value(Shape shape, string path)
        {
            if (shape.Token != JsonTokenType.None && shape.Token != reader.TokenType)
            {
                Report(path, $"It must be {Word(shape.Token)}, not {Word(reader.TokenType)}{(reader.TokenType == JsonTokenType.Null ? ": leave it out instead" : "")}.");
                if (path is "" or "basics" or "basics.name")
                    Missing = null;
                shape = Anything;
            }
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= MaxDepth)
            {
                TooDeep = true;
                reader.Skip();
                return;
            }
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    Members(shape, path);
                    break;
                case JsonTokenType.StartArray:
                    Items(shape, path);
                    break;
                case JsonTokenType.String:
                    Characters(shape, path);
                    break;
            }
        }

        void Members(Shape shape, string path)
        {
            if (path == "basics" && Missing == path)
                Missing = "basics.name";
            var seen = new HashSet<string>(StringComparer.Ordinal);
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                var name = Decoded(path) ?? "";
                var field = shape.Fields?.GetValueOrDefault(name);
                var fieldPath = field is null ? path : path.Length == 0 ? name : $"{path}.{name}";
                if (!seen.Add(name))
                    Report(fieldPath, field is null ? "It holds, beside what the format names, two properties of one name." : "It appears more than once.");
                reader.Read();
                Value(field ?? Anything, fieldPath);
            }
        }

        void Items(Shape shape, string path)
        {
            for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
                Value(shape.Item ?? Anything, shape.Item is null ? path : $"{path}[{index}]");
        }

        void Characters(Shape shape, string path)
        {
            if (Decoded(path) is not { } text)
                return;
            if (Misformed(text, shape.Format) is { } problem)
                Report(path, problem);
            if (path == "basics.name" && !string.IsNullOrWhiteSpace(text))
                Missing = null;
        }

        /// <summary>JSON can spell half a character ("\ud83d" alone), which no text can hold: it could be neither stored nor sent on.</summary>
        string? Decoded(string path)
        {
            if (!reader.ValueIsEscaped || IsWhole(reader.ValueSpan))
                return reader.GetString();
            Report(path, "It holds a \\u escape that is half of a character.");
            return null;
        }

        readonly void Report(string path, string problem)
        {
            var found = new CvProblem(path, problem);
            if (Problems.Count < MaxProblems && !Problems.Contains(found))
                Problems.Add(found);
        }
    }
}
