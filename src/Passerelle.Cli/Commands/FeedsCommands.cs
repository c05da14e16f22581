using System.CommandLine;
using Passerelle.Contracts.Housing.V1;

namespace Passerelle.Cli.Commands;

/// <summary><c>passerelle feeds</c>: the files of estate agencies.</summary>
internal static class FeedsCommands
{
    /// <summary>What the contract takes: better said at once than after minutes of sending.</summary>
    private const long MaxBytes = 64 * 1024 * 1024;

    private static readonly Dictionary<string, FeedDecision.Types.Verdict> Verdicts = new()
    {
        ["apply"] = FeedDecision.Types.Verdict.Apply,
        ["keep"] = FeedDecision.Types.Verdict.Keep,
    };

    public static Command Build(Runner runner) => new("feeds", Sentences.Get("Feeds")) { Import(runner), List(runner), Show(runner), Decide(runner) };

    private static Command Import(Runner runner)
    {
        var file = new Argument<string>("FILE") { HelpName = Sentences.Get("Option.File.Name"), Description = Sentences.Get("Feeds.Import.File") };
        var import = new Command("import", Sentences.Get("Feeds.Import")) { file };
        runner.Set(import, (run, cancellationToken) => ImportAsync(run, run.Required(file), cancellationToken));
        return import;
    }

    private static Command List(Runner runner)
    {
        var (partner, held, limit) = (Parts.Named("--partner", Sentences.Get("Feeds.Partner")), new Option<bool>("--held") { Description = Sentences.Get("Feeds.List.Held") }, Parts.Limit());
        var list = new Command("list", Sentences.Get("Feeds.List")) { partner, held, limit };
        runner.Set(list, async (run, cancellationToken) =>
        {
            var (found, more) = await Parts.ListAsync<ImportReport>(run.Output, run.Value(limit), async (size, token) =>
            {
                var page = await run.Client.Feeds.ListImportReportsAsync(
                    new ListImportReportsRequest
                    {
                        Partner = run.Value(partner) is { } given ? Names.Of("partners", given) : "",
                        State = run.Value(held) ? ImportReport.Types.State.Held : ImportReport.Types.State.Unspecified,
                        PageSize = size,
                        PageToken = token,
                    },
                    cancellationToken: cancellationToken);
                return (page.Reports, page.NextPageToken);
            });
            if (found.Count == 0)
                run.Output.Line(Sentences.Get("Feeds.None"));
            run.Output.Table(
                [Sentences.Get("Column.Report"), Sentences.Get("Column.Partner"), Sentences.Get("Column.Received"), Sentences.Get("Column.File"), Sentences.Get("Column.State"), Sentences.Get("Column.Waiting")],
                [.. found.Select(r => (string[])
                    [r.Name, r.Partner, FrenchTime.Short(r.CreateTime), r.FileName, Sentences.Word("ReportState", r.State), r.State == ImportReport.Types.State.Held ? r.HeldCount.ToString(Sentences.French) : ""])]);
            if (more)
                run.Output.Line(Sentences.Get("More", found.Count));
            return ExitCodes.Ok;
        });
        return list;
    }

    private static Command Show(Runner runner)
    {
        var name = ReportArgument();
        var show = new Command("show", Sentences.Get("Feeds.Show")) { name };
        runner.Set(show, async (run, cancellationToken) =>
        {
            var report = (await run.Client.Feeds.GetImportReportAsync(new GetImportReportRequest { Name = Names.Of("importReports", run.Required(name)) }, cancellationToken: cancellationToken)).Report;
            run.Output.Object(report);
            Show(run.Output, report);
            return ExitCodes.Ok;
        });
        return show;
    }

