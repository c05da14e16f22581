using System.Text.RegularExpressions;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Architecture;

/// <summary>Rules about the text of the tree itself. The needles are written in pieces, so that this file does not find itself.</summary>
public class HouseRulesTests
{
    const int LongestFile = 400;

    /// <summary>Files that read better whole, each with its reason.</summary>
    static readonly Dictionary<string, string> mayBeLonger = [];

    static readonly string[] code = [".cs", ".razor", ".proto", ".sql", ".sh", ".js", ".mjs", ".css"];

    /// <summary>Where packages come from is the business of the machine that restores them: mirrors and proxies differ.</summary>
    static readonly Regex registry = new(@"(nuget\." + @"org|npm" + @"js\.(com|org))", RegexOptions.IgnoreCase);

    /// <summary>Folders of somebody's machine. A path inside an address ("https://example.org/home/") is none.</summary>
    static readonly Regex machine = new(@"(?<![\w.~*}-])(/(ho" + @"me|ro" + @"ot|wo" + @"rk|Us" + @"ers)/|[A-Z]:\\Us" + @"ers\\)");

    [Fact]
    public void No_file_names_a_package_registry() => Findings.None(Found(registry));

    [Fact]
    public void No_file_names_a_folder_of_a_developers_machine() => Findings.None(Found(machine));

    /// <summary>See WholeStatements.</summary>
    [Fact]
    public void No_statement_of_the_hub_is_cut_off() =>
        Findings.None(Found(new(@"\.Execute(Reader|NonQuery|Scalar)" + @"Async\((?!CancellationToken\.None\))")).Where(f => f.StartsWith("src/Passerelle.Hub/", StringComparison.Ordinal)));

    [Fact]
    public void No_file_is_too_long_to_read() =>
        Findings.None(
            from file in SourceTree.Files
            where code.Contains(Path.GetExtension(file)) && !IsFromElsewhere(file) && !mayBeLonger.ContainsKey(file)
            let lines = File.ReadLines(Repository.PathOf(file)).Count()
            where lines > LongestFile
            select $"{file}: {lines} lines, more than {LongestFile}");

    [Fact]
    public void What_may_be_longer_is_there_and_is_longer() =>
        Assert.All(mayBeLonger.Keys, file => Assert.True(File.ReadLines(Repository.PathOf(file)).Count() > LongestFile, $"{file} needs no exception any more"));

    [Fact]
    public void The_needles_find_what_they_look_for()
    {
        Assert.Matches(registry, "https://api.nuget." + "org/v3/index.json");
        Assert.Matches(registry, "registry.npm" + "js.org");
        Assert.Matches(machine, "see /ho" + "me/ada/notes.txt");
        Assert.Matches(machine, "\"/wo" + "rk/x\"");
        Assert.Matches(machine, @"C:\Us" + @"ers\ada");
        Assert.DoesNotMatch(machine, "https://example.org/ho" + "me/");
        Assert.DoesNotMatch(machine, "~/wo" + "rk/ and a/ro" + "ot/b");
    }

    static IEnumerable<string> Found(Regex needle) =>
        from file in SourceTree.Files
        let path = Repository.PathOf(file)
        where !IsBinary(path)
        from line in File.ReadLines(path).Index()
        where needle.IsMatch(line.Item)
        select $"{file}:{line.Index + 1}: {line.Item.Trim()}";

    // Google's protos are copies; migrations are written by EF Core.
    static bool IsFromElsewhere(string file) => file.StartsWith("protos/google/", StringComparison.Ordinal) || file.Contains("/Migrations/", StringComparison.Ordinal);

    /// <summary>As git decides it: a zero byte near the beginning.</summary>
    static bool IsBinary(string path)
    {
        using var stream = File.OpenRead(path);
        Span<byte> beginning = stackalloc byte[8000];
        return beginning[..stream.ReadAtLeast(beginning, beginning.Length, throwOnEndOfStream: false)].Contains((byte)0);
    }
}
