using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Hub;
using Passerelle.Hub.Partners;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using Wire = Passerelle.Contracts.Partners.V1;

namespace Passerelle.Tests.Security;

/// <summary>What one caller may take of a node. Another never pays for it.</summary>
public sealed class LimitTests(Postgres postgres)
{
    [Fact]
    public async Task Calls_beyond_the_rate_are_refused_with_when_to_try_again_and_served_then()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Limits:Partner:CallsPerSecond=5", "Limits:Partner:Burst=10");
        for (var n = 0; n < 10; n++) await CallAsync(hub, "interim");
        var refused = await HubError.OfAsync(ErrorReason.RateLimited, StatusCode.ResourceExhausted, async () => { while (true) await CallAsync(hub, "interim"); });
        Assert.Equal("calls_per_second", refused.Metadata["limit"]);
        Assert.InRange(refused.RetryDelay!.Value, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
        // Everybody else goes on, and so does the partner a moment later.
        for (var n = 0; n < 20; n++) await CallAsync(hub, "crm");
        await CallAsync(hub, "ecole");
        await Eventually.BecomesTrueAsync(async () => await CodeOfAsync(() => CallAsync(hub, "interim")) == StatusCode.OK, () => "It is never served again.");
    }

    [Fact]
    public async Task All_keys_of_a_caller_count_together()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Limits:Partner:CallsPerSecond=1", "Limits:Partner:Burst=10");
        await using var beside = await hub.StartBesideAsync("Limits:Partner:CallsPerSecond=1", "Limits:Partner:Burst=10");
        // A second key of the same partner: the one that its other node has issued.
        var other = hub.WithKey(beside.KeyOf("interim"));
        for (var n = 0; n < 5; n++) await CallAsync(hub, "interim");
        await HubError.OfAsync(ErrorReason.RateLimited, StatusCode.ResourceExhausted, async () =>
        {
            for (var n = 0; n < 8; n++) await new Wire.PartnerService.PartnerServiceClient(other).ListPartnersAsync(new());
        });
        // Each node counts for itself.
        await CallAsync(beside, "interim");
    }

    [Fact]
    public async Task Streams_beyond_what_a_caller_may_have_open_are_refused_until_one_is_closed()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Limits:Partner:OpenStreams=2");
        var streams = new List<AsyncServerStreamingCall<WatchInboxResponse>>();
        for (var n = 0; n < 2; n++) streams.Add(await OpenAsync(hub, "interim"));
        var refused = await HubError.OfAsync(ErrorReason.RateLimited, StatusCode.ResourceExhausted, () => OpenAsync(hub, "interim"));
        Assert.Equal(("open_streams", TimeSpan.FromSeconds(1)), (refused.Metadata["limit"], refused.RetryDelay));
        // Calls have places of their own; so has everybody else.
        await CallAsync(hub, "interim");
        using (await OpenAsync(hub, "ecole")) { }
        streams[0].Dispose();
        await Eventually.BecomesTrueAsync(async () => await CodeOfAsync(async () => { using var again = await OpenAsync(hub, "interim"); }) == StatusCode.OK, () => "Its place is never given back.");
        streams[1].Dispose();
    }

    [Fact]
    public async Task Calls_beyond_what_a_caller_may_have_open_are_refused_and_others_are_served()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Limits:Partner:OpenCalls=1");
        // One that waits for a lock of ours.
        await using var connection = await hub.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var locks = new Npgsql.NpgsqlCommand("select from partners where id = 'emploi' for update", connection)) await locks.ExecuteNonQueryAsync();
        var waiting = hub.UpsertAsync(JobOffers.AnOffer("EX-1"));
        await Eventually.BecomesTrueAsync(
            async () =>
            {
                await using var blocked = hub.Source.CreateCommand("select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')");
                return (bool)(await blocked.ExecuteScalarAsync())!;
            },
            () => "Nobody waits for the lock.");
        var refused = await HubError.OfAsync(ErrorReason.RateLimited, StatusCode.ResourceExhausted, async () => { while (true) await CallAsync(hub, "emploi"); });
        Assert.Equal("open_calls", refused.Metadata["limit"]);
        await CallAsync(hub, "interim");
        await transaction.CommitAsync();
        await waiting;
        await CallAsync(hub, "emploi");
    }

    [Fact]
    public async Task Who_guesses_keys_is_slowed_down_and_who_is_known_is_not()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Limits:StrangersPerSecond=1");
        await CallAsync(hub, "interim");
        var codes = new List<string>();
        for (var n = 0; n < 40 && !codes.Contains("RATE_LIMITED"); n++)
        {
            var error = await Assert.ThrowsAsync<RpcException>(async () => await new Wire.PartnerService.PartnerServiceClient(hub.WithKey(Credential.IssueKey("x", null, TimeProvider.System.GetUtcNow(), null).Key)).ListPartnersAsync(new()));
            codes.Add(HubError.Of(error).Reason);
        }

        Assert.Contains("RATE_LIMITED", codes);
        Assert.InRange(codes.Count, 15, 39);
        hub.Services.GetRequiredService<CallerDirectory>().Forget();
        await CallAsync(hub, "interim");
    }

    [Fact]
    public async Task A_client_stream_that_stalls_is_ended()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Limits:StreamPatience=00:00:00.3");
        using var stream = new OfferService.OfferServiceClient(hub.As("emploi")).PushOffers();
        await stream.RequestStream.WriteAsync(new() { Header = new() { RequestId = Household.NewId() } });
        await HubError.OfAsync(ErrorReason.StreamMalformed, StatusCode.InvalidArgument, async () => await stream);
    }

    [Fact]
    public async Task A_message_larger_than_is_read_is_refused_whatever_it_holds()
    {
        await using var hub = await HubHost.StartAsync(postgres, $"Limits:MaxMessageBytes={2 * 1024 * 1024}");
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await new Wire.PartnerService.PartnerServiceClient(hub.As("crm")).PausePartnerAsync(new() { Name = "partners/emploi", Reason = new string('x', 3 * 1024 * 1024) }));
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
    }

    [Theory]
    [InlineData("Limits:Partner:CallsPerSecond=0")]
    [InlineData("Limits:Application:Burst=1")]
    [InlineData("Limits:StreamPatience=00:00:00")]
    [InlineData("Limits:MaxMessageBytes=1000")]
    [InlineData("Limits:StrangersPerSecond=0")]
    [InlineData("Listen:MaxConnections=0")]
    [InlineData("Listen:Proxies:0=everybody")]
    public async Task Settings_that_cannot_be_meant_are_found_when_the_hub_starts(string setting)
    {
        var (section, key) = (setting.Split(':')[0], setting.Split(':', '=')[1]);
        var said = await Assert.ThrowsAnyAsync<Exception>(() => section == "Listen" ? HubAppWithAsync(setting) : HubHost.StartAsync(postgres, setting));
        Assert.Contains(section.TrimEnd('s'), said.Message, StringComparison.Ordinal);
        Assert.Contains(key, said.Message, StringComparison.Ordinal);
    }

    /// <summary>Kestrel's own, on real ports: connections, slow headers, long headers.</summary>
    [Fact]
    public async Task Connections_are_counted_and_those_that_take_their_time_are_closed()
    {
        await using var hub = await HubProcess.StartAsync(postgres, 0, "Listen:MaxConnections=40", "Listen:HeaderPatience=00:00:01", "Listen:MaxHeaderBytes=4096");
        using (var slow = await ConnectAsync(hub))
        {
            await slow.GetStream().WriteAsync("GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: "u8.ToArray());
            var since = Stopwatch.GetTimestamp();
            Assert.Contains("408", await ReadToEndAsync(slow), StringComparison.Ordinal);
            Assert.InRange(Stopwatch.GetElapsedTime(since), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(20));
        }

        using (var http = new HttpClient())
        using (var request = new HttpRequestMessage(HttpMethod.Get, hub.HttpAddress + "/health/live"))
        {
            request.Headers.Add("X-Long", new string('x', 8_000));
            Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, (await http.SendAsync(request)).StatusCode);
        }

        var open = new List<TcpClient>();
        try
        {
            // Some are the partners' and the test's own.
            for (var n = 0; n < 60; n++) open.Add(await ConnectAsync(hub));
            await Eventually.BecomesTrueAsync(() => open.Exists(IsClosed), "As many are taken as come.");
        }
        finally
        {
            open.ForEach(client => client.Dispose());
        }

        using var after = new HttpClient();
        await Eventually.BecomesTrueAsync(
            async () =>
            {
                try { return (await after.GetAsync(new Uri(hub.HttpAddress + "/health/live"))).IsSuccessStatusCode; }
                catch (HttpRequestException) { return false; }
            },
            () => "It does not answer any more.");
    }

    static async Task HubAppWithAsync(string setting)
    {
        await using var app = await HubApp.BuildAsync(["--ConnectionStrings:Hub=Host=nowhere", "--" + setting], CancellationToken.None);
        await app.StartAsync();
    }

    static async Task<TcpClient> ConnectAsync(HubProcess hub)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(hub.HttpAddress).Port);
        return client;
    }

    static bool IsClosed(TcpClient client) => client.Client.Poll(0, SelectMode.SelectRead) && client.Client.Available == 0;

    static async Task<string> ReadToEndAsync(TcpClient client)
    {
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        return await reader.ReadToEndAsync();
    }

    static async Task CallAsync(HubHost hub, string caller) => await new Wire.PartnerService.PartnerServiceClient(hub.As(caller)).ListPartnersAsync(new());

    static async Task<AsyncServerStreamingCall<WatchInboxResponse>> OpenAsync(HubHost hub, string caller)
    {
        var stream = hub.Inbox(caller).WatchInbox(new());
        Assert.True(await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        return stream;
    }

    static async Task<StatusCode> CodeOfAsync(Func<Task> call)
    {
        try { await call(); }
        catch (RpcException e) { return e.StatusCode; }
        return StatusCode.OK;
    }
}
