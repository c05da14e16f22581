using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Passerelle.Hub.Partners;
using Passerelle.Tests.Support;
using Wire = Passerelle.Contracts.Partners.V1;

namespace Passerelle.Tests.Security;

/// <summary>What the hub is given to keep is printed nowhere: not while all is well, not at a wrong configuration, not when the database is away.</summary>
public sealed class SecretsTests(Postgres postgres)
{
    const string Password = "MotDePasseSecret-8231";

    static readonly string MasterKey = Convert.ToBase64String(SHA256.HashData("a master key under test"u8));

    [Fact]
    public async Task A_hub_at_work_prints_none_of_its_secrets_anywhere()
    {
        await using var hub = await HubProcess.StartAsync(postgres, 0, "Logging:LogLevel:Default=Debug", "Logging:LogLevel:Microsoft=Debug", "Logging:LogLevel:Npgsql=Debug", "Logging:LogLevel:Hangfire=Debug", "Logging:LogLevel:Grpc=Debug");
        var (key, wrong) = (hub.KeyOf("crm-demo"), Credential.IssueKey("x", null, TimeProvider.System.GetUtcNow(), null).Key);
        await new Wire.PartnerService.PartnerServiceClient(hub.As("crm-demo")).ListPartnersAsync(new());
        var said = new StringBuilder();
        using var http = new HttpClient { BaseAddress = new Uri(hub.HttpAddress) };
        foreach (var shown in (string[])[key, wrong, "Basic " + key])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/partners");
            request.Headers.TryAddWithoutValidation("Authorization", shown.StartsWith("Basic", StringComparison.Ordinal) ? shown : "Bearer " + shown);
            using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
            said.AppendLine(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }

        foreach (var path in (string[])["/health/live", "/health/ready", "/hangfire", "/hangfire/jobs/succeeded", "/hangfire/servers", "/hangfire/recurring"])
            said.AppendLine(await http.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken));
        Assert.Equal(0, await hub.StopAsync());
        said.Append(await File.ReadAllTextAsync(hub.Log, TestContext.Current.CancellationToken));
        // It was told much.
        Assert.Contains("dbug:", said.ToString(), StringComparison.Ordinal);
        AssertSilent(said.ToString(), Convert.ToBase64String(new byte[32]), key, wrong);
    }

    /// <summary>A database that is not there, a key that is none, one that is too short, a certificate that cannot be read, a wrong setting, help.</summary>
    static readonly (string Command, string[] Variables)[] WrongStarts =
    [
        ("serve", ["Vault__MasterKey={0}", "ConnectionStrings__Hub=Host=127.0.0.1;Port=1;Username=hub;Password=" + Password, "Demo__Enabled=true"]),
        ("migrate", ["Vault__MasterKey={0}", "ConnectionStrings__Hub=Host=127.0.0.1;Port=1;Username=hub;Password=" + Password]),
        ("keys add --application crm", ["Vault__MasterKey={0}", "ConnectionStrings__Hub=Host=127.0.0.1;Port=1;Username=hub;Password=" + Password]),
        ("migrate", ["ConnectionStrings__Hub=Host=127.0.0.1;Port=1;Username=hub;Pasword=" + Password]),
        ("signing add --partner x", ["Vault__MasterKey={0}!", "ConnectionStrings__Hub=Host=127.0.0.1;Port=1;Password=" + Password]),
        ("serve", ["Vault__MasterKey={0}", "ConnectionStrings__Hub=Host=127.0.0.1;Port=1;Password=" + Password, "Listen__Certificate=/dev/null"]),
        ("serve", ["Vault__MasterKey={0}", "ConnectionStrings__Hub=Host=127.0.0.1;Port=1;Password=" + Password, "Limits__StrangersPerSecond=0"]),
        ("--help", ["Vault__MasterKey={0}", "ConnectionStrings__Hub=Host=127.0.0.1;Port=1;Password=" + Password]),
        ("keys --help", ["Vault__MasterKey={0}", "ConnectionStrings__Hub=Host=127.0.0.1;Port=1;Password=" + Password]),
    ];

    [Fact]
    public Task Hubs_that_cannot_start_say_why_without_what_they_were_given() =>
        // Side by side: some look for their database for half a minute before they give up.
        Task.WhenAll(WrongStarts.Select(wrong => SaysWhyAsync(wrong.Command, wrong.Variables)));

    async Task SaysWhyAsync(string command, string[] variables)
    {
        var arguments = command.Split(' ').Where(word => word != "serve");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = postgres.NewFolder() };
        foreach (var argument in arguments.Prepend(Path.Combine(AppContext.BaseDirectory, "passerelle-hub.dll"))) start.ArgumentList.Add(argument);
        foreach (var variable in variables.Append("Logging__LogLevel__Default=Debug").Append($"Listen__Http={HubProcess.FreePort()}").Append($"Listen__Grpc={HubProcess.FreePort()}").Append($"Listen__Tls={HubProcess.FreePort()}"))
            start.Environment[variable[..variable.IndexOf('=', StringComparison.Ordinal)]] = variable[(variable.IndexOf('=', StringComparison.Ordinal) + 1)..].Replace("{0}", MasterKey, StringComparison.Ordinal);
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await process.WaitForExitAsync(limit.Token);
        var said = await output + await error;
        Assert.True(command.Contains("help", StringComparison.Ordinal) == (process.ExitCode == 0), $"{command} ended with {process.ExitCode}.");
        Assert.True(said.Length > 20, "It says nothing.");
        AssertSilent(said, MasterKey, Password);
    }

    static void AssertSilent(string said, params string[] secrets)
    {
        foreach (var secret in secrets)
            // Nor any part of it that would be of use.
            foreach (var part in (string[])[secret, secret[^Math.Min(secret.Length, 20)..]])
                Assert.DoesNotContain(part, said, StringComparison.Ordinal);
    }
}
