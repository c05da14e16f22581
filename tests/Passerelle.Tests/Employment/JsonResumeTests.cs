using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using Passerelle.Hub.Employment;

namespace Passerelle.Tests.Employment;

public partial class JsonResumeTests
{
    // Stands for what must not leave a CV: planted as value, as name of a property, in every broken place.
    const string Marker = "Zénobie-Quatremère";

    const string Complete = """
        {
          "$schema": "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json",
          "basics": {
            "name": "Zénobie-Quatremère", "label": "Soudeuse", "image": "", "email": "zenobie@exemple.fr", "phone": "+33 2 31 00 00 00",
            "url": "https://zenobie.exemple.fr/", "summary": "Zénobie-Quatremère 👩‍🏭",
            "location": { "address": "1 rue du Four", "postalCode": "14400", "city": "Bayeux", "countryCode": "FR", "region": "Normandie" },
            "profiles": [ { "network": "X", "username": "zq", "url": "https://x.exemple.fr/zq" } ]
          },
          "work": [ { "name": "Chantier", "position": "Soudeuse", "url": "https://chantier.exemple.fr", "startDate": "2014-06-29", "endDate": "2023-04", "highlights": [ "Coques" ] }, { "startDate": "2013" } ],
          "education": [ { "institution": "Lycée", "startDate": "2009", "score": "Bien", "courses": [ "Métaux" ] } ],
          "skills": [ { "name": "TIG", "level": "Maître", "keywords": [ "inox" ] } ],
          "languages": [ { "language": "Français", "fluency": "Langue maternelle" } ],
          "meta": { "version": "v1.0.0", "lastModified": "2026-03-01T10:00:00" },
          "Zénobie-Quatremère": { "permis": [ "B", 1.5e3, true, null, {} ] }
        }
        """;

    [Fact]
    public void A_complete_CV_has_no_problem() => Assert.Empty(Check(Complete));

    [Fact]
    public void A_name_is_enough() => Assert.Empty(Check("""{"basics":{"name":"A"}}"""));

    // The schema requires nothing; what it lacks to be sent is our rule, apart.
    [Theory]
    [InlineData("{}", "basics")]
    [InlineData("""{"work":[{"name":"A"}]}""", "basics")]
    [InlineData("""{"Basics":{"name":"A"}}""", "basics")]
    [InlineData("""{"mine":{"basics":{"name":"A"}}}""", "basics")]
    [InlineData("""{"basics":{}}""", "basics.name")]
    [InlineData("""{"basics":{"Name":"A"}}""", "basics.name")]
    [InlineData("""{"basics":{"name":""}}""", "basics.name")]
    [InlineData("""{"basics":{"name":" \u00A0\n"}}""", "basics.name")]
    [InlineData("""{"basics":{"mine":{"name":"A"}}}""", "basics.name")]
    public void A_CV_without_a_name_is_valid_by_the_schema_but_cannot_be_sent(string json, string path)
    {
        Assert.Empty(Schema(json));
        Assert.Equal([new CvProblem(path, "A CV to be sent needs basics with the name of the person.")], Check(json));
    }

    [Theory]
    [InlineData("[]", "")]
    [InlineData("""{"basics":null}""", "basics")]
    [InlineData("""{"basics":[{"name":"A"}]}""", "basics")]
    [InlineData("""{"basics":{"name":null}}""", "basics.name")]
    [InlineData("""{"basics":{"name":["A"]}}""", "basics.name")]
    public void A_name_that_the_schema_refuses_is_not_told_twice(string json, string path) =>
        Assert.Equal(path, Assert.Single(Check(json)).Path);

