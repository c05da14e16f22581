using System.CommandLine;
using System.Numerics;
using Grpc.Core;
using Passerelle.Cli.Settings;
using Passerelle.Client;

namespace Passerelle.Cli.Commands;

/// <summary>What surrounds every command: connects, runs it, and turns what went wrong into a sentence and an exit code.</summary>
internal sealed class Runner(ConnectionOptions options, TextWriter output, TextWriter error, Host host)
{
    /// <summary>Makes a command do <paramref name="run"/>.</summary>
    public void Set(Command command, Func<Run, CancellationToken, Task<int>> run) =>
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, run, cancellationToken));

    /// <summary>Makes a command do something for which it needs no hub.</summary>
    public void SetOffline(Command command, Func<ParseResult, Output, CancellationToken, Task<int>> run) =>
        command.SetAction((parsed, cancellationToken) => GuardAsync(() => run(parsed, new Output(output, error, parsed.GetValue(options.Json), host), cancellationToken), cancellationToken));

    /// <summary>Says what is wrong with the command line itself.</summary>
    public int Misused(ParseResult parsed)
    {
        // The parser says everything else in French by itself.
        var missing = parsed.CommandResult.Command.Options.Where(o => o.Required && parsed.GetResult(o) is not { Implicit: false }).ToList();
        foreach (var message in parsed.Errors.Select(e => e.Message).Distinct())
            error.WriteLine(missing.Find(o => message.Contains($"'{o.Name}'", StringComparison.Ordinal)) is { } option ? Sentences.Get("OptionMissing", option.Name) : message);
        var names = new List<string>();
        for (var result = parsed.CommandResult; result is not null; result = result.Parent as System.CommandLine.Parsing.CommandResult)
            names.Insert(0, result.Command is RootCommand ? "passerelle" : result.Command.Name);
        error.WriteLine(Sentences.Get("Usage.SeeHelp", string.Join(' ', names)));
        return ExitCodes.Usage;
    }

    private Task<int> RunAsync(ParseResult parsed, Func<Run, CancellationToken, Task<int>> run, CancellationToken cancellationToken) => GuardAsync(
        async () =>
        {
            var connection = Connection.Resolve(parsed, options, host.Variable, error.WriteLine);
            using var client = PasserelleClient.Connect(new PasserelleOptions
            {
                Address = connection.Address,
                ApiKey = connection.Key,
                Purpose = connection.Purpose,
                Actor = connection.Actor,
                ClientCertificate = connection.Certificate,
                TrustedAuthorityFile = connection.AuthorityFile,
                FirstBackoff = host.FirstBackoff,
                TimeProvider = host.Time,
                Reconnecting = Say,
            });
            return await run(new Run(parsed, client, new Output(output, error, parsed.GetValue(options.Json), host), host), cancellationToken);
        },
        cancellationToken);

    private async Task<int> GuardAsync(Func<Task<int>> run, CancellationToken cancellationToken)
    {
        try
        {
            return await run();
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            error.WriteLine(Sentences.Get("Interrupted"));
            return ExitCodes.Interrupted;
        }
        catch (UsageException e)
        {
            error.WriteLine(e.Message);
            return ExitCodes.Usage;
        }
        catch (RpcException e)
        {
            var read = PasserelleError.From(e);
            error.WriteLine(Sentences.Of(read));
            return ExitCodes.Of(read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error.WriteLine(Sentences.Get("FileTrouble", Printable.Line(e.Message)));
            return ExitCodes.Unexpected;
        }
        catch (Exception e)
        {
            // The type says enough to look for it; a message may hold what is in a file.
            error.WriteLine(Sentences.Get("Unexpected", e.GetType().Name));
            return ExitCodes.Unexpected;
        }
    }

    private void Say(Reconnection reconnection)
    {
        // The first one is routine: load balancers end streams every few minutes. Then ever less often: an outage may last the night.
        if (reconnection.Attempt > 1 && BitOperations.IsPow2(reconnection.Attempt))
            error.WriteLine(Sentences.Get("Reconnecting", FrenchTime.Seconds(reconnection.Pause)));
    }
}

/// <summary>One run of a command.</summary>
internal sealed record Run(ParseResult Parsed, PasserelleClient Client, Output Output, Host Host)
{
    public T Required<T>(Argument<T> argument) => Parsed.GetRequiredValue(argument);

    public T? Value<T>(Option<T> option) => Parsed.GetValue(option);
}
