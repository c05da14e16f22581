using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Contracts.Schooling.V1;
using Passerelle.Tests.Client;

namespace Passerelle.Tests.Cli;

public sealed class InboxCommandsTests : IAsyncLifetime
{
    private const string Resume = """{"basics":{"name":"Essai Essai"}}""";

    private readonly TemporaryFolder _folder = new();
    private FakeHub _hub = null!;

    private string To => _folder.File("in");
    private string[] Kept => [.. Directory.EnumerateFiles(To).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    public async ValueTask InitializeAsync() => _hub = await FakeHub.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task A_referral_becomes_an_envelope_and_a_json_resume()
    {
        var script = new InboxScript(_hub, Referral(1));

        var result = await WatchOnceAsync();

        Assert.Equal(0, result.Code);
        Assert.Equal(["exchanges-1.cv.json", "exchanges-1.referral.json"], Kept);
        Assert.Equal(Resume, Read("exchanges-1.cv.json"));
        var envelope = System.Text.Json.JsonDocument.Parse(Read("exchanges-1.referral.json")).RootElement;
        Assert.Equal("exchanges/1", envelope.GetProperty("exchange").GetString());
        Assert.Equal("referrals/1", envelope.GetProperty("payload").GetProperty("referral").GetString());
        Assert.Equal(["exchanges/1"], script.Acknowledged);
        Assert.Contains("Reçu : mise en relation, exchanges/1", result.Output);
    }

    [Fact]
    public async Task Files_can_be_read_by_their_owner_only()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no modes: files inherit the folder's rights.");
            return;
        }
        _ = new InboxScript(_hub, Referral(1));