    [Theory]
    [InlineData("null", "", "It must be an object, not null: leave it out instead.")]
    [InlineData("\"text\"", "", "It must be an object, not a string.")]
    [InlineData("12", "", "It must be an object, not a number.")]
    [InlineData("true", "", "It must be an object, not a boolean.")]
    [InlineData("""{"$schema":{}}""", "$schema", "It must be a string, not an object.")]
    [InlineData("""{"basics":"A"}""", "basics", "It must be an object, not a string.")]
    [InlineData("""{"basics":{"phone":231000000}}""", "basics.phone", "It must be a string, not a number.")]
    [InlineData("""{"basics":{"location":["Caen"]}}""", "basics.location", "It must be an object, not an array.")]
    [InlineData("""{"basics":{"profiles":[{},{"url":false}]}}""", "basics.profiles[1].url", "It must be a string, not a boolean.")]
    [InlineData("""{"work":{}}""", "work", "It must be an array, not an object.")]
    [InlineData("""{"work":["A"]}""", "work[0]", "It must be an object, not a string.")]
    [InlineData("""{"work":[{},{},{"startDate":null}]}""", "work[2].startDate", "It must be a string, not null: leave it out instead.")]
    [InlineData("""{"work":[{"highlights":["A",null]}]}""", "work[0].highlights[1]", "It must be a string, not null: leave it out instead.")]
    [InlineData("""{"\u0077ork":1}""", "work", "It must be an array, not a number.")]
    public void A_value_of_the_wrong_type_is_named_by_its_place(string json, string path, string problem) =>
        Assert.Equal([new CvProblem(path, problem)], Schema(json));

    [Theory]
    [InlineData("2014-06-29")]
    [InlineData("2023-04")]
    [InlineData("1999")]
    [InlineData("2014-19-39")] // the schema's pattern, word for word
    public void A_date_is_a_day_a_month_or_a_year(string date) => Assert.Empty(Schema(Field("work", "endDate", date)));

    [Theory]
    [InlineData("")]
    [InlineData("2014-6-29")]
    [InlineData("29/06/2014")]
    [InlineData("2014-06-29T00:00:00")]
    [InlineData("2014-06-29\n")]
    [InlineData(" 2014")]
    [InlineData("0999")]
    [InlineData("2014-")]
    [InlineData("٢٠١٤")]
    [InlineData("Present")]
    public void Anything_else_is_no_date(string date) => Assert.Equal("work[0].endDate", Assert.Single(Schema(Field("work", "endDate", date))).Path);

    [Theory]
    [InlineData("a@b")]
    [InlineData("prenom.nom+cv@sous.exemple.fr")]
    [InlineData("o'neil@exemple.fr")]
    [InlineData("\"a b\"@exemple.fr")]
    [InlineData("a@[192.0.2.1]")]
    [InlineData("a@xn--caf-dma.fr")]
    public void An_email_is_a_mailbox(string email) => Assert.Empty(Schema(Basics("email", email)));

    [Theory]
    [InlineData("")]
    [InlineData("exemple.fr")]
    [InlineData("a@")]
    [InlineData("@exemple.fr")]
    [InlineData("a@b@exemple.fr")]
    [InlineData(".a@exemple.fr")]
    [InlineData("a..b@exemple.fr")]
    [InlineData("a@exemple..fr")]
    [InlineData("a@-exemple.fr")]
    [InlineData("a b@exemple.fr")]
    [InlineData("rené@exemple.fr")]
    [InlineData("a@exemple.fr, b@exemple.fr")]
    [InlineData("A <a@exemple.fr>")]
    [InlineData("a@exemple.fr\n")]
    [InlineData("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg@exemple.fr")]
    public void Anything_else_is_no_email(string email) => Assert.Equal("basics.email", Assert.Single(Schema(Basics("email", email))).Path);

    [Theory]
    [InlineData("https://exemple.fr")]
    [InlineData("HTTP://user:pw@exemple.fr:8080/a/b;c?d=%C3%A9&e=#f")]
    [InlineData("http://exemple.org/wiki/Bayeux_(Calvados)?q=/?#a/?")]
    [InlineData("http://[2001:db8::1]:80/")]
    [InlineData("mailto:a@exemple.fr")]
    [InlineData("urn:isbn:0451450523")]
    [InlineData("file:///cv.pdf")]
    public void A_url_is_a_complete_URI(string url) => Assert.Empty(Schema(Basics("url", url)));

    [Theory]
    [InlineData("")]
    [InlineData("exemple.fr/cv")]
    [InlineData("/cv")]
    [InlineData("//exemple.fr/cv")]
    [InlineData("C:\\cv")]
    [InlineData("1http://exemple.fr")]
    [InlineData("https://exemple.fr/mon cv")]
    [InlineData("https://exemple.fr/é")]
    [InlineData("https://exemple.fr/%zz")]
    [InlineData("https://exemple.fr:port/")]
    [InlineData("https://a@b@exemple.fr/")]
    [InlineData("https://[::1/")]
    [InlineData("https://exemple.fr\n")]
    [InlineData("https://exemple.fr/#a#b")]
    [InlineData("https://exemple.fr/?a=[")]
    public void Anything_else_is_no_url(string url) => Assert.Equal("basics.url", Assert.Single(Schema(Basics("url", url))).Path);

