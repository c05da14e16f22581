using Spectre.Console;

namespace Passerelle.Cli;

/// <summary>What the process lends to the commands, so that tests can lend something else.</summary>
internal sealed record Host
{
    /// <summary>Reads a variable of the environment; <see langword="null"/> when it is unset.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>The console for progress, when a person watches the error stream; <see langword="null"/> otherwise.</summary>
    public IAnsiConsole? Terminal { get; init; }

    /// <summary>Whether a person watches the output stream.</summary>
    public bool OutputIsTerminal { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The pause before a second attempt, see PasserelleOptions.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(500);

    public static Host OfProcess() => new()
    {
        Variable = Environment.GetEnvironmentVariable,
        // Progress goes to the error stream: the output stream is for the result.
        Terminal = Console.IsErrorRedirected ? null : AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }),
        OutputIsTerminal = !Console.IsOutputRedirected,
    };
}
