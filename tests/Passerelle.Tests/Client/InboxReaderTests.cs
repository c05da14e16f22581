using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using Passerelle.Client;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Client;

/// <summary>What the inbox reader does beside acknowledging: cursors, polling, rejecting, extending.</summary>
public sealed class InboxReaderTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _acknowledged = [];
    private FakeHub _hub = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        _hub.OnAcknowledge = request =>
        {
            _acknowledged.Enqueue(request.Name);
            return new AcknowledgeExchangeResponse();
        };
    }

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task A_stream_goes_on_from_the_cursor_of_what_was_handled_last()
    {
        _hub.OnWatchInbox = async (stream, _) =>
        {
            switch (_hub.CountOf("WatchInbox"))
            {
                case 1:
                    await stream.WriteAsync(Item(1));
                    await stream.WriteAsync(Item(2));
                    throw FakeHub.Down;
                default:
                    await stream.WriteAsync(new WatchInboxResponse { Cursor = "c9", CheckpointTime = new Timestamp() });
                    return;
            }
        };
        var moved = new List<(string, int)>();
        using var client = _hub.Connect();
        var options = new InboxOptions { StopWhenEmpty = true, StartCursor = "c0", CursorMoved = c => moved.Add((c, _acknowledged.Count)) };

        await client.ReadInbox(options).RunAsync((_, _) => Task.CompletedTask, Token);

        Assert.Equal(["c0", "c2"], _hub.InboxStarts);
        // To be kept once its exchange is acknowledged: what a crash interrupts comes again at once.
        Assert.Equal([("c1", 1), ("c2", 2), ("c9", 2)], moved);
    }

    [Fact]
    public async Task A_cursor_that_the_hub_does_not_accept_is_dropped()
    {
        _hub.OnWatchInbox = async (stream, _) =>
        {
            if (_hub.InboxStarts.Last().Length > 0) throw FakeHub.Refusal(StatusCode.InvalidArgument, "CURSOR_INVALID");
            await stream.WriteAsync(new WatchInboxResponse { CheckpointTime = new Timestamp() });
        };
        using var client = _hub.Connect();

        await client.ReadInbox(new InboxOptions { StopWhenEmpty = true, StartCursor = "old" }).RunAsync((_, _) => Task.CompletedTask, Token);

        Assert.Equal(["old", ""], _hub.InboxStarts);
    }

    [Fact]
    public async Task Polling_fetches_until_nothing_waits_and_survives_an_outage()
    {
        var rounds = new Queue<Func<FetchExchangesResponse>>(
        [
            () => throw FakeHub.Refusal(StatusCode.Aborted, "CONCURRENT_CHANGE"),
            () => new FetchExchangesResponse { Envelopes = { Item(1).Envelope, Item(2).Envelope } },
            () => new FetchExchangesResponse { Envelopes = { Item(3).Envelope } },
            () => new FetchExchangesResponse(),
        ]);
        var asked = new List<int>();
        _hub.OnFetch = request =>
        {
            asked.Add(request.MaxCount);
            return rounds.Dequeue()();
        };
        using var client = _hub.Connect();

        var tally = await client.ReadInbox(new InboxOptions { Poll = TimeSpan.FromMinutes(1), BatchSize = 2, StopWhenEmpty = true }).RunAsync((_, _) => Task.CompletedTask, Token);

        Assert.Equal(new InboxTally(3, 0), tally);
        Assert.Equal(["exchanges/1", "exchanges/2", "exchanges/3"], _acknowledged);
        Assert.Equal([2, 2, 2, 2], asked);
    }

    [Fact]
    public async Task Polling_waits_its_interval_when_nothing_waits_and_stops_when_it_is_asked_to()
    {
        var time = new FakeTimeProvider();
        _hub.OnFetch = _ => new FetchExchangesResponse();
        using var client = _hub.Connect(time: time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var reading = client.ReadInbox(new InboxOptions { Poll = TimeSpan.FromMinutes(1) }).RunAsync((_, _) => Task.CompletedTask, stop.Token);

        await Eventually.BecomesTrueAsync(() => _hub.CountOf("FetchExchanges") == 1, "It does not fetch.");
        await Eventually.BecomesTrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMinutes(1));
                return Task.FromResult(_hub.CountOf("FetchExchanges") >= 2);
            },
            () => "It does not fetch again.");
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Fact]
    public async Task Polling_gives_up_when_it_was_told_to()
    {
        _hub.OnFetch = _ => throw FakeHub.Down;
        using var client = _hub.Connect(maxAttempts: 1);

        await Assert.ThrowsAsync<RpcException>(() => client.ReadInbox(new InboxOptions { Poll = TimeSpan.Zero, GiveUpAfter = 3 }).RunAsync((_, _) => Task.CompletedTask, Token));

        Assert.Equal(3, _hub.CountOf("FetchExchanges"));
    }

    [Fact]
    public async Task What_the_handler_threw_on_is_rejected_as_the_options_say()
    {
        _hub.OnWatchInbox = async (stream, _) =>
        {
            for (var n = 1; n <= 3; n++) await stream.WriteAsync(Item(n));
            await stream.WriteAsync(new WatchInboxResponse { CheckpointTime = new Timestamp() });
        };
        var rejected = new List<RejectExchangeRequest>();
        _hub.OnReject = request =>
        {
            rejected.Add(request);
            // The hub knows better by now: that is no reason to stop.
            throw FakeHub.Refusal(StatusCode.FailedPrecondition, "STATE_CONFLICT");
        };
        using var client = _hub.Connect();
        var options = new InboxOptions
        {
            StopWhenEmpty = true,
            NotAcknowledged = (_, _) => { },
            Reject = (_, e) => e switch { IOException => new Rejection(TimeSpan.FromMinutes(5)), FormatException => new Rejection(Permanent: true), _ => null },
        };

        var tally = await client.ReadInbox(options).RunAsync((e, _) => throw (e.Exchange switch
        {
            "exchanges/1" => new IOException(),
            "exchanges/2" => new FormatException(),
            _ => new InvalidOperationException(),
        }), Token);

        Assert.Equal(new InboxTally(0, 3), tally);
        Assert.Empty(_acknowledged);
        Assert.Equal(
            [
                new RejectExchangeRequest { Name = "exchanges/1", Attempt = 1, RetryDelay = Duration.FromTimeSpan(TimeSpan.FromMinutes(5)) },
                new RejectExchangeRequest { Name = "exchanges/2", Attempt = 2, Permanent = true },
            ],
            rejected);
    }

    [Fact]
    public async Task The_leases_of_a_slow_handlers_exchanges_are_extended_up_to_a_limit()
    {
        var time = new FakeTimeProvider();
        var fetches = new Queue<FetchExchangesResponse>([new FetchExchangesResponse { Envelopes = { Item(1).Envelope, Item(2).Envelope } }, new FetchExchangesResponse()]);
        _hub.OnFetch = _ => fetches.Dequeue();
        var extended = new ConcurrentQueue<string>();
        _hub.OnExtend = request =>
        {
            Assert.Equal(TimeSpan.FromSeconds(60), request.Lease.ToTimeSpan());
            extended.Enqueue(request.Name);
            // The second one was withdrawn meanwhile: it is not asked for any more.
            return request.Name == "exchanges/1" ? new ExtendExchangeLeaseResponse() : throw FakeHub.Refusal(StatusCode.FailedPrecondition, "STATE_CONFLICT");
        };
        using var client = _hub.Connect(time: time);
        var options = new InboxOptions { Poll = TimeSpan.Zero, StopWhenEmpty = true, ExtendLeaseFor = TimeSpan.FromSeconds(60) };

        var tally = await client.ReadInbox(options).RunAsync(
            async (envelope, _) =>
            {
                if (envelope.Exchange != "exchanges/1") return;
                for (var n = 1; n <= 3; n++)
                {
                    await Eventually.BecomesTrueAsync(
                        () =>
                        {
                            time.Advance(TimeSpan.FromSeconds(20));
                            return Task.FromResult(extended.Count(e => e == "exchanges/1") >= n);
                        },
                        () => "The lease is not extended.");
                }
                time.Advance(TimeSpan.FromMinutes(10));
            },
            Token);

        Assert.Equal(new InboxTally(2, 0), tally);
        Assert.Equal((3, 1), (extended.Count(e => e == "exchanges/1"), extended.Count(e => e == "exchanges/2")));
    }

    private static WatchInboxResponse Item(int number) => new() { Cursor = $"c{number}", Envelope = new Envelope { Exchange = $"exchanges/{number}", Kind = "referral", Attempt = number } };
}
