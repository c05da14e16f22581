using System.Diagnostics;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Security;

/// <summary>.ci/audit with programs in the place of dotnet and npm: what it makes of each answer.</summary>
public sealed class AuditScriptTests(Postgres postgres)
{
    const string Clean = """echo '{ "auditReportVersion": 2, "metadata": { "vulnerabilities": { "high": 0, "total": 0 } } }'""";
    const string Found = """echo '{ "auditReportVersion": 2, "metadata": { "vulnerabilities": { "high": 1, "total": 1 } } }'; exit 1""";
    const string Away = """echo '{ "error": { "summary": "no such host" } }'; exit 1""";

    [Theory]
    [InlineData("exit 0", Clean, 0, "is known to be vulnerable.")]
    [InlineData("echo \"x.csproj : warning NU1903: Package 'Old' 1.0.0 has a known high severity vulnerability\"", Clean, 1, "Package 'Old' 1.0.0")]
    [InlineData("exit 0", Found, 1, "is known to be vulnerable.")]
    [InlineData("echo \"x.csproj : warning NU1900: Error communicating with the source\"", Clean, 2, "NOT AUDITED: nobody could be asked about the .NET packages")]
    [InlineData("echo \"x.csproj : warning NU1905: The source does not provide a vulnerability database\"", Clean, 2, "NOT AUDITED: nobody could be asked about the .NET packages")]
    [InlineData("echo 'no network'; exit 1", Clean, 2, "NOT AUDITED: nobody could be asked about the .NET packages")]
    [InlineData("exit 0", Away, 2, "NOT AUDITED: nobody could be asked about the Node.js packages of tests/Passerelle.NodeClient: no such host")]
    [InlineData("echo 'x : warning NU1904: Package Old'", Away, 1, "NU1904")]
    public async Task Each_answer_is_told_from_the_others_and_none_is_taken_for_a_pass_that_is_not(string restore, string audit, int code, string says)
    {
        var bin = postgres.NewFolder();
        Write(bin, "dotnet", $"if [ \"$1\" = nuget ]; then echo 'E https://packages.example.org/index.json'; exit 0; fi\n{restore}");
        Write(bin, "npm", audit);
        var start = new ProcessStartInfo(Path.Combine(Repository.Root, ".ci", "audit")) { RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{bin}:{Environment.GetEnvironmentVariable("PATH")}";
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(code == process.ExitCode, $"{process.ExitCode}: {output}");
        Assert.Contains(says, output, StringComparison.Ordinal);
    }

    static void Write(string folder, string program, string script)
    {
        var path = Path.Combine(folder, program);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("755", 8));
    }
}
