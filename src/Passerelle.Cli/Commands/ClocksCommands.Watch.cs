using System.CommandLine;
using Passerelle.Contracts.Clocks.V1;
using State = Passerelle.Contracts.Clocks.V1.Clock.Types.State;

namespace Passerelle.Cli.Commands;

/// <summary><c>passerelle clocks watch</c>: what happens to clocks, as it happens.</summary>
internal static partial class ClocksCommands
{
    private static Command Watch(Runner runner)
    {
        var partner = Parts.Named("--partner", Sentences.Get("Clocks.List.Partner"));
        var state = Parts.Choice("--state", States, Sentences.Get("Clocks.List.State", string.Join(", ", States.Keys)));
        var cursor = new Option<string>("--cursor") { HelpName = Sentences.Get("Option.Text.Name"), Description = Sentences.Get("Clocks.Watch.Cursor"), DefaultValueFactory = _ => "" };
        var once = new Option<bool>("--once") { Description = Sentences.Get("Clocks.Watch.Once") };
        var watch = new Command("watch", Sentences.Get("Clocks.Watch")) { partner, state, cursor, once };
        runner.Set(watch, async (run, cancellationToken) =>
        {
            var request = new WatchClocksRequest
            {
                StartCursor = run.Value(cursor),
                Partner = run.Value(partner) is { } p ? Names.Of("partners", p) : "",
                State = run.Value(state) is { } s ? States[s] : State.Unspecified,
            };
            await foreach (var item in run.Client.WatchClocksAsync(request, cancellationToken))
            {
                if (item.Event is { } happened)
                {
                    run.Output.Object(item);
                    run.Output.Line(Sentences.Get(
                        "Clocks.Watch.Line", FrenchTime.Short(happened.Time), Sentences.Word("Event", happened.Type), CasesCommands.Line(happened.Clock ?? new Clock(), run.Host.Time.GetUtcNow())));
                }
                else if (run.Value(once))
                    break;
            }
            return ExitCodes.Ok;
        });
        return watch;
    }
}
