using Spectre.Console;

namespace Passerelle.Simulator.Story;

/// <summary>Who got what, when, answered when, how, and where the clock stands.</summary>
sealed record SummaryRow(string Who, string What, int Attempts, string Got, string Answered, string How, string Clock);

static class SummaryTable
{
    static readonly string[] Titles = ["who", "what", "tries", "got it", "answered", "how", "clock"];

    public static void Print(IReadOnlyList<SummaryRow> rows)
    {
        Console.WriteLine();
        string[][] cells = [.. rows.Select(row => (string[])
            [row.Who, row.What, row.Attempts == 0 ? "-" : $"{row.Attempts}", row.Got, row.Answered, row.How, row.Clock])];
        var widths = Titles.Select((title, column) => cells.Select(row => row[column].Length).Append(title.Length).Max()).ToArray();
        // A table squeezed into a narrow terminal breaks words; plain lines that the terminal wraps read better.
        var framed = widths.Sum() + 3 * widths.Length + 1;
        if (Console.IsOutputRedirected || AnsiConsole.Profile.Width < framed) PrintPlain(cells, widths);
        else PrintOnTerminal(cells);
        Console.WriteLine();
    }

    static void PrintPlain(string[][] cells, int[] widths)
    {
        foreach (var row in cells.Prepend(Titles))
            Console.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    static void PrintOnTerminal(string[][] cells)
    {
        var table = new Table().RoundedBorder();
        foreach (var title in Titles) table.AddColumn(new TableColumn(new Text(title)).NoWrap());
        foreach (var row in cells) table.AddRow(row.Select(cell => new Text(cell)));
        AnsiConsole.Write(table);
    }
}
