using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Passerelle.Client;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Tests.Client;

public sealed class WatchTests : IAsyncLifetime
{
    private FakeHub _hub = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _hub = await FakeHub.StartAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task A_watch_goes_on_from_the_last_cursor_after_an_end_an_error_and_a_checkpoint()
    {
        var starts = new List<string>();
        _hub.OnWatchCase = async (request, stream, context) =>
        {
            starts.Add(request.StartCursor);
            switch (starts.Count)
            {
                case 1:
                    await stream.WriteAsync(Event("c1"));
                    await stream.WriteAsync(Event("c2"));
                    return;
                case 2:
                    await stream.WriteAsync(new WatchCaseResponse { Cursor = "c3", CheckpointTime = new Timestamp() });
                    throw FakeHub.Down;
                case 3:
                    throw new RpcException(new Status(StatusCode.Unknown, "a proxy gave up"));
                default:
                    await stream.WriteAsync(Event("c4"));
                    await Forever.WaitAsync(context.CancellationToken);
                    return;
            }
        };
        var reconnections = new List<Reconnection>();
        using var client = _hub.Connect(reconnecting: reconnections.Add);

        var cursors = await client.WatchCaseAsync("cases/1", "c0", Token).Select(i => i.Cursor).Take(4).ToListAsync(Token);

        Assert.Equal(["c1", "c2", "c3", "c4"], cursors);
        Assert.Equal(["c0", "c2", "c3", "c3"], starts);
        Assert.Equal([1, 1, 2], reconnections.Select(r => r.Attempt));
        Assert.Equal([null, StatusCode.Unavailable, StatusCode.Unknown], reconnections.Select(r => r.Error?.Code));
    }

    [Fact]
    public async Task A_silent_stream_is_opened_again()
    {
        _hub.OnWatchCase = async (_, stream, context) =>
        {
            if (_hub.CountOf("WatchCase") > 1)
                await stream.WriteAsync(Event("c1"));
            await Forever.WaitAsync(context.CancellationToken);
        };
        using var client = _hub.Connect(maxSilence: TimeSpan.FromMilliseconds(50));

        Assert.Equal("c1", (await client.WatchCaseAsync("cases/1", cancellationToken: Token).FirstAsync(Token)).Cursor);
    }

    [Theory]
    [InlineData(StatusCode.InvalidArgument, "CURSOR_INVALID")]
    [InlineData(StatusCode.Unauthenticated, "CREDENTIALS_INVALID")]
    [InlineData(StatusCode.Internal, "INTERNAL")]
    public async Task A_watch_ends_on_what_another_try_would_not_change(StatusCode code, string reason)
    {
        _hub.OnWatchCase = (_, _, _) => throw FakeHub.Refusal(code, reason);
        using var client = _hub.Connect();

        var thrown = await Assert.ThrowsAsync<RpcException>(async () => await client.WatchCaseAsync("cases/1", cancellationToken: Token).FirstAsync(Token));

        Assert.Equal(reason, PasserelleError.From(thrown).ReasonName);
        Assert.Equal(1, _hub.CountOf("WatchCase"));
    }

    [Fact]
    public async Task A_cancelled_watch_says_that_it_was_cancelled()
    {
        _hub.OnWatchCase = (_, _, context) => Forever.WaitAsync(context.CancellationToken);
        using var client = _hub.Connect();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var watch = client.WatchCaseAsync("cases/1", cancellationToken: stop.Token).FirstAsync(CancellationToken.None).AsTask();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch);
    }

    [Fact]
    public async Task An_exchange_is_acknowledged_once_the_handler_has_returned()
    {
        var script = new InboxScript(_hub, Envelope(1), Envelope(2));
        var acknowledgedBefore = new List<int>();
        using var client = _hub.Connect();

        var tally = await client.ReadInbox(new InboxOptions { StopWhenEmpty = true }).RunAsync(
            (_, _) =>
            {
                acknowledgedBefore.Add(script.Acknowledged.Count);
                return Task.CompletedTask;
            },
            Token);

        Assert.Equal(new InboxTally(2, 0), tally);
        Assert.Equal([0, 1], acknowledgedBefore);
        Assert.Equal(["exchanges/1", "exchanges/2"], script.Acknowledged);
    }

    [Fact]
    public async Task What_the_handler_threw_on_is_not_acknowledged_and_the_next_one_is()
    {
        var script = new InboxScript(_hub, Envelope(1), Envelope(2));
        var failures = new List<(string, string)>();
        using var client = _hub.Connect();
        var reader = client.ReadInbox(new InboxOptions { StopWhenEmpty = true, NotAcknowledged = (e, x) => failures.Add((e.Exchange, x.Message)) });

        var tally = await reader.RunAsync((e, _) => e.Exchange == "exchanges/1" ? throw new IOException("disk full") : Task.CompletedTask, Token);

        Assert.Equal(new InboxTally(1, 1), tally);
        Assert.Equal([("exchanges/1", "disk full")], failures);
        Assert.Equal(["exchanges/2"], script.Acknowledged);
    }

    [Fact]
    public async Task A_plain_watch_ends_with_what_the_handler_threw_and_acknowledges_nothing()
    {
        var script = new InboxScript(_hub, Envelope(1));
        using var client = _hub.Connect();

        await Assert.ThrowsAsync<IOException>(() => client.WatchInboxAsync((_, _) => throw new IOException(), Token));

        Assert.Empty(script.Acknowledged);
    }

    [Fact]
    public async Task A_lost_acknowledgement_brings_the_exchange_again_on_the_next_stream()
    {
        var script = new InboxScript(_hub, Envelope(1)) { EndAfterCheckpoint = true, RefuseAcknowledgement = FakeHub.Down };
        var attempts = new List<int>();
        using var client = _hub.Connect(maxAttempts: 1);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var watch = client.WatchInboxAsync(
            async (envelope, _) =>
            {
                attempts.Add(envelope.Attempt);
                if (attempts.Count == 2)
                {
                    script.RefuseAcknowledgement = null;
                    await stop.CancelAsync();
                }
            },
            stop.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch);
        Assert.Equal([1, 2], attempts);
        // Acknowledged although it was asked to stop in the middle: it is in safe keeping.
        Assert.Equal(["exchanges/1"], script.Acknowledged);
    }

    [Fact]
    public async Task Reading_an_inbox_gives_up_when_it_was_told_to()
    {
        _hub.OnWatchInbox = (_, _) => throw FakeHub.Down;
        using var client = _hub.Connect();

        var thrown = await Assert.ThrowsAsync<RpcException>(() =>
            client.ReadInbox(new InboxOptions { GiveUpAfter = 3 }).RunAsync((_, _) => Task.CompletedTask, Token));

        Assert.Equal(StatusCode.Unavailable, thrown.StatusCode);
        Assert.Equal(3, _hub.CountOf("WatchInbox"));
    }

    private static WatchCaseResponse Event(string cursor) => new() { Cursor = cursor, Event = new TimelineEvent { Type = "case.opened" } };

    private static Envelope Envelope(int number) => new() { Exchange = $"exchanges/{number}", Kind = "referral" };
}