    // The address of a picture, the version and the time of change are free texts in the schema.
    [Theory]
    [InlineData("""{"basics":{"image":"photo.png"}}""")]
    [InlineData("""{"$schema":"foo"}""")]
    [InlineData("""{"meta":{"lastModified":"hier","version":"1","theme":{"colour":[1]}}}""")]
    [InlineData("""{"Work":null,"work":[],"hobbies":[[[{}]]],"basics":{"name":"A","nationality":1}}""")]
    public void What_the_schema_leaves_open_stays_open(string json) => Assert.Empty(Schema(json));

    [Theory]
    [InlineData("""{"work":[],"work":[]}""", "work", "It appears more than once.")]
    [InlineData("""{"basics":{"name":"A","n\u0061me":"B","name":"C"}}""", "basics.name", "It appears more than once.")]
    [InlineData("""{"work":[{"mine":{"a":1,"a":2}}]}""", "work[0]", "It holds, beside what the format names, two properties of one name.")]
    [InlineData("""{"mine":1,"mine":2}""", "", "It holds, beside what the format names, two properties of one name.")]
    public void A_property_written_twice_is_a_problem(string json, string path, string problem) =>
        Assert.Equal([new CvProblem(path, problem)], Schema(json));

    [Theory]
    [InlineData("""{"basics":{"summary":"a\ud83d"}}""", "basics.summary")]
    [InlineData("""{"basics":{"mine\udc00":1}}""", "basics")]
    [InlineData("""{"work":[{"mine":["\udc00\ud83d"]}]}""", "work[0]")]
    public void Half_a_character_is_a_problem_and_not_an_exception(string json, string path) =>
        Assert.Equal([new CvProblem(path, "It holds a \\u escape that is half of a character.")], Schema(json));

    [Theory]
    [InlineData("\\ud83d\\uDC69")]
    [InlineData("\\\\ud83d \\n\\u00e9\\\"")]
    public void Escapes_of_whole_characters_are_none(string summary) => Assert.Empty(Schema($$$"""{"basics":{"summary":"{{{summary}}}"}}"""));

    [Theory]
    [InlineData("\\ud83d")]
    [InlineData("\\uDC69")]
    [InlineData("\\uDC69\\ud83d")]
    [InlineData("\\ud83d\\ud83d\\uDC69")]
    [InlineData("\\ud83da\\uDC69")]
    [InlineData("\\ud83d\\n")]
    [InlineData("\\\\\\ud83d")]
    public void Half_a_character_is_seen_wherever_it_stands(string summary) =>
        Assert.Equal("basics.summary", Assert.Single(Schema($$$"""{"basics":{"summary":"{{{summary}}}"}}""")).Path);

    [Theory]
    [InlineData("", 1, 1)]
    [InlineData("   ", 1, 4)]
    [InlineData("{", 1, 2)]
    [InlineData("{}{}", 1, 3)]
    [InlineData("{}\n,", 2, 1)]
    [InlineData("""{"a":NaN}""", 1, 6)]
    [InlineData("""{"a":-Infinity}""", 1, 7)]
    [InlineData("""{"a":01}""", 1, 7)]
    [InlineData("""{"a":1,}""", 1, 8)]
    [InlineData("{'a':1}", 1, 2)]
    [InlineData("// a\n{}", 1, 1)]
    [InlineData("{\"a\":\"b\nc\"}", 1, 8)]
    [InlineData("<cv/>", 1, 1)]
    public void What_is_not_JSON_is_one_problem_with_its_place(string json, int line, int at) =>
        Assert.Equal([new CvProblem("", $"The document is not JSON: it stops making sense at line {line}, byte {at} of that line.")], Check(json));

