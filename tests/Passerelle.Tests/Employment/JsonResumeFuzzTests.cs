using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using Passerelle.Hub.Employment;
using static Passerelle.Tests.Employment.Resumes;

namespace Passerelle.Tests.Employment;

/// <summary>Whatever a document holds, the judgement is a list: never an exception, never a word of the document.</summary>
public partial class JsonResumeFuzzTests
{
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
        [.. "\\"u8], [.. "\\ud800"u8], [.. "1e999"u8], [.. "\"basics\":{},"u8], [.. "\"work\":[null],"u8], Encoding.UTF8.GetBytes($"\"{Planted}\""), Encoding.UTF8.GetBytes($"\"{Planted}\":1,"),
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
        ["$schema", "basics", "name", "email", "url", "location", "profiles", "work", "startDate", "highlights", "education", "skills", "keywords", "meta", "canonical", Planted, Planted + "2", "n\\u0061me", "\\ud800" + Planted];

    static readonly string[] Leaves =
        ["null", "true", "-1.5e300", "\"\"", "\"2014-06\"", "\"a@exemple.fr\"", "\"https://exemple.fr\"", $"\"{Planted}\"", $"\"{Planted}@exemple.fr\"", $"\"https://exemple.fr/{Planted}\"", $"\"{Planted}\\ud83d\""];

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
}
