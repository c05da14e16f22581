using Grpc.Core;
using Npgsql;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Hub.Platform;
using Passerelle.Tests.Faults;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Privacy.Accesses;

/// <summary>A node is ended by SIGKILL once it has written down who reads, and before anything of it has left.</summary>
public sealed class KilledReadTests(Postgres postgres)
{
    [Fact]
    public async Task A_read_whose_answer_never_left_is_in_the_log()
    {
        var database = await postgres.CloneAsync();
        await using var node = new FaultNode("a", database, postgres.NewFolder(), HubProcess.FreePort(), []);
        await node.StartAsync(TimeSpan.Zero);
        var cases = new CaseService.CaseServiceClient(node.As("crm-demo"));
        var opened = (await cases.OpenCaseAsync(new() { RequestId = Household.NewId(), Members = { Household.AnAdult("UN") } })).Case;
        node.Arm(Points.AccessNoted, 1);
        await Assert.ThrowsAsync<RpcException>(() => cases.GetCaseAsync(new() { Name = opened.Name }).ResponseAsync);
        await node.Hub.ExitAsync(TestContext.Current.CancellationToken);

        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand("select 'persons/' || person_id from audit.access_entries where resource = $1");
        command.Parameters.Add(new() { Value = opened.Name });
        Assert.Equal(opened.Members[0], await command.ExecuteScalarAsync());
    }
}
