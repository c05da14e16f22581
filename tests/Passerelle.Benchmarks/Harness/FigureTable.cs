using System.Globalization;

namespace Passerelle.Benchmarks.Harness;

/// <summary>The figures for people: medians, and how far the runs lay apart.</summary>
sealed class FigureTable
{
    static readonly string[] Heading = ["figure", "unit", "hub", "baseline", "ratio", "hub's runs", "baseline's runs"];

    readonly List<string[]> rows = [Heading];
    Machine? machine;

    public void Add(Measurement measured)
    {
        machine = measured.Machine;
        foreach (var f in measured.Figures)
            rows.Add([f.Name, f.Unit, Number(f.Value), Number(f.Baseline), f.Ratio.ToString("0.00", CultureInfo.InvariantCulture), Range(f.Values), Range(f.Baselines)]);
    }

    public void Print(TextWriter output)
    {
        var widths = Heading.Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        // Words to the left, numbers to the right.
        foreach (var row in rows)
            output.WriteLine(string.Join("  ", row.Select((cell, column) => column < 2 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).TrimEnd());
        if (machine is not null) output.WriteLine(machine.ToSentence());
    }

    static string Range(IReadOnlyList<double> samples) => $"{Number(samples.Min())} to {Number(samples.Max())}";

    static string Number(double number) => number.ToString(number < 100 ? "0.00" : "#,0", CultureInfo.InvariantCulture);
}
