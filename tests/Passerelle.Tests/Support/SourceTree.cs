using System.ComponentModel;
using System.Diagnostics;

namespace Passerelle.Tests.Support;

/// <summary>The files that are ours: what git tracks, or without git what the source folders hold.</summary>
static class SourceTree
{
    static readonly string[] folders = ["src", "tests", "protos", "docker"];
    static readonly string[] madeByBuilds = ["bin", "obj", "node_modules", "TestResults", "BenchmarkDotNet.Artifacts"];

    /// <summary>Paths from the root, with slashes.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. (Tracked() ?? Enumerated()).Where(file => File.Exists(Repository.PathOf(file))).Order(StringComparer.Ordinal)];

    static string[]? Tracked()
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", ["ls-files", "-z"])
            {
                WorkingDirectory = Repository.Root,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var listed = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            return git.ExitCode == 0 && listed.Length > 0 ? listed.Split('\0', StringSplitOptions.RemoveEmptyEntries) : null;
        }
        catch (Win32Exception)
        {
            // No git here, e.g. in a container that has the sources only.
            return null;
        }
    }

    static IEnumerable<string> Enumerated() =>
        from folder in folders
        let path = Repository.PathOf(folder)
        where Directory.Exists(path)
        from file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
        let relative = Path.GetRelativePath(Repository.Root, file).Replace('\\', '/')
        where !relative.Split('/').Any(part => madeByBuilds.Contains(part))
        select relative;
}
