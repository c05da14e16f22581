using System.Diagnostics;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Clocks.Policies;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Clocks.Policies;

/// <summary>The hub's own command line, as a process: policies.</summary>
public sealed class PolicyCommandsTests(Postgres postgres)
{
    [Fact]
    public async Task A_policy_is_made_from_a_file_offered_and_deactivated()
    {
        var database = await postgres.CloneAsync();
        var terms = Path.Combine(postgres.NewFolder(), "terms.json");
        await File.WriteAllTextAsync(terms, TermsJson.Write(new PolicyTerms { MayPause = true }), TestContext.Current.CancellationToken);

        Assert.Equal("ete@1", (await RunAsync(database, "policies", "create", "ete", "--terms", terms)).Output.Trim());
        Assert.Matches(@"ete@1\s+promise housing from \d{4}-", (await RunAsync(database, "policies", "offer", "ete@1", "--family", "promise", "--need", "housing")).Output);
        var list = (await RunAsync(database, "policies", "list")).Output;
        Assert.Matches(@"ete@1\s+promise housing from .+""may_pause"": true", list);
        Assert.Matches(@"partner-window@1\s+partner_window all from 2000-01-01", list);
        Assert.Matches(@"ete@1\s+promise housing from .+ until \d{4}-", (await RunAsync(database, "policies", "deactivate", "ete@1")).Output);

        Assert.Equal("ete@2", (await RunAsync(database, "policies", "create", "ete", "--terms", terms)).Output.Trim());
        Assert.Matches(@"ete@2\s+promise housing phone from \d{4}-", (await RunAsync(database, "policies", "offer", "ete@2", "--family", "promise", "--need", "housing", "--origin", "phone")).Output);

        foreach (var wrong in (string[][])[["create", "É", "--terms", terms], ["create", "ete", "--terms", "/nowhere.json"], ["offer", "ete", "--family", "promise"], ["offer", "ete@1", "--family", "x"],
            ["offer", "ete@1", "--family", "promise", "--need", "maison"], ["offer", "ete@1", "--family", "promise", "--origin", "unspecified"], ["offer", "ete@1", "--family", "promise", "--partner", "emploi"],
            ["offer", "ete@1", "--family", "partner_window", "--origin", "phone"],
            ["offer", "ete@3", "--family", "promise"], ["deactivate", "promise@1"]])
            Assert.NotEqual(0, (await RunAsync(database, ["policies", .. wrong])).Code);
    }

    static async Task<(int Code, string Output)> RunAsync(string database, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "passerelle-hub.dll"), .. arguments]) start.ArgumentList.Add(argument);
        start.Environment["ConnectionStrings__Hub"] = database;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await error;
        return (process.ExitCode, await output);
    }
}
