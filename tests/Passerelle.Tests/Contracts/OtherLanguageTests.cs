using System.ComponentModel;
using System.Diagnostics;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Contracts;

/// <summary>The contract stands on its own: a client in another language, from the .proto files alone, can do every step.</summary>
public class OtherLanguageTests(Postgres postgres)
{
    static readonly TimeSpan patience = TimeSpan.FromMinutes(3);
    static readonly string client = Repository.PathOf("tests", "Passerelle.NodeClient");

    [Fact]
    public async Task A_client_in_Node_plays_the_whole_story_from_the_proto_files()
    {
        Assert.True(Directory.Exists(Path.Combine(client, "node_modules")), "The Node.js client's packages are not installed: run ./test.sh, which installs them.");
        // With its certificates: one step comes in by mutual TLS.
        await using var hub = await HubProcess.StartEmbeddedAsync(postgres);

        var (exitCode, output) = await RunAsync("story.mjs", "--keys", hub.KeysFile, "--listen", hub.PartnerAddress.Authority);

        Assert.True(exitCode == 0, $"The story ended with {exitCode}:\n{output}");
        Assert.Contains(" passed, 0 failed", output, StringComparison.Ordinal);
    }

    static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        using var node = Start(arguments);
        var (output, errors) = (node.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), node.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(patience);
        try
        {
            await node.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            node.Kill(entireProcessTree: true);
            Assert.Fail($"The story was not over after {patience.TotalMinutes:0} minutes:\n{await output}{await errors}");
        }
        return (node.ExitCode, await output + await errors);
    }

    static Process Start(string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("node", arguments) { WorkingDirectory = client, RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (Win32Exception missing)
        {
            throw new InvalidOperationException("Node.js is not in PATH: run ./test.sh, which says what to install, or installs it.", missing);
        }
    }
}
