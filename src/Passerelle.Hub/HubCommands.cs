using System.CommandLine;
using Passerelle.Hub.Clocks.Policies;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Alarms;
using Passerelle.Hub.Platform.Chains;
using Passerelle.Hub.Privacy;
using Passerelle.Hub.Rights;
using Passerelle.Hub.Rights.Retention;

namespace Passerelle.Hub;

/// <summary>The hub's own command line: serve (the default), migrate, health, partners, their keys, lanes and agreements, what is signed for them, the clocks' policies, the vault's keys, alarms, and the chained logs.</summary>
public static class HubCommands
{
    public static Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("Passerelle, the partner-integration hub. Without a command it serves. Everything else is configuration: see README.md.") { TreatUnmatchedTokensAsErrors = false };
        root.SetAction(async (_, ct) =>
        {
            await using var app = await HubApp.BuildAsync(args, ct);
            await app.StartHubAsync(ct);
            await app.WaitForShutdownAsync(ct);
            return 0;
        });

        var migrate = new Command("migrate", "Brings the database to this version.");
        migrate.SetAction((_, ct) => WithServicesAsync(async services =>
        {
            await Storage.MigrateAsync(services, ct);
            Console.WriteLine("The database is up to date.");
        }, ct));
        root.Add(migrate);

        var health = new Command("health", "Asks the hub on this machine whether it is ready; for a container's health check. Exits with 0 or 1.");
        health.SetAction(async (_, ct) =>
        {
            var listen = new ConfigurationBuilder().AddEnvironmentVariables().Build().GetSection("Listen").Get<ListenOptions>() ?? new ListenOptions();
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(4) };
            try { return (await http.GetAsync(new Uri($"http://127.0.0.1:{listen.Http}/health/ready"), ct)).IsSuccessStatusCode ? 0 : 1; }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException) { return 1; }
        });
        root.Add(health);
        foreach (var command in PartnerCommands.All(WithServicesAsync)) root.Add(command);
        root.Add(LaneCommands.Build(WithServicesAsync));
        root.Add(AgreementCommands.Build(WithServicesAsync));
        root.Add(PurposeCommands.Build(WithServicesAsync));
        root.Add(RetentionCommands.Build(WithServicesAsync));
        root.Add(CertificateCommands.Build(WithServicesAsync));
        root.Add(PolicyCommands.Build(WithServicesAsync));
        root.Add(VaultCommands.Build(WithServicesAsync));
        root.Add(AlarmCommands.Build(WithServicesAsync));
        root.Add(ChainCommands.Build(WithServicesAsync));
        // A hub that serves is stopped by its own host, in the time that it needs: this library would end the process two seconds after the signal.
        return root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    static async Task<int> WithServicesAsync(Func<IServiceProvider, Task> work, CancellationToken ct)
    {
        await using var app = await HubApp.BuildAsync([], ct);
        await using var scope = app.Services.CreateAsyncScope();
        await work(scope.ServiceProvider);
        return 0;
    }
}
