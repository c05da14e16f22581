using System.CommandLine;
using Passerelle.Contracts.Housing.V1;

namespace Passerelle.Cli.Commands;

/// <summary><c>passerelle feeds</c>: the files of estate agencies.</summary>
internal static class FeedsCommands
{
    /// <summary>What the contract takes: better said at once than after minutes of sending.</summary>
    private const long MaxBytes = 64 * 1024 * 1024;

    public static Command Build(Runner runner)
    {
        var file = new Argument<string>("FILE") { HelpName = Sentences.Get("Option.File.Name"), Description = Sentences.Get("Feeds.Import.File") };
        var import = new Command("import", Sentences.Get("Feeds.Import")) { file };
        runner.Set(import, (run, cancellationToken) => ImportAsync(run, run.Required(file), cancellationToken));
        return new Command("feeds", Sentences.Get("Feeds")) { import };
    }

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
        if (report.WithheldCount > 0)
            output.Line('\n' + Sentences.Get("Feeds.WithheldWhy", report.WithheldCount));
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
