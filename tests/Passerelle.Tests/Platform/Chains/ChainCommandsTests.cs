using System.Diagnostics;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Platform.Chains;

/// <summary>The hub's own command line, as a process: anchoring and verifying.</summary>
public sealed class ChainCommandsTests(Postgres postgres)
{
    [Fact]
    public async Task Chains_are_anchored_and_verified_and_the_exit_code_says_whether_anything_was_found()
    {
        var (database, anchors) = (await postgres.CloneAsync(), Path.Combine(postgres.NewFolder(), "anchors.log"));
        await using var hub = await HubHost.StartOnNewAsync(database);
        await Entries.AppendAsync(hub, new Random(1), 5);

        Assert.Matches(@"^20\S+Z access 5 [0-9a-f]{64}\n$", (await RunAsync(database, anchors, "chains", "anchor")).Output);
        var whole = await RunAsync(database, anchors, "chains", "verify");
        Assert.Equal(0, whole.Code);
        Assert.Matches(@"access +5 entries, 20.+ to 20.+, 1 anchors: OK", whole.Output);

        await hub.ExecuteAsync(
            """
            alter table audit.access_entries disable trigger append_only;
            delete from audit.access_entries where sequence = 5;
            update chains set sequence = 4, hash = (select hash from audit.access_entries where sequence = 4);
            update audit.access_entries set actor = 'x' where sequence = 2;
            """);
        var broken = await RunAsync(database, anchors, "chains", "verify", "access");
        Assert.Equal(1, broken.Code);
        Assert.Matches(@"access +4 entries, .+: 2 findings\n  entry 2 was changed\n  entry 5 is not what was anchored\n", broken.Output);

        // A file that is named must be there, and a chain too.
        Assert.NotEqual(0, (await RunAsync(database, anchors, "chains", "verify", "--anchors", anchors + ".other")).Code);
        Assert.NotEqual(0, (await RunAsync(database, anchors, "chains", "verify", "nobody")).Code);
        await File.AppendAllTextAsync(anchors, "nonsense\n");
        Assert.Contains("line 2 of the anchors is unreadable", (await RunAsync(database, anchors, "chains", "verify")).Output, StringComparison.Ordinal);
    }

    static async Task<(int Code, string Output)> RunAsync(string database, string anchors, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "passerelle-hub.dll"), .. arguments]) start.ArgumentList.Add(argument);
        start.Environment["ConnectionStrings__Hub"] = database;
        start.Environment["Anchors__File"] = anchors;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await error;
        return (process.ExitCode, await output);
    }
}
