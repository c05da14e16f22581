using System.CommandLine;
using Grpc.Core;
using Passerelle.Cli.Inbox;
using Passerelle.Client;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Cli.Commands;

/// <summary><c>passerelle inbox</c>: the exchanges that wait for a partner, put into a folder.</summary>
internal static class InboxCommands
{
    /// <summary>With <c>--once</c> somebody, or a scheduler, waits for the end.</summary>
    private const int GiveUpAfter = 5;

    public static Command Build(Runner runner)
    {
        var to = new Option<string?>("--to") { HelpName = Sentences.Get("Option.Folder.Name"), Description = Sentences.Get("Inbox.Watch.To") };
        var once = new Option<bool>("--once") { Description = Sentences.Get("Inbox.Watch.Once") };
        var watch = new Command("watch", Sentences.Get("Inbox.Watch")) { to, once };
        // Not Required: the library would say so in English.
        watch.Validators.Add(result =>
        {
            if (result.GetResult(to) is null)
                result.AddError(Sentences.Get("Inbox.Watch.ToMissing"));
        });
        runner.Set(watch, (run, cancellationToken) => WatchAsync(run, run.Value(to)!, run.Value(once), cancellationToken));
        return new Command("inbox", Sentences.Get("Inbox")) { watch };
    }

    private static async Task<int> WatchAsync(Run run, string to, bool once, CancellationToken cancellationToken)
    {
        var folder = InboxFolder.Open(to, run.Client, run.Host.Time.GetUtcNow(), run.Output.Note);
        var code = ExitCodes.Ok;
        List<string> files = [];
        var reader = run.Client.ReadInbox(new InboxOptions
        {
            StopWhenEmpty = once,
            GiveUpAfter = once ? GiveUpAfter : null,
            Acknowledged = envelope => Show(run.Output, envelope, files),
            NotAcknowledged = (envelope, exception) => code = Explain(run.Output, envelope, files, exception),
        });
        if (!once)
            run.Output.Note(Sentences.Get("Inbox.Watching"));
        var tally = await reader.RunAsync(
            async (envelope, token) =>
            {
                files = [];
                files = await folder.KeepAsync(envelope, token);
            },
            cancellationToken);
        run.Output.Note(Sentences.Get("Inbox.Tally", tally.Acknowledged, tally.Failed));
        return code;
    }

    private static void Show(Output output, Envelope envelope, List<string> files)
    {
        output.Object(new { envelope.Exchange, envelope.Kind, envelope.Case, envelope.Subject, Files = files });
        output.Line(Sentences.Get("Inbox.Kept", Sentences.Word("Kind", envelope.Kind), envelope.Exchange));
        foreach (var file in files)
            output.Line("  " + file);
    }

    private static int Explain(Output output, Envelope envelope, List<string> files, Exception exception)
    {
        var error = exception is RpcException rpc ? PasserelleError.From(rpc) : null;
        var sentence = exception switch
        {
            // Withdrawn between the moment it came and the moment it was acknowledged: the partner must not keep it.
            RpcException when error!.Reason == ErrorReason.StateConflict && files.Count > 0 => Sentences.Get("Inbox.Withdrawn", string.Join(", ", files)),
            RpcException => Sentences.Of(error!),
            DocumentCorruptException corrupt => Sentences.Get("Inbox.Corrupt", corrupt.Document),
            UnknownPayloadException => Sentences.Get("Inbox.UnknownKind", Printable.Line(envelope.Kind)),
            IOException or UnauthorizedAccessException => Sentences.Get("FileTrouble", Printable.Line(exception.Message)),
            _ => Sentences.Get("Unexpected", exception.GetType().Name),
        };
        output.Note(Sentences.Get("Inbox.NotKept", envelope.Exchange, sentence));
        return error is null ? ExitCodes.Unexpected : ExitCodes.Of(error);
    }
}
