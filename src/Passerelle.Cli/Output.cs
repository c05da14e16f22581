using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Schooling.V1;
using Spectre.Console;

namespace Passerelle.Cli;

/// <summary>
/// Where a command's results go: sentences for people, or with <c>--json</c> one object per line and nothing else. Notes and progress go to
/// the error stream in both cases.
/// </summary>
internal sealed class Output(TextWriter output, TextWriter error, bool json, Host host)
{
    /// <summary>Knows the payloads that an envelope may hold, and shows zeros: a script should not have to know the defaults.</summary>
    public static JsonFormatter Formatter { get; } = new(new JsonFormatter.Settings(
        formatDefaultValues: true, TypeRegistry.FromMessages(ReferralFile.Descriptor, EnrolmentFile.Descriptor)));

    private static readonly JsonSerializerOptions Relaxed = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public bool Json => json;

    /// <summary>A line for people.</summary>
    public void Line(string text = "")
    {
        if (!json)
            output.WriteLine(text);
    }

    /// <summary>A line about what is going on, never part of the result.</summary>
    public void Note(string text) => error.WriteLine(text);

    /// <summary>A message of the contract in proto3 JSON, with <c>--json</c> only.</summary>
    public void Object(IMessage message)
    {
        if (json)
            output.WriteLine(Formatter.Format(message));
    }

    /// <summary>An object of our own, with <c>--json</c> only.</summary>
    public void Object(object value)
    {
        if (json)
            output.WriteLine(JsonSerializer.Serialize(value, Relaxed));
    }

    /// <summary>A table for people: framed on a terminal, else aligned columns that other tools can read.</summary>
    public void Table(string[] headers, IReadOnlyCollection<string[]> rows)
    {
        if (json || rows.Count == 0)
            return;
        var clean = rows.Select(row => row.Select(Printable.Line).ToArray()).ToList();
        if (host.OutputIsTerminal)
        {
            var table = new Table { Border = TableBorder.Rounded };
            table.AddColumns([.. headers.Select(h => new TableColumn(new Text(h)))]);
            foreach (var row in clean)
                table.AddRow(row.Select(cell => new Text(cell)));
            AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) }).Write(table);
            return;
        }
        var widths = headers.Select((header, i) => clean.Select(row => row[i].Length).Append(header.Length).Max()).ToArray();
        foreach (var row in clean.Prepend(headers))
            output.WriteLine(string.Join("  ", row.Select((cell, i) => i == row.Length - 1 ? cell : cell.PadRight(widths[i]))).TrimEnd());
    }

    /// <summary>Runs something that takes time: a bar on a terminal, one line otherwise.</summary>
    public async Task<T> ProgressAsync<T>(string label, long total, Func<IProgress<long>, Task<T>> work)
    {
        if (host.Terminal is not { } terminal)
        {
            Note(label);
            return await work(new Relay(_ => { }));
        }
        return await terminal.Progress().StartAsync(progress =>
        {
            var task = progress.AddTask(Markup.Escape(label), maxValue: Math.Max(total, 1));
            return work(new Relay(done => task.Value = done));
        });
    }

    // Not Progress<T>, which reports from the thread pool, late and out of order.
    private sealed class Relay(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
