using System.Diagnostics;
using System.Text;
using Passerelle.Hub.Employment;
using static Passerelle.Tests.Employment.Resumes;

namespace Passerelle.Tests.Employment;

public class JsonResumeTests
{
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
}