        await WatchOnceAsync();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(To, "exchanges-1.cv.json")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(To));
    }

    [Fact]
    public async Task An_enrolment_comes_with_every_document()
    {
        byte[] first = UploadTests.Bytes(100_000), second = UploadTests.Bytes(10);
        var script = new InboxScript(_hub, Enrolment(1, ("livret.pdf", first), ("livret.pdf", second)));
        ServeDocuments(first, second);

        var result = await WatchOnceAsync();

        Assert.Equal(0, result.Code);
        Assert.Equal(["exchanges-1.01-livret.pdf", "exchanges-1.02-livret.pdf", "exchanges-1.enrolment.json"], Kept);
        Assert.Equal(first, File.ReadAllBytes(Path.Combine(To, "exchanges-1.01-livret.pdf")));
        Assert.Equal(second, File.ReadAllBytes(Path.Combine(To, "exchanges-1.02-livret.pdf")));
        Assert.Single(script.Acknowledged);
    }

    [Theory]
    [InlineData("../../etc/passwd", "exchanges-1.01-passwd")]
    [InlineData("..\\..\\boot.ini", "exchanges-1.01-boot.ini")]
    [InlineData("/absolute.pdf", "exchanges-1.01-absolute.pdf")]
    [InlineData("..", "exchanges-1.01-document")]
    [InlineData("a/", "exchanges-1.01-document")]
    [InlineData("C:\\x:y?.pdf", "exchanges-1.01-x-y-.pdf")]
    [InlineData("nul\0l.pdf\n", "exchanges-1.01-null.pdf")]
    public async Task A_file_name_cannot_leave_the_folder(string fileName, string kept)
    {
        var content = UploadTests.Bytes(10);
        _ = new InboxScript(_hub, Enrolment(1, (fileName, content)));
        ServeDocuments(content);

        Assert.Equal(0, (await WatchOnceAsync()).Code);

        Assert.Equal([kept, "exchanges-1.enrolment.json"], Kept);
        // Nothing beside the folder either.
        Assert.Empty(Directory.EnumerateFiles(_folder.Path));
        Assert.Equal([To], Directory.EnumerateDirectories(_folder.Path));
    }

    [Fact]
    public async Task A_document_with_a_wrong_checksum_is_not_kept_and_the_exchange_not_acknowledged()
    {
        var script = new InboxScript(_hub, Enrolment(1, ("livret.pdf", UploadTests.Bytes(10))), Referral(2));
        var damaged = UploadTests.Bytes(10);
        damaged[3] ^= 1;
        _hub.OnDownloadDocument = (_, stream, _) => UploadTests.SendAsync(stream, UploadTests.Described(UploadTests.Bytes(10)), damaged);

        var result = await WatchOnceAsync();

        Assert.Equal(1, result.Code);
        Assert.Equal(["exchanges/2"], script.Acknowledged);
        Assert.Equal(["exchanges-2.cv.json", "exchanges-2.referral.json"], Kept);
        Assert.Contains("exchanges/1 n'est pas reçu. documents/0 est arrivé abîmé", result.Error);
    }

    [Fact]
    public async Task A_document_that_is_whole_but_not_the_announced_one_is_refused()
    {
        var script = new InboxScript(_hub, Enrolment(1, ("livret.pdf", UploadTests.Bytes(10))));
        ServeDocuments(UploadTests.Bytes(11));

        Assert.Equal(1, (await WatchOnceAsync()).Code);

        Assert.Empty(script.Acknowledged);
        Assert.Empty(Kept);
    }

    [Fact]
    public async Task A_crash_between_write_and_acknowledgement_has_one_effect()
    {
        var content = UploadTests.Bytes(10);
        var script = new InboxScript(_hub, Enrolment(1, ("livret.pdf", content)), Referral(2)) { RefuseAcknowledgement = FakeHub.Down };
        ServeDocuments(content);
        var first = await WatchOnceAsync();
        var before = Kept.ToDictionary(n => n, n => (Read(n), File.GetLastWriteTimeUtc(Path.Combine(To, n))));
        Assert.Equal(5, first.Code);
        Assert.Equal(4, before.Count);

        script.RefuseAcknowledgement = null;
        var second = await WatchOnceAsync();

        Assert.Equal(0, second.Code);
        Assert.Equal(before, Kept.ToDictionary(n => n, n => (Read(n), File.GetLastWriteTimeUtc(Path.Combine(To, n)))));
        Assert.Equal(["exchanges/1", "exchanges/2"], script.Acknowledged);
        // Each download is a disclosure: what is there is not downloaded again.
        Assert.Equal(1, _hub.CountOf("DownloadDocument"));
    }

    [Fact]
    public async Task What_a_crash_left_half_written_is_written_again()
    {
        Directory.CreateDirectory(To);
        await File.WriteAllTextAsync(Path.Combine(To, ".exchanges-1.cv.json.part"), "{\"bas", TestContext.Current.CancellationToken);
        _ = new InboxScript(_hub, Referral(1));

        Assert.Equal(0, (await WatchOnceAsync()).Code);

        Assert.Equal(["exchanges-1.cv.json", "exchanges-1.referral.json"], Kept);
        Assert.Equal(Resume, Read("exchanges-1.cv.json"));
    }

    [Fact]
    public async Task A_repeat_that_differs_goes_beside_and_says_so()
    {
        var script = new InboxScript(_hub, Referral(1)) { RefuseAcknowledgement = FakeHub.Down };
        await WatchOnceAsync();
        script = new InboxScript(_hub, Referral(1, """{"basics":{"name":"Autre Essai"}}"""));

        var result = await WatchOnceAsync();

        Assert.Equal(0, result.Code);
        Assert.Equal(Resume, Read("exchanges-1.cv.json"));
        Assert.Equal(4, Kept.Length);
        Assert.Contains("Attention : exchanges-1.cv.json existe avec un autre contenu", result.Error);
        Assert.Single(script.Acknowledged);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_acknowledges_nothing()
    {
        _folder.Write("in", "a file where the folder should be");
        var script = new InboxScript(_hub, Referral(1));

        var result = await WatchOnceAsync();

        Assert.Equal(2, result.Code);
        Assert.Contains("ne peut pas être créé", result.Error);
        Assert.Empty(script.Acknowledged);
    }

    [Fact]
    public async Task An_exchange_that_was_withdrawn_meanwhile_names_the_files_to_delete()
    {
        _ = new InboxScript(_hub, Referral(1)) { RefuseAcknowledgement = FakeHub.Refusal(StatusCode.FailedPrecondition, "STATE_CONFLICT") };

        var result = await WatchOnceAsync();

        Assert.Equal(3, result.Code);
        Assert.Contains("supprimez ces fichiers : exchanges-1.cv.json, exchanges-1.referral.json", result.Error);
    }

    [Fact]
    public async Task A_kind_that_this_version_does_not_know_is_left_in_the_inbox()
    {
        var script = new InboxScript(_hub, new Envelope { Exchange = "exchanges/1", Kind = "visit", Payload = Any.Pack(new Timestamp()) });

        var result = await WatchOnceAsync();

        Assert.Equal(1, result.Code);
        Assert.Contains("échanges de type « visit »", result.Error);
        Assert.Empty(script.Acknowledged);
    }

    [Fact]
    public async Task With_json_each_exchange_is_one_line()
    {
        _ = new InboxScript(_hub, Referral(1), Referral(2));

        var result = await WatchOnceAsync("--json");

        Assert.Equal(["exchanges/1", "exchanges/2"], result.Json.Select(j => j.GetProperty("exchange").GetString()));
        Assert.Equal(["exchanges-1.cv.json", "exchanges-1.referral.json"], result.Json[0].GetProperty("files").EnumerateArray().Select(f => f.GetString()));
        Assert.DoesNotContain("Essai", result.Output + result.Error);
    }

    [Fact]
    public async Task A_watch_goes_on_after_the_stream_broke_and_stops_at_ctrl_C()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var script = new InboxScript(_hub, Referral(1));
        var waiting = _hub.OnWatchInbox;
        _hub.OnWatchInbox = (stream, context) => _hub.CountOf("WatchInbox") < 3 ? throw FakeHub.Down : waiting(stream, context);
        var acknowledge = _hub.OnAcknowledge;
        _hub.OnAcknowledge = request =>
        {
            var response = acknowledge(request);
            stop.Cancel();
            return response;
        };

        var result = await CommandLine.RunAsync(_hub, stop.Token, "inbox", "watch", "--to", To);

        Assert.Equal(130, result.Code);
        Assert.Single(script.Acknowledged);
        Assert.Contains("Connexion perdue, nouvel essai dans", result.Error);
    }

    [Theory]
    [InlineData(StatusCode.Unavailable, "STORAGE_UNAVAILABLE", 5)]
    [InlineData(StatusCode.Unauthenticated, "CREDENTIALS_INVALID", 4)]
    public async Task A_hub_that_does_not_let_us_in_ends_a_single_run(StatusCode status, string reason, int code)
    {
        _hub.OnWatchInbox = (_, _) => throw FakeHub.Refusal(status, reason);

        Assert.Equal(code, (await WatchOnceAsync()).Code);
    }

    [Fact]
    public async Task Without_a_folder_the_command_says_what_is_missing()
    {
        var result = await CommandLine.RunAsync(_hub, "inbox", "watch");

        Assert.Equal(2, result.Code);
        Assert.Contains("--to <dossier>", result.Error);
    }

    private Task<CommandResult> WatchOnceAsync(params string[] more) => CommandLine.RunAsync(_hub, ["inbox", "watch", "--to", To, "--once", .. more]);

    private string Read(string name) => File.ReadAllText(Path.Combine(To, name));

    private void ServeDocuments(params byte[][] contents) => _hub.OnDownloadDocument = (request, stream, _) =>
    {
        var content = contents[int.Parse(request.Name["documents/".Length..], System.Globalization.CultureInfo.InvariantCulture)];
        return UploadTests.SendAsync(stream, UploadTests.Described(content), content);
    };

    private static Envelope Referral(int number, string resume = Resume) => new()
    {
        Exchange = $"exchanges/{number}",
        Kind = "referral",
        Case = "cases/1",
        Subject = $"referrals/{number}",
        Payload = Any.Pack(new ReferralFile { Referral = $"referrals/{number}", GivenName = "Essai", JsonResume = resume }),
    };

    private static Envelope Enrolment(int number, params (string FileName, byte[] Content)[] documents)
    {
        var file = new EnrolmentFile { Enrolment = $"enrolments/{number}" };
        for (var i = 0; i < documents.Length; i++)
        {
            var document = UploadTests.Described(documents[i].Content, documents[i].FileName);
            document.Name = $"documents/{i}";
            file.Documents.Add(document);
        }
        return new Envelope { Exchange = $"exchanges/{number}", Kind = "enrolment", Subject = file.Enrolment, Payload = Any.Pack(file) };
    }
}
