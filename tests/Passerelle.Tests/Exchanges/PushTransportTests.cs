using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Partners;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Exchanges;

/// <summary>To whom the hub connects, and what it keeps.</summary>
public sealed class PushTransportTests(Postgres postgres)
{
    [Theory]
    [InlineData("http://127.0.0.1")]
    [InlineData("https://127.0.0.1")]
    [InlineData("http://localhost")]
    [InlineData("https://localhost")]
    [InlineData("http://[::ffff:127.0.0.1]")]
    public async Task Nothing_is_sent_to_the_hubs_own_network_whatever_the_registry_says(string host)
    {
        await using var server = await PartnerServer.StartAsync();
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, new PushOptions());
        // Past the check of the text, as a name would be that answers otherwise today than it did then.
        await bench.PointAsync("emploi", $"{host}:{server.Port}");

        Assert.Equal(new SendOutcome.NotYet("ADDRESS_FORBIDDEN", Contact: Contact.Missed), await bench.SendAsync());
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task Nothing_is_sent_in_clear_to_where_the_operator_does_not_allow_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, PushBench.ToThisMachine);
        await bench.PointAsync("emploi", "http://192.0.32.8:9");

        Assert.Equal(new SendOutcome.NotYet("ADDRESS_FORBIDDEN", Contact: Contact.Missed), await bench.SendAsync());
    }

    [Fact]
    public async Task A_name_is_called_at_an_allowed_address_of_its_own()
    {
        await using var server = await PartnerServer.StartAsync();
        await using var hub = await HubHost.StartAsync(postgres);
        // Of what localhost stands for, only this is allowed.
        using var bench = new PushBench(hub, new PushOptions { AllowedNetworks = ["127.0.0.1/32"] });
        await bench.PointAsync("emploi", $"http://localhost:{server.Port}");

        Assert.Equal(new SendOutcome.Accepted(), await bench.SendAsync());
    }

    [Fact]
    public async Task A_partner_that_does_not_receive_by_push_any_more_is_not_called()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, PushBench.ToThisMachine);

        Assert.Equal(new SendOutcome.NotYet("NOT_BY_PUSH"), await bench.SendAsync("interim"));
        Assert.Equal(new SendOutcome.NotYet("NOT_BY_PUSH"), await bench.SendAsync("nobody"));
        Assert.Equal(0, bench.Channels.Count);
    }

    [Fact]
    public async Task A_new_address_counts_after_seconds_and_the_old_channel_is_closed_when_its_calls_have_ended()
    {
        await using var old = await PartnerServer.StartAsync();
        await using var @new = await PartnerServer.StartAsync();
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, PushBench.ToThisMachine);
        await bench.PointAsync("emploi", $"http://127.0.0.1:{old.Port}");
        var letGo = old.Hold();
        var underWay = bench.SendAsync();
        await Eventually.BecomesTrueAsync(() => old.Received.Count == 1, "The old server was never called.");

        await bench.PointAsync("emploi", $"http://127.0.0.1:{@new.Port}");
        Assert.Equal(new SendOutcome.Accepted(), await bench.SendAsync());
        Assert.Single(@new.Received);
        Assert.Equal(1, bench.Channels.Count);
        Assert.Equal(1, old.Connections);

        // The call that was under way is not cut off; then the connection goes.
        letGo();
        Assert.Equal(new SendOutcome.Accepted(), await underWay);
        await Eventually.BecomesTrueAsync(() => old.Connections == 0, "The old connection was kept.");
    }

    [Fact]
    public async Task Partners_at_one_address_share_a_channel_until_the_last_has_left()
    {
        await using var shared = await PartnerServer.StartAsync();
        await using var other = await PartnerServer.StartAsync();
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, PushBench.ToThisMachine);
        foreach (var partner in (string[])["emploi", "interim"]) await bench.PointAsync(partner, $"http://127.0.0.1:{shared.Port}");
        // Once the server has said how many calls a connection may carry: before that, many at once may open another.
        Assert.Equal(new SendOutcome.Accepted(), await bench.SendAsync());
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => bench.SendAsync(i % 2 == 0 ? "emploi" : "interim")));
        Assert.Equal((21, 1, 1), (shared.Received.Count, shared.Connections, bench.Channels.Count));

        await bench.PointAsync("emploi", $"http://127.0.0.1:{other.Port}");
        Assert.Equal(new SendOutcome.Accepted(), await bench.SendAsync());
        Assert.Equal(new SendOutcome.Accepted(), await bench.SendAsync("interim"));
        Assert.Equal(2, bench.Channels.Count);

        await bench.PointAsync("interim", $"http://127.0.0.1:{other.Port}");
        Assert.Equal(new SendOutcome.Accepted(), await bench.SendAsync("interim"));
        Assert.Equal(1, bench.Channels.Count);
        await Eventually.BecomesTrueAsync(() => shared.Connections == 0, "The shared connection was kept.");
    }

    [Fact]
    public async Task The_registry_is_read_once_for_many_calls()
    {
        await using var server = await PartnerServer.StartAsync();
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, PushBench.ToThisMachine);
        await bench.PointAsync("emploi", $"http://127.0.0.1:{server.Port}");
        Assert.Equal(new SendOutcome.Accepted(), await bench.SendAsync());

        // Believed for 5 seconds: the registry may say what it likes meanwhile.
        await hub.ExecuteAsync("update partners set delivery = 'pull', push_address = null where id = 'emploi'");
        bench.Time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(new SendOutcome.Accepted(), await bench.SendAsync());
        bench.Time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(new SendOutcome.NotYet("NOT_BY_PUSH"), await bench.SendAsync());
    }
}
