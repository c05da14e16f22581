using System.CommandLine;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Hub.Partners;
using Passerelle.Tests.Exchanges;
using Passerelle.Tests.Support;
using Wire = Passerelle.Contracts.Partners.V1;

namespace Passerelle.Tests.Security;

/// <summary>When `keys revoke` returns, nobody believes the key any more: no call and no stream, on no node.</summary>
public sealed class RevocationTests(Postgres postgres)
{
    [Fact]
    public async Task The_very_next_call_on_any_node_is_refused_once_a_key_is_revoked()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await using var beside = await hub.StartBesideAsync();
        await ListeningAsync(hub, 2);
        for (var round = 0; round < 20; round++)
        {
            var (id, key) = await IssueAsync(hub);
            // Both nodes believe it now.
            foreach (var node in (HubHost[])[hub, beside]) await CallAsync(node, key);
            Assert.Contains("2 of 2 listening nodes have confirmed it", await RunAsync(hub, $"revoke {id}"));
            foreach (var node in (HubHost[])[beside, hub]) await HubError.OfAsync(ErrorReason.CredentialsInvalid, StatusCode.Unauthenticated, () => CallAsync(node, key));
        }
    }

    [Fact]
    public async Task Streams_end_with_the_credential_that_they_were_opened_with()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await using var beside = await hub.StartBesideAsync();
        await ListeningAsync(hub, 2);
        var (id, key) = await IssueAsync(hub);
        using var ends = new InboxService.InboxServiceClient(beside.WithKey(key)).WatchInbox(new());
        using var stays = new InboxService.InboxServiceClient(beside.As("interim")).WatchInbox(new());
        foreach (var stream in (AsyncServerStreamingCall<WatchInboxResponse>[])[ends, stays]) Assert.True(await stream.ResponseStream.MoveNext(Stop));

        await RunAsync(hub, $"revoke {id}");

        await HubError.OfAsync(ErrorReason.CredentialsInvalid, StatusCode.Unauthenticated, async () => { while (await ends.ResponseStream.MoveNext(Stop)) { } });
        // Its key is another one.
        await Referring.SeparatelyAsync(hub, 1, "interim");
        while (stays.ResponseStream.Current.Envelope is null) Assert.True(await stays.ResponseStream.MoveNext(Stop));
    }

    [Fact]
    public async Task A_stream_ends_when_its_key_expires()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (_, key) = await IssueAsync(hub, TimeSpan.FromSeconds(3));
        using var stream = new InboxService.InboxServiceClient(hub.WithKey(key)).WatchInbox(new());
        Assert.True(await stream.ResponseStream.MoveNext(Stop));
        await HubError.OfAsync(ErrorReason.CredentialsInvalid, StatusCode.Unauthenticated, async () => { while (await stream.ResponseStream.MoveNext(Stop)) { } });
        await HubError.OfAsync(ErrorReason.CredentialsInvalid, StatusCode.Unauthenticated, () => CallAsync(hub, key));
    }

    [Fact]
    public async Task A_change_by_hand_in_the_database_is_heard_as_well()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await ListeningAsync(hub, 1);
        var directory = hub.Services.GetRequiredService<CallerDirectory>();
        var (id, key) = await IssueAsync(hub);
        await CallAsync(hub, key);
        var before = directory.Knowledge;
        await hub.ExecuteAsync($"update credentials set revoke_time = hub_now() where id = '{id}'");
        await Eventually.BecomesTrueAsync(() => Task.FromResult(directory.Knowledge > before), () => "Nobody was told.");
        await HubError.OfAsync(ErrorReason.CredentialsInvalid, StatusCode.Unauthenticated, () => CallAsync(hub, key));
    }

    [Fact]
    public async Task A_node_whose_line_was_cut_listens_again_and_believes_nothing_of_before()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await ListeningAsync(hub, 1);
        var (id, key) = await IssueAsync(hub);
        await CallAsync(hub, key);
        // As if by an outage: told of nothing, it still asks anew.
        await hub.ExecuteAsync("alter table credentials disable trigger tell_of_credentials");
        await hub.ExecuteAsync($"update credentials set revoke_time = hub_now() where id = '{id}'");
        var before = hub.Services.GetRequiredService<CallerDirectory>().Knowledge;
        await hub.ExecuteAsync($"select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and mode = 'ShareLock' and database = (select oid from pg_database where datname = current_database())");
        await Eventually.BecomesTrueAsync(() => Task.FromResult(hub.Services.GetRequiredService<CallerDirectory>().Knowledge > before), () => "It was not noticed.");
        await HubError.OfAsync(ErrorReason.CredentialsInvalid, StatusCode.Unauthenticated, () => CallAsync(hub, key));
        await ListeningAsync(hub, 1);
    }

    [Fact]
    public async Task Keys_are_changed_over_with_an_overlap_and_the_old_one_ends_when_it_was_said_to()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (old, first) = await IssueAsync(hub);
        var second = KeyIn(await RunAsync(hub, "add --partner interim"));
        Assert.Contains("ends in 24 hours at the latest", await RunAsync(hub, $"expire {old}"));
        foreach (var key in (string[])[first, second]) await CallAsync(hub, key);
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(25));
        hub.Services.GetRequiredService<CallerDirectory>().Forget();
        await HubError.OfAsync(ErrorReason.CredentialsInvalid, StatusCode.Unauthenticated, () => CallAsync(hub, first));
        await CallAsync(hub, second);
        // A later end is never given.
        await RunAsync(hub, $"expire {old} --after 100:00:00");
        await HubError.OfAsync(ErrorReason.CredentialsInvalid, StatusCode.Unauthenticated, () => CallAsync(hub, first));
        await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(hub, $"revoke {Household.NewId()}"));
    }

    [Fact]
    public async Task A_key_for_some_networks_is_a_wrong_one_from_elsewhere()
    {
        // The test's own calls come from nowhere; these, by HTTP, from where they say that they come from.
        await using var hub = await HubProcess.StartAsync(postgres, 0, "Listen:Proxies:0=127.0.0.0/8");
        await using var source = NpgsqlDataSource.Create(hub.ConnectionString);
        var here = await IssueAsync(source, "127.0.0.0/8", "192.0.2.0/24");
        Assert.Equal(200, await StatusAsync(hub, here, null));
        Assert.Equal(200, await StatusAsync(hub, here, "192.0.2.77"));
        Assert.Equal(401, await StatusAsync(hub, here, "198.51.100.1"));
        Assert.Equal(401, await StatusAsync(hub, await IssueAsync(source, "2001:db8::/32"), null));
        Assert.Equal(200, await StatusAsync(hub, await IssueAsync(source), "198.51.100.1"));
        Assert.NotEmpty(KeyCommands.Build((_, _) => Task.FromResult(0)).Parse("add --partner interim --from 192.0.2.0/33").Errors);
    }

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    static async Task<int> StatusAsync(HubProcess hub, string key, string? from)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, hub.HttpAddress + "/v1/partners");
        request.Headers.Authorization = new("Bearer", key);
        if (from is not null) request.Headers.Add("X-Forwarded-For", from);
        using var response = await http.SendAsync(request, Stop);
        return (int)response.StatusCode;
    }

    static async Task<string> IssueAsync(NpgsqlDataSource source, params string[] networks)
    {
        var (credential, key) = Credential.IssueKey("crm-demo", null, TimeProvider.System.GetUtcNow(), null, [.. networks.Select(System.Net.IPNetwork.Parse)]);
        await using var command = source.CreateCommand("insert into credentials (id, kind, hash, owner, scopes, networks, create_time) values ($1, 'api_key', $2, $3, $4, $5, now())");
        foreach (var value in (object[])[credential.Id, credential.Hash, credential.Owner, credential.Scopes, credential.Networks]) command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync();
        return key;
    }

    static async Task<(Guid Id, string Key)> IssueAsync(HubHost hub, TimeSpan? lasts = null)
    {
        string key = "";
        var id = await hub.QueryAsync(async db =>
        {
            var now = await db.NowAsync(CancellationToken.None);
            var (credential, issued) = Credential.IssueKey("interim", await db.Partners.SingleAsync(p => p.Id == "interim"), now, now + lasts);
            db.Add(credential);
            await db.SaveChangesAsync();
            key = issued;
            return credential.Id;
        });
        return (id, key);
    }

    static string KeyIn(string output) => output.Split('\n').Single(line => line.StartsWith("key: ", StringComparison.Ordinal))["key: ".Length..];

    static async Task CallAsync(HubHost hub, string key) => await new Wire.PartnerService.PartnerServiceClient(hub.WithKey(key)).ListPartnersAsync(new());

    /// <summary>So many nodes have their line open: a revocation counts on them.</summary>
    static Task ListeningAsync(HubHost hub, int nodes) => Eventually.BecomesTrueAsync(
        async () =>
        {
            await using var command = hub.Source.CreateCommand(
                "select count(*) from pg_locks where locktype = 'advisory' and mode = 'ShareLock' and granted and database = (select oid from pg_database where datname = current_database())");
            return (long)(await command.ExecuteScalarAsync())! == nodes;
        },
        () => "A node does not listen.");

    /// <summary>On the command line: `keys ...`.</summary>
    static async Task<string> RunAsync(HubHost hub, string line)
    {
        var output = new StringWriter();
        var command = KeyCommands.Build(async (work, _) =>
        {
            await using var scope = hub.Services.CreateAsyncScope();
            await work(scope.ServiceProvider);
            return 0;
        });
        Assert.Equal(0, await command.Parse(line).InvokeAsync(new InvocationConfiguration { Output = output, EnableDefaultExceptionHandler = false }, Stop));
        return output.ToString();
    }
}
