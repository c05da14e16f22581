using Grpc.Core;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Tests.Client;

namespace Passerelle.Tests.Cli;

public sealed class FeedsCommandsTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private FakeHub _hub = null!;

    public async ValueTask InitializeAsync() => _hub = await FakeHub.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task An_import_shows_what_became_of_the_feed()
    {
        string? fileName = null;
        _hub.OnImportFeed = async (stream, _) =>
        {
            await foreach (var item in stream.ReadAllAsync())
                fileName ??= item.Header.FileName;
            return Report(new ImportReport { ReceivedCount = 120, NewCount = 3, ChangedCount = 7, UnchangedCount = 110, WithdrawnCount = 5 });
        };

        var result = await CommandLine.RunAsync(_hub, "feeds", "import", _folder.Write("annonces.csv", "une ligne"));

        Assert.Equal(0, result.Code);
        Assert.Equal("annonces.csv", fileName);
        foreach (var (label, count) in new[] { ("Reçues", 120), ("Nouvelles", 3), ("Modifiées", 7), ("Inchangées", 110), ("Retirées", 5), ("Rejetées", 0), ("Conservées", 0) })
            Assert.Matches($@"(?m)^\s+{label}\s+{count}\r?$", result.Output);
        Assert.Contains("poliris 4.12", result.Output);
        Assert.Contains("Envoi de annonces.csv", result.Error);
        Assert.Equal("Bearer " + CommandLine.Key, Assert.Single(_hub.Calls).Authorization);
    }

    [Fact]
    public async Task Rejected_lines_are_listed_and_have_their_own_exit_code()
    {
        _hub.OnImportFeed = (_, _) => Task.FromResult(Report(new ImportReport
        {
            ReceivedCount = 2,
            RejectedCount = 1,
            WithheldCount = 12,
            ProblemCount = 40,
            Remarks = { "Annonces absentes du fichier et conservées : 12." },
            Problems =
            {
                new ImportProblem { Line = 14, Rejected = true, Field = "11 Prix", Value = "abc\u001b[31m", Sentence = "Le prix n'est pas un nombre : corrigez-le." },
                new ImportProblem { Line = 15, Field = "16 Surface", Value = "-1", Sentence = "La surface est négative." },
            },
        }));

        var result = await CommandLine.RunAsync(_hub, "feeds", "import", _folder.Write("a.csv", "x"));

        Assert.Equal(6, result.Code);
        Assert.Matches(@"14\s+ligne rejetée\s+11 Prix\s+abc·\[31m\s+Le prix n'est pas un nombre : corrigez-le\.", result.Output);
        Assert.Matches(@"15\s+champ ignoré\s+16 Surface\s+-1\s+La surface est négative\.", result.Output);
        Assert.Contains("38 autres problèmes", result.Output);
        Assert.Contains("Annonces absentes du fichier et conservées : 12.", result.Output);
        Assert.DoesNotContain('\u001b', result.Output);
    }

    [Fact]
    public async Task What_waits_for_a_decision_is_listed_and_shown_listing_by_listing()
    {
        var held = new ImportReport
        {
            Name = "importReports/0198", Partner = "partners/agence", FileName = "Annonces.csv", State = ImportReport.Types.State.Held, HeldCount = 8,
            Held = { new HeldListing { Listing = "listings/1", Agency = "nord", TechnicalId = "T1", Reference = "REF 1", State = HeldListing.Types.State.Held } },
        };
        ListImportReportsRequest? asked = null;
        _hub.OnListImportReports = request =>
        {
            asked = request;
            return new ListImportReportsResponse { Reports = { held } };
        };
        _hub.OnGetImportReport = _ => new GetImportReportResponse { Report = held };

        var list = await CommandLine.RunAsync(_hub, "feeds", "list", "--held", "--partner", "agence");
        var show = await CommandLine.RunAsync(_hub, "feeds", "show", "0198");

        Assert.Equal((ImportReport.Types.State.Held, "partners/agence"), (asked!.State, asked.Partner));
        Assert.Matches(@"importReports/0198\s+partners/agence\s.*Annonces\.csv\s+attend une décision\s+8", list.Output);
        Assert.Matches(@"listings/1\s+nord\s+REF 1\s+attend une décision", show.Output);
    }

    [Fact]
    public async Task A_decision_is_sent_with_its_reason_and_told_in_a_sentence()
    {
        DecideFeedRequest? asked = null;
        _hub.OnDecideFeed = request =>
        {
            asked = request;
            return new DecideFeedResponse { Report = new ImportReport { Name = request.Name, HeldCount = 8, Decision = new FeedDecision { Verdict = request.Verdict, WithdrawnCount = 7 } } };
        };

        var result = await CommandLine.RunAsync(_hub, "feeds", "decide", "0198", "--verdict", "apply", "--why", "L'agence confirme.", "--by", "advisors/ada");

        Assert.Equal(0, result.Code);
        Assert.Equal(("importReports/0198", FeedDecision.Types.Verdict.Apply, "L'agence confirme.", "advisors/ada"), (asked!.Name, asked.Verdict, asked.Why, asked.By));
        Assert.True(Guid.TryParse(asked.RequestId, out _));
        Assert.Contains("importReports/0198 : annonces retirées : 7, sur 8.", result.Output);
        Assert.Equal(2, (await CommandLine.RunAsync(_hub, "feeds", "decide", "0198", "--verdict", "peut-être", "--why", "x")).Code);
    }

    [Fact]
    public async Task With_json_the_output_is_the_report_and_nothing_else()
    {
        _hub.OnImportFeed = (_, _) => Task.FromResult(Report(new ImportReport { ReceivedCount = 2, NewCount = 2 }));

        var result = await CommandLine.RunAsync(_hub, "feeds", "import", _folder.Write("a.csv", "x"), "--json");

        var report = Assert.Single(result.Json);
        Assert.Equal(2, report.GetProperty("newCount").GetInt32());
        Assert.Equal(0, report.GetProperty("rejectedCount").GetInt32());
    }

    [Theory]
    [InlineData(StatusCode.InvalidArgument, "FEED_TRUNCATED", 3, "Le flux est coupé")]
    [InlineData(StatusCode.InvalidArgument, "FEED_FORMAT_UNKNOWN", 3, "Ce format n'est pas accepté (le fichier semble être un fichier PDF)")]
    [InlineData(StatusCode.Aborted, "FEED_UNDER_WAY", 3, "Un autre de vos flux")]
    [InlineData(StatusCode.Unauthenticated, "CREDENTIALS_INVALID", 4, "La clé ou le certificat n'est pas accepté")]
    [InlineData(StatusCode.PermissionDenied, "SCOPE_MISSING", 4, "listings.write")]
    [InlineData(StatusCode.Internal, "INTERNAL", 1, "4bf92f")]
    [InlineData(StatusCode.Unavailable, "STORAGE_UNAVAILABLE", 5, "momentanément indisponible")]
    public async Task A_refusal_has_its_exit_code_and_its_french_sentence(StatusCode status, string reason, int code, string sentence)
    {
        _hub.OnImportFeed = (_, _) => throw FakeHub.Refusal(status, reason, new() { ["seen"] = "pdf", ["scope"] = "listings.write", ["trace"] = "4bf92f" });

        var result = await CommandLine.RunAsync(_hub, "feeds", "import", _folder.Write("a.csv", "x"), "--json");

        Assert.Equal(code, result.Code);
        Assert.Contains(sentence, result.Error);
        Assert.DoesNotContain("in English", result.Error);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task A_hub_that_stays_unavailable_was_tried_five_times()
    {
        _hub.OnImportFeed = (_, _) => throw FakeHub.Down;

        var result = await CommandLine.RunAsync(_hub, "feeds", "import", _folder.Write("a.csv", "x"));

        Assert.Equal(5, result.Code);
        Assert.Equal(5, _hub.CountOf("ImportFeed"));
        Assert.Contains("injoignable", result.Error);
    }

    [Fact]
    public async Task A_missing_file_is_a_mistake_of_usage()
    {
        var result = await CommandLine.RunAsync(_hub, "feeds", "import", _folder.File("absent.zip"));

        Assert.Equal(2, result.Code);
        Assert.Contains("absent.zip n'existe pas", result.Error);
        Assert.Empty(_hub.Calls);
    }

    [Fact]
    public async Task Ctrl_C_stops_an_import_with_130()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        _hub.OnImportFeed = async (_, context) =>
        {
            await stop.CancelAsync();
            await Forever.WaitAsync(context.CancellationToken);
            return new ImportFeedResponse();
        };

        var result = await CommandLine.RunAsync(_hub, stop.Token, "feeds", "import", _folder.Write("a.csv", "x"));

        Assert.Equal(130, result.Code);
        Assert.Contains("Interrompu", result.Error);
    }

    private static ImportFeedResponse Report(ImportReport report)
    {
        report.Name = "importReports/1";
        report.Format = "poliris 4.12";
        report.Encoding = "windows-1252";
        return new ImportFeedResponse { Report = report };
    }
}
