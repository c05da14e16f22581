using System.Diagnostics;
using Passerelle.Hub.Privacy;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Privacy;

/// <summary>Master keys of tests, and hubs that have them.</summary>
static class TestKeys
{
    /// <summary>HubHost's own.</summary>
    public static readonly string First = Convert.ToBase64String(new byte[32]);

    public static readonly string Second = Convert.ToBase64String([.. Enumerable.Range(1, 32).Select(i => (byte)(i * 7))]);

    /// <summary>Wraps with the first, and knows the second already.</summary>
    public static readonly string[] Before = ["Vault:OtherMasterKeys:0:Key=" + Second];

    /// <summary>Wraps with the second, and knows the first still.</summary>
    public static readonly string[] After = ["Vault:MasterKey=" + Second, "Vault:OtherMasterKeys:0:Key=" + First];

    /// <summary>Has never heard of the first.</summary>
    public static readonly string[] SecondAlone = ["Vault:MasterKey=" + Second];

    /// <summary>The hub's own command line, as a process.</summary>
    public static async Task<(int Code, string Output)> RunHubAsync(string database, (string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "passerelle-hub.dll"), .. arguments]) start.ArgumentList.Add(argument);
        start.Environment["ConnectionStrings__Hub"] = database;
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await error);
    }

    public static Guid IdOf(string name) => Guid.Parse(name.AsSpan(name.IndexOf('/', StringComparison.Ordinal) + 1));

    public static Task<bool> DestroyAsync(this HubHost hub, string person) => hub.WithAsync<Vault, bool>(vault => vault.DestroyAsync(IdOf(person), TestContext.Current.CancellationToken));
}
