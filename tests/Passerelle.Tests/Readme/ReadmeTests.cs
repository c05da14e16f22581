using System.Diagnostics;
using System.Text.RegularExpressions;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Readme;

public sealed partial class ReadmeTests(Postgres postgres)
{
    static readonly string Readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));

    [Fact]
    public async Task Every_call_works_as_printed()
    {
        var blocks = Block().Matches(Readme).Select(m => m.Groups[1].Value).ToList();
        Assert.True(blocks.Count >= 6, "README.md has a call for each caller.");
        await using var hub = await HubProcess.StartAsync(postgres);
        // What differs here is where things are: ports, keys, and programs.
        var bin = Directory.CreateDirectory(Path.Combine(hub.Folder, "bin")).FullName;
        foreach (var program in (string[])["passerelle", "passerelle-simulator"]) WriteProgram(bin, program);
        var script = string.Join("\n", blocks)
            .Replace("http://127.0.0.1:5081", hub.GrpcAddress, StringComparison.Ordinal)
            .Replace("http://127.0.0.1:5080", hub.HttpAddress, StringComparison.Ordinal)
            .Replace(".data/dev-keys.json", hub.KeysFile, StringComparison.Ordinal)
            .Replace("PATH=$PWD/src/", $"PATH={bin}:$PWD/src/", StringComparison.Ordinal);
        var start = new ProcessStartInfo("bash") { ArgumentList = { "-euo", "pipefail", "-c", script }, WorkingDirectory = hub.Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        try { await process.WaitForExitAsync(limit.Token); }
        catch (OperationCanceledException) { process.Kill(entireProcessTree: true); }
        Assert.True(process.ExitCode == 0, $"{await output}\n{await error}");
        Assert.Contains("\"runningClocks\":1", (await output).Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_file_that_it_links_to_exists() =>
        Assert.All(Link().Matches(Readme).Select(m => m.Groups[1].Value), path => Assert.True(File.Exists(Path.Combine(Repository.Root, path)), path));

    static void WriteProgram(string folder, string program)
    {
        var path = Path.Combine(folder, program);
        File.WriteAllText(path, $"#!/bin/sh\nexec dotnet '{Path.Combine(AppContext.BaseDirectory, program)}.dll' \"$@\"\n");
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("755", 8));
    }

    [GeneratedRegex("^```sh\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"\]\(([^)#:]+)\)")]
    private static partial Regex Link();
}
