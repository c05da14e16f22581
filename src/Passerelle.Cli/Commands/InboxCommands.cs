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

    /// <summary>A disk that is full, or a document that arrived damaged: soon again.</summary>
    private static readonly TimeSpan RetrySoon = TimeSpan.FromMinutes(5);

    /// <summary>Somebody must install a newer version first.</summary>
    private static readonly TimeSpan RetryLater = TimeSpan.FromHours(6);

    public static Command Build(Runner runner)
    {
        var to = To();
        var once = new Option<bool>("--once") { Description = Sentences.Get("Inbox.Watch.Once") };
        var watch = new Command("watch", Sentences.Get("Inbox.Watch")) { to, once };
        RequireFolder(watch, to);
        runner.Set(watch, (run, cancellationToken) => ReadAsync(run, run.Value(to)!, run.Value(once), poll: false, cancellationToken));

        var fetchTo = To();
        var fetch = new Command("fetch", Sentences.Get("Inbox.Fetch")) { fetchTo };
        RequireFolder(fetch, fetchTo);
        runner.Set(fetch, (run, cancellationToken) => ReadAsync(run, run.Value(fetchTo)!, once: true, poll: true, cancellationToken));
        return new Command("inbox", Sentences.Get("Inbox")) { watch, fetch };
    }

    private static Option<string?> To() => new("--to") { HelpName = Sentences.Get("Option.Folder.Name"), Description = Sentences.Get("Inbox.Watch.To") };

    // Not Required: the library would say so in English.
    private static void RequireFolder(Command command, Option<string?> to) => command.Validators.Add(result =>
    {
        if (result.GetResult(to) is null)
            result.AddError(Sentences.Get("Inbox.Watch.ToMissing"));
    });

    private static async Task<int> ReadAsync(Run run, string to, bool once, bool poll, CancellationToken cancellationToken)
    {
        var folder = InboxFolder.Open(to, run.Client, run.Host.Time.GetUtcNow(), run.Output.Note);
        var cursor = new CursorFile(to);
        var code = ExitCodes.Ok;
        List<string> files = [];
        var reader = run.Client.ReadInbox(new InboxOptions
        {
            StopWhenEmpty = once,
            GiveUpAfter = once ? GiveUpAfter : null,
            Poll = poll ? TimeSpan.Zero : null,
            StartCursor = poll ? "" : cursor.Read(),
            CursorMoved = cursor.Write,
            Reject = (_, exception) => new Rejection(exception is UnknownPayloadException ? RetryLater : RetrySoon),
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
