using System.Globalization;
using System.Resources;
using System.Text;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing;

/// <summary>An import as a partner reads it, in French. Every sentence is in FeedReportText.resx.</summary>
public static class FeedReportText
{
    static readonly CultureInfo French = CultureInfo.GetCultureInfo("fr-FR");
    static readonly ResourceManager Texts = new(typeof(FeedReportText));
    static readonly TimeZoneInfo Paris = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris");

    /// <summary>What is to be said of an import as a whole.</summary>
    public static IEnumerable<string> Remarks(ImportReport report)
    {
        if (report.State is ImportReportState.Superseded) yield return Text("Superseded");
        else if (report.SupersededCount > 0) yield return Text("PartlySuperseded", report.SupersededCount);
        if (report.WithheldCount > 0) yield return Text("Withheld", report.WithheldCount);
        var hold = report.State switch
        {
            ImportReportState.Held => "Held",
            ImportReportState.Decided when report.Verdict is FeedVerdict.Keep => "Kept",
            ImportReportState.Decided => "Taken",
            ImportReportState.Settled => "Settled",
            ImportReportState.Applied or ImportReportState.Superseded => null,
        };
        if (hold is not null) yield return Text(hold, report.HeldCount, report.DecidedCount ?? 0);
    }

    /// <summary>A whole report, for a file beside the one that came.</summary>
    public static string Of(Wire.ImportReport report)
    {
        var text = new StringBuilder();
        Line(Text("Title", report.FileName));
        Line(Text("Taken.At", Local(report.CreateTime.ToDateTimeOffset()), Local(report.MakeTime.ToDateTimeOffset())));
        Line(Text("Recognised", report.Format, report.Encoding));
        Line(Text("Reference", report.Name));
        Line("");
        Count("Received", report.ReceivedCount, always: true);
        Count("New", report.NewCount, always: true);
        Count("Changed", report.ChangedCount, always: true);
        Count("Unchanged", report.UnchangedCount, always: true);
        Count("Withdrawn", report.WithdrawnCount, always: true);
        Count("Rejected", report.RejectedCount, always: true);
        Count("Withheld", report.WithheldCount, always: false);
        Count("Held", report.HeldCount, always: false);
        Count("Superseded", report.SupersededCount, always: false);
        foreach (var remark in report.Remarks) Line("\n" + remark);
        if (report.Held.Count > 0) Line("\n" + Text("HeldListings"));
        foreach (var held in report.Held) Line(Text("HeldListing", held.Reference.Length > 0 ? held.Reference : held.TechnicalId, held.Agency));
        if (report.Problems.Count > 0) Line("\n" + Text("Problems", report.ProblemCount));
        foreach (var problem in report.Problems) Line(Text(problem.Rejected ? "LineRejected" : "FieldLeftOut", problem.Sentence));
        if (report.ProblemCount > report.Problems.Count) Line(Text("MoreProblems", report.ProblemCount - report.Problems.Count));
        return text.ToString();

        // Windows' own line ends: agencies open it there.
        void Line(string line) => text.Append(line.ReplaceLineEndings("\r\n")).Append("\r\n");

        void Count(string what, int count, bool always)
        {
            if (always || count > 0) Line(string.Format(French, "  {0,-32}{1,10:N0}", Text("Count." + what), count));
        }
    }

    /// <summary>A file that was turned away as a whole.</summary>
    public static string OfRefused(string fileName, string sentence) => $"{Text("Title", fileName)}\r\n{Text("Refused")}\r\n\r\n{sentence}\r\n";

    static string Local(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, Paris).ToString("dddd d MMMM yyyy 'à' HH'h'mm", French);

    static string Text(string key, params object[] details) => string.Format(French, Texts.GetString(key, French) ?? throw new MissingManifestResourceException(key), details);
}
