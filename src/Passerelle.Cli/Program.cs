using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Passerelle.Cli.Commands;
using Passerelle.Cli.Settings;

namespace Passerelle.Cli;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        // Without a byte order mark, which a program that reads our JSON would take for content.
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        using var stop = new CancellationTokenSource();
        var terminated = false;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        var code = await RunAsync(args, Console.Out, Console.Error, Host.OfProcess(), stop.Token);
        return terminated && code == ExitCodes.Interrupted ? ExitCodes.Terminated : code;

        void Stop(PosixSignalContext context)
        {
            // The second signal is not held back: who presses Ctrl-C twice is in a hurry.
            context.Cancel = !stop.IsCancellationRequested;
            terminated = context.Signal == PosixSignal.SIGTERM;
            stop.Cancel();
        }
    }

    /// <summary>The whole command line, without the process around it.</summary>
    internal static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, Host host, CancellationToken cancellationToken = default)
    {
        // The help and the syntax errors of the library follow the culture: ours is French whatever the machine's is.
        // Both are local to this asynchronous flow.
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = Sentences.French;

        var connection = new ConnectionOptions();
        var runner = new Runner(connection, output, error, host);
        var root = new RootCommand(Sentences.Get("Root", ExitCodes.Help()))
        {
            FeedsCommands.Build(runner),
            OffersCommands.Build(runner),
            InboxCommands.Build(runner),
            CasesCommands.Build(runner),
            ClocksCommands.Build(runner),
            ExchangesCommands.Build(runner),
            PartnersCommands.Build(runner),
            RecallsCommands.Build(runner),
            PlacesCommands.Build(runner),
        };
        connection.AddTo(root);
        FrenchHelp.Describe(root);

        var parsed = root.Parse(args);
        if (parsed.Action is ParseErrorAction)
            return runner.Misused(parsed);
        if (parsed.Action is HelpAction)
            return FrenchHelp.Write(parsed, output);
        return await parsed.InvokeAsync(
            new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null },
            cancellationToken);
    }
}
