using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Passerelle.Contracts.Clocks.V1;
using Family = Passerelle.Contracts.Clocks.V1.Clock.Types.Family;
using Group = Passerelle.Contracts.Clocks.V1.ReportClocksRequest.Types.Group;

namespace Passerelle.Cli.Commands;

/// <summary><c>passerelle clocks report</c>: how promises and windows were kept, and how long answers took.</summary>
internal static partial class ClocksCommands
{
    private static readonly Dictionary<string, Family> Families = new(StringComparer.OrdinalIgnoreCase) { ["promises"] = Family.Promise, ["windows"] = Family.PartnerWindow };

    private static readonly Dictionary<string, Group> Groups = new(StringComparer.OrdinalIgnoreCase)
    {
        ["month"] = Group.Month,
        ["need"] = Group.Need,
        ["partner"] = Group.Partner,
        ["advisor"] = Group.Advisor,
    };

    private static Command Report(Runner runner)
    {
        var family = new Argument<string>("WHICH") { HelpName = Sentences.Get("Option.Word.Name"), Description = Sentences.Get("Clocks.Report.Family", string.Join(", ", Families.Keys)) };
        family.Validators.Add(result => Known(result, Families));
        var groups = new Option<string[]>("--group") { HelpName = Sentences.Get("Option.Word.Name"), Description = Sentences.Get("Clocks.Report.Group", string.Join(", ", Groups.Keys)), AllowMultipleArgumentsPerToken = true };
        groups.Validators.Add(result => Known(result, Groups));
        var since = Date("--since", Sentences.Get("Clocks.Report.Since"));
        var until = Date("--until", Sentences.Get("Clocks.Report.Until"));
        var partner = Parts.Named("--partner", Sentences.Get("Clocks.List.Partner"));
        var asKnown = Parts.Time("--as-known", Sentences.Get("Clocks.AsKnown"));
        var report = new Command("report", Sentences.Get("Clocks.Report")) { family, groups, since, until, partner, asKnown };
        runner.Set(report, (run, cancellationToken) =>
        {
            var request = new ReportClocksRequest
            {
                Family = Families[run.Required(family)],
                StartDate = run.Value(since),
                EndDate = run.Value(until),
                Partner = run.Value(partner) is { } p ? Names.Of("partners", p) : "",
                AsKnownTime = run.Value(asKnown)?.ToTimestamp(),
            };
            // In the order of the columns, however they were given.
            request.Groups.AddRange(Groups.Where(g => (run.Value(groups) ?? []).Contains(g.Key, StringComparer.OrdinalIgnoreCase)).Select(g => g.Value));
            return ReportAsync(run, request, cancellationToken);
        });
        return report;
    }

    private static async Task<int> ReportAsync(Run run, ReportClocksRequest request, CancellationToken cancellationToken)
    {
        var response = await run.Client.ClockReports.ReportClocksAsync(request, cancellationToken: cancellationToken);
        var output = run.Output;
        foreach (var figures in response.Figures)
            output.Object(figures);
        if (response.Figures.Count == 0)
            output.Line(Sentences.Get("Clocks.None"));
        else
            output.Line(Sentences.Get("Clocks.KnownAt", FrenchTime.Long(response.AsKnownTime)));
        output.Table(
            [
                .. request.Groups.Select(g => Sentences.Word("Group", g)), Sentences.Get("Column.Clocks"), Sentences.Get("Column.Met"), Sentences.Get("Column.Missed"), Sentences.Get("Column.Overdue"),
                Sentences.Get("Column.Open"), Sentences.Get("Column.Voided"), Sentences.Get("Column.Attainment"), Sentences.Get("Column.Median"), "90 %", "95 %", "99 %",
            ],
            [.. response.Figures.Select(f => (string[])
                [
                    .. request.Groups.Select(g => Cell(g, f)), Number(f.ClockCount), Number(f.MetCount), Number(f.MissedCount), Number(f.OverdueCount), Number(f.OpenCount), Number(f.VoidedCount),
                    f.MetCount + f.MissedCount + f.OverdueCount == 0 ? "—" : Percent(f.Attainment), Span(f.Median), Span(f.Percentile90), Span(f.Percentile95), Span(f.Percentile99),
                ])]);
        if (response.Figures.Count > 0)
            output.Line(Sentences.Get("Clocks.Report.How"));
        return ExitCodes.Ok;
    }

    private static string Cell(Group group, ClockFigures figures) => group switch
    {
        Group.Month => figures.MonthDate is { } month ? string.Create(CultureInfo.InvariantCulture, $"{month.Month:00}/{month.Year}") : "—",
        Group.Need => figures.Need.Length == 0 ? "—" : Sentences.Word("Need", Capitalised(figures.Need)),
        Group.Partner => figures.Partner.Length == 0 ? "—" : figures.Partner,
        Group.Advisor => figures.Advisor.Length == 0 ? "—" : figures.Advisor,
        _ => "—",
    };

    private static string Capitalised(string word) => string.Create(CultureInfo.InvariantCulture, $"{char.ToUpperInvariant(word[0])}{word[1..]}");

    private static string Number(long count) => count.ToString(CultureInfo.InvariantCulture);

    /// <summary>Down: 100 % is every one of them.</summary>
    private static string Percent(double share) => (Math.Floor(share * 1000) / 10).ToString("0.0", Sentences.French) + " %";

    private static string Span(Duration? duration) => duration is null ? "—" : FrenchTime.Span(duration.ToTimeSpan());

    private static void Known<T>(SymbolResult result, Dictionary<string, T> words)
    {
        foreach (var given in result.Tokens.Select(t => t.Value).Where(v => !words.ContainsKey(v)))
            result.AddError(Sentences.Get("Clocks.Report.WordUnknown", Printable.Line(given), string.Join(", ", words.Keys)));
    }

    private static Option<Date?> Date(string name, string description) =>
        new(name) { HelpName = Sentences.Get("Option.Date.Name"), Description = description, CustomParser = DateOf };

    private static Date? DateOf(ArgumentResult result)
    {
        if (DateOnly.TryParseExact(result.Tokens[0].Value, ["yyyy-MM-dd", "dd/MM/yyyy"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            return new Date { Year = date.Year, Month = date.Month, Day = date.Day };
        result.AddError(Sentences.Get("Clocks.Report.DateMalformed", Printable.Line(result.Tokens[0].Value)));
        return null;
    }
}
