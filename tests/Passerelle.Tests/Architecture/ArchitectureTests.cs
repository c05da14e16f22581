using System.Text.RegularExpressions;
using System.Xml.Linq;
using Passerelle.Tests.Support;
using Assembly = System.Reflection.Assembly;

namespace Passerelle.Tests.Architecture;

/// <summary>Dependencies point one way. Where a rule is in the way, the code is usually in the wrong folder.</summary>
public partial class ArchitectureTests
{
    static readonly string[] floor = ["Platform", "Persistence"];
    static readonly string[] kernel = [.. floor, "Partners", "Privacy", "Clocks", "Exchanges"];

    /// <summary>The folders of Passerelle.Hub from the bottom up. Siblings see each other one way too, so that there is always an order to read them in.</summary>
    static readonly Dictionary<string, string[]> maySee = new()
    {
        // Rows of its own (responses kept for repeats), hence Persistence; Persistence in turn uses its options and telemetry.
        ["Platform"] = ["Persistence"],
        ["Persistence"] = ["Platform"],
        // Where things are. Like the floor it knows nobody; only who needs it sees it.
        ["Places"] = floor,
        ["Partners"] = floor,
        // What files of partners have in common, whatever they list.
        ["Feeds"] = floor,
        // A consent and a disclosure name a partner.
        ["Privacy"] = [.. floor, "Partners"],
        ["Clocks"] = [.. floor, "Partners", "Privacy"],
        // The kernel never knows what a CV is: slices reach it through IExchangeKind, it does not reach them.
        ["Exchanges"] = [.. floor, "Partners", "Privacy", "Clocks"],
        // A case's persons are everyone's; beyond them the slices never see each other.
        ["Cases"] = kernel,
        ["Rights"] = [.. kernel, "Cases"],
        ["Employment"] = [.. kernel, "Cases", "Feeds"],
        ["Schooling"] = [.. kernel, "Cases", "Feeds"],
        ["Housing"] = [.. kernel, "Cases", "Feeds", "Places"],
        ["Living"] = kernel,
        ["Console"] = [.. kernel, "Feeds", "Places", "Cases", "Rights", "Employment", "Schooling", "Housing", "Living"],
    };

    [Fact]
    public void Dependencies_of_the_hub_point_one_way() =>
        Findings.None(new Layers("Passerelle.Hub", maySee, "Passerelle.Hub.Persistence.HubDb").Violations(Hub()));

    [Fact]
    public void The_table_of_layers_has_no_circle_but_the_floor()
    {
        foreach (var (folder, seen) in maySee)
            foreach (var other in seen.Except(floor))
                Assert.DoesNotContain(folder, maySee[other]);
    }

    /// <summary>The row is the truth and Hangfire is the muscle: what decides does not know that it exists.</summary>
    [Fact]
    public void Only_jobs_and_their_registration_know_hangfire() =>
        Findings.None(
            from type in Layers.Types(Hub())
            let name = Layers.Outermost(type.FullName)
            where name.StartsWith("Passerelle.Hub.", StringComparison.Ordinal) && !MayKnowHangfire().IsMatch(name)
                && type.Dependencies.Any(dependency => dependency.Target.FullName.StartsWith("Hangfire.", StringComparison.Ordinal))
            select $"{name} uses Hangfire: only jobs (named ...Job or ...Jobs, or in Platform/Jobs), Persistence and what starts the hub do");

    [Theory]
    [InlineData("src/Passerelle.Contracts/Passerelle.Contracts.csproj")]
    [InlineData("src/Passerelle.Client/Passerelle.Client.csproj")]
    [InlineData("src/Passerelle.Cli/Passerelle.Cli.csproj")]
    public void What_partners_install_never_references_the_hub(string project) =>
        Assert.DoesNotContain(References(Repository.PathOf(project)), reference => Path.GetFileName(reference) == "Passerelle.Hub.csproj");

    [Fact]
    public void Namespaces_mirror_folders() =>
        Findings.None(
            from file in SourceTree.Files
            where file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal)
            let written = NamespaceLine().Match(File.ReadAllText(Repository.PathOf(file)))
            let expected = string.Join('.', file.Split('/')[1..^1])
            where written.Success && written.Groups[1].Value != expected
            select $"{file}: its folder says namespace {expected}, it says {written.Groups[1].Value}");

    static Assembly Hub() => Assembly.Load("passerelle-hub");

    static IEnumerable<string> References(string project) =>
        XDocument.Load(project).Descendants("ProjectReference")
            .Select(reference => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(project)!, reference.Attribute("Include")!.Value)))
            .SelectMany(reference => References(reference).Prepend(reference));

    // What stands in the root namespace beside Program puts the hub together.
    [GeneratedRegex(@"^Passerelle\.Hub\.([^.]+$|Persistence\.|Platform\.Jobs\.|.*Jobs?$)")]
    private static partial Regex MayKnowHangfire();

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();
}