    private static Command Decide(Runner runner)
    {
        var name = ReportArgument();
        var verdict = Parts.Choice("--verdict", Verdicts, Sentences.Get("Feeds.Verdict"));
        var why = new Option<string>("--why") { HelpName = Sentences.Get("Option.Text.Name"), Description = Sentences.Get("Feeds.Why"), Required = true };
        var by = new Option<string?>("--by") { HelpName = Sentences.Get("Option.Actor.Name"), Description = Sentences.Get("Feeds.By") };
        verdict.Required = true;
        var decide = new Command("decide", Sentences.Get("Feeds.Decide")) { name, verdict, why, by };
        runner.Set(decide, async (run, cancellationToken) =>
        {
            var request = new DecideFeedRequest
            {
                RequestId = run.Client.NewRequestId(),
                Name = Names.Of("importReports", run.Required(name)),
                Verdict = Verdicts[run.Value(verdict)!],
                Why = run.Value(why),
                By = run.Value(by) ?? "",
            };
            var report = (await run.Client.Feeds.DecideFeedAsync(request, cancellationToken: cancellationToken)).Report;
            run.Output.Object(report);
            run.Output.Line(Sentences.Get(request.Verdict == FeedDecision.Types.Verdict.Apply ? "Feeds.Applied" : "Feeds.Kept", report.Name, report.Decision?.WithdrawnCount ?? 0, report.HeldCount));
            return ExitCodes.Ok;
        });
        return decide;
    }

    private static Argument<string> ReportArgument() => new("NAME") { HelpName = Sentences.Get("Option.Name.Name"), Description = Sentences.Get("Feeds.Name") };

    private static async Task<int> ImportAsync(Run run, string path, CancellationToken cancellationToken)
    {
        await using var file = InputFile.Open(path);
        if (file.Length > MaxBytes)
            throw new Settings.UsageException(Sentences.Get("Feeds.TooLarge", path));
        var name = Path.GetFileName(path);
        var report = await run.Output.ProgressAsync(
            Sentences.Get("Feeds.Sending", Printable.Line(name), file.Length),
            file.Length,
            sent => run.Client.ImportFeedAsync(file, name, sent: sent, cancellationToken: cancellationToken));
        run.Output.Object(report);
        Show(run.Output, report);
        return report.RejectedCount > 0 ? ExitCodes.SomeRejected : ExitCodes.Ok;
    }

    private static void Show(Output output, ImportReport report)
    {
        output.Line(Sentences.Get("Feeds.Report", report.Name));
        output.Line(Sentences.Get("Feeds.Format", Printable.Line(report.Format), Printable.Line(report.Encoding)));
        output.Line();
        Count(output, "Received", report.ReceivedCount);
        Count(output, "New", report.NewCount);
        Count(output, "Changed", report.ChangedCount);
        Count(output, "Unchanged", report.UnchangedCount);
        Count(output, "Withdrawn", report.WithdrawnCount);
        Count(output, "Rejected", report.RejectedCount);
        Count(output, "Withheld", report.WithheldCount);
        Count(output, "Held", report.HeldCount);
        if (report.SupersededCount > 0)
            Count(output, "Superseded", report.SupersededCount);
        foreach (var remark in report.Remarks)
            output.Line('\n' + Printable.Line(remark));
        if (report.Held.Count > 0)
        {
            output.Line();
            output.Table(
                [Sentences.Get("Column.Listing"), Sentences.Get("Column.Agency"), Sentences.Get("Column.Reference"), Sentences.Get("Column.State")],
                [.. report.Held.Select(h => (string[])[h.Listing, h.Agency, h.Reference.Length > 0 ? h.Reference : h.TechnicalId, Sentences.Word("HeldState", h.State)])]);
        }

        if (report.Problems.Count == 0)
            return;

        output.Line();
        output.Table(
            [Sentences.Get("Column.Line"), Sentences.Get("Column.Effect"), Sentences.Get("Column.Field"), Sentences.Get("Column.Value"), Sentences.Get("Column.Sentence")],
            [.. report.Problems.Select(p => (string[])
                [p.Line.ToString(Sentences.French), Sentences.Get(p.Rejected ? "Feeds.LineRejected" : "Feeds.FieldLeftOut"), p.Field, p.Value, p.Sentence])]);
        if (report.ProblemCount > report.Problems.Count)
            output.Line(Sentences.Get("Feeds.MoreProblems", report.ProblemCount - report.Problems.Count));
    }

    private static void Count(Output output, string what, int count) => output.Line($"  {Sentences.Get("Count." + what),-14}{count,8}");
}
