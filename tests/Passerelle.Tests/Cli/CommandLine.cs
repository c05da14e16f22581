using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Passerelle.Cli;
using Passerelle.Tests.Client;

namespace Passerelle.Tests.Cli;

/// <summary>What a run of the command line left: its exit code and what it wrote.</summary>
internal sealed record CommandResult(int Code, string Output, string Error)
{
    /// <summary>The output as JSON, one value per line. Fails when anything else was written.</summary>
    public List<JsonElement> Json => [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
}

/// <summary>Runs the command line in this process, without this process's environment.</summary>
internal static class CommandLine
{
    public const string Key = "key-that-must-not-show";

    public static Task<CommandResult> RunAsync(FakeHub hub, params string[] args) => RunAsync(hub, TestContext.Current.CancellationToken, args);

    public static Task<CommandResult> RunAsync(FakeHub hub, CancellationToken cancellationToken, params string[] args) =>
        RunAsync(new() { ["PASSERELLE_ADDRESS"] = hub.Address.ToString(), ["PASSERELLE_KEY"] = Key }, null, cancellationToken, args);

    public static async Task<CommandResult> RunAsync(
        Dictionary<string, string> environment, DateTimeOffset? now, CancellationToken cancellationToken, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var host = new Host
        {
            Variable = environment.GetValueOrDefault,
            Time = now is { } fixedNow ? new FakeTimeProvider(fixedNow) : TimeProvider.System,
            FirstBackoff = TimeSpan.FromMilliseconds(1),
        };
        var code = await Passerelle.Cli.Program.RunAsync(args, output, error, host, cancellationToken);
        var result = new CommandResult(code, output.ToString(), error.ToString());
        Assert.DoesNotContain(Key, result.Output + result.Error, StringComparison.Ordinal);
        return result;
    }
}

/// <summary>A folder that goes with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("passerelle-cli-").FullName;

    public IEnumerable<string> Names => Directory.EnumerateFiles(Path).Select(System.IO.Path.GetFileName).Order(StringComparer.Ordinal)!;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string Write(string name, string content)
    {
        System.IO.File.WriteAllText(File(name), content);
        return File(name);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