    [Fact]
    public void Other_encodings_than_UTF_8_are_refused()
    {
        Assert.Equal("The document starts with a byte order mark: send it without.", Whole([0xEF, 0xBB, 0xBF, .. "{}"u8]));
        Assert.Equal("The document is not UTF-8.", Whole(Encoding.Latin1.GetBytes(Complete)));
        Assert.Equal("The document is not UTF-8.", Whole([0xFF, 0xFE, .. Encoding.Unicode.GetBytes("{}")]));
        Assert.StartsWith("The document is not JSON", Whole(Encoding.Unicode.GetBytes("{}")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_document_may_have_a_mebibyte_and_not_one_byte_more()
    {
        var largest = Complete.PadRight(JsonResume.MaxBytes - (Encoding.UTF8.GetByteCount(Complete) - Complete.Length));
        Assert.Empty(Check(largest));
        Assert.Equal("The document is larger than 1048576 bytes.", Whole(Encoding.UTF8.GetBytes(largest + " ")));
    }

    [Fact]
    public void A_document_may_be_nested_32_levels_and_not_one_more()
    {
        static string Nested(int levels) => $$"""{"mine":{{new string('[', levels - 1)}}{{new string(']', levels - 1)}}}""";
        Assert.Empty(Schema(Nested(32)));
        foreach (var levels in (int[])[33, 34, 35, 500_000])
            Assert.Equal([new CvProblem("", "The document is nested deeper than 32 levels.")], Check(Nested(levels)));
        Assert.Equal("The document is nested deeper than 32 levels.", Whole(Encoding.UTF8.GetBytes(new string('[', JsonResume.MaxBytes))));
    }

    [Fact]
    public void All_problems_are_told_at_once_in_the_order_of_the_document() =>
        Assert.Equal(
            ["basics.name", "basics.email", "work[0].startDate", "work[1]", "skills"],
            Check("""{"basics":{"email":"x"},"work":[{"startDate":"x"},1],"skills":""}""").Select(problem => problem.Path));

    [Fact]
    public void No_more_than_fifty_problems_are_told_and_the_missing_name_is_one_of_them()
    {
        var problems = Check($$"""{"work":[{{string.Join(',', Enumerable.Repeat("1", 1000))}}]}""");
        Assert.Equal(JsonResume.MaxProblems, problems.Count);
        Assert.Equal("basics", problems[0].Path);
        Assert.Equal("work[48]", problems[^1].Path);
    }

    // A pattern that tries every way would take hours for these; the limit is generous for a busy machine.
    [Theory]
    [InlineData("url", "http://", "a", "|")]
    [InlineData("url", "http://", "%41", "|")]
    [InlineData("url", "a", "+", "|")]
    [InlineData("url", "a:", "/", "|")]
    [InlineData("url", "http://a?", "?", "|")]
    [InlineData("email", "", "a", "|")]
    [InlineData("email", "", "a.", "|")]
    [InlineData("email", "a@", "a-", "|")]
    public void A_very_long_text_is_judged_at_once(string field, string start, string repeated, string end)
    {
        foreach (var length in (int[])[200, 150_000])
        {
            var text = start + string.Concat(Enumerable.Repeat(repeated, length / repeated.Length)) + end;
            var watch = Stopwatch.StartNew();
            Assert.Equal($"basics.{field}", Assert.Single(Schema(Basics(field, text))).Path);
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        }
    }

    [Fact]
    public void Random_bytes_never_throw() =>
        Gen.Byte.Array[0, 200].Sample(bytes => { Judge(bytes); }, iter: 20_000);

    [Fact]
    public void Broken_copies_of_a_CV_never_throw_and_their_problems_never_quote_it() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[1, 6]).Sample((seed, times) => { Judge(Broken(new Random(seed), times)); }, iter: 20_000);

    [Fact]
    public void Trees_of_all_shapes_never_throw_and_their_problems_never_quote_them() =>
        Gen.Int[0, int.MaxValue].Sample(
            seed =>
            {
                var json = new StringBuilder();
                Tree(new Random(seed), json, 0);
                Judge(Encoding.UTF8.GetBytes(json.ToString()));
            },
            iter: 20_000);

    static void Judge(byte[] document)
    {
        var ofSchema = JsonResume.CheckSchema(document);
        var problems = JsonResume.Check(document);
        Assert.InRange(problems.Count, 0, JsonResume.MaxProblems);
        Assert.InRange(problems.Count - ofSchema.Count, 0, 1);
        foreach (var (path, problem) in problems)
        {
            Assert.Matches(KnownPath(), path);
            Assert.EndsWith(".", problem, StringComparison.Ordinal);
            Assert.DoesNotContain("Quatrem", path + problem, StringComparison.OrdinalIgnoreCase);
        }
    }

    [GeneratedRegex(@"^(\$schema|(basics|work|volunteer|education|awards|certificates|publications|skills|languages|interests|references|projects|meta)(\[[0-9]+\])?(\.[a-z]+[A-Za-z]*(\[[0-9]+\])?)*)?\z")]
    private static partial Regex KnownPath();

    static readonly byte[][] Shards =
    [
        [0], [0xFF], [0xEF, 0xBB, 0xBF], [0xC3], [.. "null"u8], [.. "NaN"u8], [.. "{"u8], [.. "}"u8], [.. "["u8], [.. "]"u8], [.. "\""u8], [.. ","u8], [.. ":"u8],
        [.. "\\"u8], [.. "\\ud800"u8], [.. "1e999"u8], [.. "\"basics\":{},"u8], [.. "\"work\":[null],"u8], Encoding.UTF8.GetBytes($"\"{Marker}\""), Encoding.UTF8.GetBytes($"\"{Marker}\":1,"),
    ];

    static byte[] Broken(Random random, int times)
    {
        var bytes = Encoding.UTF8.GetBytes(Complete).ToList();
        for (; times > 0; times--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 20), bytes.Count - at);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1 when bytes.Count > length:
                    bytes.RemoveRange(at, length);
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                default:
                    bytes.InsertRange(at, Shards[random.Next(Shards.Length)]);
                    break;
            }
        }
        return [.. bytes];
    }

    static readonly string[] Names =
        ["$schema", "basics", "name", "email", "url", "location", "profiles", "work", "startDate", "highlights", "education", "skills", "keywords", "meta", "canonical", Marker, Marker + "2", "n\\u0061me", "\\ud800" + Marker];

    static readonly string[] Leaves =
        ["null", "true", "-1.5e300", "\"\"", "\"2014-06\"", "\"a@exemple.fr\"", "\"https://exemple.fr\"", $"\"{Marker}\"", $"\"{Marker}@exemple.fr\"", $"\"https://exemple.fr/{Marker}\"", $"\"{Marker}\\ud83d\""];

    static void Tree(Random random, StringBuilder json, int level)
    {
        var kind = level == 0 ? 1 : random.Next(level > 6 ? 1 : 3);
        if (kind == 0)
        {
            json.Append(Leaves[random.Next(Leaves.Length)]);
            return;
        }
        json.Append(kind == 1 ? '{' : '[');
        for (int index = 0, count = random.Next(5); index < count; index++)
        {
            json.Append(index > 0 ? "," : "");
            if (kind == 1)
                json.Append('"').Append(Names[random.Next(Names.Length)]).Append("\":");
            Tree(random, json, level + 1);
        }
        json.Append(kind == 1 ? '}' : ']');
    }

    // The schema project's own cases, named `<file>/<case>`; the name says which are invalid.
    public static TheoryData<string> Cases()
    {
        var rows = new TheoryData<string>();
        if (Fixtures() is not { } folder)
            return new("absent");
        foreach (var file in Directory.EnumerateFiles(Path.Combine(folder, "cases"), "*.json").Order(StringComparer.Ordinal))
        {
            using var cases = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var property in cases.RootElement.EnumerateObject())
                rows.Add($"{Path.GetFileNameWithoutExtension(file)}/{property.Name}");
        }
        return rows;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_cases_of_the_schema_are_judged_as_it_says(string name)
    {
        var folder = Fixtures() ?? Skipped();
        var (file, property) = (name.Split('/')[0], name.Split('/')[1]);
        using var cases = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "cases", file + ".json")));
        var json = cases.RootElement.GetProperty(property);
        // The dates are bare strings there.
        var document = json.ValueKind == JsonValueKind.String ? Field("work", "startDate", json.GetString()!) : json.GetRawText();
        var problems = Schema(document);
        if (!property.Contains("invalid", StringComparison.OrdinalIgnoreCase))
            Assert.Empty(problems);
        else
            Assert.Equal([Innermost(document)], problems.Select(problem => problem.Path));
    }

    [Fact]
    public void The_sample_of_the_schema_can_be_sent() =>
        Assert.Empty(JsonResume.Check(File.ReadAllBytes(Path.Combine(Fixtures() ?? Skipped(), "sample.resume.json"))));

    [Fact]
    public void Every_field_of_the_schema_has_its_type_and_format_here_and_there_are_no_others()
    {
        using var schema = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Fixtures() ?? Skipped(), "schema.json")));
        var (fields, allNames) = (0, new HashSet<string>());
        Collect(schema.RootElement);
        Compare(schema.RootElement, path: "", wrap: json => json);
        Assert.Equal(111, fields);

        void Collect(JsonElement shape)
        {
            if (shape.TryGetProperty("items", out var items))
                Collect(items);
            if (!shape.TryGetProperty("properties", out var properties))
                return;
            foreach (var field in properties.EnumerateObject())
            {
                allNames.Add(field.Name);
                Collect(field.Value);
            }
        }

        void Compare(JsonElement shape, string path, Func<string, string> wrap)
        {
            var isDate = shape.TryGetProperty("$ref", out _);
            var type = isDate ? "string" : shape.GetProperty("type").GetString();
            fields++;
            Assert.Equal([new CvProblem(path, $"It must be {(type == "string" ? "a" : "an")} {type}, not a boolean.")], Schema(wrap("true")));
            switch (type)
            {
                case "string":
                    var isFree = path == "$schema" || (!isDate && !shape.TryGetProperty("format", out _));
                    Assert.Equal(isFree ? [] : [path], Schema(wrap("\"!\"")).Select(problem => problem.Path));
                    break;
                case "array":
                    Compare(shape.GetProperty("items"), $"{path}[0]", json => wrap($"[{json}]"));
                    break;
                default:
                    Assert.True(shape.TryGetProperty("additionalProperties", out var open) ? open.GetBoolean() : true);
                    var known = shape.GetProperty("properties");
                    // What is a field elsewhere, and not here, is a property of one's own.
                    foreach (var foreign in allNames.Where(name => !known.TryGetProperty(name, out _)))
                        Assert.Empty(Schema(wrap($$"""{"{{foreign}}":null}""")));
                    foreach (var field in known.EnumerateObject())
                        Compare(field.Value, path.Length == 0 ? field.Name : $"{path}.{field.Name}", json => wrap($$"""{"{{field.Name}}":{{json}}}"""));
                    break;
            }
        }
    }

    // Each invalid case is a chain down to the one value that is wrong.
    static string Innermost(string document)
    {
        using var json = JsonDocument.Parse(document);
        var (value, path) = (json.RootElement, "");
        while (true)
        {
            if (value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Any())
            {
                var property = value.EnumerateObject().Single();
                (value, path) = (property.Value, path.Length == 0 ? property.Name : $"{path}.{property.Name}");
            }
            else if (value.ValueKind == JsonValueKind.Array)
            {
                (value, path) = (value.EnumerateArray().Single(), $"{path}[0]");
            }
            else
            {
                return path;
            }
        }
    }

    static string? Fixtures()
    {
        var root = Environment.GetEnvironmentVariable("PASSERELLE_FIXTURES");
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); root is null && folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Passerelle.slnx")))
                root = Path.Combine(folder.FullName, "..", "shared", "fixtures");
        }
        var cv = Path.Combine(root ?? "", "cv", "jsonresume");
        return Directory.Exists(cv) ? cv : null;
    }

    static string Skipped()
    {
        Assert.Skip("The fixtures are not here: see PASSERELLE_FIXTURES.");
        return "";
    }

    static string Basics(string field, string value) => JsonSerializer.Serialize(new Dictionary<string, object> { ["basics"] = new Dictionary<string, string> { [field] = value } });

    static string Field(string section, string field, string value) => JsonSerializer.Serialize(new Dictionary<string, object> { [section] = new[] { new Dictionary<string, string> { [field] = value } } });

    static IReadOnlyList<CvProblem> Check(string json) => JsonResume.Check(Encoding.UTF8.GetBytes(json));

    static IReadOnlyList<CvProblem> Schema(string json) => JsonResume.CheckSchema(Encoding.UTF8.GetBytes(json));

    static string Whole(byte[] document)
    {
        var problem = Assert.Single(JsonResume.Check(document));
        Assert.Equal("", problem.Path);
        return problem.Problem;
    }
}
