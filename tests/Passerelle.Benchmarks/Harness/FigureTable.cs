using System.Globalization;

namespace Passerelle.Benchmarks.Harness;

/// <summary>The figures for people: medians, how far the runs lay apart, what was asked for, and what exactly was counted.</summary>
sealed class FigureTable
{
    static readonly string[] Heading = ["figure", "unit", "hub", "baseline", "ratio", "target", "verdict", "hub's runs", "baseline's runs"];

    readonly List<string[]> rows = [Heading];
    readonly List<string> notes = [];
    Machine? machine;

    public void Add(Measurement measured)
    {
        // Not all need PostgreSQL; who reads the others wants to know which it was.
        if (machine?.Postgresql is null) machine = measured.Machine;
        foreach (var f in measured.Figures)
        {
            rows.Add([f.Name, f.Unit, Number(f.Value), f.Baseline is { } b ? Number(b) : "", f.Ratio?.ToString("0.00", CultureInfo.InvariantCulture) ?? "",
                f.Target?.ToString() ?? "", f.Target?.Judge(f.Value) ?? "", Range(f.Values), Range(f.Baselines)]);
            if (f.Counted is { } counted) notes.Add($"{f.Name}: {counted}");
        }

        if (measured.Settings is { Count: > 0 } settings) notes.Add($"settings of {string.Join(", ", measured.Figures.Select(f => f.Name))}: {string.Join("; ", settings.Select(s => $"{s.Key} {s.Value}"))}");
    }

    public void Print(TextWriter output)
    {
        var widths = Heading.Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        // Words to the left, numbers to the right.
        foreach (var row in rows)
            output.WriteLine(string.Join("  ", row.Select((cell, column) => column is < 2 or 5 or 6 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).TrimEnd());
        if (notes.Count > 0) output.WriteLine();
        foreach (var note in notes) output.WriteLine(note);
        output.WriteLine();
        if (machine is not null) output.WriteLine(machine.ToSentence());
    }

    static string Range(IReadOnlyList<double> samples) => samples.Count == 0 ? "" : $"{Number(samples.Min())} to {Number(samples.Max())}";

    static string Number(double number) => number.ToString(number < 100 ? "0.00" : "#,0", CultureInfo.InvariantCulture);
}
