using Passerelle.Contracts.Cases.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Persistence;

public sealed class EmbeddedPostgresTests(Postgres postgres)
{
    [Fact]
    public async Task A_hub_that_stops_takes_its_database_along_and_finds_its_data_and_keys_again()
    {
        await using var hub = await HubProcess.StartEmbeddedAsync(postgres);
        var opened = await OpenCaseAsync(hub);
        var keys = await File.ReadAllTextAsync(hub.KeysFile);
        Assert.Equal(0, await hub.StopAsync());
        Assert.False(File.Exists(PidFile(hub)), "PostgreSQL is still up.");

        await hub.StartAsync();
        Assert.Equal(keys, await File.ReadAllTextAsync(hub.KeysFile));
        Assert.Equal(opened, Assert.Single((await new CaseService.CaseServiceClient(hub.As("crm-demo")).ListCasesAsync(new())).Cases).Name);
    }

    [Fact]
    public async Task A_hub_that_is_killed_takes_its_database_along_too()
    {
        await using var hub = await HubProcess.StartEmbeddedAsync(postgres);
        var opened = await OpenCaseAsync(hub);
        await hub.KillAsync();
        await Eventually.BecomesTrueAsync(() => !File.Exists(PidFile(hub)), "PostgreSQL outlived its hub.");

        await hub.StartAsync();
        Assert.Equal(opened, Assert.Single((await new CaseService.CaseServiceClient(hub.As("crm-demo")).ListCasesAsync(new())).Cases).Name);
    }

    static string PidFile(HubProcess hub) => Path.Combine(hub.Folder, "pg", "postmaster.pid");

    static async Task<string> OpenCaseAsync(HubProcess hub) =>
        (await new CaseService.CaseServiceClient(hub.As("crm-demo")).OpenCaseAsync(new() { RequestId = Household.NewId(), Members = { Household.AnAdult("UN") } })).Case.Name;
}
