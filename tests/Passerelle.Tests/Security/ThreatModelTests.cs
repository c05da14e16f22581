using System.Reflection;
using System.Text.RegularExpressions;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Security;

/// <summary>The page is kept true: what it names is there, and it stays one page.</summary>
public sealed partial class ThreatModelTests
{
    static readonly string Folder = Path.Combine(Repository.Root, "src", "Passerelle.Hub");

    static readonly string Page = File.ReadAllText(Path.Combine(Folder, "THREATS.md"));

    [Fact]
    public void Every_file_that_it_links_to_exists()
    {
        var links = Link().Matches(Page).Select(m => m.Groups[1].Value).ToList();
        Assert.True(links.Count > 20);
        Assert.All(links, link => Assert.True(File.Exists(Path.GetFullPath(Path.Combine(Folder, link))), link));
    }

    [Fact]
    public void Every_test_that_it_names_exists_and_tests()
    {
        var named = TestName().Matches(Page).Select(m => m.Groups[1].Value).Distinct().ToList();
        Assert.True(named.Count > 15);
        var classes = Assembly.GetExecutingAssembly().GetTypes().ToLookup(t => t.Name);
        Assert.All(named, name => Assert.Contains(classes[name], type => type.GetMethods().Any(method => method.GetCustomAttributes<FactAttribute>().Any())));
    }

    [Fact]
    public void Each_row_says_what_where_and_by_what_it_is_shown()
    {
        var rows = Page.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1).ToList();
        Assert.True(rows.Count >= 10);
        Assert.All(rows, row =>
        {
            var cells = row.Split('|', StringSplitOptions.TrimEntries);
            Assert.True(cells.Length == 6 && Link().IsMatch(cells[3]) && TestName().IsMatch(cells[4]), row);
        });
    }

    [Fact]
    public void It_is_one_page() => Assert.InRange(Page.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Length, 400, 1_300);

    [GeneratedRegex(@"\]\(([^)#:]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("`([A-Z][A-Za-z]+Tests)`")]
    private static partial Regex TestName();
}
