using System.Text.RegularExpressions;
using Passerelle.Hub;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Partners.Drops;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Jobs;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Docker;

/// <summary>No container engine is needed to see that what docker/ and the scripts name is there: paths, projects, programs, configuration keys, ports.</summary>
public sealed partial class DockerFilesTests
{
    static readonly string Dockerfile = Read("docker/Dockerfile");
    static readonly string Compose = Read("docker/compose.yaml");

    [Fact]
    public void Every_path_that_the_Dockerfile_copies_exists()
    {
        var copied = CopyLine().Matches(Dockerfile).SelectMany(m => m.Groups["from"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
        Assert.NotEmpty(copied);
        Assert.All(copied, path => Assert.True(Path.Exists(Path.Combine(Repository.Root, path)), path));
    }

    [Fact]
    public void Every_project_that_is_published_exists_and_is_copied_with_all_that_it_references()
    {
        var published = Project().Matches(Dockerfile).Select(m => m.Value).ToList();
        Assert.Equal(2, published.Count);
        foreach (var project in published) AssertCopied(project);

        void AssertCopied(string project)
        {
            Assert.True(File.Exists(Path.Combine(Repository.Root, project)), project);
            Assert.Contains(CopyLine().Matches(Dockerfile).SelectMany(m => m.Groups["from"].Value.Split(' ')), from => project.StartsWith(from, StringComparison.Ordinal));
            foreach (Match reference in ProjectReference().Matches(Read(project)))
                AssertCopied(Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(project)!, reference.Groups[1].Value))));
        }
    }

    [Fact]
    public void Every_program_that_is_started_is_one_that_a_project_makes()
    {
        var made = Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories).Select(p => AssemblyName().Match(File.ReadAllText(p)).Groups[1].Value + ".dll").ToHashSet();
        var started = Program().Matches(Dockerfile + Read("run.sh")).Select(m => m.Value).Distinct().ToList();
        Assert.Equal(2, started.Count);
        Assert.All(started, program => Assert.Contains(program, made));
    }

    [Fact]
    public void Every_configuration_key_that_they_set_is_one_that_the_hub_reads()
    {
        var options = new Dictionary<string, Type>
        {
            ["Listen"] = typeof(ListenOptions), ["Vault"] = typeof(VaultOptions), ["Response"] = typeof(ResponseOptions), ["Delivery"] = typeof(DeliveryOptions), ["Jobs"] = typeof(JobOptions),
            ["Push"] = typeof(PushOptions), ["Drops"] = typeof(DropOptions),
        };
        var source = string.Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "src/Passerelle.Hub"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        var keys = ConfigurationKey().Matches(Dockerfile + Compose + Read("run.sh")).Select(m => (Section: m.Groups[1].Value, Key: m.Groups[2].Value)).Distinct().ToList();
        Assert.True(keys.Count > 5);
        Assert.All(keys, k => Assert.True(
            options.TryGetValue(k.Section, out var type) ? type.GetProperty(k.Key) is not null
            : k == ("ConnectionStrings", "Hub") || source.Contains($"\"{k.Section}:{k.Key}\"", StringComparison.Ordinal), $"{k.Section}__{k.Key}"));
    }

    [Fact]
    public void The_ports_are_the_hubs_own()
    {
        var listen = new ListenOptions();
        Assert.Contains($"EXPOSE {listen.Http} {listen.Grpc} {listen.Tls}", Dockerfile, StringComparison.Ordinal);
        Assert.Contains("EXPOSE 5082", Dockerfile, StringComparison.Ordinal);
        Assert.Equal([$"{listen.Http}:{listen.Http}", $"{listen.Grpc}:{listen.Grpc}"], PublishedPort().Matches(Compose).Select(m => m.Groups[1].Value));
        Assert.Contains($"http://hub:{listen.Grpc}", Compose, StringComparison.Ordinal);
        Assert.Contains($"default {listen.Http},{listen.Grpc},{listen.Tls},5082", Read("run.sh"), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_runs_as_root_and_the_hub_is_checked()
    {
        var stages = Dockerfile.Split("\nFROM ")[1..];
        Assert.All(stages.Where(s => s.Contains("ENTRYPOINT", StringComparison.Ordinal)), s => Assert.StartsWith("runtime AS ", s, StringComparison.Ordinal));
        Assert.Contains("USER $APP_UID", stages.Single(s => s.Contains(" AS runtime", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("HEALTHCHECK", stages.Single(s => s.StartsWith("runtime AS hub", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_sftp_image_holds_its_settings_and_no_account_and_shares_the_drops_with_the_hub()
    {
        var sftp = Read("docker/sftp/Dockerfile");
        Assert.Equal(["docker/sftp/sshd_config", "docker/sftp/entrypoint.sh"], CopyLine().Matches(sftp).SelectMany(m => m.Groups["from"].Value.Split(' ')));
        Assert.Contains("rm -rf /var/lib/apt/lists/* /etc/ssh/ssh_host_*", sftp, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(Compose, "- drops:/drops$", RegexOptions.Multiline));
        Assert.Contains("Drops__Root: /drops\n", Compose, StringComparison.Ordinal);
        // The hub's user of the image below it: what partners upload is for its group.
        Assert.Contains("\"${HUB_USER:=1654:1654}\"", Read("docker/sftp/entrypoint.sh"), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_target_and_file_that_compose_builds_exists()
    {
        foreach (Match target in Target().Matches(Compose)) Assert.Contains($" AS {target.Groups[1].Value}\n", Dockerfile, StringComparison.Ordinal);
        foreach (Match file in DockerfilePath().Matches(Compose)) Assert.True(File.Exists(Path.Combine(Repository.Root, file.Groups[1].Value)));
    }

    static string Read(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));

    [GeneratedRegex(@"^COPY (?!--from)(?<from>.+) \S+$", RegexOptions.Multiline)]
    private static partial Regex CopyLine();

    [GeneratedRegex(@"\S+\.csproj")]
    private static partial Regex Project();

    [GeneratedRegex("<ProjectReference Include=\"([^\"]+)\"")]
    private static partial Regex ProjectReference();

    [GeneratedRegex("<AssemblyName>([^<]+)</AssemblyName>")]
    private static partial Regex AssemblyName();

    [GeneratedRegex(@"passerelle-[a-z]+\.dll")]
    private static partial Regex Program();

    [GeneratedRegex(@"\b([A-Z][A-Za-z]+)__([A-Z][A-Za-z]+)\b")]
    private static partial Regex ConfigurationKey();

    [GeneratedRegex(@"- 127\.0\.0\.1:(\d+:\d+)")]
    private static partial Regex PublishedPort();

    [GeneratedRegex(@"target: (\w+)")]
    private static partial Regex Target();

    [GeneratedRegex(@"dockerfile: (\S+)")]
    private static partial Regex DockerfilePath();
}
