using Grpc.Core;
using Grpc.Net.Client;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Faults;

/// <summary>The proxy does what its modes say, seen from both ends.</summary>
public sealed class FaultProxyTests(Postgres postgres) : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    Receipts receipts = null!;
    RecordingPartner partner = null!;
    FaultProxy proxy = null!;
    GrpcChannel channel = null!;

    public async ValueTask InitializeAsync()
    {
        receipts = await Receipts.OpenAsync(await postgres.CloneAsync());
        partner = await RecordingPartner.StartAsync(receipts);
        proxy = FaultProxy.To(partner.Port);
        channel = GrpcChannel.ForAddress($"http://127.0.0.1:{proxy.Port}");
        // On a connection that was sound before.
        Assert.Equal(StatusCode.OK, await SendAsync("before"));
    }

    public async ValueTask DisposeAsync()
    {
        channel.Dispose();
        await proxy.DisposeAsync();
        await partner.DisposeAsync();
        await receipts.DisposeAsync();
    }

    [Fact]
    public async Task A_reset_line_gives_nothing_to_the_partner_and_an_error_to_the_hub()
    {
        proxy.Mode = ProxyMode.Reset;
        Assert.NotEqual(StatusCode.OK, await SendAsync("x"));
        Assert.DoesNotContain(receipts.All, r => r.Exchange == "x");
        Assert.True(proxy.Struck > 0);
        await IsSoundAgainAsync();
    }

    [Fact]
    public async Task A_black_hole_takes_connections_and_moves_nothing_until_it_is_lifted()
    {
        proxy.Mode = ProxyMode.BlackHole;
        Assert.Equal(StatusCode.DeadlineExceeded, await SendAsync("x"));
        using var other = GrpcChannel.ForAddress($"http://127.0.0.1:{proxy.Port}");
        Assert.Equal(StatusCode.DeadlineExceeded, await SendAsync("x", other));
        Assert.DoesNotContain(receipts.All, r => r.Exchange == "x");
        var waiting = SendAsync("y");
        proxy.Mode = ProxyMode.Pass;
        Assert.Equal(StatusCode.OK, await waiting);
    }

    [Fact]
    public async Task On_a_half_open_line_the_partner_hears_and_is_not_heard()
    {
        proxy.Mode = ProxyMode.HalfOpen;
        Assert.Equal(StatusCode.DeadlineExceeded, await SendAsync("x"));
        Assert.Contains(receipts.All, r => r.Exchange == "x");
        // The connection stays so when the line is sound again; a new one is.
        proxy.Mode = ProxyMode.Pass;
        Assert.Equal(StatusCode.DeadlineExceeded, await SendAsync("y"));
        using var other = GrpcChannel.ForAddress($"http://127.0.0.1:{proxy.Port}");
        Assert.Equal(StatusCode.OK, await SendAsync("z", other));
    }

    [Fact]
    public async Task A_slow_line_moves_one_byte_a_second()
    {
        proxy.Mode = ProxyMode.Slow;
        Assert.Equal(StatusCode.DeadlineExceeded, await SendAsync("x"));
        Assert.InRange(proxy.Struck, 1, 6);
        Assert.DoesNotContain(receipts.All, r => r.Exchange == "x");
        await IsSoundAgainAsync();
    }

    [Fact]
    public async Task A_line_that_is_cut_before_the_reply_leaves_the_request_with_the_partner()
    {
        proxy.Mode = ProxyMode.CutBeforeReply;
        Assert.NotEqual(StatusCode.OK, await SendAsync("x"));
        Assert.Contains(receipts.All, r => r.Exchange == "x");
        await IsSoundAgainAsync();
    }

    [Fact]
    public async Task An_answer_that_comes_twice_leaves_its_call_in_doubt_and_the_next_ones_sound()
    {
        proxy.Mode = ProxyMode.DuplicateReply;
        await SendAsync("x");
        Assert.True(proxy.Struck > 0);
        Assert.Single(receipts.All, r => r.Exchange == "x");
        await IsSoundAgainAsync();
    }

    /// <summary>gRPC pauses before it connects again, and fails calls at once meanwhile: how many is its affair.</summary>
    async Task IsSoundAgainAsync()
    {
        proxy.Mode = ProxyMode.Pass;
        await Eventually.BecomesTrueAsync(async () => await SendAsync("after") == StatusCode.OK, () => "The line is not sound again.");
        Assert.Contains(receipts.All, r => r.Exchange == "after");
    }

    async Task<StatusCode> SendAsync(string exchange, GrpcChannel? by = null)
    {
        try
        {
            var request = new DeliverExchangeRequest { Envelope = new() { Exchange = exchange, Payload = new() } };
            await new DeliveryService.DeliveryServiceClient(by ?? channel).DeliverExchangeAsync(request, deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Patience);
            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }
}
