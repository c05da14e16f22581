using Google.Protobuf.WellKnownTypes;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Tests.Client;

namespace Passerelle.Tests.Cli;

/// <summary>The inbox commands and what the hub offers beside the stream.</summary>
public sealed class InboxFetchTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<RejectExchangeRequest> _rejected = [];
    private FakeHub _hub = null!;

    public async ValueTask InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        _hub.OnAcknowledge = _ => new AcknowledgeExchangeResponse();
        _hub.OnReject = request =>
        {
            _rejected.Add(request);
            return new RejectExchangeResponse();
        };
    }

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task Fetch_does_the_same_without_a_stream()
    {
        var rounds = new Queue<FetchExchangesResponse>([new FetchExchangesResponse { Envelopes = { Referral(1), Referral(2) } }, new FetchExchangesResponse()]);
        _hub.OnFetch = _ => rounds.Dequeue();

        var result = await CommandLine.RunAsync(_hub, "inbox", "fetch", "--to", _folder.Path);

        Assert.Equal(0, result.Code);
        Assert.Equal(["exchanges-1.cv.json", "exchanges-1.referral.json", "exchanges-2.cv.json", "exchanges-2.referral.json"], _folder.Names);
        Assert.Equal(2, _hub.CountOf("AcknowledgeExchange"));
        Assert.Equal(0, _hub.CountOf("WatchInbox"));
    }

    [Fact]
    public async Task Fetch_needs_a_folder_too()
    {
        var result = await CommandLine.RunAsync(_hub, "inbox", "fetch");

        Assert.Equal(2, result.Code);
        Assert.Contains("--to <dossier>", result.Error);
    }

    [Fact]
    public async Task The_cursor_is_kept_beside_the_files_and_the_next_run_goes_on_from_it()
    {
        _hub.OnWatchInbox = async (stream, _) =>
        {
            await stream.WriteAsync(new WatchInboxResponse { Envelope = Referral(_hub.CountOf("WatchInbox")), Cursor = $"cursor-{_hub.CountOf("WatchInbox")}" });
            await stream.WriteAsync(new WatchInboxResponse { CheckpointTime = new Timestamp(), Cursor = $"cursor-{_hub.CountOf("WatchInbox")}" });
        };

        for (var n = 0; n < 2; n++) Assert.Equal(0, (await WatchOnceAsync()).Code);

        Assert.Equal(["", "cursor-1"], _hub.InboxStarts);
        Assert.Equal("cursor-2", await File.ReadAllTextAsync(_folder.File(".cursor"), TestContext.Current.CancellationToken));
        Assert.Equal(5, _folder.Names.Count());
    }

    [Fact]
    public async Task A_cursor_file_that_somebody_spoiled_is_as_good_as_none()
    {
        _folder.Write(".cursor", new string('é', 5000));
        _ = new InboxScript(_hub);

        Assert.Equal(0, (await WatchOnceAsync()).Code);

        Assert.Equal([""], _hub.InboxStarts);
    }

    [Fact]
    public async Task What_cannot_be_written_is_rejected_for_a_while()
    {
        // As a full disk: the place of the file is taken by something that is no file.
        Directory.CreateDirectory(_folder.File(".exchanges-1.cv.json.part"));
        var script = new InboxScript(_hub, Referral(1), new Envelope { Exchange = "exchanges/2", Kind = "visit", Payload = Any.Pack(new Timestamp()) });

        var result = await WatchOnceAsync();

        Assert.Equal(1, result.Code);
        Assert.Empty(script.Acknowledged);
        Assert.Equal(
            [("exchanges/1", 1, TimeSpan.FromMinutes(5), false), ("exchanges/2", 1, TimeSpan.FromHours(6), false)],
            _rejected.Select(r => (r.Name, r.Attempt, r.RetryDelay.ToTimeSpan(), r.Permanent)));
    }

    private Task<CommandResult> WatchOnceAsync() => CommandLine.RunAsync(_hub, "inbox", "watch", "--to", _folder.Path, "--once");

    private static Envelope Referral(int number) => new()
    {
        Exchange = $"exchanges/{number}",
        Kind = "referral",
        Payload = Any.Pack(new ReferralFile { Referral = $"referrals/{number}", JsonResume = """{"basics":{"name":"Essai Essai"}}""" }),
    };
}
